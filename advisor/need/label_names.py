"""Labels that a sentence lists: sort photos of clothes: dress, skirt, shirt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from advisor.model.phrase_kinds import CONCEPT, NAME, SAYING
from advisor.need.sweep import CHOOSING
from advisor.tokens import written_by_character

if TYPE_CHECKING:
    from advisor.need.lexicon import Lexicon
    from advisor.need.sweep import Swept

SORTING = frozenset(("classify", "tag", "zero-shot"))
"""Concepts of who gives images one of some labels."""

COLONS, COMMAS = frozenset(":\uff1a"), frozenset(",\uff0c\u3001")
"""Signs right before a list, and between its items."""

INTO = frozenset(("into", "as", "in", "als", "en", "em", "como", "come"))
"""Words right before a list that no colon begins."""

LONGEST, LONGEST_WRITTEN = 3, 8
"""No label has more words; of one in Chinese or Japanese, each character is one."""

LEAST, LEAST_INTO = 2, 3
"""So many items at least are a list behind a colon, and behind a word."""

OF_IMAGES, OF_PLACES = frozenset(("domain", "reading")), frozenset(("use",))
"""Questions that a label answers besides (invoice, drawing), and seems to: shops, banks, hotels."""

Span = tuple[int, int]


def label_names(lexicon: Lexicon, swept: Swept) -> tuple[Span, ...]:
    """Return where the labels stand that images are sorted by; empty where none are listed."""
    if swept.named.isdisjoint(SORTING):
        return ()
    says = lexicon.index["says"]
    taken = {  # by what says something of the case, and so is no label
        place
        for mark in swept.of(CONCEPT, SAYING, NAME)
        if mark.negated or mark.kind == NAME or {*says.get(mark.id, ())} - OF_IMAGES - OF_PLACES
        for place in mark.places
    }
    for place, token in enumerate(swept.tokens):
        least = LEAST if token.form in COLONS else LEAST_INTO
        if token.form in COLONS or token.form in INTO:
            items = list(_items(lexicon, swept, place + 1, taken))
            if len(items) >= least:
                return tuple((swept.tokens[a].start, swept.tokens[b - 1].end) for a, b in items)
    return ()


def is_label(labels: Sequence[Span], spans: Sequence[Span]) -> bool:
    """True where words stand in labels alone."""
    return all(any(a <= start and end <= b for a, b in labels) for start, end in spans)


def _items(
    lexicon: Lexicon, swept: Swept, place: int, taken: Set[int]
) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of each label in a list that begins at a token.

    An article first makes the first item what the labels are: into the usual types, memo, letter.
    """
    tokens, first = swept.tokens, place
    while first < len(tokens) and swept.sentences[first] == swept.sentences[place]:
        while first < len(tokens) and tokens[first].form in lexicon.skipped | CHOOSING:
            first += 1
        last = first
        while last < len(tokens) and tokens[last].is_word and tokens[last].form not in CHOOSING:
            last += 1
        forms = [token.form for token in tokens[first:last]]
        longest = LONGEST_WRITTEN if any(map(written_by_character, forms)) else LONGEST
        if not 0 < len(forms) <= longest:
            return
        plain = taken.isdisjoint(range(first, last)) and all(not form.isdigit() for form in forms)
        about = first > place and tokens[first - 1] == tokens[place]
        if plain and not (about or lexicon.quiet.issuperset(forms)):
            yield first, last
        ends = last >= len(tokens) or tokens[last].form not in COMMAS | CHOOSING
        if ends:
            return
        first = last + 1

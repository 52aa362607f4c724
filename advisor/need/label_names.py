"""What a sentence names: class labels (sort photos: dress, skirt), and what is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from advisor.model.phrase_kinds import CONCEPT, INTO, NAME, OR, PARTICLE, SAYING
from advisor.need.lexicon import Lexicon
from advisor.need.sweep import Mark, Swept
from advisor.tokens import written_by_character

CLASSIFY, ASK, FILTER, IS_IT = "classify", "ask", "filter", "is-it"
"""Concepts of classifying images, asking, and filtering out; the particle of "is it" questions."""

COUNT = "count"
"""Concept of counting what an image shows."""

SORTING = frozenset((CLASSIFY, "tag", "zero-shot"))
"""Concepts of assigning labels to images."""

COLONS = frozenset(":\uff1a")
"""Signs that begin a list."""

LONGEST, LONGEST_WRITTEN = 3, 8
"""Most words of a label, and most characters of a Chinese or Japanese one."""

LEAST, LEAST_INTO = 2, 3
"""Least number of items of a list behind a colon, and behind a word."""

OF_IMAGES, OF_PLACES = frozenset(("domain", "reading")), frozenset(("use",))
"""Questions that a label may also answer (invoice, drawing), or only seems to (shops, banks)."""

DOCUMENTS = frozenset(("page", "form"))
"""Concepts of documents, which keep their meaning in a label."""

Span = tuple[int, int]


def label_names(lexicon: Lexicon, swept: Swept, *, alone: bool = False) -> tuple[Span, ...]:
    """Return the character offsets of the listed class labels; () if the sentence lists none.

    They follow a colon, "into" or the verb (with "or", a verb of asking), or end before the verb.
    If they may stand `alone`, a list with slashes behind a colon needs no verb.
    """
    tokens, says = swept.tokens, lexicon.index["says"]
    marks = [mark for mark in swept.of(CONCEPT, SAYING) if not mark.negated]
    verbs = {place for mark in marks if mark.id in SORTING for place in mark.places}
    taken = {  # by what says something of the case, and so is no label
        place
        for mark in swept.of(CONCEPT, SAYING, NAME)
        if mark.negated
        or mark.kind == NAME
        or mark.id == FILTER
        or {*says.get(mark.id, ())} - OF_IMAGES - OF_PLACES
        for place in mark.places
    }
    seen = {place for mark in marks if not says.get(mark.id) for place in mark.places}
    colons = {place for place, token in enumerate(tokens) if token.form in COLONS}
    starts = {at + 1: at in colons for at in sorted(colons | swept.joining[INTO]) if verbs or alone}
    behind = {mark.last: mark.id for mark in marks if mark.id in SORTING | {ASK}}
    behind |= {mark.last: ASK for mark in swept.of(PARTICLE) if mark.id == IS_IT}
    for place in (*starts, *behind, 0):
        sign = place in starts
        items = list(_items(lexicon, swept, place, taken if sign else taken | seen, verbs, sign))
        last = items[-1][1] if items else 0
        chosen = behind.get(place) != ASK or not swept.joining[OR].isdisjoint(range(place, last))
        slashed = starts.get(place) and sum(map(swept.is_slashed, range(place, last))) >= LEAST
        if len(items) >= (LEAST if starts.get(place) else LEAST_INTO) and (
            (verbs or slashed) if sign else (chosen if place else last in verbs)
        ):
            return tuple((tokens[a].start, tokens[b - 1].end) for a, b in items)
    return ()


def counted_names(lexicon: Lexicon, swept: Swept) -> tuple[Span, ...]:
    """Return the character offsets of the things that a sentence counts: how many parked cars.

    They follow the words for counting and articles or other quiet words, up to the next quiet word
    or the end of the item. Images themselves are not what is counted in them.
    """
    tokens, names = swept.tokens, []
    images = {at for mark in swept.of(CONCEPT) if mark.id in lexicon.seen for at in mark.places}
    quiet = lexicon.quiet | lexicon.skipped
    for mark in swept.of(CONCEPT):
        if mark.id == COUNT and not mark.negated:
            first = last = mark.last
            while last < len(tokens) and tokens[last].is_word and last not in swept.parting:
                if tokens[last].form in quiet:
                    if first < last:
                        break
                    first += 1
                last += 1
            if first < last <= first + LONGEST and images.isdisjoint(range(first, last)):
                names.append((tokens[first].start, tokens[last - 1].end))
    return tuple(names)


def without_labels(lexicon: Lexicon, swept: Swept, labels: Sequence[Span]) -> Swept:
    """Return the text without marks inside labels, except those of image domains and documents.

    Labels without a verb are themselves the words for classifying.
    """
    inside = {place for start, end in labels for place in range(start, end)}
    shows = {id for id, says in lexicon.index["says"].items() if OF_IMAGES.issuperset(says)}
    shows |= DOCUMENTS
    marks = [m for m in swept.marks if m.id in shows or swept.span(m.places)[0] not in inside]
    if labels and swept.named.isdisjoint(SORTING):
        first = next(at for at, token in enumerate(swept.tokens) if token.start == labels[0][0])
        marks.append(Mark(CONCEPT, CLASSIFY, first, first + 1))
    return swept._replace(marks=marks)


def _items(
    lexicon: Lexicon, swept: Swept, place: int, taken: Set[int], verbs: Set[int], sign: bool
) -> Iterator[tuple[int, int]]:
    """Yield the first and the end token of each label in the list that begins at token `place`.

    `taken` are tokens that mean something else. Items that are no labels end the list; behind a
    `sign` they are skipped, as is a first item with an article (into the usual types, memo,
    letter). The last label ends before a verb or a quiet word: fox on a laptop.
    """
    tokens, parting, first, quiet = swept.tokens, swept.parting, place, lexicon.quiet
    while first < len(tokens) and swept.sentences[first] == swept.sentences[place]:
        begin = first
        while first < len(tokens) and (first in parting or tokens[first].form in lexicon.skipped):
            first += 1
        last = first
        while last < len(tokens) and tokens[last].is_word and last not in parting:
            last += 1
            if swept.is_slashed(last):
                break
        parted = swept.is_slashed(last)
        ends = not parted and (last >= len(tokens) or last not in parting)
        while ends and last - 1 in verbs and last - 1 > first:
            last -= 1
        if ends and (last - first > LONGEST or not taken.isdisjoint(range(first, last))):
            words = range(first + 1, last)
            last = next((other for other in words if tokens[other].form in quiet), last)
        forms = [token.form for token in tokens[first:last]]
        longest = LONGEST_WRITTEN if any(map(written_by_character, forms)) else LONGEST
        if not 0 < len(forms) <= longest:
            return
        plain = taken.isdisjoint(range(first, last)) and all(not form.isdigit() for form in forms)
        about = sign and begin == place < first
        if plain and not (about or quiet.issuperset(forms if sign else forms[:1])):
            yield first, last
        elif not sign:
            return
        first = len(tokens) if ends else last + (not parted)

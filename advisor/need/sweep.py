"""One sweep over a sentence: finds the phrases of the lexicon in it, the longest first.

The time is linear in the text: a phrase has few words, and each word is looked at once for each
phrase that may begin before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from itertools import takewhile
from typing import Any

from advisor.model import NamedTuple
from advisor.model.phrase_kinds import (
    ABBREVIATION,
    ALIAS,
    AND,
    BETWEEN,
    CONCEPT,
    JOINING,
    NAME,
    NUMERAL,
    OR,
    PARTICLE,
    QUOTED,
    QUOTED_QUESTION,
    SAYING,
)
from advisor.need.lexicon import Lexicon
from advisor.tokens import Token, tokens_of

ENDS_SENTENCE = frozenset(".;!?\u3002\uff1b\uff01\uff1f")
ENDS_CLAUSE = ENDS_SENTENCE | frozenset(",:()\uff0c\uff1a\u3001")
OPENING, CLOSING = (
    "\"\u201c\u300c\u00ab\u201e\u2018\u201a'",
    "\"\u201d\u300d\u00bb\u201c\u2019\u2018'",
)
"""Quotation marks: the sign at an index of CLOSING ends the one at that index of OPENING."""

ENDINGS = "jpe?g|png|webp|tiff?|bmp|gif|pdf|docx?|mp4|mov|avi|mkv|mp3|wav|csv"
FILE_NAME = re.compile(rf"(?<![\w./~-])[\w./~-]*\w\.(?=(?:{ENDINGS})\b)", re.IGNORECASE)
"""A file name up to its last dot. The words in it mean nothing; the ending is read as a word."""

COMMAS = frozenset(",\uff0c\u3001")
"""Signs between the items of a list."""

NEGATED_WORDS = 4
"""A negation covers at most this many words, and ends with its clause."""

MOST_WORDS = 16
"""Longest phrase in tokens, including articles and other skipped words."""

CORRECTED_WORDS = 200
"""Spelling is corrected in this many words from the beginning."""

MOST_TELLING = 400
"""The language is detected from this many tokens from the beginning."""

SHORTEST_NAME = 5
"""A model name of one word with at most this many letters may be an ordinary word (`_is_name`)."""

ANSWERED_INSIDE = frozenset(("domain", "language"))
"""Questions that a word inside a longer phrase still answers (bird in "which bird")."""

HIDING = ("filler", "complaint")
"""Particles that hide all other phrases inside them."""

RATE, SPAN = "per-", "span-"
"""Prefixes of measure ids: of rates (per-day), and of durations (span-second)."""

MAKER = "maker"
"""The particle of names of model makers, and of models that the catalog has no checkpoint of."""

OF_EACH = "of-each"
"""The particle "each", "per class" behind a number of examples, also inside a longer phrase."""

Known = Sequence[tuple[str, str]]
"""(phrase or beginning of one, its meanings joined by BETWEEN; empty for a mere beginning)."""


class Mark(NamedTuple):
    """A phrase of the lexicon in a text: a letter of `phrase_kinds`, an id, tokens first to last.

    `last` is exclusive. `negated`: a negation takes it back; `settled`: the clause says that it is
    already done; `aside`: it follows "besides" or is mere talk, so it is not the main wish.
    """

    kind: str
    id: str
    first: int
    last: int
    negated: bool = False
    settled: bool = False
    aside: bool = False

    @property
    def places(self) -> range:
        """The indexes of its tokens."""
        return range(self.first, self.last)

    @property
    def leads(self) -> bool:
        """True if it may be part of the main wish: not negated, done already, or an aside."""
        return not (self.negated or self.settled or self.aside)


class Swept(NamedTuple):
    """A text as tokens, and the phrases in it. Tokens are given by their index.

    `clauses` and `sentences` number the clause and sentence of each token; `joining` maps "and",
    "or" and "into" to the tokens with that meaning in the language of their sentence; `parting`
    are tokens that separate items (comma, and, or); `corrected` maps the token of a misspelt word
    to the word it was read as. `language` is the code of the language of all sentences that
    indicate a task, empty if unknown or if they differ.
    """

    text: str
    tokens: Sequence[Token]
    marks: Sequence[Mark]
    clauses: Sequence[int]
    sentences: Sequence[int]
    joining: Mapping[str, Set[int]]
    parting: Set[int]
    corrected: Mapping[int, str]
    language: str

    def of(self, *kinds: str) -> list[Mark]:
        """Return the marks of these kinds (letters of `phrase_kinds`), in order of the text."""
        return [mark for mark in self.marks if mark.kind in kinds]

    @property
    def named(self) -> set[str]:
        """The ids of concepts that the text names without a negation."""
        return {mark.id for mark in self.of(CONCEPT, SAYING) if not mark.negated}

    def span(self, places: range) -> tuple[int, int]:
        """Return the character offsets (start, end) of a non-empty range of tokens."""
        return self.tokens[places[0]].start, self.tokens[places[-1]].end

    def is_slashed(self, place: int) -> bool:
        """True if a slash is right before the token: invoice / letter."""
        near = self.tokens[place - 1 : place + 1]
        return len(near) > 1 and self.text[near[0].end : near[1].start].strip() == "/"


def sweep(lexicon: Lexicon, text: str, *, quotes: bool = True) -> Swept:
    """Return a text with its phrases marked, after correcting misspelt words.

    With `quotes`, words in quotation marks mean nothing but "an example", and words in file names
    mean nothing.
    """
    tokens = tokens_of(FILE_NAME.sub(lambda name: "-" * len(name[0]), text) if quotes else text)
    spelt: dict[int, str] = {}
    places = [at for at, token in enumerate(tokens[:MOST_TELLING]) if token.form[:1].isalpha()]
    # an abbreviation tells no language: CI
    telling = [p for p in places if text.isupper() or not text[slice(*tokens[p][1:])].isupper()]
    whole = lexicon.language(tokens[place].form for place in telling)
    clauses, sentences = _numbered(lexicon, tokens, whole)
    forms: dict[int, list[str]] = defaultdict(list)
    for place in telling:
        forms[sentences[place]].append(tokens[place].form)
    own = {n: lexicon.language(of) if len(forms) > 1 else whole for n, of in forms.items()}
    languages = defaultdict(lambda: whole, {n: language or whole for n, language in own.items()})
    for place in places[:CORRECTED_WORDS]:
        language = languages[sentences[place]]
        if near := lexicon.correction(tokens[place].form, language):
            spelt[place] = near
            tokens[place] = tokens[place]._replace(form=near)
    words = [(token.form, languages[n]) for token, n in zip(tokens, sentences, strict=True)]
    joining = {
        id: {at for at, word in enumerate(words) if lexicon.is_one(*word, id)} for id in JOINING
    }
    commas = {at for at, token in enumerate(tokens) if token.form in COMMAS}
    parting = commas.union(joining[AND], joining[OR])
    swept = Swept(text, tokens, (), clauses, sentences, joining, parting, spelt, whole)
    marks = [
        _per(lexicon, swept, mark)
        for mark in _marks(lexicon, swept)
        if mark.last - mark.first > 1 or not lexicon.says_nothing(*words[mark.first], mark.id)
    ]
    marks = _covered(lexicon, marks)
    if quotes and (quoted := _quoted(text, tokens)):
        hidden = _places(quoted)
        marks = [*(mark for mark in marks if mark.first not in hidden), *quoted]
    meant = _meant(swept, marks)
    speaking = {sentences[mark.first] for mark in meant if mark.kind in (CONCEPT, ALIAS)}
    language = whole if all(languages[n] == whole for n in speaking) else ""
    return swept._replace(marks=meant, language=language)


def _per(lexicon: Lexicon, swept: Swept, mark: Mark) -> Mark:
    """Return the mark of a time unit behind a slash as that of a rate: 300/day, 40 photos / h."""
    rate = mark.id.replace(SPAN, RATE, 1)
    slashed = rate in lexicon.index["measures"] and swept.is_slashed(mark.first)
    return mark._replace(id=rate) if slashed else mark


def _quoted(text: str, tokens: Sequence[Token]) -> list[Mark]:
    """Return a mark for each quotation: QUOTED_QUESTION for one that ends in `?`, else QUOTED."""
    marks = []
    starts = [token.start for token in tokens]
    for start, end in _quotations(text):
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        if last > first:
            asks = text[:end].rstrip(CLOSING).endswith(("?", "\uff1f"))
            marks.append(Mark(CONCEPT, QUOTED_QUESTION if asks else QUOTED, first, last))
    return marks


def _quotations(text: str) -> list[tuple[int, int]]:
    """Return the offsets of quotations in one line, of at most 200 characters, marks included."""
    if not any(sign in text for sign in OPENING):
        return []
    pairs = [f"{a}[^{b}\n]{{1,200}}{b}" for a, b in zip(OPENING, CLOSING, strict=True)]
    pairs[-1] = rf"(?<!\w){pairs[-1]}(?!\w)"  # an apostrophe opens nothing
    return [match.span() for match in re.finditer("|".join(pairs), text)]


def _numbered(
    lexicon: Lexicon, tokens: Sequence[Token], language: str
) -> tuple[list[int], list[int]]:
    clauses, sentences = [], []
    clause = sentence = 0
    for place, (form, _, _) in enumerate(tokens):
        if form in ENDS_CLAUSE and not _abbreviates(lexicon, tokens, place, language):
            clause += 1
            sentence += form in ENDS_SENTENCE
        clauses.append(clause)
        sentences.append(sentence)
    return clauses, sentences


def _abbreviates(lexicon: Lexicon, tokens: Sequence[Token], place: int, language: str) -> bool:
    """True for the full stop of an abbreviation beside a number: ca. 40, 3 Mio. Bilder."""
    if not 0 < place < len(tokens) - 1 or tokens[place].form != ".":
        return False
    before = tokens[place - 1].form
    numeral = NUMERAL in [means[:1] for means in (lexicon.phrases.get(before) or "").split(BETWEEN)]
    behind = numeral or tokens[place + 1].form.isdigit()
    return behind and lexicon.is_one(before, language, ABBREVIATION)


def _marks(lexicon: Lexicon, swept: Swept) -> list[Mark]:
    """Return the longest phrases of each kind from left to right; doubtful names if `_is_meant`."""
    marks: list[Mark] = []
    doubtful: list[Mark] = []
    until: dict[str, int] = {}
    openings: dict[str, Known] = {}
    for first, token in enumerate(swept.tokens):
        opening = openings.get(token.form)
        if opening is None:
            opening = openings[token.form] = lexicon.begun_by(token.form) if token.is_word else []
        if not opening:
            continue
        longest = _longest(lexicon, swept, first, opening)
        if NAME in longest and not _is_name(lexicon, swept, token, longest[NAME][0] - first):
            stop, ids = longest.pop(NAME)
            doubtful += [Mark(NAME, id, first, stop) for id in dict.fromkeys(ids)]
        for kind, (stop, ids) in longest.items():
            if first >= until.get(kind, 0):
                marks += [Mark(kind, id, first, stop) for id in dict.fromkeys(ids)]
                until[kind] = stop
    if doubtful:
        named = _places(mark for mark in marks if mark.kind == NAME)
        inside = _places(mark for mark in marks if mark.kind != NAME and len(mark.places) > 1)
        marks += [mark for mark in doubtful if _is_meant(lexicon, swept, mark, named - inside)]
    return marks


def _is_meant(lexicon: Lexicon, swept: Swept, mark: Mark, named: set[int]) -> bool:
    """True for a doubtful name next to a sure one or behind its maker: clip / blip, openai clip."""
    place = mark.first
    makers = {id.partition("/")[0].lower() for id in lexicon.named(mark.id)[0]}
    pairs = ((place - 1, place - 2), (place + 1, place + 2))
    return swept.tokens[max(place - 1, 0)].form in makers or any(
        at in named or (beyond in named and at in swept.parting) for at, beyond in pairs
    )


def _longest(
    lexicon: Lexicon, swept: Swept, first: int, phrases: Known
) -> dict[str, tuple[int, list[str]]]:
    """Return kind -> (end token, ids) of the longest phrase of each kind from token `first` on.

    `phrases` are the phrases that the token is or begins. A phrase ends with the sentence.
    """
    longest: dict[str, tuple[int, list[str]]] = {}
    passed: list[str] = []
    last, end = first + 1, min(len(swept.tokens), first + MOST_WORDS)
    while phrases or passed:
        for meaning in [text for _, means in phrases if means for text in means.split(BETWEEN)]:
            kind = meaning[0]
            if longest.get(kind, (0, []))[0] < last:
                longest[kind] = (last, [])
            longest[kind][1].append(meaning[1:])
        if last >= end or swept.sentences[last] != swept.sentences[first]:
            break
        begun = [phrase for phrase, _ in phrases] + passed
        form = swept.tokens[last].form
        phrases = lexicon.going_on(begun, form)
        passed = begun if form in lexicon.skipped else []
        last += 1
    return longest


def _is_name(lexicon: Lexicon, swept: Swept, token: Token, words: int) -> bool:
    """True for a name of several words, with a capital, or long enough to be no ordinary word."""
    raw = swept.text[token.start : token.end]
    alone = len(raw) >= SHORTEST_NAME - 1 and not lexicon.is_a_word(token.form)
    return words > 1 or raw.lower() != raw or len(raw) > SHORTEST_NAME or alone


def _covered(lexicon: Lexicon, marks: list[Mark]) -> list[Mark]:
    """Return the marks without those inside a model name, a filler or a complaint.

    A name that begins a longer concept is dropped. A longer phrase hides particles, task names and
    words that answer its question or one outside ANSWERED_INSIDE (the bank of a bank statement);
    one that is `whole` in the lexicon (graphics card) hides all shorter concepts.
    """
    says = lexicon.index["says"]
    ends = {mark.first: mark.last for mark in marks if mark.kind == CONCEPT}
    marks = [mark for mark in marks if mark.kind != NAME or ends.get(mark.first, 0) <= mark.last]
    hidden = _places(mark for mark in marks if mark.kind == NAME or mark.id in HIDING)
    meant = [mark for mark in marks if mark.kind != PARTICLE and mark.first not in hidden]
    long = [mark for mark in meant if mark.kind in (CONCEPT, SAYING) and mark.last - mark.first > 1]
    by_length = sorted(long, key=lambda mark: len(mark.places))
    longest = {place: len(mark.places) for mark in by_length for place in mark.places}
    answered = {
        (place, id) for mark in long for id in says.get(mark.id, ()) for place in mark.places
    }
    ids = lexicon.index["whole"]
    whole = {place: mark for mark in long if mark.id in ids for place in mark.places}
    seen = []
    for mark in marks:
        around = whole.get(mark.first, mark)  # a longer one, of which it is a part
        part = mark.last <= around.last and len(mark.places) < len(around.places)
        if part and mark.kind in (CONCEPT, SAYING):
            continue
        if mark.kind != NAME and mark.id not in ("complaint", OF_EACH):
            if mark.first in hidden and mark.id != "filler":
                continue
            words, questions = mark.last - mark.first, says.get(mark.id, ())
            answers = mark.kind == SAYING and bool({*questions} - ANSWERED_INSIDE)
            shadowed = answers or mark.kind in (PARTICLE, ALIAS)
            repeats = words == 1 and any((mark.first, id) in answered for id in questions)
            if repeats or (shadowed and longest.get(mark.first, 0) > words):
                continue
        seen.append(mark)
    return seen


def _places(marks: Any) -> set[int]:
    return {place for mark in marks for place in mark.places}


def _meant(swept: Swept, marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks with `negated`, `settled` and `aside` set by the particles of their text.

    Other marks at a negated maker are dropped: "no Chinese models" says nothing about a language.
    """
    tokens, clauses, sentences = swept.tokens, swept.clauses, swept.sentences
    particles = [mark for mark in marks if mark.kind == PARTICLE]
    stops = {mark.first for mark in particles if mark.id == "contrast"}
    settled = {clauses[mark.first] for mark in particles if mark.id == "settled"}
    improved = {sentences[mark.first] for mark in particles if mark.id == "improvement"}
    asides: dict[int, int] = {}
    talk = _places(mark for mark in particles if mark.id == "talk")
    for mark in particles:
        if mark.id == "aside" and sentences[mark.first] not in improved:
            asides.setdefault(sentences[mark.first], mark.first)
    begun: set[int] = set()
    ended: set[int] = set()
    for mark in particles:
        opens = mark.first == 0 or tokens[mark.first - 1].form in ENDS_CLAUSE  # no need to mark
        if mark.id == "negation" or (mark.id == "negation-after" and opens):
            words = 1 if swept.is_slashed(mark.first) else NEGATED_WORDS  # ripe / not ripe
            after = range(mark.last, min(mark.last + words, len(tokens)))
            begun |= _within(after, clauses, clauses[mark.first], stops)
        elif mark.id == "negation-after":
            before = range(mark.first - 1, max(mark.first - 1 - NEGATED_WORDS, -1), -1)
            ended |= _within(before, clauses, clauses[mark.first], stops)
    selected = []
    for mark in marks:
        first = mark.first
        aside = first in talk or first > asides.get(sentences[first], first)
        negated = first in begun or mark.last - 1 in ended
        if aside or negated or clauses[first] in settled:
            mark = mark._replace(negated=negated, settled=clauses[first] in settled, aside=aside)
        selected.append(mark)
    unwanted = _places(mark for mark in selected if mark.id == MAKER and mark.negated)
    return [mark for mark in selected if mark.id == MAKER or mark.first not in unwanted]


def _within(places: range, clauses: Sequence[int], clause: int, stops: set[int]) -> set[int]:
    """Return the tokens before the first one in another clause or in `stops` (a contrast: but)."""
    return {*takewhile(lambda place: clauses[place] == clause and place not in stops, places)}

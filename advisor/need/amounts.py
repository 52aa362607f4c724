"""The measures that the numbers of a sentence count, such as images, classes or gigabytes."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import islice, takewhile

from advisor.engine.bounds import MILLION
from advisor.model.phrase_kinds import CONCEPT, MEASURE, NAME, PARTICLE, SAYING
from advisor.need.lexicon import Lexicon
from advisor.need.numerals import FARTHEST, LARGEST, YEARS, Amount, numbers_in
from advisor.need.sweep import ENDS_SENTENCE, OF_EACH, Mark, Swept
from advisor.tokens import Token, written_by_character

NEAR = 3
"""A unit before its number is at most this many words away."""

FAR_EACH = 4
"""Words for "each class" begin at most this many words before the number: je Art ca. 40."""


EXAMPLES, CLASSES, ITEMS = "examples", ("classes", "kinds"), ("items", "things")
"""Measures. Items that a model is trained on count as examples."""

FEW, LEAST_TAUGHT, TAUGHT = "few-examples", 16, ("training", "classify", "tag")
"""The measure of examples below this number, and concepts that still count them as EXAMPLES."""

TRAINING, LEARNT_FROM, ALL_THERE_IS = "training", "learnt-from", "few"
"""The concept of training, and particles right before training data (on) and beside few items."""

LACKING = ("untrained", "no-examples")
"""Concepts of missing training data."""

WAITING, SORTING = ("waiting", "per-"), ("classify", "tag", "labelled")
"""Prefixes of measures of images to process (per-day), and concepts of assigning labels."""

COUNTED = "count"
"""The concept of counting objects: with it, a number without a known noun counts no images."""

HOLDING = "within"
"""The particle between counted objects and the images: 500 nuclei in images."""

PARAMETERS = ("parameters", "billions", "file-megabytes")
"""Measures of model size; a limit of a million or more without a noun counts parameters."""

LIMIT, ABOVE, BELOW = "limit", "above", frozenset("<≤")
"""The particles "at most" and "above" (negated: a limit), and signs before a maximum."""

LEAST_NAMELESS = 1_000
"""A number from here on without a known noun counts images; a smaller one may count anything."""

COMPUTER = "system-memory"
"""The measure of system memory (RAM), as opposed to that of the graphics card."""

MOST_EACH = 5_000
"""A larger number of images is not one for each class: `trier 15 000 photos par type`."""


TIMES = frozenset("x×")
"""Signs between the number of classes and of examples of each: 200 species × 40 photos."""


def amounts(lexicon: Lexicon, swept: Swept) -> list[Amount]:
    """Return the numbers that count something, in order, in units of the measure's question.

    Numbers outside 1 to LARGEST are left out. Examples of each class are multiplied by the classes.
    """
    numbers = numbers_in(lexicon, swept)
    counted = {  # of a search, captions are no examples
        id
        for id, (*_, unless, despite) in lexicon.index["measures"].items()
        if swept.named.isdisjoint(unless) or not swept.named.isdisjoint(despite)
    }
    taught = not swept.named.isdisjoint(TAUGHT)
    meaning = swept.of(CONCEPT, SAYING, MEASURE)
    absent = [mark.places for mark in meaning if mark.negated or mark.id in LACKING]
    lacking = {place for places in absent for place in places}
    measures = [mark for mark in swept.of(MEASURE) if mark.id in counted]
    measures = [mark for mark in measures if mark.id != EXAMPLES or mark.first not in lacking]
    measures.sort(key=lambda mark: mark.first)
    amounts: list[Amount] = []
    start = 0
    ends = [*(number.first for number in numbers[1:]), len(swept.tokens)]
    for number, end in zip(numbers, ends, strict=False):
        while start < len(measures) and measures[start].first < number.last:
            start += 1
        counted_to = amounts[-1].last if amounts else -1
        before = measures[start - 1] if start and measures[start - 1].first > counted_to else None
        named = _ends_a_name(swept, measures, number)
        mark = _after(lexicon, swept, number, measures, start, number.last + 1 if named else end)
        if before and before.last == number.first and not lexicon.index["measures"][before.id][2]:
            mark = before  # the top 3
        if before and mark and mark.id in (EXAMPLES, *ITEMS) and _is_rate_of(swept, before, number):
            mark = before
        if not named and (id := _nameless(swept, number, mark)):
            mark = Mark(MEASURE, id, number.first, number.last)
        each = number.value == 1 and mark and written_by_character(swept.tokens[mark.first].form)
        if mark is not None and 1 <= number.value <= LARGEST and not each:  # 1本: each clip
            value = float(f"{number.value * lexicon.index['measures'][mark.id][1]:.9g}")
            first, last = min(number.first, mark.first), max(number.last, mark.last)
            learnt = mark.id in ITEMS and _is_learnt_from(lexicon, swept, number, mark)
            amounts.append(
                Amount(value, number.exact, first, last, EXAMPLES if learnt else mark.id)
            )
    amounts = _of_all_classes(lexicon, swept, amounts, numbers)
    few = [] if taught else [a for a in amounts if a.measure == EXAMPLES and a.value < LEAST_TAUGHT]
    return [each._replace(measure=FEW) if each in few else each for each in amounts]


def _is_rate_of(swept: Swept, mark: Mark, number: Amount) -> bool:
    """True for a measure of WAITING at most NEAR words before its number: every day 500 photos."""
    near = 0 <= number.first - mark.last <= NEAR
    return near and mark.id.startswith(WAITING) and _is_one_clause(swept, mark.first, number.first)


def _nameless(swept: Swept, number: Amount, mark: Mark | None) -> str:
    """Return the measure of a number without a noun in its clause: parameters, items or ""."""
    if mark and _is_one_clause(swept, mark.first, number.first) and mark.first <= number.last + 1:
        return ""
    if number.value >= MILLION and is_limited(swept, number):
        return PARAMETERS[0]
    if mark is not None:
        return ""
    machine = any(mark.first in number.places for mark in swept.of(CONCEPT, SAYING, NAME))
    large = number.exact and number.value >= LEAST_NAMELESS
    dated = number.value in YEARS or COUNTED in swept.named  # 3000 bacteria in each
    return ITEMS[0] if large and not (machine or dated) else ""


def _counts_a_word(lexicon: Lexicon, swept: Swept, number: Amount) -> bool:
    """True if a content word follows the number, known or not."""
    form = swept.tokens[number.last].form if number.last < len(swept.tokens) else ""
    joins = form in lexicon.quiet and form not in lexicon.skipped
    return form.isalpha() and not (joins or written_by_character(form))


def is_limited(swept: Swept, amount: Amount, *ids: str) -> bool:
    """True for a maximum: under 1B, 48 hours at most. `ids` are further particles before one."""
    marks, first = swept.of(PARTICLE), amount.first
    if first and swept.tokens[first - 1].form in BELOW:
        return True
    if first > 1 and swept.tokens[first - 1].form == ".":
        first -= 1
    before = {m.id for m in marks if m.last == first and (m.id != ABOVE or m.negated)}
    behind = {mark.id for mark in marks if mark.first == amount.last}
    return LIMIT in behind or not before.isdisjoint((LIMIT, ABOVE, *ids))


def _ends_a_name(swept: Swept, measures: Sequence[Mark], number: Amount) -> bool:
    """True behind a capitalized word that is no unit: iPhone 15. Sentence starts are left out."""
    place = number.first - 1
    if place < 0 or any(place in mark.places for mark in measures):
        return False
    _, start, end = swept.tokens[place]
    word = swept.text[start:end]
    begins = place == 0 or swept.tokens[place - 1].form in ENDS_SENTENCE
    return word.isascii() and any(letter.isupper() for letter in word[begins:])


def _is_learnt_from(lexicon: Lexicon, swept: Swept, number: Amount, mark: Mark) -> bool:
    """True for items that are training data: fine-tune on my 500 images, sort them, 40 of each."""
    place = number.first
    while place and swept.tokens[place - 1].form in lexicon.skipped:
        place -= 1
    near = range(max(place - NEAR, 0), place + 1)
    beside = {
        at.id
        for at in swept.of(PARTICLE)
        if at.last == place
        or at.first == mark.last
        or (at.id == OF_EACH and at.last in near and _is_one_clause(swept, at.first, number.first))
    }
    often = any(at.first == mark.last and at.id.startswith(WAITING) for at in swept.of(MEASURE))
    unless = lexicon.index["measures"][EXAMPLES][3]
    trains = LEARNT_FROM in beside and TRAINING in swept.named and swept.named.isdisjoint(unless)
    each = OF_EACH in beside and not often and number.value <= MOST_EACH
    few = ALL_THERE_IS in beside and number.value < LEAST_TAUGHT
    return trains or ((each or few) and not swept.named.isdisjoint(SORTING))


def _of_all_classes(
    lexicon: Lexicon, swept: Swept, amounts: list[Amount], numbers: Sequence[Amount]
) -> list[Amount]:
    """Return the amounts, examples of each class times the classes: 50 of each of 12 become 600."""
    tokens = [*swept.tokens[1:], Token("", 0, 0)]
    nouns = {tokens[mark.last - 1].form for mark in swept.of(PARTICLE) if mark.id == OF_EACH}
    bare = not all(form.isalpha() and form not in lexicon.quiet for form in nouns)
    taken = {place for amount in amounts for place in amount.places}
    classes = next(
        (amount for amount in amounts if amount.measure in CLASSES),
        next((number for number in numbers if _counts_some(swept, number, nouns)), None),
    )
    if classes is None and bare:  # 5 stages, 120 labelled photos for each
        others = (number for number in numbers if number.value > 1 and number.first not in taken)
        classes = next((n for n in others if _counts_a_word(lexicon, swept, n)), None)
    if classes is None:
        return amounts
    each = _of_each(swept)
    signs = {place + 1 for place, token in enumerate(swept.tokens) if token.form in TIMES}
    of_all = []
    for amount in amounts:
        times = amount.first in signs and amount.first == classes.last + 1
        beside = each.intersection(range(amount.first - FAR_EACH, amount.last + NEAR))
        if (times and amount.measure in ITEMS) or (beside and amount.measure == EXAMPLES):
            value = amount.value * classes.value
            amount = amount._replace(value=value, measure=EXAMPLES, classes=classes.places)
        of_all.append(amount)
    return of_all


def _counts_some(swept: Swept, number: Amount, nouns: Set[str]) -> bool:
    """True for a number above 1 with one of the `nouns` in the next two words: 8 product areas."""
    near = takewhile(lambda token: token.is_word, swept.tokens[number.last :])
    return number.value > 1 and any(token.form in nouns for token in islice(near, NEAR - 1))


def _of_each(swept: Swept) -> set[int]:
    """Return the first token of each "per class", "each" and so on."""
    return {mark.first for mark in swept.of(PARTICLE) if mark.id == OF_EACH}


def _is_one_clause(swept: Swept, place: int, other: int) -> bool:
    return swept.clauses[place] == swept.clauses[other]


def _after(
    lexicon: Lexicon, swept: Swept, number: Amount, measures: Sequence[Mark], start: int, end: int
) -> Mark | None:
    """Return the mark in `measures[start:]` that a number counts, before token `end`; else None.

    A mark counts if fewer words than the reach of its measure are between. Units (reach 1) go
    first, then the order of measures in the lexicon.
    """
    order = list(lexicon.index["measures"])
    per = {each.last for each in swept.of(PARTICLE) if each.id == OF_EACH}
    holding = {each.first for each in swept.of(PARTICLE) if each.id == HOLDING}
    end = min(end, number.last + FARTHEST)
    near: list[tuple[bool, int, int, Mark]] = []
    for place, mark in enumerate(measures[start:], start):
        if mark.first >= end or swept.sentences[mark.first] != swept.sentences[number.first]:
            break
        question, _, reach, *_ = lexicon.index["measures"][mark.id]
        if mark.id in ITEMS and (
            mark.first in per or holding & {*range(number.last + 1, mark.first)}
        ):
            continue  # ten keywords per photo, 500 nuclei in images
        apart = near and mark.first > measures[place - 1].last  # 40 product categories are not
        elsewhere = not _is_one_clause(swept, mark.first, number.first)
        if not question and (apart or elsewhere):
            continue  # its number answers nothing
        if elsewhere and mark.id == EXAMPLES and mark.first in _of_each(swept):
            continue  # 200 kinds, per kind 40 photos
        if mark.first - number.last < reach:
            near.append((reach > 1, order.index(mark.id), place, mark))
    return min(near)[-1] if near else None

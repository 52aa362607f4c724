"""Numbers in a sentence as they are written: in digits, in Chinese numerals, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress

from advisor.model import NamedTuple
from advisor.model.phrase_kinds import ALONE, CONCEPT, MEASURE, NAME, NUMERAL, PARTICLE, SAYING
from advisor.need.lexicon import Lexicon
from advisor.need.sweep import SPAN, Swept
from advisor.tokens import written_by_character

DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"〇": 0, "两": 2, "兩": 2}

TENS = {"十": 10, "百": 100, "千": 1000}

MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000}
"""Chinese numerals: 三百万 is three hundred times ten thousand."""

FARTHEST = 12
"""Longest distance in words between a number and its unit, and longest number in words."""

LEAST_OF_SEVERAL = 2
"""The least factor of a plural: `thousands of photos` are at least two thousand."""

YEARS = range(1400, 2100)
"""A number in this range behind a word like `from` is a year, unless a unit follows."""

MACHINE = "machine-"
"""Prefix of concepts of machines. A number right before one counts machines (two A100)."""

CARD = "card-of"
"""The concept "card of 24 GB": unlike in other phrases, a number inside it is read."""

WISHES = "wishes"
"""The particle of announced wishes (two things:), whose number counts nothing."""

GROUP = 3
"""Digits in a group of a large number."""

Spellings = dict[int, tuple[frozenset[str], int]]
"""First token of a number word -> (languages that have the word, token behind it)."""

LARGEST = 1e12
"""A larger number counts nothing."""


class Amount(NamedTuple):
    """A number and the id of the measure that it counts, empty if not yet known.

    `value` is in the unit of the measure's question, a lower bound unless `exact`. `first` to
    `last` (exclusive) are the tokens of the number and its measure; `classes` are the tokens of the
    number of classes by which examples of each class were multiplied.
    """

    value: float
    exact: bool
    first: int
    last: int
    measure: str = ""
    classes: range = range(0)

    @property
    def places(self) -> range:
        """The indexes of its tokens."""
        return range(self.first, self.last)


def numbers_in(lexicon: Lexicon, swept: Swept) -> list[Amount]:
    """Return the numbers of a text in order, with the value 0 in two A100, 7B, 1890, two things."""
    times = lexicon.index["numerals"]
    factors = {mark.first: (times[mark.id], mark.last) for mark in swept.of(NUMERAL)}
    alone = {mark.first: (times[mark.id], mark.last) for mark in swept.of(ALONE)}
    words = _spellings(lexicon, swept)
    named = [mark for mark in swept.of(CONCEPT, SAYING, NAME) if mark.id != CARD]
    inside = {place for mark in named for place in mark.places[mark.last - mark.first > 1 :]}
    machines = {mark.first for mark in named if mark.id.startswith(MACHINE)}
    forms = [token.form for token in swept.tokens]
    units = {m.first for m in swept.of(MEASURE, NUMERAL) if forms[m.first - 1] not in (",", ")")}
    units = {at for at in units if forms[at] not in forms[at + 2 : at + 3]}  # line by line
    spans = {mark.first for mark in swept.of(MEASURE) if mark.id.startswith(SPAN)}
    dated = {mark.last for mark in swept.of(PARTICLE) if mark.id == "dated"}
    wishes = {mark.first for mark in swept.of(PARTICLE) if mark.id == WISHES}
    numbers: list[Amount] = []
    place = 0
    while place < len(swept.tokens):
        number, form = None, swept.tokens[place].form
        if place not in inside and form[:1].isdigit():
            number = _digits(swept, place)
        elif place not in inside and (form in DIGITS or form in TENS):
            number = _chinese(swept, place, spans)
        if number is None and place in alone:
            factor, last = alone[place]
            number = Amount(factor * LEAST_OF_SEVERAL, False, place, last)
        elif number is None and place in words:
            number = _spelt(swept, place, words, lexicon.index["number_words"])
        if number is not None:
            number = _times(number, factors) if number.exact else number
            near = {number.last, number.last + 1}
            if (  # two A100, 7B, letters from 1890
                number.last in machines
                or number.first in wishes
                or _goes_on(swept, number, units)
                or (place in dated and number.value in YEARS and units.isdisjoint(near))
            ):
                number = number._replace(value=0.0)
            numbers.append(number)
        place = number.last if number else place + 1
    return numbers


def _times(number: Amount, factors: Mapping[int, tuple[float, int]]) -> Amount:
    """Return a number with the factors that follow it: 2 hundred thousand."""
    value, last = number.value, number.last
    while last in factors and value <= LARGEST:
        factor, last = factors[last]
        value *= factor
    return number._replace(value=value, last=last)


def _digits(swept: Swept, place: int) -> Amount | None:
    """Return the number in digits at a token; None for digits of a name (GPT-2, B/32)."""
    _, start, end = swept.tokens[place]
    before = swept.text[max(start - 2, 0) : start]
    joined = len(before) == 2 and before[0].isalpha() and before[1] in "-/_"
    if joined or (before[-1:].isascii() and before[-1:].isalpha()):
        return None
    last = place + 1
    if end - start <= GROUP and swept.tokens[place].form.isdigit():
        while last < len(swept.tokens) and _is_next_group(swept, last):
            last += 1
    value = as_value(swept.text[start : swept.tokens[last - 1].end])
    return None if value is None else Amount(value, True, place, last)


def _goes_on(swept: Swept, number: Amount, units: Set[int]) -> bool:
    """True for a number with letters right behind it that are no unit: 1930s, 7B, 3D."""
    if number.last in units or number.last >= len(swept.tokens):
        return False
    _, start, end = swept.tokens[number.last]
    letters = swept.text[start:end]
    return (
        start == swept.tokens[number.last - 1].end
        and letters.isalpha()
        and not written_by_character(letters)
    )


def _is_next_group(swept: Swept, place: int) -> bool:
    """True for three digits after a space: 15 000."""
    (_, _, before), (form, start, _) = swept.tokens[place - 1], swept.tokens[place]
    return len(form) == GROUP and form.isdigit() and swept.text[before:start] == " "


def as_value(raw: str) -> float | None:
    """Return a number in digits: 1.000 is 1000, 1.5 and 1,5 are decimals. None for other texts."""
    first, *rest = re.split(r"\D", raw)
    separators = [sign for sign in raw if not sign.isdigit()]
    grouped = len(set(separators)) == 1 and len(first) <= GROUP and first != "0"
    grouped = grouped and all(len(part) == GROUP for part in rest)
    if not grouped and separators and separators[-1] in ",.":  # the last one is the decimal
        rest[-1:] = [".", rest[-1]]
    with suppress(ValueError):
        return float("".join((first, *rest)))
    return None


def _chinese(swept: Swept, first: int, spans: Set[int]) -> Amount | None:
    """Return the Chinese number that begins at a token; None for 0.

    A single character counts only before one of `spans`, the first tokens of units of time.
    """
    total = section = digit = 0
    last = first
    while last < min(len(swept.tokens), first + FARTHEST):
        form = swept.tokens[last].form
        if form in DIGITS:
            digit = DIGITS[form]
        elif form in TENS:
            section += (digit or 1) * TENS[form]
            digit = 0
        elif form in MYRIADS and last > first:
            total += (section + digit or 1) * MYRIADS[form]
            section = digit = 0
        else:
            break
        last += 1
    value = total + section + digit
    counts = last - first > 1 or last in spans
    return Amount(float(value), True, first, last) if value and counts else None


def _spellings(lexicon: Lexicon, swept: Swept) -> Spellings:
    """Return the number words of a text; a common word of its language is none of another one."""
    own = frozenset(lexicon.index["telling"].get(swept.language, "").split())
    spellings: Spellings = {}
    for mark in swept.of(PARTICLE):
        _, _, language = mark.id.partition(".")
        if language and (language == swept.language or swept.tokens[mark.first].form not in own):
            languages = spellings[mark.first][0] if mark.first in spellings else frozenset()
            spellings[mark.first] = (languages | {language}, mark.last)
    return spellings


def _spelt(swept: Swept, first: int, words: Spellings, order: Sequence[str]) -> Amount | None:
    """Return the number in words from a token on, by the first language of `order`; else None."""
    languages, last = words[first]
    while last in words and languages & words[last][0] and last - first < FARTHEST:
        languages, last = languages & words[last][0], words[last][1]
    from text_to_num import text2num  # only where a word for a number stands

    text = swept.text[swept.tokens[first].start : swept.tokens[last - 1].end].lower()
    for language in (language for language in order if language in languages):
        with suppress(ValueError):
            return Amount(float(text2num(text, language)), True, first, last)
    return None

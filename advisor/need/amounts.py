"""Numbers in a sentence, in digits and in words, and what they count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from advisor.model.value import NamedTuple
from advisor.rulebase.phrases import ALONE, MEASURE, NUMERAL, PARTICLE

if TYPE_CHECKING:
    from advisor.need.sweep import Lexicon, Mark, Swept

DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"〇": 0, "两": 2, "兩": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000}
"""Chinese numerals: 三百万 is three hundred times ten thousand."""

FARTHEST = 12
"""No measure reaches farther than so many words."""

LEAST_OF_SEVERAL = 2
"""`Thousands of photos` are at least two thousand."""

_GROUPED = re.compile(r"\d{1,3}(?:([.,'\u00a0\u202f])\d{3})(?:\1\d{3})*\Z")


class Amount(NamedTuple):
    """A number and what it counts: the id of a measure. `first` to `last` are its tokens.

    `value` is in the unit of the measure's question; it is a lower bound where not `exact`.
    """

    measure: str
    value: float
    exact: bool
    first: int
    last: int


class _Number(NamedTuple):
    value: float
    exact: bool
    first: int
    last: int


def amounts(lexicon: Lexicon, swept: Swept) -> list[Amount]:
    """Return the numbers that count something, each with the first measure that fits."""
    numbers = _numbers(lexicon, swept)
    order = list(lexicon.index["measures"])
    measures = sorted(swept.of(MEASURE), key=lambda mark: mark.first)
    found = []
    start = 0
    ends = [*(number.first for number in numbers[1:]), len(swept.tokens)]
    for number, end in zip(numbers, ends, strict=False):
        while start < len(measures) and measures[start].first < number.last:
            start += 1
        near = []
        for mark in measures[start:]:
            _, times, reach = lexicon.index["measures"][mark.id]
            if mark.first >= min(end, number.last + FARTHEST):
                break
            same = swept.sentences[mark.first] == swept.sentences[number.first]
            if same and mark.first - number.last < reach:
                near.append((order.index(mark.id), mark, times))
        if near:
            _, mark, times = min(near, key=lambda one: (one[0], one[1].first))
            value = round(number.value * times, 6)
            found.append(Amount(mark.id, value, number.exact, number.first, mark.last))
    return found


def _numbers(lexicon: Lexicon, swept: Swept) -> list[_Number]:
    tokens, times = swept.tokens, lexicon.index["numerals"]
    factors = {mark.first: mark for mark in swept.of(NUMERAL)}
    alone = {mark.first: mark for mark in swept.of(ALONE)}
    words = _spellings(swept, lexicon.index["number_words"])
    found: list[_Number] = []
    place = 0
    while place < len(tokens):
        form = tokens[place].form
        number = None
        if form[:1].isdigit() and (value := as_value(swept.text[slice(*tokens[place][1:])])):
            number = _times(value, place, place + 1, factors, times)
        elif form in DIGITS or form in TENS:
            number = _chinese(swept, place)
        elif place in alone:
            mark = alone[place]
            number = _Number(times[mark.id] * LEAST_OF_SEVERAL, False, place, mark.last)
        elif place in words and (spelt := _spelt(swept, place, words)):
            number = _times(spelt[0], place, spelt[1], factors, times)
        if number is not None:
            found.append(number)
        place = number.last if number else place + 1
    return found


class _Spelling(NamedTuple):
    """A word for a number: in which languages it is one, in the order to try; where it ends."""

    languages: frozenset[str]
    order: Sequence[str]
    last: int


def _spellings(swept: Swept, order: Sequence[str]) -> dict[int, _Spelling]:
    """Return the words for numbers by their first token."""
    found: dict[int, _Spelling] = {}
    for mark in swept.of(PARTICLE):
        _, _, language = mark.id.partition(".")
        if language:
            known = found[mark.first].languages if mark.first in found else frozenset()
            found[mark.first] = _Spelling(known | {language}, order, mark.last)
    return found


def _times(
    value: float, first: int, last: int, factors: Mapping[int, Mark], times: Mapping[str, float]
) -> _Number:
    """Return a number with the factors that follow it: 2 hundred thousand."""
    while last in factors:
        value *= times[factors[last].id]
        last = factors[last].last
    return _Number(value, True, first, last)


def as_value(raw: str) -> float | None:
    """Return a number in digits; a separator before three digits groups, else it is a decimal."""
    text = raw
    if grouped := _GROUPED.match(raw):
        text = raw if raw.startswith("0") else raw.replace(grouped.group(1), "")
    text = re.sub(r"['\u00a0\u202f]", "", text)
    if "," in text and "." in text:  # the last one is the decimal
        decimal = max(text.rfind(","), text.rfind("."))
        text = re.sub(r"[.,]", "", text[:decimal]) + "." + text[decimal + 1 :]
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _chinese(swept: Swept, first: int) -> _Number | None:
    """Return the Chinese number that begins at a token; one character alone is no number."""
    total = section = digit = 0
    last = first
    for token in swept.tokens[first:]:
        form = token.form
        if form in DIGITS:
            digit = DIGITS[form]
        elif form in TENS:
            section += (digit or 1) * TENS[form]
            digit = 0
        elif form in MYRIADS:
            total += (section + digit or 1) * MYRIADS[form]
            section = digit = 0
        else:
            break
        last += 1
    value = total + section + digit
    return _Number(float(value), True, first, last) if value and last - first > 1 else None


def _spelt(swept: Swept, first: int, words: Mapping[int, _Spelling]) -> tuple[float, int] | None:
    """Return the number that words spell from a token on, and where it ends."""
    last, languages = first, words[first].languages
    while last in words and words[last].languages & languages:
        languages &= words[last].languages
        last = words[last].last
    text = swept.text[swept.tokens[first].start : swept.tokens[last - 1].end]
    value = spelt_value(text, [one for one in words[first].order if one in languages])
    return None if value is None else (value, last)


def spelt_value(text: str, languages: Sequence[str]) -> float | None:
    """Return the number that words spell in the first of some languages that knows it."""
    from text_to_num import text2num  # only where a word for a number stands

    for language in languages:
        with suppress(ValueError):
            return float(text2num(text.lower(), language))
    return None

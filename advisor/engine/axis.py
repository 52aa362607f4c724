"""The answers of one question that a diagram tells apart: options, kinds they cover, and numbers.

A number falls into the interval that holds it; intervals lie within the bands that the question's
options are. Of a question whose answer nobody assumes, `UNSAID` is one answer more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from math import ceil, inf, lcm, nextafter
from typing import NamedTuple

from advisor.engine.profile import Answer
from advisor.engine.quantity import exact
from advisor.model import NOT_APPLICABLE, Question

MOST_DIGITS = 6
"""Behind the decimal point of a number that stands for an interval."""


class AxisValue(NamedTuple):
    """One answer: options, kinds that they cover (`named`), or the numbers from `least` on.

    There is one option, but where several hold at once; none in the answer that nobody gave. An
    interval ends where the next greater one begins; an option without a number is no bound at all.
    """

    options: tuple[str, ...]
    named: tuple[str, ...] = ()
    least: float | None = None

    @property
    def answer(self) -> Answer:
        """The answer that a complete profile has; of an interval, its least number."""
        return Answer(self.options, self.least, "asked", self.named)

    @property
    def said(self) -> tuple[str, ...]:
        """What is typed for it: the number, the kinds, or the options."""
        return self.answer.said


UNSAID = AxisValue(())
"""The answer that nobody gave, where nothing is assumed in its place."""


class Axis(NamedTuple):
    """A question with its values; the typical one first, intervals from the greatest down.

    Of a question with `many`, several options hold at once, and are a value of their own.
    """

    question: str
    values: tuple[AxisValue, ...]
    many: bool = False

    def places(self, answer: Answer) -> list[int]:
        """Return the places of the values that an answer leaves possible, the assumed one first.

        A number is in one interval; a band leaves those within it, and is taken for its greatest.
        Empty where the answer is none that is told apart here.
        """
        if answer.value is not None and any(value.least is not None for value in self.values):
            return [self._interval(answer.value)]
        exact = set(answer.options), set(answer.named)
        values = [(set(value.options), set(value.named)) for value in self.values]
        found = [place for place, value in enumerate(values) if value == exact]
        if found or answer.named or self.many:
            return found
        one_of = {(option,) for option in answer.options}
        return [
            place
            for place, value in enumerate(self.values)
            if value.options in one_of and not value.named
        ]

    @property
    def weights(self) -> list[int]:
        """What each value weighs: those of a band of numbers together as much as another band."""
        bands = Counter(value.options for value in self.values)
        whole = lcm(*bands.values()) if any(one.least is not None for one in self.values) else 1
        return [whole // bands[one.options] if whole > 1 else 1 for one in self.values]

    def typed(self, place: int) -> str:
        """Return what is typed for a value: an option, a kind, or a round number of the interval.

        The interval that a band is taken for is called by the band.
        """
        value = self.values[place]
        if value.least is None:
            return value.said[0]
        above = self.values[place - 1] if place else UNSAID
        end = above.least
        if end is not None and above.options != value.options:
            return value.options[0]
        number = value.least
        for digits in range(MOST_DIGITS):
            number = ceil(value.least * 10**digits) / 10**digits
            if value.least <= number < (inf if end is None else end):
                break
        return exact(number)

    def _interval(self, number: float) -> int:
        """Return the place of the interval that holds a number."""
        return next(
            place
            for place, value in enumerate(self.values)
            if value.least is not None and value.least <= number
        )


def axis_of(
    question: Question,
    *,
    cuts: Collection[float] = (),
    kinds: bool = True,
    open_: bool = False,
    only: Answer | None = None,
) -> Axis:
    """Return the values of a question.

    `cuts` are the numbers from which an answer may be another one, in the question's unit; `kinds`
    tells covered kinds apart; with `open_` nothing is assumed where nobody answers; `only` is the
    one answer to follow, where it is given.
    """
    if only is not None:
        declared = [option.id for option in question.options]
        options = tuple(sorted(only.options, key=declared.index))
        return Axis(question.id, (AxisValue(options, only.named),), question.many)
    values = [UNSAID] if open_ else []
    for option in question.options:
        if not cuts or option.up_to is None:
            values.append(AxisValue((option.id,)))
            values += [AxisValue((option.id,), (name,)) for name in option.covers] if kinds else []
    if cuts:
        values += intervals(question, cuts)
    if question.ask_if:
        values.append(AxisValue((NOT_APPLICABLE,)))
    return Axis(question.id, tuple(values), question.many)


def intervals(question: Question, cuts: Collection[float]) -> list[AxisValue]:
    """Return the intervals between cuts and the borders of the options, the greatest first."""
    bands = sorted((inf if o.up_to is None else o.up_to, o.id) for o in question.options)
    borders = {nextafter(up_to, inf) for up_to, _ in bands if up_to < inf}
    return [
        AxisValue((next(id for up_to, id in bands if least <= up_to),), least=least)
        for least in sorted({0.0, *cuts, *borders}, reverse=True)
    ]

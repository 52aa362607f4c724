"""What an interview asks and hears: a question with its options, an answer, how many agree."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from advisor.engine.profile import Answer
from advisor.engine.task_diagram import Axis
from advisor.model import Option, Question

NEARLY_ALL = Fraction(95, 100)
"""From this share of agreement on, stopping early is worth an offer."""


class Ask(NamedTuple):
    """One question to ask now, the options still possible, and who wins where.

    `winners` holds for each option the families (or none) that can still win after it; `about` is
    the stop that the answer matters for, one of `STOPS`.
    """

    question: Question
    options: tuple[Option, ...]
    winners: dict[str, tuple[str, ...]]
    about: str


class Agreement(NamedTuple):
    """The answer that most of what is still possible ends in.

    `agreeing` complete profiles `of` all end in it; `assumed` says that stopping now gives it too.
    """

    answer: str
    agreeing: int
    of: int
    assumed: bool

    @property
    def share(self) -> Fraction:
        """Which part of the complete profiles agrees."""
        return Fraction(self.agreeing, self.of)

    @property
    def worth_an_offer(self) -> bool:
        """True where stopping before the outcome is decided risks little."""
        return self.assumed and NEARLY_ALL <= self.share < 1


class AskedAnswer(NamedTuple):
    """One answer in the order given; None where it was "don't know"."""

    question: str
    answer: Answer | None


def options_of(
    axis: Axis, question: Question, after: Mapping[int, int]
) -> list[tuple[Option, list[int]]]:
    """Return the options that are possible, each with its places.

    `after` has what follows each place that is possible.
    """
    found: list[tuple[Option, list[int]]] = []
    for option in question.options:
        places = [place for place in after if axis.values[place].options == (option.id,)]
        if not places:
            continue
        parts = [place for place in places if axis.values[place].least is not None]
        covers = option.covers
        if len({after[place] for place in places}) > 1 and parts:
            numbers = {at: axis.typed(at) for at in parts}
            if option.up_to is not None:  # the part that the band is taken for
                numbers = {
                    at: f"{option.up_to:g}" if n == option.id else n for at, n in numbers.items()
                }
            covers = {n: [_words(axis, at, option, question)] for at, n in numbers.items()}
        found.append((option._replace(covers=covers), places))
    return found


def _words(axis: Axis, place: int, option: Option, question: Question) -> str:
    """Return a part of a band in words."""
    least, above = axis.values[place].least or 0.0, axis.values[place - 1] if place else None
    most = option.up_to
    if above is not None and above.options == axis.values[place].options:
        most = above.least
    unit = question.unit or ""
    return f"{least:.3g} {unit} or more" if most is None else f"{least:.3g} to {most:.3g} {unit}"

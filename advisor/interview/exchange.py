"""What an interview asks and hears: a question with its options, an answer, how many agree."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from advisor.engine.profile import Answer
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

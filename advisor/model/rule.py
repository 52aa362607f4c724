"""The rules, and the criteria that they judge by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.model.question import Condition


class Criterion(NamedTuple):
    """A named ground for judging; the declared order is the order of comparison."""

    id: str
    name: str
    because: str


class Rule(NamedTuple):
    """A condition and what it says for or against candidates.

    `derived` is the kind of declaration a rule was derived from (`takes`, `gives`, `tasks`), or
    empty for a written rule. `place` is where it stands, as file:line.
    """

    id: str
    criterion: str
    when: Condition
    effect: str
    candidates: Sequence[str]
    because: str
    sources: Sequence[str]
    supporting: bool
    derived: str
    place: str

"""The rules, and the criteria that they judge by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Computed,
        CriterionId,
        Id,
        Sources,
        Text,
        When,
    )

EFFECTS = ("exclude", "avoid", "prefer")


class Criterion(NamedTuple):
    """A named ground for judging; the declared order is the order of comparison."""

    id: Id
    name: Text
    because: Text


class Rule(NamedTuple):
    """A condition and what it says for or against candidates.

    `derived` is the kind of declaration a rule was derived from (`takes`, `gives`, `tasks`), or
    empty for a written rule. `place` is where it stands, as file:line.
    """

    id: Id
    criterion: CriterionId
    when: When
    effect: Computed[str]
    candidates: Computed[Sequence[str]]
    because: Text
    sources: Sources
    supporting: bool = False
    derived: Computed[str] = ""
    place: Computed[str] = ""

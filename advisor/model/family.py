"""The families with what they declare, and the rules that judge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Aliases,
        Computed,
        CriterionId,
        GivenOption,
        HowWell,
        Id,
        Positive,
        Required,
        Sources,
        TakenOption,
        TaskId,
        TaskOrOption,
        Text,
        When,
    )

NONE = "none"
"""The answer where no family fits."""

SECTIONS = (
    "inputs",
    "outputs",
    "architecture",
    "objectives",
    "training",
    "data",
    "advantages",
    "limits",
    "licences",
    "fine_tuning",
    "choose_when",
    "avoid_when",
)
"""The sections of a description."""


class Declaration(NamedTuple):
    """Why a family takes, gives or cannot do something, and who says so."""

    because: Text
    sources: Sources


class Fit(NamedTuple):
    """How well a family does a task: best, good, possible or helper."""

    fit: HowWell
    because: Text
    sources: Sources


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do.

    `composable`: one of your own can be joined from an encoder and a decoder.
    """

    id: Id
    name: Text
    aliases: Aliases = ()
    rank: Required[Positive] = 1
    composable: bool = False
    summary: Required[Text] = ""
    takes: Required[Mapping[TakenOption, Declaration]] = {}
    gives: Required[Mapping[GivenOption, Declaration]] = {}
    tasks: Required[Mapping[TaskId, Fit]] = {}
    cannot: Mapping[TaskOrOption, Declaration] = {}


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

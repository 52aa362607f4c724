"""The families with what they declare, and the rules that judge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

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

    because: f.Text
    sources: f.Sources


class Fit(NamedTuple):
    """How well a family does a task: best, good, possible or helper."""

    fit: Annotated[str, f.OneOf("best", "good", "possible", "helper")]
    because: f.Text
    sources: f.Sources


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do.

    `composable`: one of your own can be joined from an encoder and a decoder.
    """

    id: f.Id
    name: f.Text
    aliases: f.Aliases = ()
    rank: f.Required[f.Positive] = 1
    composable: bool = False
    summary: f.Required[f.Text] = ""
    takes: f.Required[Mapping[f.TakenOption, Declaration]] = {}
    gives: f.Required[Mapping[f.GivenOption, Declaration]] = {}
    tasks: f.Required[Mapping[f.TaskId, Fit]] = {}
    cannot: Mapping[f.TaskOrOption, Declaration] = {}


EFFECTS = ("exclude", "avoid", "prefer")


class Criterion(NamedTuple):
    """A named ground for judging; the declared order is the order of comparison."""

    id: f.Id
    name: f.Text
    because: f.Text


class Rule(NamedTuple):
    """A condition and what it says for or against candidates.

    `derived` is the kind of declaration a rule was derived from (`takes`, `gives`, `tasks`), or
    empty for a written rule. `place` is where it stands, as file:line.
    """

    id: f.Id
    criterion: Annotated[str, f.KebabCase(of="criterion")]
    when: f.When
    effect: f.Computed[str]
    candidates: f.Computed[Sequence[str]]
    because: f.Text
    sources: f.Sources
    supporting: bool = False
    derived: f.Computed[str] = ""
    place: f.Computed[str] = ""

"""The families, each with what it declares and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Aliases,
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

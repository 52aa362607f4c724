"""The families, each with what it declares and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

NONE = "none"
"""The answer where no family fits."""


class Declaration(NamedTuple):
    """Why something is so, and who says so."""

    because: str
    sources: Sequence[str]


class Fit(NamedTuple):
    """How well a family does a task: best, good, possible or helper."""

    fit: str
    because: str
    sources: Sequence[str]


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do.

    `composable`: one of your own can be joined from an encoder and a decoder.
    """

    id: str
    name: str
    aliases: Sequence[str]
    rank: int
    composable: bool
    summary: str
    takes: Mapping[str, Declaration]
    gives: Mapping[str, Declaration]
    tasks: Mapping[str, Fit]
    cannot: Mapping[str, Declaration]


class Statement(NamedTuple):
    """One sentence of a description, with its sources."""

    text: str
    sources: Sequence[str]
    inferred: bool


class ArticleClaim(NamedTuple):
    """What well-known articles say of a family, and whether it still holds."""

    claim: str
    status: str
    truth: str
    sources: Sequence[str]

"""One thing to say about a choice or a place in code, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Location

LEVELS = ("error", "warning", "note")


class Edit(NamedTuple):
    """A stretch of a file and what has to stand there instead."""

    place: Location
    text: str


class Problem(NamedTuple):
    """One thing to say. `rule` is a stable id, `fix` the smallest mend in words.

    `place` is None for what stands in no file. `edits` do what `fix` says; they are there only
    where that is certain. `choice` is the name of the choice it is about, `origin` the rule of the
    rule base that it repeats.
    """

    rule: str
    level: str
    message: str
    because: str = ""
    sources: tuple[str, ...] = ()
    fix: str | None = None
    place: Location | None = None
    checkpoint: str | None = None
    edits: tuple[Edit, ...] = ()
    choice: str | None = None
    origin: str | None = None


def make_problem(
    rulebase: RuleBase,
    rule: str,
    message: str,
    place: Location | None = None,
    *,
    level: str | None = None,
    because: str | None = None,
    checkpoint: str | None = None,
    sources: Sequence[str] | None = None,
    fix: str | None = None,
    edits: tuple[Edit, ...] = (),
    origin: str | None = None,
) -> Problem:
    """Return a problem of a rule, with its level, reason and sources where none are given."""
    entry = rulebase.checks[rule]
    return Problem(
        rule,
        level or entry.level,
        message,
        entry.because if because is None else because,
        tuple(sources or entry.sources),
        fix,
        place,
        checkpoint,
        edits,
        origin=origin,
    )


def in_order(problem: Problem) -> tuple[str, int, int, int, str, str]:
    """The key that puts problems in the order of a reader: file, line, column, then level."""
    place = problem.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (*where, LEVELS.index(problem.level), problem.rule, problem.message)

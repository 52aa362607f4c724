"""One thing that the check says of a choice or of a place in code, and how to fix it."""

from __future__ import annotations

from typing import NamedTuple

from advisor.errors import unknown_name
from advisor.scan.usage import Location

LEVELS = ("error", "warning", "note")
FAIL_LEVELS = {"error": ("error",), "warning": ("error", "warning"), "never": ()}
"""From which level a check is to fail, and the levels at which it then does."""


class Edit(NamedTuple):
    """A stretch of a file, and the text to put in its place."""

    place: Location
    text: str


class Finding(NamedTuple):
    """What a rule says. `rule` is a stable id, `fix` the smallest fix in words.

    `place` is None for what stands in no file. `edits` do what `fix` says, where that is certain.
    `choice` is the name of the declared choice it is about.
    """

    rule: str
    level: str
    message: str
    because: str
    sources: tuple[str, ...]
    place: Location | None = None
    fix: str | None = None
    checkpoint: str | None = None
    choice: str | None = None
    edits: tuple[Edit, ...] = ()


def in_order(finding: Finding) -> tuple[str, int, int, int, str, str]:
    """The key that puts findings in the order of a reader: file, line, column, then level."""
    place = finding.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (*where, LEVELS.index(finding.level), finding.rule, finding.message)


def fail_level(level: str) -> str:
    """Return a level at which a check fails. Raises UsageError where it is not one."""
    if level not in FAIL_LEVELS:
        known = tuple(FAIL_LEVELS)
        raise unknown_name("fail level", level, known, f"levels: {', '.join(known)}")
    return level

"""Findings of any command as rows with a place: what GitHub, SARIF and JUnit are written from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

LEVELS = ("error", "warning", "note")
_NAME = re.compile(r"`([^`]+)`|([\w.-]*[/_][\w./-]*\w)")


class FindingRow(NamedTuple):
    """One thing found at one place. `level` is error, warning or note; lines and columns from 1.

    `path` is relative to the working folder, empty where the finding has no place. `sources` are
    addresses or source ids; `fix` is the smallest fix in words.
    """

    rule: str
    level: str
    path: str
    line: int | None
    column: int | None
    message: str
    because: str = ""
    sources: tuple[str, ...] = ()
    fix: str | None = None


class RuleText(NamedTuple):
    """What a finding's rule says of itself; `page` is the address or path of its page."""

    id: str
    summary: str
    page: str = ""


class FindingsReport(NamedTuple):
    """All findings of one run, and the rules they name. `checked` is how many things were judged.

    `failing` are the levels and rules at which the run fails, so that every format says the same.
    `counted` says what was not looked at, by reason, ready for JSON; `closing` says so in words,
    with what was.
    """

    rules: dict[str, RuleText]
    findings: tuple[FindingRow, ...]
    checked: int = 0
    failing: tuple[str, ...] = ("error",)
    counted: Mapping[str, Any] = MappingProxyType({})
    closing: str = ""

    def fails(self, finding: FindingRow) -> bool:
        """True for a finding that fails the run."""
        return finding.level in self.failing or finding.rule in self.failing


def place(finding: FindingRow) -> str:
    """Return where a finding stands as file:line:column, as much of it as is known."""
    parts = [finding.path or "", finding.line, finding.column]
    return ":".join(str(part) for part in parts if part)


def names_in(message: str) -> str:
    """Return the code and the ids that a message names: a later version may use other words."""
    return " ".join(sorted({code or id for code, id in _NAME.findall(message)}))


def sentence(finding: FindingRow) -> str:
    """Return a finding as plain text: what, why, who says so, and the smallest fix."""
    lines = [finding.message]
    if finding.because:
        lines.append(finding.because)
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    if finding.sources:
        lines.append(f"sources: {', '.join(finding.sources)}")
    return "\n".join(lines)

"""Old findings that are known, so that only new ones fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from advisor.check.finding import Finding
from advisor.errors import BrokenFileError

VERSION = 1

Key = tuple[str, str, str]
"""Rule, path and message: what stays the same when lines move."""


class NewFindings(NamedTuple):
    """Findings that are new, how many are known, and how many known ones are gone."""

    fresh: list[Finding]
    known: int
    gone: int


def as_text(findings: Iterable[Finding]) -> str:
    """Return a baseline of findings."""
    counts = Counter(_key(finding) for finding in findings)
    rows = [
        {"rule": rule, "path": path, "message": message, "count": count}
        for (rule, path, message), count in sorted(counts.items())
    ]
    return json.dumps({"baseline_version": VERSION, "findings": rows}, indent=2) + "\n"


def read_baseline(text: str, name: str) -> Counter[Key]:
    """Return how often each finding is known; raises BrokenFileError where the text is not one."""
    try:
        value = json.loads(text)
        version = value["baseline_version"]
        known: Counter[Key] = Counter()
        for row in value["findings"]:
            known[_row(row)] += _count(row["count"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenFileError(
            f"`{name}` is not a baseline file",
            hint=f"`advisor check --write-baseline {name}` writes one",
        ) from error
    if version != VERSION:
        readable = f"this advisor reads version {VERSION}"
        raise BrokenFileError(
            f"`{name}` is a baseline file of version {version}; {readable}",
            hint=f"`advisor check --write-baseline {name}` writes it again",
        )
    return known


def compare(findings: Sequence[Finding], known: Counter[Key]) -> NewFindings:
    """Take known findings away, each as often as it is known."""
    left = known.copy()
    fresh = []
    for finding in findings:
        key = _key(finding)
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(finding)
    gone = sum(count for count in left.values() if count > 0)
    return NewFindings(fresh, len(findings) - len(fresh), gone)


def _key(finding: Finding) -> Key:
    return (finding.rule, finding.place.path if finding.place else "", finding.message)


def _row(row: dict[str, Any]) -> Key:
    rule, path, message = row["rule"], row["path"], row["message"]
    if not all(isinstance(part, str) for part in (rule, path, message)):
        raise TypeError("not text")
    return (rule, path, message)


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("no count")
    return value

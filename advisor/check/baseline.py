"""Old findings that are known, so that only new ones fail."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

from advisor.check.problem import Problem
from advisor.errors import BrokenFileError

VERSION = 1

Key = tuple[str, str, str]
"""Rule, path and message: what stays the same when lines move."""


class Compared(NamedTuple):
    """Problems that are new, how many are known, and how many known ones are gone."""

    fresh: list[Problem]
    known: int
    gone: int


def as_text(problems: list[Problem]) -> str:
    """Return a baseline of problems; notes are left out, for they fail nothing."""
    counts = Counter(_key(problem) for problem in problems if problem.level != "note")
    findings = [
        {"rule": rule, "path": path, "message": message, "count": count}
        for (rule, path, message), count in sorted(counts.items())
    ]
    return json.dumps({"baseline_version": VERSION, "findings": findings}, indent=2) + "\n"


def read_baseline(text: str, name: str) -> Counter[Key]:
    """Return how often each finding is known; raises BrokenFileError where the text is none."""
    try:
        value = json.loads(text)
        version = value["baseline_version"]
        known: Counter[Key] = Counter()
        for row in value["findings"]:
            known[_row(row)] += _count(row["count"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenFileError(
            f"`{name}` is no baseline",
            hint=f"`advisor check --write-baseline {name}` writes one",
        ) from error
    if version != VERSION:
        raise BrokenFileError(
            f"`{name}` is a baseline of version {version}; this advisor reads version {VERSION}",
            hint=f"`advisor check --write-baseline {name}` writes it again",
        )
    return known


def compare(problems: list[Problem], known: Counter[Key]) -> Compared:
    """Take known problems away, each as often as it is known."""
    left = known.copy()
    fresh = []
    for problem in problems:
        key = _key(problem)
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(problem)
    gone = sum(count for count in left.values() if count > 0)
    return Compared(fresh, len(problems) - len(fresh), gone)


def _key(problem: Problem) -> Key:
    return (problem.rule, problem.place.path if problem.place else "", problem.message)


def _row(row: dict[str, Any]) -> Key:
    rule, path, message = row["rule"], row["path"], row["message"]
    if not all(isinstance(part, str) for part in (rule, path, message)):
        raise TypeError("not text")
    return (rule, path, message)


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("no count")
    return value

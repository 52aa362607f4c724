"""The releases that a requirement allows, by their numbers, and where it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import NamedTuple, TypeAlias

Number: TypeAlias = tuple[int, ...]

_CLAUSE = re.compile(r"(~=|===?|!=|<=|>=|<|>|\^|~|=)?\s*v?(\d+(?:\.\d+)*(?:\.\*)?)[\w.+-]*\Z")
_COMMIT = re.compile(r"git\+[^\s@]+@[0-9a-f]{7,40}(?![\w.-])")
_LONGEST_NUMBER = 18
"""Digits; dates and times are written in less."""
_UPPER = ("<", "<=", "!=")
_POETRY = ("^", "~")
_ORDERED: dict[str, Callable[[Number, Number], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
_EQUAL = {"==": True, "===": True, "!=": False}
"""Operators that ask whether two numbers are one, and for which answer."""
_MOST_PATCHES = 30
"""No minor release had as many."""
_NAMING = (("==", "===", "<="), ())
"""Operators before the number of one release that is allowed; behind `.*` there is none."""


class VersionRange(NamedTuple):
    """Clauses that must all hold: operator, number of a release, and whether `.*` follows it."""

    clauses: tuple[tuple[str, Number, bool], ...] = ()

    @property
    def is_open(self) -> bool:
        """True if there is no clause, so that any release is allowed."""
        return not self.clauses

    def allows(self, number: Number) -> bool:
        """True if a release with this number meets every clause."""
        return all(_meets(number, *clause) for clause in self.clauses)

    def reaches(self, minor: Number) -> bool:
        """True if some patch release of a minor release meets every clause."""
        return any(self.allows((*minor, patch)) for patch in range(_MOST_PATCHES))

    @property
    def asked(self) -> Number:
        """The highest allowed release that `==`, `===` or `<=` names; () if there is none."""
        named = {number for operator, number, star in self.clauses if operator in _NAMING[star]}
        return max(filter(self.allows, named), default=())

    @property
    def ends(self) -> Number:
        """The highest number written in it, except after `!=`; () if there is none."""
        lowest = [number for operator, number, _ in self.clauses if operator != "!="]
        return max(lowest, default=())

    @property
    def begins(self) -> Number:
        """The highest lower bound of the allowed releases; () if there is none."""
        first = [number for operator, number, _ in self.clauses if operator not in _UPPER]
        return max(first, default=())


class Pin(NamedTuple):
    """The requirement that a file has: path, line, text as written, and the range it allows."""

    path: str
    line: int
    written: str
    range: VersionRange

    @property
    def is_commit(self) -> bool:
        """True if it requires a commit, whose release is not known."""
        return self.range.is_open and _COMMIT.search(self.written) is not None


def read_range(text: str) -> VersionRange | None:
    """Return the range of `>=4.40,<5`, `^4.40` or `4.40.*`; None if it cannot be read."""
    clauses = []
    for part in text.replace(" ", "").strip("()").split(","):
        if part in ("", "*"):
            continue
        if (match := _CLAUSE.match(part)) is None:
            return None
        operator, written = match[1] or "==", match[2]
        star = written.endswith(".*")
        parts = written.removesuffix(".*").split(".")
        if max(map(len, parts)) > _LONGEST_NUMBER:
            return None
        number = tuple(map(int, parts))
        if operator == "=":  # conda: one `=` takes every release that begins so
            operator, star = "==", True
        clauses.append((operator, number, star))
    return VersionRange(tuple(clauses))


def same_release(number: Number, other: Number) -> bool:
    """True if two numbers are of one release: 5.24 and 5.24.0."""
    return _padded(number) == _padded(other)


def _meets(number: Number, sign: str, wanted: Number, star: bool) -> bool:
    """True if a release number meets one clause: `sign`, number `wanted`, and `.*` if `star`."""
    begins = number[: len(wanted)] == wanted
    have, want = _padded(number), _padded(wanted)
    if sign in _ORDERED:
        return _ORDERED[sign](have, want)
    if sign in _EQUAL:
        return (begins if star else have == want) is _EQUAL[sign]
    prefix = wanted[:-1] or wanted
    if sign in _POETRY:
        zeros = next((place for place, part in enumerate(wanted) if part), len(wanted))
        prefix = wanted[:2] if sign == "~" else wanted[: zeros + 1]
    return have >= want and number[: len(prefix)] == prefix


def _padded(number: Number) -> Number:
    return (*number, 0, 0, 0, 0)[:4]

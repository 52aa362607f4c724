"""Which releases a requirement allows, as far as their numbers tell, and where it is written."""

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
    """Clauses that all hold: an operator, the number of a release, and whether `.*` followed."""

    clauses: tuple[tuple[str, Number, bool], ...] = ()

    @property
    def is_open(self) -> bool:
        """True where nothing is said of any release."""
        return not self.clauses

    def allows(self, number: Number) -> bool:
        """True where a release with this number meets every clause."""
        return all(_meets(number, *clause) for clause in self.clauses)

    def reaches(self, minor: Number) -> bool:
        """True where some patch of a minor release meets every clause."""
        return any(self.allows((*minor, patch)) for patch in range(_MOST_PATCHES))

    @property
    def asked(self) -> Number:
        """The highest release that is named and allowed, by `==` or `<=`; () where none is."""
        named = {number for operator, number, star in self.clauses if operator in _NAMING[star]}
        return max(filter(self.allows, named), default=())

    @property
    def ends(self) -> Number:
        """The highest number written in it, for where no known release is allowed; () if none."""
        lowest = [number for operator, number, _ in self.clauses if operator != "!="]
        return max(lowest, default=())

    @property
    def begins(self) -> Number:
        """The number from which on releases are allowed; () where nothing says so."""
        first = [number for operator, number, _ in self.clauses if operator not in _UPPER]
        return max(first, default=())


class Pin(NamedTuple):
    """What one file says: the requirement as written, its line, and what it allows."""

    path: str
    line: int
    written: str
    range: VersionRange

    @property
    def is_commit(self) -> bool:
        """True where it asks for a commit, of which no release is known."""
        return self.range.is_open and _COMMIT.search(self.written) is not None


def read_range(text: str) -> VersionRange | None:
    """Return what `>=4.40,<5`, `^4.40` or `4.40.*` allows; None where it cannot be read."""
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
    """True for two writings of a number: 5.24 and 5.24.0."""
    return _padded(number) == _padded(other)


def _meets(number: Number, sign: str, wanted: Number, star: bool) -> bool:
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

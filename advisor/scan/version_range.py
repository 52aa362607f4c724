"""Which releases of a package a requirement allows, as far as numbers of releases tell."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple, TypeAlias

Number: TypeAlias = tuple[int, ...]

_CLAUSE = re.compile(r"(~=|===?|!=|<=|>=|<|>|\^|~|=)?\s*v?(\d+(?:\.\d+)*(?:\.\*)?)[\w.+-]*\Z")
_UPPER = ("<", "<=", "!=")
_POETRY = ("^", "~")
_MOST_PATCHES = 30
"""No minor release had as many."""


class VersionRange(NamedTuple):
    """Clauses that all hold: an operator, the number of a release, and whether `.*` followed."""

    clauses: tuple[tuple[str, Number, bool], ...] = ()

    def allows(self, number: Number) -> bool:
        """True where a release with this number meets every clause."""
        return all(_meets(number, *clause) for clause in self.clauses)

    def reaches(self, minor: Number) -> bool:
        """True where some patch of a minor release meets every clause."""
        return any(self.allows((*minor, patch)) for patch in range(_MOST_PATCHES))

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


def read_range(text: str) -> VersionRange | None:
    """Return what `>=4.40,<5`, `^4.40` or `4.40.*` allows; None where it cannot be read."""
    clauses = []
    for part in text.replace(" ", "").strip("()").split(","):
        if part in ("", "*"):
            continue
        if (found := _CLAUSE.match(part)) is None:
            return None
        operator, written = found[1] or "==", found[2]
        star = written.endswith(".*")
        number = tuple(map(int, written.removesuffix(".*").split(".")))
        if operator == "=":  # conda: one `=` takes every release that begins so
            operator, star = "==", True
        clauses.append((operator, number, star))
    return VersionRange(tuple(clauses))


def _meets(number: Number, operator: str, wanted: Number, star: bool) -> bool:
    begins = number[: len(wanted)] == wanted
    have, want = _padded(number), _padded(wanted)
    match operator:
        case "==" | "===":
            return begins if star else have == want
        case "!=":
            return not begins if star else have != want
        case ">=":
            return have >= want
        case "<=":
            return have <= want
        case ">":
            return have > want
        case "<":
            return have < want
    kept = wanted[:-1] or wanted
    if operator in _POETRY:
        kept = wanted[:2] if operator == "~" else wanted[: _zeros(wanted) + 1]
    return have >= want and number[: len(kept)] == kept


def _zeros(number: Number) -> int:
    return len(list(takewhile(lambda part: part == 0, number)))


def _padded(number: Number) -> Number:
    return (*number, 0, 0, 0, 0)[:4]

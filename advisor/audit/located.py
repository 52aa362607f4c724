"""The place of an entry of a rule base, as reports write it."""

from __future__ import annotations

from collections.abc import Callable

Placed = Callable[[str], tuple[str, int | None]]
"""Turns the place of an entry into path and line."""


def lead(place: tuple[str, int | None]) -> str:
    """Return a place as what comes before a message: `rules/criteria.yaml:3: `, or nothing."""
    path, line = place
    return f"{path}:{line}: " if path else ""

"""Families of sets of which none holds another, each set as the bits of a number."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.errors import AdvisorError

MOST = 2000
"""More minimal sets than this are no explanation, and joining them takes too long."""

Antichain = tuple[int, ...]
"""Sets of which none holds another, in ascending order of size, then of value."""


def minimal(sets: Iterable[int]) -> Antichain:
    """Return the sets that hold no other one. Raises AdvisorError where there are too many."""
    kept: list[int] = []
    for one in sorted(set(sets), key=lambda bits: (bits.bit_count(), bits)):
        if not any(other & one == other for other in kept):
            kept.append(one)
            if len(kept) > MOST:
                raise AdvisorError(
                    f"there are more than {MOST:,} minimal reasons or changes",
                    hint="give more answers, or leave out --all",
                    kind="too-many-reasons",
                )
    return tuple(kept)


def joined(one: Antichain, other: Antichain) -> Antichain:
    """Return the minimal sets that hold a set of each."""
    return minimal(first | second for first in one for second in other)


def hitting(sets: Antichain) -> Antichain:
    """Return the minimal sets that share a member with each of these sets (Berge's algorithm)."""
    found: Antichain = (0,)
    for one in sets:
        members = tuple(1 << place for place in range(one.bit_length()) if one >> place & 1)
        hit = [chosen for chosen in found if chosen & one]
        missed = [chosen for chosen in found if not chosen & one]
        found = minimal([*hit, *(chosen | member for chosen in missed for member in members)])
    return found

"""Checkpoints in places: the strongest evidence is locked first, and what nothing ranks is shared.

Evidence that would close a cycle with stronger evidence is dropped, and kept to be reported. The
result is no total order: a place holds all that nothing tells apart from each other, and within it
the usual, the freer and the cheaper come first without being better.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.decide.precedence import Evidence, Precedence

NEARLY_ALL = 0.8
"""Where the cheaper comes first: of what the best stands before, the share to stand before."""


class Locked(NamedTuple):
    """A strict partial order: what stands behind each, the evidence, and what closed a cycle."""

    behind: Mapping[str, frozenset[str]]
    direct: Mapping[tuple[str, str], Evidence]
    dropped: tuple[Evidence, ...]

    def precedence(self, before: str, behind: str) -> Precedence | None:
        """Return why one stands before another, by one that stands between them at most."""
        if behind not in self.behind.get(before, ()):
            return None
        if said := self.direct.get((before, behind)):
            return said.precedence
        between = [
            (self.direct[before, one], said)
            for one in self.behind[before]
            if (before, one) in self.direct and (said := self.direct.get((one, behind)))
        ]
        if not between:
            return None
        said = min(between, key=lambda both: max(both))[1]
        return said.precedence._replace(through=said.before)


def lock(ids: Sequence[str], evidence: Sequence[Evidence]) -> Locked:
    """Return the order that evidence gives, taken in its order; `ids` are those to order."""
    number = {id: place for place, id in enumerate(ids)}
    below, above = [0] * len(ids), [0] * len(ids)
    direct: dict[tuple[str, str], Evidence] = {}
    dropped: list[Evidence] = []
    for said in evidence:
        if said.before not in number or said.behind not in number:
            continue
        one, other = number[said.before], number[said.behind]
        if below[other] >> one & 1:
            dropped.append(said)
            continue
        direct[said.before, said.behind] = said
        if not below[one] >> other & 1:
            gained, over = below[other] | 1 << other, above[one] | 1 << one
            for place in _places(over):
                below[place] |= gained
            for place in _places(gained):
                above[place] |= over
    behind = {
        id: frozenset(ids[at] for at in _places(below[place])) for id, place in number.items()
    }
    return Locked(behind, direct, tuple(dropped))


def _places(bits: int) -> list[int]:
    """Return the places of the bits that are set."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def in_places(
    locked: Locked,
    measured: Collection[str],
    key: Callable[[str], Any],
    *,
    nearly: bool,
    free: Collection[str],
) -> list[tuple[int, str]]:
    """Return place and id, in order: nothing before what it stands behind.

    Of what may come next, that which stands before most of the `measured` does; with `nearly` the
    first by `key` of those that stand before nearly as many. Where nothing measured is left to
    stand before, the `free` come first. Those that nothing tells apart share a place.
    """
    left = dict.fromkeys(sorted(locked.behind, key=key))
    over = dict.fromkeys(left, 0)
    for behind in locked.behind.values():
        for id in behind:
            over[id] += 1
    counted = {id: len(behind & set(measured)) for id, behind in locked.behind.items()}
    listed: list[str] = []
    while left:
        able = [id for id in left if not over[id]]
        most = max(counted[id] for id in able)
        reach = counted
        if not most:
            able = [id for id in able if id in free] or able
            reach = {id: len(locked.behind[id]) for id in able}
            most = max(reach.values())
        enough = most * NEARLY_ALL if nearly and reach is counted else most
        chosen = next(id for id in able if reach[id] >= enough)
        listed.append(chosen)
        del left[chosen]
        for id in locked.behind[chosen]:
            over[id] -= 1
    return _shared(listed, locked)


def _shared(listed: Sequence[str], locked: Locked) -> list[tuple[int, str]]:
    """Return ids with their places: a new one begins behind one that stands before the next."""
    places: list[tuple[int, str]] = []
    together: list[str] = []
    for number, id in enumerate(listed, start=1):
        if not together or any(id in locked.behind[one] for one in together):
            together = []
        together.append(id)
        places.append((number - len(together) + 1, id))
    return places

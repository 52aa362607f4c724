"""The fewest checkpoints that serve several tasks within the memory there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.decide.memory import OVERHEAD_MB
from advisor.decide.selection import Pick

VERDICTS = ("recommended", "allowed", "discouraged")
SHARED_GB = OVERHEAD_MB / 1024
"""What each takes alone and several together take once: the interpreter and its libraries."""


class Offer(NamedTuple):
    """A checkpoint that can serve a task: how its family is judged there, and its place."""

    pick: Pick
    verdict: str
    place: int


class Share(NamedTuple):
    """One checkpoint of a set: the tasks that it is there for, and the use of it for each."""

    pick: Pick
    family: str
    uses: dict[str, str]


class Cover(NamedTuple):
    """A set of checkpoints that together serve all tasks.

    `memory_gb` is their sum, as when one process loads all of them, None where one is not known.
    """

    shares: tuple[Share, ...]
    memory_gb: float | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The checkpoints."""
        return tuple(share.pick.checkpoint.id for share in self.shares)


class Covers(NamedTuple):
    """The best set and the runner-up.

    `within` is False where even the smallest needs more memory than there is: then it is the best
    without that limit. `unserved` are tasks for which no checkpoint meets the answers.
    """

    best: Cover | None
    runner_up: Cover | None
    memory_limit_gb: float | None
    within: bool
    unserved: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """True where the set serves every task within the memory."""
        return self.best is not None and self.within and not self.unserved


class _Candidate(NamedTuple):
    """One checkpoint with all it offers: by task (verdict, place), fewer is better."""

    id: str
    memory_gb: float | None
    gated: bool
    offers: dict[str, tuple[int, int]]

    @property
    def own_gb(self) -> float:
        """What it adds to others that are loaded already."""
        return (self.memory_gb or 0.0) - SHARED_GB


def cover(
    offers: Mapping[str, Sequence[Offer]], memory_limit_gb: float | None, order: str = "quality"
) -> Covers:
    """Return the smallest set that serves every task, exactly, and the next best.

    Sets are compared by: no discouraged family, fewer checkpoints, fewer tasks that are left to
    another family than the recommended one, fewer that are gated, then the places in the order of
    each task, or for the order `small` the memory, which adds up, before what is gated. A runner-up
    holds no checkpoint it could do without.
    """
    for limit in dict.fromkeys((memory_limit_gb, None)):
        for worst in ("allowed", "discouraged"):
            candidates = _candidates(offers, worst, limit)
            found = _two_best(candidates, list(offers), limit, order)
            if found:
                best, *rest = (_shared(ids, offers, worst) for ids in found)
                fits = limit == memory_limit_gb
                return Covers(best, rest[0] if rest else None, memory_limit_gb, fits)
    return Covers(None, None, memory_limit_gb, within=False)


def _candidates(
    offers: Mapping[str, Sequence[Offer]], worst: str, limit: float | None
) -> dict[str, _Candidate]:
    """The checkpoints worth looking at: those that at most one other replaces in every set.

    Two are kept of each kind, since the runner-up may need the second.
    """
    bar = VERDICTS.index(worst)
    found: dict[str, _Candidate] = {}
    for task, of_task in offers.items():
        for offer in of_task:
            rank = VERDICTS.index(offer.verdict)
            memory = offer.pick.memory_gb
            if rank > bar or (limit is not None and (memory is None or memory > limit)):
                continue
            id = offer.pick.checkpoint.id
            gated = offer.pick.checkpoint.gated is True
            one = found.setdefault(id, _Candidate(id, memory, gated, {}))
            one.offers[task] = rank, offer.place
    every = list(found.values())
    return {
        one.id: one
        for one in every
        if sum(_replaces(other, one) for other in every if other is not one) < 2
    }


def _replaces(one: _Candidate, other: _Candidate) -> bool:
    """True where the first serves whatever the second does, no worse and in no more memory."""
    if one.memory_gb is None or other.memory_gb is None:
        if one.memory_gb is not other.memory_gb:
            return False  # one of them is unknown, and may be less or more
    elif one.memory_gb > other.memory_gb:
        return False
    if one.gated and not other.gated:
        return False
    for task, offer in other.offers.items():
        own = one.offers.get(task)
        if own is None or own[0] > offer[0] or own[1] > offer[1]:
            return False
    return one.id < other.id or one[1:] != other[1:]


def _two_best(
    candidates: Mapping[str, _Candidate], tasks: list[str], limit: float | None, order: str
) -> list[tuple[str, ...]]:
    """The best set and the runner-up, as ids; fewer where there are not so many."""
    best: list[tuple[tuple[Any, ...], tuple[str, ...]]] = []
    room = None if limit is None else limit - SHARED_GB
    for size in range(1, len(tasks) + 1):
        for chosen in set(_sets(candidates, frozenset(tasks), size, room)):
            members = [candidates[id] for id in chosen]
            if len(chosen) < size or _redundant(members, tasks):
                continue
            best.append((_rank(members, tasks, order), tuple(sorted(chosen))))
        best = sorted(best)[:2]
        if len(best) == 2:
            break
    return [ids for _, ids in best]


def _sets(
    candidates: Mapping[str, _Candidate], open_tasks: frozenset[str], size: int, room: float | None
) -> Iterator[frozenset[str]]:
    """Sets of at most `size` that serve the tasks; branches over who serves the hardest one."""
    if not open_tasks:
        yield frozenset()
        return
    able = {task: [c for c in candidates.values() if task in c.offers] for task in open_tasks}
    hardest = min(sorted(open_tasks), key=lambda task: len(able[task]))
    for one in able[hardest]:
        left = open_tasks - set(one.offers)
        if left and size == 1:
            continue
        rest = None if room is None else room - one.own_gb
        if rest is not None and round(rest, 6) < 0:
            continue
        for others in _sets(candidates, left, size - 1, rest):
            yield others | {one.id}


def _redundant(members: list[_Candidate], tasks: list[str]) -> bool:
    return any(
        all(any(task in other.offers for other in members if other is not one) for task in tasks)
        for one in members
    )


def _rank(members: list[_Candidate], tasks: list[str], order: str) -> tuple[Any, ...]:
    best = [min(one.offers[task] for one in members if task in one.offers) for task in tasks]
    elsewhere = sum(verdict > 0 for verdict, _ in best)
    places = sum(place for _, place in best)
    known = [one.memory_gb for one in members if one.memory_gb is not None]
    memory = len(known) < len(members), round(sum(known), 2)
    gated = sum(one.gated for one in members)
    if order == "small":
        return len(members), elsewhere, memory, gated, places
    return len(members), elsewhere, gated, places, memory


def _shared(ids: tuple[str, ...], offers: Mapping[str, Sequence[Offer]], worst: str) -> Cover:
    """Give each task to the member of the set that serves it best."""
    bar = VERDICTS.index(worst)
    picks: dict[str, Pick] = {}
    uses: dict[str, dict[str, str]] = {}
    for task, of_task in offers.items():
        inside = [
            (VERDICTS.index(offer.verdict), offer.place, offer.pick.checkpoint.id, offer.pick)
            for offer in of_task
            if offer.pick.checkpoint.id in ids and VERDICTS.index(offer.verdict) <= bar
        ]
        _, _, id, pick = min(inside, key=lambda found: found[:3])
        picks.setdefault(id, pick)
        uses.setdefault(id, {})[task] = pick.use
    shares = tuple(Share(picks[id], picks[id].checkpoint.family, uses[id]) for id in uses)
    known = [share.pick.memory_gb for share in shares]
    if None in known:
        return Cover(shares, None)
    alone = sum(gb for gb in known if gb is not None)
    return Cover(shares, round(alone - (len(known) - 1) * SHARED_GB, 2))

"""The fewest checkpoints that serve several tasks within the memory there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.memory import OVERHEAD_MB
from advisor.decide.requirements import most_allowed
from advisor.decide.selection import Pick, select_of
from advisor.engine.decision import VERDICTS
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.advice import TaskAdvice

SHARED_GB = OVERHEAD_MB / 1024
"""What each takes alone and several together take once: the interpreter and its libraries."""


class Offer(NamedTuple):
    """A checkpoint that can serve a task: how its family is judged there, and its place."""

    pick: Pick
    verdict: str
    place: int


class Member(NamedTuple):
    """One checkpoint of a set: the tasks that it is there for, and the use of it for each."""

    pick: Pick
    family: str
    uses: dict[str, str]


class CheckpointSet(NamedTuple):
    """A set of checkpoints that together serve all tasks.

    `memory_gb` is their sum, as when one process loads all of them, None where one is not known.
    """

    members: tuple[Member, ...]
    memory_gb: float | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The checkpoints."""
        return tuple(member.pick.checkpoint.id for member in self.members)


class CheckpointSets(NamedTuple):
    """The best set and the runner-up.

    `within` is False where even the smallest needs more memory than there is: then it is the best
    without that limit. `unserved` are tasks for which no checkpoint meets the answers.
    """

    best: CheckpointSet | None
    runner_up: CheckpointSet | None
    memory_limit_gb: float | None
    within: bool
    unserved: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """True where the set serves every task within the memory."""
        return self.best is not None and self.within and not self.unserved


def covers(rulebase: RuleBase, advice: Sequence[TaskAdvice], order: str) -> CheckpointSets:
    """Return the smallest sets of checkpoints for the tasks that have any, within the memory.

    Tasks that no family does are not among those that no checkpoint serves.
    """
    offers = {str(one.task): _offers(rulebase, one, order) for one in advice if one.decision.family}
    served = {task: of_task for task, of_task in offers.items() if of_task}
    unserved = tuple(task for task in offers if task not in served)
    limits = [most_allowed(rulebase, one.decision.profile, "memory_gb") for one in advice]
    limit = min((limit for limit in limits if limit is not None), default=None)
    return cover(served, limit, order)._replace(unserved=unserved)


def _offers(rulebase: RuleBase, advice: TaskAdvice, order: str) -> list[Offer]:
    """Return the checkpoints that can serve a task, of all families that are not excluded."""
    result = []
    for assessment in advice.decision.assessments:
        if assessment.family == advice.decision.family:
            picks = advice.selection.picks
        elif assessment.verdict == "excluded":
            continue
        else:
            picks = select_of(rulebase, assessment.family, advice.decision.profile, order).picks
        result += [Offer(pick, assessment.verdict, place) for place, pick in enumerate(picks)]
    return result


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
) -> CheckpointSets:
    """Return the smallest set that serves every task, exactly, and the next best.

    Sets are compared by: no discouraged family, fewer checkpoints, fewer tasks that are left to
    another family than the recommended one, fewer that are gated, then the places in the order of
    each task, or for the order `small` the memory, which adds up, before what is gated. A runner-up
    holds no checkpoint it could do without.
    """
    for limit in dict.fromkeys((memory_limit_gb, None)):
        for worst in ("allowed", "discouraged"):
            candidates = _candidates(offers, worst, limit)
            best = _two_best(candidates, list(offers), limit, order)
            if best:
                first, *others = (_shared(ids, offers, worst) for ids in best)
                return CheckpointSets(
                    best=first,
                    runner_up=others[0] if others else None,
                    memory_limit_gb=memory_limit_gb,
                    within=limit == memory_limit_gb,
                )
    return CheckpointSets(None, None, memory_limit_gb, within=False)


def _candidates(
    offers: Mapping[str, Sequence[Offer]], worst: str, limit: float | None
) -> dict[str, _Candidate]:
    """The checkpoints worth looking at: those that at most one other replaces in every set.

    Two are kept of each kind, since the runner-up may need the second.
    """
    bar = VERDICTS.index(worst)
    candidates: dict[str, _Candidate] = {}
    for task, of_task in offers.items():
        for offer in of_task:
            rank = VERDICTS.index(offer.verdict)
            memory = offer.pick.memory_gb
            if rank > bar or (limit is not None and (memory is None or memory > limit)):
                continue
            id = offer.pick.checkpoint.id
            gated = offer.pick.checkpoint.gated is True
            candidate = candidates.setdefault(id, _Candidate(id, memory, gated, {}))
            candidate.offers[task] = rank, offer.place
    every = list(candidates.values())
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


def _shared(
    ids: tuple[str, ...], offers: Mapping[str, Sequence[Offer]], worst: str
) -> CheckpointSet:
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
        _, _, id, pick = min(inside, key=lambda offered: offered[:3])
        picks.setdefault(id, pick)
        uses.setdefault(id, {})[task] = pick.use
    members = tuple(Member(picks[id], picks[id].checkpoint.family, uses[id]) for id in uses)
    known = [member.pick.memory_gb for member in members]
    if None in known:
        return CheckpointSet(members, None)
    alone = sum(gb for gb in known if gb is not None)
    return CheckpointSet(members, round(alone - (len(known) - 1) * SHARED_GB, 2))

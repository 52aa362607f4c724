"""One answer for several tasks: a family for all, and the fewest families or checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import inf
from typing import Any, NamedTuple

from advisor.decide.advice import CheckpointSet, CheckpointSets, TaskAdvice, Together
from advisor.decide.memory import OVERHEAD_MB
from advisor.decide.requirements import Requirements
from advisor.decide.selection import Pick, Picking, select_of
from advisor.engine.decision import VERDICTS, Engine, Verdicts, family_for_all, verdicts_by_family

SHARED_GB = OVERHEAD_MB / 1024
"""Memory that several checkpoints in one process take once: the interpreter and its libraries."""
UNDISCOURAGED, NOT_EXCLUDED = VERDICTS.index("allowed"), VERDICTS.index("discouraged")


class Offer(NamedTuple):
    """A checkpoint that can serve a task, its family's verdict there, its place among the picks."""

    pick: Pick
    verdict: str
    place: int

    @property
    def rank(self) -> tuple[int, int]:
        """The verdict as its index in VERDICTS and the place; lower is better."""
        return VERDICTS.index(self.verdict), self.place


def together_for(engine: Engine, advice: Sequence[TaskAdvice], order: str) -> Together:
    """Return one answer for several tasks, given the answers for each."""
    verdicts = verdicts_by_family(engine, {str(entry.task): entry.decision for entry in advice})
    family = family_for_all(engine, verdicts)
    families, uncovered = _fewest_families(engine, verdicts)
    # Tasks that no family does are not among those that no checkpoint serves.
    offers = {
        str(entry.task): _offers(engine, entry, Picking(order))
        for entry in advice
        if entry.decision.family
    }
    limits = [
        demand.wanted["at_most"]
        for entry in advice
        for demand in Requirements(engine.rulebase, entry.decision.profile).demands
        if demand.field == "memory_gb" and "at_most" in demand.wanted
    ]
    served = {task: of_task for task, of_task in offers.items() if of_task}
    unserved = tuple(task for task in offers if task not in served)
    covers = cover(served, min(limits, default=None), order)
    return Together(
        family=family,
        verdicts=verdicts[family] if family else {},
        families=families,
        uncovered=uncovered,
        covers=covers._replace(unserved=unserved),
    )


def _fewest_families(engine: Engine, verdicts: Verdicts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the smallest set of families for the tasks, and the tasks that no family serves.

    Discouraged families count only if some task cannot be served without them.
    """
    ranks = dict(zip(engine.encoding.families, engine.encoding.ranks, strict=True))
    order = sorted(verdicts, key=lambda family: ranks[family])
    tasks = list(verdicts[order[0]])

    def served(families: Sequence[str], worst: int) -> set[str]:
        bar = VERDICTS[: worst + 1]
        return {task for task in tasks if any(verdicts[f][task] in bar for f in families)}

    worst = UNDISCOURAGED if len(served(order, UNDISCOURAGED)) == len(tasks) else NOT_EXCLUDED
    coverable = served(order, worst)
    wins = {family: list(verdicts[family].values()).count("recommended") for family in order}
    sets = [chosen for size in range(len(order) + 1) for chosen in combinations(order, size)]
    best = min(
        (chosen for chosen in sets if served(chosen, worst) == coverable),
        key=lambda chosen: (len(chosen), -sum(wins[family] for family in chosen)),
    )
    return best, tuple(task for task in tasks if task not in coverable)


def _offers(engine: Engine, advice: TaskAdvice, picking: Picking) -> list[Offer]:
    """Return the checkpoints that can serve a task, of all families that are not excluded.

    Unverified ones, ones that cannot be loaded or that may be too large count only if no other
    exists.
    """
    decision, result = advice.decision, []
    for assessment in decision.assessments:
        picks: tuple[Pick, ...] = ()
        if assessment.family == advice.family:
            picks = advice.selection.picks
        elif assessment.verdict != "excluded":
            picks = select_of(engine.rulebase, assessment.family, decision.profile, picking).picks
        result += [Offer(pick, assessment.verdict, place) for place, pick in enumerate(picks)]
    return [offer for offer in result if not any(offer.pick.group)] or result


def cover(
    offers: Mapping[str, Sequence[Offer]], memory_limit_gb: float | None, order: str = "quality"
) -> CheckpointSets:
    """Return the smallest set that serves every task (exact search), and the next best.

    Sets are compared by: no discouraged family, fewer checkpoints, fewer tasks without the
    recommended family, fewer gated ones, places, memory; for the order `small`, memory, gated ones,
    places. If no set fits the memory limit, it is ignored. No member of a runner-up can be left
    out.
    """
    limit = inf if memory_limit_gb is None else memory_limit_gb
    for room in dict.fromkeys((limit, inf)):
        for worst in (UNDISCOURAGED, NOT_EXCLUDED):
            able = {
                task: [
                    offer
                    for offer in of_task
                    if offer.rank[0] <= worst and (offer.pick.memory_gb or inf) <= room
                ]
                for task, of_task in offers.items()
            }
            if best := [_shared(ids, able) for ids in _two_best(able, room, order)]:
                second = best[1] if best[1:] else None
                return CheckpointSets(best[0], second, memory_limit_gb, within=room == limit)
    return CheckpointSets(None, None, memory_limit_gb, within=False)


class _Candidate(NamedTuple):
    """One checkpoint and its offers by task: the rank of its `Offer`, lower is better."""

    id: str
    memory_gb: float | None
    gated: bool
    offers: dict[str, tuple[int, int]]


def _candidates(offers: Mapping[str, Sequence[Offer]]) -> dict[str, _Candidate]:
    """Return by id the candidates that at most one other can replace in every set.

    The runner-up may need the second of two equal ones.
    """
    every: dict[str, _Candidate] = {}
    for task, of_task in offers.items():
        for offer in of_task:
            checkpoint = offer.pick.checkpoint
            new = _Candidate(checkpoint.id, offer.pick.memory_gb, checkpoint.gated is True, {})
            every.setdefault(checkpoint.id, new).offers[task] = offer.rank
    return {
        id: candidate
        for id, candidate in every.items()
        if sum(_replaces(other, candidate) for other in every.values() if other is not candidate)
        < 2
    }


def _replaces(candidate: _Candidate, other: _Candidate) -> bool:
    """True if a candidate serves all tasks of `other`, no worse, no larger and no more gated."""
    if (candidate.memory_gb is None) != (other.memory_gb is None):
        return False  # one of them is unknown, and may be less or more
    pairs: list[tuple[float, float]] = [
        (candidate.memory_gb or 0.0, other.memory_gb or 0.0),
        (candidate.gated, other.gated),
    ]
    for task, rank in other.offers.items():
        pairs += zip(candidate.offers.get(task, (inf, inf)), rank, strict=True)
    no_worse = all(own <= theirs for own, theirs in pairs)
    return no_worse and (candidate.id < other.id or candidate[1:] != other[1:])


def _two_best(
    offers: Mapping[str, Sequence[Offer]], room: float, order: str
) -> list[tuple[str, ...]]:
    """Return the ids of the best set and of the runner-up; fewer if there are fewer sets."""
    candidates, tasks = _candidates(offers), list(offers)
    best: list[tuple[tuple[Any, ...], tuple[str, ...]]] = []
    for size in range(1, len(tasks) + 1):
        for chosen in set(_sets(candidates, frozenset(tasks), size, room - SHARED_GB)):
            members = [candidates[id] for id in chosen]
            serving = [[model.id for model in members if task in model.offers] for task in tasks]
            needed = {ids[0] for ids in serving if len(ids) == 1}
            if len(chosen) == size == len(needed):  # it could do without no member
                best.append((_rank(members, tasks, order), tuple(sorted(chosen))))
        if len(best) >= 2:
            break
    return [ids for _, ids in sorted(best)[:2]]


def _sets(
    candidates: Mapping[str, _Candidate], open_tasks: frozenset[str], size: int, room: float
) -> Iterator[frozenset[str]]:
    """Yield sets of at most `size` within `room` GB; branches over the task with fewest choices."""
    if not open_tasks:
        yield frozenset()
        return
    able = {task: [c for c in candidates.values() if task in c.offers] for task in open_tasks}
    hardest = min(sorted(open_tasks), key=lambda task: len(able[task]))
    for candidate in able[hardest]:
        left = open_tasks - set(candidate.offers)
        rest = room - ((candidate.memory_gb or 0.0) - SHARED_GB)
        if (left and size == 1) or round(rest, 6) < 0:
            continue
        for others in _sets(candidates, left, size - 1, rest):
            yield others | {candidate.id}


def _rank(members: list[_Candidate], tasks: list[str], order: str) -> tuple[Any, ...]:
    """Return the sort key of a set, best first.

    It is the number of members, of tasks of which no member has the recommended family, of gated
    members, the sum of places in the rankings of the tasks, and memory; with `order` small, memory
    before these two.
    """
    best = [min(model.offers[task] for model in members if task in model.offers) for task in tasks]
    not_recommended = sum(verdict > 0 for verdict, _ in best)
    places = sum(place for _, place in best)
    sizes = [member.memory_gb for member in members if member.memory_gb is not None]
    memory = len(sizes) < len(members), round(sum(sizes), 2)
    gated = sum(member.gated for member in members)
    last = (memory, gated, places) if order == "small" else (gated, places, memory)
    return len(members), not_recommended, *last


def _shared(ids: tuple[str, ...], offers: Mapping[str, Sequence[Offer]]) -> CheckpointSet:
    """Return the set with each task given to the member that serves it best."""
    members: dict[str, tuple[Pick, dict[str, str]]] = {}
    for task, of_task in offers.items():
        inside = [offer for offer in of_task if offer.pick.checkpoint.id in ids]
        pick = min(inside, key=lambda offer: (*offer.rank, offer.pick.checkpoint.id)).pick
        members.setdefault(pick.checkpoint.id, (pick, {}))[1][task] = pick.use
    sizes = [pick.memory_gb for pick, _ in members.values() if pick.memory_gb is not None]
    together = round(sum(sizes) - (len(sizes) - 1) * SHARED_GB, 2)
    return CheckpointSet(tuple(members.values()), together if len(sizes) == len(members) else None)

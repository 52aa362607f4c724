"""One answer for several tasks: a family for all, and the fewest families or checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import combinations
from math import inf
from typing import NamedTuple

from advisor.decide.advice import CheckpointSet, CheckpointSets, TaskAdvice, Together
from advisor.decide.memory import OVERHEAD_MB
from advisor.decide.requirements import Requirements
from advisor.decide.selection import Pick, select_of
from advisor.engine.decision import VERDICTS, Engine, Verdicts, family_for_all, verdicts_by_family

SHARED_GB = OVERHEAD_MB / 1024
"""What each takes alone and several together take once: the interpreter and its libraries."""
FIRST, KEPT = 12, 100
"""So many checkpoints of each task are looked at, and so many sets are extended by a task."""
UNDISCOURAGED, NOT_EXCLUDED = VERDICTS.index("allowed"), VERDICTS.index("discouraged")


class Offer(NamedTuple):
    """A checkpoint that can serve a task: how its family is judged there, and its place."""

    pick: Pick
    verdict: str
    place: int

    @property
    def rank(self) -> tuple[int, int]:
        """The verdict and the place as numbers, fewer is better."""
        return VERDICTS.index(self.verdict), self.place


def together_for(engine: Engine, advice: Sequence[TaskAdvice], order: str) -> Together:
    """Return one answer for several tasks, given the answers for each."""
    verdicts = verdicts_by_family(engine, {str(entry.task): entry.decision for entry in advice})
    family = family_for_all(engine, verdicts)
    families, uncovered = _fewest_families(engine, verdicts)
    # Tasks that no family does are not among those that no checkpoint serves.
    offers = {
        str(entry.task): _offers(engine, entry, order) for entry in advice if entry.decision.family
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
    """Return the smallest set of families that serve all tasks undiscouraged, and tasks left."""
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


def _offers(engine: Engine, advice: TaskAdvice, order: str) -> list[Offer]:
    """Return the checkpoints that can serve a task, of all families that are not excluded.

    Those that only stand behind others, such as unverified ones, serve where no other does.
    """
    decision, result = advice.decision, []
    for assessment in decision.assessments:
        picks: tuple[Pick, ...] = ()
        if assessment.family == advice.family:
            picks = advice.selection.picks
        elif assessment.verdict != "excluded":
            picks = select_of(engine.rulebase, assessment.family, decision.profile, order).picks
        result += [Offer(pick, assessment.verdict, place) for place, pick in enumerate(picks)]
    return [offer for offer in result if not any(offer.pick.group)] or result


def cover(
    offers: Mapping[str, Sequence[Offer]], memory_limit_gb: float | None, order: str = "quality"
) -> CheckpointSets:
    """Return the smallest set that serves every task, and the next best.

    Sets are compared by: no discouraged family, fewer checkpoints, fewer tasks that are left to
    another family than the recommended one, fewer that are gated, then the places in the order of
    each task, or for the order `small` the memory, which adds up, before what is gated. A runner-up
    holds no checkpoint it could do without.
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
            if best := _best_sets(able, room, order):
                second = best[1] if best[1:] else None
                return CheckpointSets(best[0], second, memory_limit_gb, within=room == limit)
    return CheckpointSets(None, None, memory_limit_gb, within=False)


def _best_sets(
    offers: Mapping[str, Sequence[Offer]], room: float, order: str
) -> list[CheckpointSet]:
    """Return sets of the first checkpoints of each task that serve all, best first.

    Task by task, the best sets for the tasks before are extended by each that serves the next.
    """
    ranked = [sorted(of_task, key=lambda offer: offer.rank) for of_task in offers.values()]
    first = {o.pick.checkpoint.id: o.pick for of_task in ranked for o in of_task[:FIRST]}
    served: dict[str, dict[str, Offer]] = {}
    best: list[frozenset[str]] = [frozenset()]
    for task, of_task in offers.items():
        able = {offer.pick.checkpoint.id: offer for offer in of_task}
        served[task] = {id: offer for id, offer in able.items() if id in first}
        ranks = {}
        for chosen in {chosen | {id} for chosen in best for id in served[task]}:
            picks = [first[id] for id in chosen]
            if _together_gb(picks) <= room:
                ranks[chosen] = _rank(picks, served, order)
        best = sorted(ranks, key=lambda chosen: (ranks[chosen], sorted(chosen)))[:KEPT]
    return [_shared(each, served) for each in best if not any(other < each for other in best)]


def _rank(
    picks: Sequence[Pick], served: Mapping[str, Mapping[str, Offer]], order: str
) -> tuple[float, ...]:
    """Return how good a set is for the tasks that are served, the less the better."""
    ids = {pick.checkpoint.id for pick in picks}
    best = [min(of_task[id].rank for id in ids & of_task.keys()) for of_task in served.values()]
    elsewhere = sum(verdict > 0 for verdict, _ in best)
    places = sum(place for _, place in best)
    memory = _together_gb(picks)
    gated = sum(pick.checkpoint.gated is True for pick in picks)
    last = (memory, gated, places) if order == "small" else (gated, places, memory)
    return len(picks), elsewhere, *last


def _together_gb(picks: Sequence[Pick]) -> float:
    """Return what checkpoints take in one process; infinite where that is not known."""
    alone = sum(inf if pick.memory_gb is None else pick.memory_gb for pick in picks)
    return round(alone - (len(picks) - 1) * SHARED_GB, 2)


def _shared(chosen: Set[str], served: Mapping[str, Mapping[str, Offer]]) -> CheckpointSet:
    """Give each task to the member of the set that serves it best."""
    members: dict[str, tuple[Pick, dict[str, str]]] = {}
    for task, of_task in served.items():
        id = min(chosen & of_task.keys(), key=lambda each: (*of_task[each].rank, each))
        members.setdefault(id, (of_task[id].pick, {}))[1][task] = of_task[id].pick.use
    memory = _together_gb([pick for pick, _ in members.values()])
    return CheckpointSet(tuple(members.values()), None if memory == inf else memory)

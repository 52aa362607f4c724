"""The smallest set of answers that alone forces an outcome.

Reasons and counterexamples are each other's minimal hitting sets: a reason has to contain a
changed answer of every profile where another family wins. So the search alternates between the
smallest set that hits all counterexamples known so far and the nearest profile that escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.nearby import Nearby
from advisor.engine.profile import Answer, Profile
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK


class Because(NamedTuple):
    """One answer of a sufficient reason."""

    question: str
    options: tuple[str, ...]
    origin: str


def sufficient(engine: Engine, decision: Decision) -> tuple[Because, ...]:
    """Return a smallest set of given or assumed answers that alone forces the outcome.

    Whatever the other answers were, the same family would win (or none would). Implied answers
    do not count: they follow from the task. Empty where the outcome is undetermined.
    """
    if decision.outcome == "undetermined":
        return ()
    winner = decision.family or NONE
    answers = {id: answer for id, answer in decision.profile.items() if counts(answer)}
    task = {TASK: answers.pop(TASK)} if TASK in answers else {}
    nearby = Nearby(engine, decision, task)
    chosen: tuple[str, ...] = ()
    for index, found in enumerate(_smallest(nearby, winner, list(answers))):
        reason = {id: answers[id] for id in found}
        if not task or _forces_without_task(engine, reason, winner):
            chosen = found
            break
        if index == 0:
            chosen = (TASK, *found)
    return tuple(
        Because(id, decision.profile[id].options, decision.profile[id].origin)
        for id in decision.profile
        if id in chosen
    )


def counts(answer: Answer) -> bool:
    """True where an answer can be a reason: given, or assumed of a question that makes sense."""
    return answer.origin != "implied" and (applicable(answer) or answer.origin != "assumed")


def _smallest(nearby: Nearby, winner: str, candidates: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield all sufficient sets of the least size, in declared order."""
    index = nearby.engine.encoding.index
    wins = nearby.names.index(winner)
    counterexamples: list[frozenset[int]] = []
    for size in range(len(candidates) + 1):
        found = False
        for chosen in combinations(candidates, size):
            held = [index[id] for id in chosen]
            if any(example.isdisjoint(held) for example in counterexamples):
                continue
            other = nearby.nearest(lambda winner: winner != wins, held)
            if other is None:
                found = True
                yield chosen
            else:
                changed = zip(other, nearby.present, strict=True)
                counterexamples.append(
                    frozenset(place for place, (one, now) in enumerate(changed) if one != now)
                )
        if found:
            return


def _forces_without_task(engine: Engine, reason: Profile, winner: str) -> bool:
    """True where the answers force the outcome for every task. Unfitting tasks come first."""
    tasks = sorted(engine.rulebase.tasks, key=lambda task: task.elsewhere is None)
    for task in tasks:
        try:
            space, allowed = engine.view({TASK: Answer((task.id,), None, "flag"), **reason})
        except ContradictionError:
            continue  # a task that cannot be with these answers forces nothing else
        reachable = space.reachable(space.root, allowed)
        if reachable.labels and engine.possible(reachable) != (winner,):
            return False
    return True

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
from advisor.engine.profile import Answer, Profile
from advisor.engine.space import Choice, Space
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK

HELD = 1 << 16
"""What it costs to change an answer that has to stay: more than all others together."""


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
    around = engine.around(decision.given, task)
    search = _Search(engine, around, winner, decision.profile)
    chosen: tuple[str, ...] = ()
    for index, found in enumerate(search.smallest(list(answers))):
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


class _Search:
    """Looks for counterexamples in one space."""

    def __init__(self, engine: Engine, space: Space, winner: str, profile: Profile) -> None:
        names = [*engine.encoding.families, NONE]
        self.engine = engine
        self.space = space
        self.winner = names.index(winner)
        self.current: list[Choice] = [choices[0] for choices in engine.choices(profile)]

    def smallest(self, candidates: list[str]) -> Iterator[tuple[str, ...]]:
        """Yield all sufficient sets of the least size, in declared order."""
        index = self.engine.encoding.index
        places = [index[id] for id in candidates]
        counterexamples: list[frozenset[int]] = []
        for size in range(len(places) + 1):
            found = False
            for chosen in combinations(places, size):
                if any(example.isdisjoint(chosen) for example in counterexamples):
                    continue
                example = self.counterexample(frozenset(chosen))
                if example is None:
                    found = True
                    yield tuple(id for id in candidates if index[id] in chosen)
                else:
                    counterexamples.append(example)
            if found:
                return

    def counterexample(self, held: frozenset[int]) -> frozenset[int] | None:
        """Return which answers change in the nearest profile where another wins."""
        ranking = self.engine.ranking

        def cost(question: int, choice: Choice) -> int:
            if choice == self.current[question]:
                return 0
            return HELD if question in held else 1

        found = self.space.nearest(cost, lambda outcome: ranking.winner(outcome) != self.winner)
        if found is None or found[0] >= HELD:
            return None
        return frozenset(
            question for question, choice in enumerate(found[1]) if choice != self.current[question]
        )


def _forces_without_task(engine: Engine, reason: Profile, winner: str) -> bool:
    """True where the answers force the outcome for every task. Unfitting tasks come first."""
    tasks = sorted(engine.rulebase.tasks, key=lambda task: task.elsewhere is None)
    for task in tasks:
        try:
            space, allowed = engine.view({TASK: Answer((task.id,), None, "flag"), **reason})
        except ContradictionError:
            continue  # a task that cannot be with these answers forces nothing else
        reach = space.reach(allowed)
        if reach.outcomes and engine.possible(reach) != (winner,):
            return False
    return True

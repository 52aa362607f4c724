"""The reason for a family: the fewest answers after which no other could win.

Sets of answers are tried from the smallest on. Each that fails has a counterexample, a profile in
which another family wins: a set that changes nothing of it fails as well, and is not tried.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, combinations

from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.diagram import Choice
from advisor.engine.profile import Answer, Profile
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK, NamedTuple

MOST_WORK = 4_000_000
"""About how many nodes of a space a search may pass: a second or two."""
LEAST_TRIES = 40
A_SET = 5
"""The cost of building one set of answers, in nodes passed."""


class Reason(NamedTuple):
    """Answers that alone force the outcome; `smallest` is False if the search was cut short."""

    answers: Profile
    smallest: bool = True


def sufficient(engine: Engine, decision: Decision) -> Reason:
    """Return a smallest set of given or assumed answers that alone forces the outcome.

    Whatever the other answers were, the same family would win (or none would). Implied answers do
    not count, because they follow from the task; nor do defaults of questions that do not apply. If
    more sets would have to be tried than a budget allows, return one of which no answer can be left
    out; others may be smaller.
    """
    answers = {
        id: answer
        for id, answer in decision.profile.items()
        if answer.origin != "implied" and (applicable(answer) or answer.origin != "assumed")
    }
    task = {TASK: answers.pop(TASK)} if TASK in answers else {}
    trial = _Trial(engine, decision, task, list(answers))
    sets = chain.from_iterable(combinations(answers, size) for size in range(len(answers) + 1))
    chosen: tuple[str, ...] | None = None
    for tried, ids in enumerate(sets):
        spent = A_SET * tried + len(trial.space) * len(trial.examples)
        if spent > trial.budget or (chosen and len(ids) == len(chosen)):
            break  # what was found, if anything, is as small as any
        if trial.forces(ids):
            reason = {id: answers[id] for id in ids}
            if not task or _forces_without_task(engine, reason, decision.family or NONE):
                chosen = ids
                break
            chosen = chosen or (TASK, *ids)
    smallest = chosen is not None
    if chosen is None:
        left = tuple(answers)
        for id in reversed(left):
            fewer = tuple(other for other in left if other != id)
            left = fewer if trial.forces(fewer) else left
        chosen = (*task, *left)
    return Reason({id: decision.profile[id] for id in decision.profile if id in chosen}, smallest)


class _Trial:
    """Tries whether sets of `candidates` force the outcome of a decision.

    `space` is that of the task alone, in which options given together are one choice; `present` is
    the choice of each question in the decision. `examples` are the changed answers of profiles
    where another family wins: only a set that has one of each is tried in the space.
    """

    def __init__(
        self, engine: Engine, decision: Decision, task: Profile, candidates: list[str]
    ) -> None:
        self.present: list[Choice] = [choices[0] for choices in engine.choices(decision.profile)]
        choices = engine.choices(task)
        held = {
            question: choice
            for question, of_question in enumerate(engine.choices(decision.given))
            for choice in of_question
            if len(choice) > 1
        }
        for question, choice in held.items():
            choices[question] = (choice, *choices[question])
        self.space = engine.space_within(choices) if held else engine.space(task)
        self.winner = engine.ranking.winner
        self.wins = engine.encoding.winners.index(decision.family or NONE)
        self.places = {id: engine.encoding.index[id] for id in candidates}
        self.examples: list[set[str]] = []
        self.budget = max(LEAST_TRIES * len(self.space), MOST_WORK)

    def forces(self, ids: Collection[str]) -> bool:
        """True if the answers `ids` force the outcome; else keeps a counterexample."""
        if any(example.isdisjoint(ids) for example in self.examples):
            return False
        other = self.space.nearest(
            self.space.root,
            lambda question, choice: int(choice != self.present[question]),
            lambda outcome: self.winner(outcome) != self.wins,
            {self.places[id]: (self.present[self.places[id]],) for id in ids},
        )
        if other is None:
            return True
        self.examples.append(
            {id for id, at in self.places.items() if other[1][at] != self.present[at]}
        )
        return False


def _forces_without_task(engine: Engine, reason: Profile, winner: str) -> bool:
    """True if the answers force the outcome for every task.

    Tasks outside the families come first, because for them none of the families wins.
    """
    for task in sorted(engine.rulebase.tasks, key=lambda task: task.elsewhere is None):
        try:
            space, allowed = engine.view({TASK: Answer((task.id,), None, "flag"), **reason})
        except ContradictionError:
            continue  # a task that cannot be with these answers forces nothing else
        reachable = space.reachable(space.root, allowed)
        if reachable.labels and engine.possible(reachable.labels) != (winner,):
            return False
    return True

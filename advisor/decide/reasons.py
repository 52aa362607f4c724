"""The reason for a family: the fewest answers after which no other could win.

Reasons and counterexamples are each other's minimal hitting sets: a reason has to contain a changed
answer of every profile where another family wins. So the search alternates between the smallest set
that hits all counterexamples known so far and the nearest profile that escapes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from math import inf

from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.diagram import Choice
from advisor.engine.profile import Answer, Profile
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK, NamedTuple, Task

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
    out.
    """
    winner = decision.family or NONE
    answers = {
        id: answer
        for id, answer in decision.profile.items()
        if answer.origin != "implied" and (applicable(answer) or answer.origin != "assumed")
    }
    task = {TASK: answers.pop(TASK)} if TASK in answers else {}
    chosen: tuple[str, ...] | None = None
    search = _Search(engine, decision, task, list(answers))
    try:
        for ids in search.smallest():
            reason = {id: answers[id] for id in ids}
            if not task or _forces_without_task(engine, reason, winner):
                chosen = ids
                break
            chosen = (TASK, *ids) if chosen is None else chosen
    except _BudgetError:
        pass  # the first set found, if there is one, is as small as any
    smallest = chosen is not None
    if chosen is None:
        chosen = (*task, *search.subset_minimal())
    answers = {id: answer for id, answer in decision.profile.items() if id in chosen}
    return Reason(answers, smallest)


class _Search:
    """The search for the smallest sufficient sets among `candidates`, within a budget.

    `space` is that of the task alone, in which options given together are one choice; `present` is
    the choice of each question in the decision, `work` the rest of the budget. `examples` are the
    changed answers of profiles where another family wins: only a set that hits each is tried in the
    space.
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
        self.work: float = max(LEAST_TRIES * len(self.space), MOST_WORK)

    def smallest(self) -> Iterator[tuple[str, ...]]:
        """Yield all sufficient sets of the least size, in declared order.

        Raises _BudgetError if the budget is spent before the first one is found.
        """
        for size in range(len(self.places) + 1):
            sufficient = False
            for ids in combinations(self.places, size):
                if self._is_sufficient(ids):
                    sufficient = True
                    yield ids
            if sufficient:
                return

    def subset_minimal(self) -> tuple[str, ...]:
        """Return a sufficient set of which no answer can be left out; others may be smaller."""
        ids, self.work = tuple(self.places), inf
        for id in reversed(ids):
            fewer = tuple(other for other in ids if other != id)
            ids = fewer if self._is_sufficient(fewer) else ids
        return ids

    def _is_sufficient(self, ids: Collection[str]) -> bool:
        """True if `ids` force the outcome; else keeps a counterexample. Raises _BudgetError."""
        missed = any(example.isdisjoint(ids) for example in self.examples)
        self.work -= A_SET if missed else len(self.space)
        if self.work < 0:
            raise _BudgetError
        if missed:
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


class _BudgetError(Exception):
    """The search would have to try more than a person waits for."""


def _forces_without_task(engine: Engine, reason: Profile, winner: str) -> bool:
    """True if the answers force the outcome for every task.

    Tasks outside the families come first, and last those that contradict the answers: most of these
    admit no profile with them, and force nothing.
    """

    def last(task: Task) -> tuple[bool, bool]:
        """Return whether a task contradicts an answer, and whether families serve it."""
        given = [
            {id: answer.options, **engine.rulebase.question(id).ask_if}
            for id, answer in reason.items()
        ]
        clashes = any(
            set(options).isdisjoint(task.implies.get(id, options))
            for of_answer in given
            for id, options in of_answer.items()
        )
        return clashes, task.elsewhere is None

    for task in sorted(engine.rulebase.tasks, key=last):
        try:
            space, allowed = engine.view({TASK: Answer((task.id,), None, "flag"), **reason})
        except ContradictionError:
            continue  # a task that cannot be with these answers forces nothing else
        reachable = space.reachable(space.root, allowed)
        if reachable.labels and engine.possible(reachable) != (winner,):
            return False
    return True

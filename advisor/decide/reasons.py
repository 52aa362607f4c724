"""What forces a family: the fewest answers after which no other could win.

Reasons and counterexamples are each other's minimal hitting sets: a reason has to contain a
changed answer of every profile where another family wins. So the search alternates between the
smallest set that hits all counterexamples known so far and the nearest profile that escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.diagram import Choice
from advisor.engine.profile import Answer, Profile
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK, Question, Task

MOST_WORK = 4_000_000
"""About how many steps in a space a search may take: a second or two."""
LEAST_TRIES = 40
WALKED_A_TRY = 200
"""How many sets are put together in the time in which one is tried."""
MAYBE_FEWER = " (fewer answers may be enough, because not all subsets were tested)"
"""What pages say of a reason that a budget ended the search for."""


class Because(NamedTuple):
    """One answer of a sufficient reason."""

    question: str
    options: tuple[str, ...]
    origin: str
    named: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What was named, or the options."""
        return self.named or self.options


class Reason(NamedTuple):
    """Answers that alone force the outcome; `smallest` is true where no fewer are known to."""

    answers: tuple[Because, ...] = ()
    smallest: bool = True


def sufficient(engine: Engine, decision: Decision) -> Reason:
    """Return a smallest set of given or assumed answers that alone forces the outcome.

    Whatever the other answers were, the same family would win (or none would). Implied answers
    do not count: they follow from the task. Where more
    sets would have to be tried than a budget allows, one of which no answer can be left out.
    """
    winner = decision.family or NONE
    answers = {id: answer for id, answer in decision.profile.items() if counts(answer)}
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
    because = (
        Because(id, answer.options, answer.origin, answer.named)
        for id, answer in decision.profile.items()
        if id in chosen
    )
    return Reason(tuple(because), smallest)


def counts(answer: Answer) -> bool:
    """True where an answer can be a reason: given, or assumed of a question that makes sense."""
    return answer.origin != "implied" and (applicable(answer) or answer.origin != "assumed")


class _Search:
    """The search for the smallest sufficient sets among `candidates`, within a budget.

    `space` is that of the task alone, in which given options that hold at once are a choice;
    `present` has the choice of each question in the decision. `tries` are what is left of the
    budget: each asks the space once. The sets tried hit every counterexample known so far, since a
    set that misses one is not sufficient.
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
        self.candidates = candidates
        self.places = [engine.encoding.index[id] for id in candidates]
        self.examples: list[int] = []
        self.tries: float = max(LEAST_TRIES, MOST_WORK // max(len(self.space), 1))

    def smallest(self) -> Iterator[tuple[str, ...]]:
        """Yield all sufficient sets of the least size, in declared order.

        Raises _BudgetError where the budget is spent before the first one is found.
        """
        for size in range(len(self.candidates) + 1):
            sufficient = False
            for bits in self._hitting(size, 0, 0):
                if self._is_sufficient(bits):
                    sufficient = True
                    yield self._ids(bits)
            if sufficient:
                return

    def subset_minimal(self) -> tuple[str, ...]:
        """Return a sufficient set of which no answer can be left out; others may be smaller."""
        bits = (1 << len(self.candidates)) - 1
        self.tries = len(self.candidates)
        for place in reversed(range(len(self.candidates))):
            if self._is_sufficient(bits & ~(1 << place)):
                bits &= ~(1 << place)
        return self._ids(bits)

    def _hitting(self, size: int, chosen: int, first: int) -> Iterator[int]:
        """Yield the sets of a size that hit all counterexamples, as these come to be known."""
        missed = [example for example in self.examples if not example & chosen]
        later = -1 << first
        if _disjoint(missed) > size or any(not example & later for example in missed):
            return
        if size == 0:
            yield chosen
            return
        for place in range(first, len(self.candidates) - size + 1):
            self._spend(1 / WALKED_A_TRY)
            yield from self._hitting(size - 1, chosen | 1 << place, place + 1)

    def _is_sufficient(self, bits: int) -> bool:
        if any(not example & bits for example in self.examples):
            return False
        self._spend(1)
        held = [place for n, place in enumerate(self.places) if bits >> n & 1]
        other = self.space.nearest(
            self.space.root,
            lambda question, choice: int(choice != self.present[question]),
            lambda outcome: self.winner(outcome) != self.wins,
            {question: (self.present[question],) for question in held},
        )
        if other is None:
            return True
        changed = (n for n, at in enumerate(self.places) if other[1][at] != self.present[at])
        self.examples.append(sum(1 << n for n in changed))
        return False

    def _spend(self, tries: float) -> None:
        self.tries -= tries
        if self.tries < 0:
            raise _BudgetError

    def _ids(self, bits: int) -> tuple[str, ...]:
        return tuple(id for n, id in enumerate(self.candidates) if bits >> n & 1)


class _BudgetError(Exception):
    """More would have to be tried than a person waits for."""


def _disjoint(sets: Iterable[int]) -> int:
    """Return how many of some sets, taken greedily, have no member in common: all are to be hit."""
    taken = number = 0
    for group in sets:
        if not group & taken:
            taken |= group
            number += 1
    return number


def _forces_without_task(engine: Engine, reason: Profile, winner: str) -> bool:
    """True where the answers force the outcome for every task.

    Unfitting tasks come first, and last those that the answers do not go with: most of these can
    be with them in no case, and say nothing.
    """
    answers = [(engine.rulebase.question(id), answer) for id, answer in reason.items()]

    def last(task: Task) -> tuple[bool, bool]:
        return any(_clashes(task, *each) for each in answers), task.elsewhere is None

    for task in sorted(engine.rulebase.tasks, key=last):
        try:
            space, allowed = engine.view({TASK: Answer((task.id,), None, "flag"), **reason})
        except ContradictionError:
            continue  # a task that cannot be with these answers forces nothing else
        reachable = space.reachable(space.root, allowed)
        if reachable.labels and engine.possible(reachable) != (winner,):
            return False
    return True


def _clashes(task: Task, question: Question, answer: Answer) -> bool:
    """True where what a task implies is not the answer, or leaves the question without sense."""
    given = {question.id: answer.options, **question.ask_if}
    return any(set(given[id]).isdisjoint(task.implies[id]) for id in given if id in task.implies)

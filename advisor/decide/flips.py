"""The smallest changes of answers that lead to another family, and only admissible ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer, Profile
from advisor.engine.space import Choice, Space
from advisor.model import NONE, NOT_APPLICABLE, TASK


class Flip(NamedTuple):
    """Answers that, given instead, lead to another family (or to none).

    `origins` says for each question whether its present answer was given, implied or assumed.
    """

    answers: dict[str, str]
    family: str
    origins: dict[str, str]


MAX_SIZE = 3


def flips(engine: Engine, decision: Decision, *, tasks: bool = False) -> tuple[Flip, ...]:
    """Return the smallest flips, smallest first.

    That is for each other outcome every least set of questions, with the most typical answers
    that lead there.

    Deciding again with the answers of a flip in place of the present ones gives its family.
    With `tasks`, other tasks are tried as well; these flips come last. An undetermined outcome has
    none: there is nothing to flip from.
    """
    if decision.outcome == "undetermined":
        return ()
    search = _Search(engine, decision)
    wanted = {name for name in search.reachable() if name != search.winner}
    found: list[Flip] = []
    for size in range(1, MAX_SIZE + 1):
        fresh = list(search.of_size(size, wanted))
        found += fresh
        wanted -= {flip.family for flip in fresh}
        if not wanted:
            break
    if tasks:
        found += search.other_tasks({flip.family for flip in found})
    return tuple(found)


class _Search:
    def __init__(self, engine: Engine, decision: Decision) -> None:
        self.engine = engine
        self.decision = decision
        self.winner = decision.family or NONE
        self.names = [*engine.encoding.families, NONE]
        task = decision.profile[TASK]
        self.space: Space = engine.around(decision.given, {TASK: task})
        self.given: dict[int, tuple[Choice, ...]] = {
            engine.encoding.index[id]: engine.choices({id: answer})[engine.encoding.index[id]]
            for id, answer in decision.given.items()
            if id != TASK
        }
        self.alternatives = self._alternatives()

    def reachable(self) -> tuple[str, ...]:
        """Return what can win for this task at all."""
        return self.engine.names(self.space.possible(self.engine.ranking))

    def of_size(self, size: int, wanted: set[str]) -> Iterator[Flip]:
        """Yield the flips that change exactly `size` answers and lead to a wanted outcome."""
        for questions in combinations(self.alternatives, size):
            seen: set[str] = set()
            for choices in product(*(self.alternatives[question] for question in questions)):
                outcome = self._outcome(dict(zip(questions, choices, strict=True)))
                if outcome in wanted and outcome not in seen:
                    seen.add(outcome)
                    yield self._flip(dict(zip(questions, choices, strict=True)), outcome)

    def other_tasks(self, reached: set[str]) -> list[Flip]:
        """Return for each outcome not reached otherwise the first task that leads there."""
        engine = self.engine
        found: dict[str, Flip] = {}
        present = self.decision.profile[TASK]
        for task in engine.rulebase.tasks:
            if task.id in present.options:
                continue
            profile: Profile = {**self.decision.given, TASK: Answer((task.id,), None, "flag")}
            if not engine.admits(profile):
                continue
            outcome = engine.decide(profile).family or NONE
            if outcome != self.winner and outcome not in reached and outcome not in found:
                found[outcome] = Flip({TASK: task.id}, outcome, {TASK: present.origin})
        return list(found.values())

    def _alternatives(self) -> dict[int, list[Choice]]:
        """For each question but the task, the choices other than the present one that can be."""
        encoding = self.engine.encoding
        result: dict[int, list[Choice]] = {}
        for layer in self.space.layers:
            id = encoding.questions[layer.question]
            present = self.decision.profile[id].options
            if id == TASK:
                continue
            open_choices = {
                choice for edges in layer.edges for edge in edges for choice in edge.choices
            }
            other: list[Choice] = [
                choice
                for choice in self.space.choices[layer.question]
                if choice in open_choices
                and len(choice) == 1
                and encoding.options[layer.question][choice[0]] not in (NOT_APPLICABLE, *present)
            ]
            if other and any(len(edges) > 1 for edges in layer.edges):  # it makes a difference
                result[layer.question] = other
        return result

    def _outcome(self, changed: dict[int, Choice]) -> str | None:
        allowed = self.given | {question: (choice,) for question, choice in changed.items()}
        found = self.space.typical(allowed)
        if found is None:
            return None
        return self.names[self.engine.ranking.winner(found[1])]

    def _flip(self, changed: dict[int, Choice], outcome: str) -> Flip:
        encoding = self.engine.encoding
        answers = {
            encoding.questions[question]: encoding.options[question][choice[0]]
            for question, choice in changed.items()
        }
        origins = {id: self.decision.profile[id].origin for id in answers}
        return Flip(answers, outcome, origins)

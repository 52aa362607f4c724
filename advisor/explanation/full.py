"""All minimal reasons and changes of a decision, and how far it can be relied on."""

from __future__ import annotations

from typing import NamedTuple

from advisor.decide.reasons import Because, Flip, Nearby, counts
from advisor.engine.decision import Decision, Engine
from advisor.engine.diagram import Choice
from advisor.engine.profile import Profile
from advisor.explanation.prime import Prime, prime
from advisor.model import NOT_APPLICABLE, TASK

Fixed = dict[int, tuple[Choice, ...]]
"""Question -> the one choice that is kept."""


class AnswerChange(NamedTuple):
    """Answers that lead to another family (or to none), all others staying as they are.

    `origins` says where the present answers come from; those to the questions in `follows` cannot
    stay once the others are changed.
    """

    answers: dict[str, str]
    family: str
    origins: dict[str, str]
    follows: tuple[str, ...]


class Stability(NamedTuple):
    """How many answers could be wrong without changing the family.

    Of all `answers`, any single one may be wrong but the `fragile`. The fewest wrong answers that
    can change the family are `fewest`, None where no number of them does. Answers that cannot stay
    beside a right one are no further mistakes.
    """

    answers: tuple[str, ...]
    fragile: tuple[str, ...]
    fewest: int | None


class Settling(NamedTuple):
    """An open question: of all `profiles` still open, so many are `settled` once it is answered.

    `agreeing` are those that end where most do after that answer.
    """

    question: str
    settled: int
    agreeing: int
    profiles: int


class FullExplanation(NamedTuple):
    """Everything that forces the outcome of one task, and everything that changes it."""

    task: str
    reasons: tuple[tuple[Because, ...], ...]
    changes: tuple[AnswerChange, ...]
    stability: Stability
    open: tuple[Settling, ...]


def full_explanation(
    engine: Engine, decision: Decision, flips: tuple[Flip, ...]
) -> FullExplanation:
    """Return all minimal reasons and changes with the task of the decision fixed.

    All answers count, given or assumed; those that the task or other answers imply do not.
    Deciding again with all answers of the profile and those of a change in their place gives the
    change's family. `flips` are the smallest ones, in which assumed answers are assumed anew.
    """
    search = _Around(engine, decision)
    found = search.prime
    sets = [(w, found.members(change)) for w, all_ in found.changes.items() for change in all_]
    sets.sort(key=lambda one: (len(one[1]), one[1], one[0]))
    return FullExplanation(
        task=decision.profile[TASK].options[0],
        reasons=tuple(search.because(found.members(reason)) for reason in found.reasons),
        changes=tuple(search.change(questions, winner) for winner, questions in sets),
        stability=search.stability(flips),
        open=settlings(engine, decision),
    )


class _Around:
    """All minimal changes and reasons of one decision in the space of its task."""

    def __init__(self, engine: Engine, decision: Decision) -> None:
        self.engine = engine
        self.profile: Profile = decision.profile
        self.nearby = Nearby(engine, decision, {TASK: decision.profile[TASK]})
        self.prime: Prime = prime(
            self.nearby.space,
            engine.ranking,
            self.nearby.present,
            [
                engine.encoding.index[id]
                for id, answer in decision.profile.items()
                if id != TASK and counts(answer)
            ],
        )

    def because(self, questions: tuple[int, ...]) -> tuple[Because, ...]:
        """Return questions with their present answers."""
        ids = [self.engine.encoding.questions[question] for question in questions]
        return tuple(Because(id, self.profile[id].options, self.profile[id].origin) for id in ids)

    def stability(self, flips: tuple[Flip, ...]) -> Stability:
        """Return how many answers could be wrong, by minimal changes and by flips."""
        names = self.engine.encoding.questions
        answers = tuple(names[question] for question in self.prime.questions)
        wrong = [
            {names[question] for question in self.prime.members(change)}
            for change in self.prime.smallest_changes
        ]
        wrong += [
            kept
            for flip in flips
            if TASK not in flip.answers and (kept := set(flip.answers) & set(answers))
        ]
        alone = {id for ids in wrong if len(ids) == 1 for id in ids}
        fragile = tuple(id for id in answers if id in alone)
        return Stability(answers, fragile, min(map(len, wrong), default=None))

    def change(self, questions: tuple[int, ...], winner: int) -> AnswerChange:
        """Return the most typical answers to questions with which another wins.

        Questions that only then make sense are answered as well, where it takes that.
        """
        engine, nearby, present = self.engine, self.nearby, self.nearby.present
        target = self._nearest(questions, winner)
        changed: Fixed = {question: (target[question],) for question in questions}
        held: Fixed = {q: (present[q],) for q in self.prime.questions if q not in changed}
        follows = self._follows(questions, held, changed)
        for question, choice in enumerate(target):
            if nearby.winner(held | changed) == winner:
                break
            if question not in held and question not in changed and self._applies(question, choice):
                changed[question] = (choice,)
        ids = engine.encoding.questions
        answers = {ids[q]: "+".join(engine.options(q, changed[q][0])) for q in sorted(changed)}
        return AnswerChange(
            answers,
            nearby.names[winner],
            {id: self.profile[id].origin for id in answers},
            tuple(ids[question] for question in follows),
        )

    def _follows(self, questions: tuple[int, ...], held: Fixed, changed: Fixed) -> tuple[int, ...]:
        """Return the questions of a change whose present answers cannot stay beside the others."""
        space = self.nearby.space
        found: list[int] = []
        for question in reversed(questions):
            rest = {q: c for q, c in changed.items() if q != question and q not in found}
            present: Fixed = {question: (self.nearby.present[question],)}
            if rest and not space.meets(space.root, held | rest | present):
                found.append(question)
        return tuple(sorted(found))

    def _nearest(self, questions: tuple[int, ...], winner: int) -> list[Choice]:
        """Return the most typical profile that a family wins, other answers being as they are."""
        choices = self.nearby.space.choices
        found = self.nearby.nearest(
            lambda other: other == winner,
            set(self.prime.questions) - set(questions),
            lambda question, choice: choices[question].index(choice) + 1,
        )
        if found is None:
            raise RuntimeError("a minimal change leads nowhere")
        return found

    def _applies(self, question: int, choice: Choice) -> bool:
        return NOT_APPLICABLE not in self.engine.options(question, choice) and (
            self.engine.encoding.questions[question] != TASK
        )


def settlings(engine: Engine, decision: Decision) -> tuple[Settling, ...]:
    """Return the open questions on which the outcome hangs, those that settle most first.

    Questions that need not make sense are left out, as the interview does. None are left where
    the outcome is decided.
    """
    if len(decision.possible) == 1:
        return ()
    space = engine.space(decision.given)
    given = {engine.encoding.index[id] for id in decision.given}
    open_ = [question for question in space.asked if question not in given]
    found = []
    for question, table in zip(open_, space.marginals(engine.ranking, open_), strict=True):
        senseless = any(NOT_APPLICABLE in engine.options(question, choice) for choice in table)
        if len(table) < 2 or senseless:
            continue
        rows = list(table.values())
        found.append(
            Settling(
                engine.encoding.questions[question],
                sum(sum(row) for row in rows if sum(map(bool, row)) == 1),
                sum(max(row) for row in rows),
                sum(map(sum, rows)),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.settled, -one.agreeing)))

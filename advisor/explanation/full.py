"""All minimal reasons and changes of a decision, and how far it can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
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
    profile, names = decision.profile, engine.encoding.questions
    nearby = Nearby(engine, decision, {TASK: profile[TASK]})
    counting = [id for id, answer in profile.items() if id != TASK and counts(answer)]
    questions = [engine.encoding.index[id] for id in counting]
    found = prime(nearby.space, engine.ranking, nearby.present, questions)
    sets = [(w, found.members(change)) for w, all_ in found.changes.items() for change in all_]
    sets.sort(key=lambda one: (len(one[1]), one[1], one[0]))
    reasons = [[names[question] for question in found.members(one)] for one in found.reasons]
    return FullExplanation(
        task=profile[TASK].options[0],
        reasons=tuple(
            tuple(Because(id, profile[id].options, profile[id].origin) for id in reason)
            for reason in reasons
        ),
        changes=tuple(_change(nearby, profile, found, changed, winner) for winner, changed in sets),
        stability=_stability(names, found, flips),
        open=settlings(engine, decision),
    )


def _stability(names: Sequence[str], found: Prime, flips: tuple[Flip, ...]) -> Stability:
    """Return how many answers could be wrong, by minimal changes and by flips."""
    answers = tuple(names[question] for question in found.questions)
    changes = [found.members(change) for change in found.smallest_changes]
    wrong = [{names[question] for question in change} for change in changes]
    wrong += [
        kept
        for flip in flips
        if TASK not in flip.answers and (kept := set(flip.answers) & set(answers))
    ]
    alone = {id for ids in wrong if len(ids) == 1 for id in ids}
    fragile = tuple(id for id in answers if id in alone)
    return Stability(answers, fragile, min(map(len, wrong), default=None))


def _change(
    nearby: Nearby, profile: Profile, found: Prime, questions: tuple[int, ...], winner: int
) -> AnswerChange:
    """Return the most typical answers to questions with which another wins.

    Questions that only then make sense are answered as well, where it takes that.
    """
    engine, present, space = nearby.engine, nearby.present, nearby.space
    target = nearby.nearest(
        lambda other: other == winner,
        set(found.questions) - set(questions),
        lambda question, choice: space.choices[question].index(choice) + 1,
    )
    if target is None:
        raise RuntimeError("a minimal change leads nowhere")
    changed: Fixed = {question: (target[question],) for question in questions}
    held: Fixed = {q: (present[q],) for q in found.questions if q not in changed}
    follows: list[int] = []  # the present answers that cannot stay beside the others
    for question in reversed(questions):
        rest = {q: c for q, c in changed.items() if q != question and q not in follows}
        stays: Fixed = {question: (present[question],)}
        if rest and not space.meets(space.root, held | rest | stays):
            follows.append(question)
    ids = engine.encoding.questions
    for question, choice in enumerate(target):
        if nearby.winner(held | changed) == winner:
            break
        applies = NOT_APPLICABLE not in engine.options(question, choice) and ids[question] != TASK
        if applies and question not in held and question not in changed:
            changed[question] = (choice,)
    answers = {ids[q]: "+".join(engine.options(q, changed[q][0])) for q in sorted(changed)}
    return AnswerChange(
        answers,
        nearby.names[winner],
        {id: profile[id].origin for id in answers},
        tuple(ids[question] for question in sorted(follows)),
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

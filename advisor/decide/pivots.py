"""Which assumed answers could change the first line: the family, or the first checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.decide.selection import Selection
from advisor.decide.starting_points import select_or_train
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import Question

if TYPE_CHECKING:
    from advisor.decide.recommendation import TaskAdvice


def pivots(advice: TaskAdvice, order: str) -> tuple[str, ...]:
    """Return the assumed questions to which some other answer alone gives another first line.

    `order` is the one that was asked for.
    """
    engine = Engine(advice.rulebase, advice.priority)
    present = _first_line(advice.decision, advice.selection)
    asked = {question.id: question for question in _bearing(advice)}

    def changes(question: Question) -> bool:
        for profile in _others(engine, advice, question):
            decision = engine.decide(profile)
            if _first_line(decision, select_or_train(engine, decision, order)) != present:
                return True
        return False

    return tuple(id for id in advice.assumed if id in asked and changes(asked[id]))


def _first_line(decision: Decision, selection: Selection) -> tuple[str | None, ...]:
    first = selection.picks[:1]
    return (decision.family, *(part for one in first for part in (one.checkpoint.id, one.use)))


def _bearing(advice: TaskAdvice) -> Iterator[Question]:
    """The questions whose answers can bear on the family or on the checkpoints at all."""
    rulebase = advice.rulebase
    aimed = {id for rules in rulebase.aimed.values() for rule in rules for id in rule.when}
    chosen = {one.id for one in (*rulebase.demanding, *rulebase.keeping, *rulebase.ordering)}
    for question in rulebase.questions:
        on_checkpoints = question.id in aimed | chosen or any(o.uses for o in question.options)
        if on_checkpoints or len(advice.decision.possible) > 1:
            yield question


def _others(engine: Engine, advice: TaskAdvice, question: Question) -> Iterator[Profile]:
    """The given answers with each other option of one question that they admit."""
    present = advice.decision.profile[question.id].options
    for option in question.options:
        profile = {**advice.decision.given, question.id: Answer((option.id,), None, "assumed")}
        if option.id not in present and engine.admits(profile):
            yield profile

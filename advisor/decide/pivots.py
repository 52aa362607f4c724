"""Which assumed answers could change the first line: the family, or the first checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.decide.selection import Selection
from advisor.decide.starting_points import select_or_train
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import Question
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import TaskAdvice


def pivots(advice: TaskAdvice, order: str, *, verified_only: bool = False) -> tuple[str, ...]:
    """Return the assumed questions to which some other answer alone gives another first line.

    `order` and `verified_only` are those that were asked for.
    """
    engine = Engine.known(advice.rulebase, advice.priority)
    present, family = _first(advice.selection), advice.decision.family
    bearing = bearing_on_checkpoints(advice.rulebase)
    if advice.selection.next_family:  # which is next hangs on all that families are judged by
        bearing |= advice.rulebase.question_ids
    open_family = len(advice.decision.possible) > 1

    def changes(question: Question) -> bool:
        if not (open_family or question.id in bearing):
            return False
        for profile in _others(engine, advice, question):
            decision = engine.assumed(profile)
            if decision.family != family:
                return True
            if question.id in bearing:
                first = select_or_train(
                    engine, decision, order, verified_only=verified_only, first_only=True
                )
                if _first(first) != present:
                    return True
        return False

    asked = {question.id: question for question in advice.rulebase.questions}
    return tuple(id for id in advice.assumed if changes(asked[id]))


def _first(selection: Selection) -> tuple[str, str] | None:
    first = selection.picks[:1]
    return (first[0].checkpoint.id, first[0].use) if first else None


def bearing_on_checkpoints(rulebase: RuleBase) -> set[str]:
    """Return the questions whose answers can bear on checkpoints, whatever the family."""
    named = (rulebase.demanding, rulebase.keeping, rulebase.ordering, rulebase.stepping)
    using = [one.id for one in rulebase.questions if any(option.uses for option in one.options)]
    aimed = {id for rule in rulebase.aiming for id in rule.when}
    return aimed.union(using, *([one.id for one in questions] for questions in named))


def _others(engine: Engine, advice: TaskAdvice, question: Question) -> Iterator[Profile]:
    """The given answers with each other option of one question, or what it covers, they admit."""
    present = advice.decision.profile[question.id]
    for option in question.options:
        for named in [(), *((name,) for name in option.covers)]:
            answer = Answer((option.id,), None, "assumed", named)
            profile = {**advice.decision.given, question.id: answer}
            other = (answer.options, named) != (present.options, present.named)
            if other and engine.admits(profile):
                yield profile

"""Limits in a sentence: how large a model may be, and in which time all is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.engine.bounds import SIZE, TIME, bound_text
from advisor.model.phrase_kinds import MEASURE, NAME, PARTICLE
from advisor.model.value import NamedTuple
from advisor.need.amounts import MILLION, PARAMETERS, Amount, is_limited

if TYPE_CHECKING:
    from advisor.need.lexicon import Lexicon
    from advisor.need.sweep import Swept
    from advisor.rulebase.base import RuleBase

RATE, LEFT, SPAN, DAY = "per-", "left-", "span-", 24.0
"""Beginnings of measures of so many a day, whose images are done in its hours, and of hours."""

WITHIN, LIGHTER = "within", "lighter"
"""Words right before a time that is left, and before what is too heavy."""

NEAR_NAME = 3
"""The name of what is too heavy follows within so many words."""

LESS = 0.01


class Limit(NamedTuple):
    """A bound that words set: its name, how it is typed as a flag, and the words."""

    bound: str
    text: str
    span: tuple[int, int]


def limits(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, amounts: Sequence[Amount]
) -> tuple[Limit, ...]:
    """Return the limits of a sentence, at most one of each kind."""
    read = (
        _size(swept, amounts),
        _lighter(rulebase, lexicon, swept),
        _time(lexicon, swept, amounts),
    )
    first: dict[str, Limit] = {}
    for limit in filter(None, read):
        first.setdefault(limit.bound, limit)
    return tuple(first.values())


def _span(swept: Swept, amount: Amount) -> tuple[int, int]:
    return swept.tokens[amount.first].start, swept.tokens[amount.last - 1].end


def _size(swept: Swept, amounts: Sequence[Amount]) -> Limit | None:
    """Return how many parameters a model may have."""
    for amount in amounts:
        if amount.measure in PARAMETERS and is_limited(swept, amount):
            text = bound_text(SIZE, amount.value / MILLION)
            return Limit(SIZE, text, _span(swept, amount))
    return None


def _lighter(rulebase: RuleBase, lexicon: Lexicon, swept: Swept) -> Limit | None:
    """Return what the size stays below where something lighter than a checkpoint is sought."""
    wishes = [mark for mark in swept.of(PARTICLE) if mark.id == LIGHTER and not mark.negated]
    for wish in wishes:
        for mark in swept.of(NAME):
            named = map(rulebase.checkpoint, lexicon.named(mark.id)[0])
            sizes = [each.parameters_millions for each in named if each.parameters_millions]
            if sizes and wish.last <= mark.first < wish.last + NEAR_NAME:
                text = bound_text(SIZE, round(min(sizes) - LESS, 2))
                return Limit(SIZE, text, (swept.span(wish)[0], swept.span(mark)[1]))
    return None


def _time(lexicon: Lexicon, swept: Swept, amounts: Sequence[Amount]) -> Limit | None:
    """Return in which time a collection is to be done, or each item of it."""
    return next(_times(lexicon, swept, amounts), None)


def _times(lexicon: Lexicon, swept: Swept, amounts: Sequence[Amount]) -> Iterator[Limit]:
    for amount in amounts:
        if amount.measure.startswith(SPAN) and is_limited(swept, amount, WITHIN):
            yield Limit(TIME, bound_text(TIME, amount.value), _span(swept, amount))
    for mark in swept.of(MEASURE):
        if mark.id.startswith(LEFT):
            hours = lexicon.index["measures"][mark.id][1]
            yield Limit(TIME, bound_text(TIME, hours), swept.span(mark))
    rates = {amount.measure for amount in amounts if amount.measure.startswith(RATE)}
    for mark in swept.of(MEASURE):
        if mark.id in rates:
            yield Limit(TIME, bound_text(TIME, DAY), swept.span(mark))

"""Limits in a sentence: the size of a model, the time, and models that are ruled out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from advisor.decide.bounded_rules import usual_name
from advisor.engine.bounds import MILLION, SIZE, TIME, WITHOUT, bound_text
from advisor.model import NamedTuple
from advisor.model.phrase_kinds import MEASURE, NAME, PARTICLE
from advisor.need.amounts import PARAMETERS, is_limited
from advisor.need.lexicon import Lexicon
from advisor.need.numerals import Amount
from advisor.need.sweep import MAKER, OF_EACH, RATE, SPAN, Mark, Swept
from advisor.rulebase.base import RuleBase
from advisor.tokens import form_of, pattern_of

LEFT, DAY, LONGER = "left-", 24.0, {"per-week": 168.0, "per-month": 720.0}
"""Prefix of measures of hours left; hours for the images of a day, and of longer periods."""

SHORT = ("span-second", "span-millisecond")
"""Measures of times too short for all images: the time of one image, or of something else."""

WITHIN, LIGHTER, OF_ONE, MOST = "within", "lighter", "of-one", "most"
"""Particles: before a time that is left, before a model that is too large (lighter than), and in
the clause of the time of one image and of a maximum."""

NEAR_NAME = 3
"""The name of a model follows "lighter than" within this many words."""

LESS = 0.01  # million parameters
_WORD_BEFORE, _WORD_BEHIND = re.compile(r"([\w.-]+)[ /]$"), re.compile(r"[ ,(-]*(\w[\w.-]*\w)")


class Limit(NamedTuple):
    """A bound from words: its name (max-parameters, within, without), its flag value, its span."""

    bound: str
    text: str
    span: tuple[int, int]


def limits(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, amounts: Sequence[Amount]
) -> tuple[Limit, ...]:
    """Return the limits of a sentence, the first of each bound."""
    read = chain(
        _sizes(swept, amounts),
        _lighter(rulebase, lexicon, swept),
        _times(lexicon, swept, amounts),
        _excluded(rulebase, lexicon, swept),
    )
    first: dict[str, Limit] = {}
    for limit in read:
        first.setdefault(limit.bound, limit)
    return tuple(first.values())


def _sizes(swept: Swept, amounts: Sequence[Amount]) -> Iterator[Limit]:
    """Yield each maximum number of parameters of a model."""
    for amount in amounts:
        if amount.measure in PARAMETERS and is_limited(swept, amount):
            yield Limit(SIZE, bound_text(SIZE, amount.value / MILLION), swept.span(amount.places))


def _lighter(rulebase: RuleBase, lexicon: Lexicon, swept: Swept) -> Iterator[Limit]:
    """Yield a size just below the smallest checkpoint of a name for "lighter than NAME"."""
    wishes = [mark for mark in swept.of(PARTICLE) if mark.id == LIGHTER and not mark.negated]
    for wish in wishes:
        for mark in swept.of(NAME):
            named = map(rulebase.checkpoint, lexicon.named(mark.id)[0])
            sizes = [each.parameters_millions for each in named if each.parameters_millions]
            if sizes and wish.last <= mark.first < wish.last + NEAR_NAME:
                text = bound_text(SIZE, round(min(sizes) - LESS, 2))
                yield Limit(SIZE, text, (swept.span(wish.places)[0], swept.span(mark.places)[1]))


def _excluded(rulebase: RuleBase, lexicon: Lexicon, swept: Swept) -> Iterator[Limit]:
    """Yield one limit with all models and makers that a negation rules out, if any."""
    spans = {named_span(lexicon, swept, m) for m in swept.of(NAME) if m.negated}
    ruled_out = [m for m in swept.of(PARTICLE) if m.negated and m.id == MAKER]
    makers = {form_of(name) for each in rulebase.makers for name in each.names if ruled_out}
    makers |= {pattern_of(id.partition("/")[0])[0] for id in rulebase.checkpoints if ruled_out}
    for mark in ruled_out:
        words = [swept.tokens[place] for place in mark.places]
        spans |= {word[1:] for word in [w for w in words if w.form in makers] or words[:1]}
    longest = {end: (start, end) for start, end in sorted(spans, reverse=True)}.values()
    called = {name: at for at in longest if (name := usual_name(rulebase, swept.text[slice(*at)]))}
    if called:
        starts, ends = zip(*called.values(), strict=True)
        yield Limit(WITHOUT, ",".join(called), (min(starts), max(ends)))


def named_span(lexicon: Lexicon, swept: Swept, mark: Mark) -> tuple[int, int]:
    """Return the offsets of a model name with adjacent words of its ids (large, openai)."""
    start, end = swept.span(mark.places)
    if (before := _WORD_BEFORE.search(swept.text, 0, start)) and lexicon.is_part(
        before[1], mark.id
    ):
        start = before.start()
    while (behind := _WORD_BEHIND.match(swept.text, end)) and lexicon.is_part(behind[1], mark.id):
        end = behind.end()
    return start, end


def _times(lexicon: Lexicon, swept: Swept, amounts: Sequence[Amount]) -> Iterator[Limit]:
    """Yield time limits per image or in all: durations, hours left, then periods of rates."""
    for amount in amounts:
        if amount.measure.startswith(SPAN):
            each = _is_of_one(swept, amount)
            if each or (amount.measure not in SHORT and is_limited(swept, amount, WITHIN)):
                text = bound_text(TIME, amount.value, each=each)
                yield Limit(TIME, text, swept.span(amount.places))
    measures = lexicon.index["measures"].items()
    hours = {id: factor for id, (_, factor, *_) in measures if id.startswith(LEFT)}
    rates = [amount.measure for amount in amounts if amount.measure.startswith(RATE)]
    hours |= {id: LONGER.get(id, DAY) for id in rates}
    for mark in sorted(swept.of(MEASURE), key=lambda mark: mark.id in rates):
        if mark.id in hours:
            yield Limit(TIME, bound_text(TIME, hours[mark.id]), swept.span(mark.places))


def _is_of_one(swept: Swept, amount: Amount) -> bool:
    """True for a time of each image: 50 ms/image, 2 s each, latency 90 ms, takes 3 s at most."""
    behind = any(m.id == OF_EACH and m.first == amount.last for m in swept.of(PARTICLE))
    slashed = swept.text[swept.span(amount.places)[1] :].lstrip().startswith("/")
    takes = amount.measure in SHORT and is_limited(swept, amount, WITHIN)
    clause = swept.clauses[amount.first]
    beside = {m.id for m in swept.of(PARTICLE) if swept.clauses[m.first] == clause}
    return behind or slashed or OF_ONE in beside or (takes and MOST in beside)

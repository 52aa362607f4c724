"""What each written rule does to answers: can it fire, does it add anything, where is it pivotal.

A rule is *pivotal* in a profile where another family wins without it. It is *implied* where, of
each family that it speaks of, other rules say the same whenever it fires (the same effect, for
`prefer` and `avoid` on the same criterion), or exclude that family there, so that it adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from advisor.audit.context import PATTERNS_UP_TO_EDGES, Answers, Ground
from advisor.audit.shadow import Overshadow, overshadow
from advisor.engine.space import Space
from advisor.model import Rule


class Pair(NamedTuple):
    """A profile in which a rule is pivotal: who wins with it, and who without it.

    `given` are those of its answers that suffice: whatever the others are, the rule is pivotal. In
    graphs too large to find them they are all its answers.
    """

    answers: Answers
    given: Answers
    with_rule: str
    without_rule: str


class Effect(NamedTuple):
    """What one written rule does, over all complete profiles.

    `fires` and `pivotal` count profiles; `pivotal` is None for a rule that speaks of checkpoints
    alone, and where it was not proved. `implied_by` names, for each family of which the rule adds
    nothing, rules that say it already; none of them can be left out. `overshadowed` is given where
    a rule that fires is never pivotal.
    """

    rule: Rule
    fires: int
    implied_by: dict[str, tuple[str, ...]]
    pivotal: int | None = None
    pair: Pair | None = None
    overshadowed: Overshadow | None = None

    @property
    def about_checkpoints(self) -> bool:
        """True where the rule speaks of no family."""
        return all("/" in candidate for candidate in self.rule.candidates)

    @property
    def implied(self) -> bool:
        """True where the rule adds nothing of any family."""
        families = [candidate for candidate in self.rule.candidates if "/" not in candidate]
        return self.fires > 0 and len(families) > 0 and set(families) == set(self.implied_by)


def effect_of(ground: Ground, rule: Rule) -> Effect:
    """Return all that a rule does. Raises NotProvedError where the budget ends."""
    return with_pivots(ground, said_by(ground, rule))


def said_by(ground: Ground, rule: Rule) -> Effect:
    """Return where a rule fires and whether it adds anything; that takes small graphs only."""
    fires = sum(ground.space(rule.when, only=ground.encoding.forbid).weights())
    implied = _implied_by(ground, rule) if fires and ground.mask(rule) else {}
    return Effect(rule, fires, implied)


def with_pivots(ground: Ground, effect: Effect) -> Effect:
    """Return an effect with where its rule is pivotal, or what overshadows it."""
    rule, mask = effect.rule, ground.mask(effect.rule)
    if effect.about_checkpoints:
        return effect
    space = ground.space(rule.when, only=ground.without(mask))
    said = ground.encoding.outcome(mask)
    winner = ground.ranking.winner

    def differs(outcome: int) -> bool:
        return winner(outcome) != winner(outcome | said)

    pivotal = ground.number(space, differs)
    answers = ground.witness(space, differs) if pivotal else None
    pair = None
    if answers:
        left = ground.outcome(answers, left_out=mask)
        given = _given(ground, rule, space, answers, differs)
        pair = Pair(answers, given, ground.names[winner(left | said)], ground.names[winner(left)])
    shadow = overshadow(ground, rule, space) if effect.fires and not pivotal else None
    return effect._replace(pivotal=pivotal, pair=pair, overshadowed=shadow)


def _given(
    ground: Ground, rule: Rule, fires: Space, answers: Answers, differs: Callable[[int], bool]
) -> Answers:
    """Leave out of a profile, from its end, each answer without which the rule is still pivotal."""
    given = dict(answers)
    if fires.size > PATTERNS_UP_TO_EDGES:
        return given
    for id in reversed(answers):
        fewer = {other: option for other, option in given.items() if other != id}
        allowed = ground.allowed(fewer)
        if not all(differs(outcome) for outcome in fires.reach(allowed).outcomes):
            continue
        unnamed = [asked for asked in rule.when if asked not in fewer]
        if all(_follows(ground, fewer, asked, rule.when[asked]) for asked in unnamed):
            given = fewer
    return given


def _follows(ground: Ground, answers: Answers, id: str, options: Sequence[str]) -> bool:
    """True where answers leave a question no option but these."""
    within = {other: [option] for other, option in answers.items()}
    question = ground.encoding.index[id]
    known = ground.encoding.options[question]
    others = {id: [option for option in known if option not in options]}
    return not ground.space(within, others, only=ground.encoding.forbid)


def _implied_by(ground: Ground, rule: Rule) -> dict[str, tuple[str, ...]]:
    encoding = ground.encoding
    own = ground.mask(rule)
    found = {}
    for family, bit in ground.bits[rule.id].items():
        outcome = encoding.outcome_of[bit.bit_length() - 1]
        excluding = encoding.by_outcome.get(family, 0)
        others = (encoding.by_outcome[outcome] | excluding) & ~own
        nothing_new = 1 << outcome | 1 << family
        if not _always(ground, rule, others, nothing_new):
            continue
        for place in range(others.bit_length()):
            fewer = others & ~(1 << place)
            if fewer != others and _always(ground, rule, fewer, nothing_new):
                others = fewer
        found[encoding.families[family]] = tuple(
            dict.fromkeys(
                conjunction.origin.id
                for place, conjunction in enumerate(encoding.conjunctions)
                if others >> place & 1
            )
        )
    return found


def _always(ground: Ground, rule: Rule, others: int, bits: int) -> bool:
    """True where other conjunctions give one of the bits whenever a rule fires."""
    if not others:
        return False
    space = ground.space(rule.when, only=others | ground.encoding.forbid)
    return all(outcome & bits for outcome in space.outcomes)

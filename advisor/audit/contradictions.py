"""Rules that speak against each other, or for what is excluded.

- *cancelling*: on one criterion, one rule prefers and another avoids the same family, and there is
  a profile in which both fire and the family is not excluded. The family stands at neither there,
  and no reader of either rule would think so.
- *opposed*: on different criteria, one rule prefers and another avoids the same family, and they
  fire in exactly the same profiles. Only the earlier criterion ever counts.
- *prefers the excluded*: a family that a rule prefers is excluded whenever the rule fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from advisor.audit.claim import Claim, Defect, conclude
from advisor.audit.context import ProofContext
from advisor.engine.diagram import Allowed
from advisor.engine.space import Space
from advisor.model import Rule
from advisor.phrasing import count


def no_contradiction(context: ProofContext) -> Claim:
    """Claim that no rule is set against another or against what is excluded."""
    pairs = list(_against(context))
    defects = [
        d for pair in pairs if (d := _cancelling(context, *pair) or _opposed(context, *pair))
    ]
    defects += [
        defect
        for rule in context.written
        if rule.effect == "prefer"
        for family in context.bits.get(rule.id, {})
        if (defect := _prefers_excluded(context, rule, family))
    ]
    number = count(len(defects), "contradiction") if defects else "no contradictions"
    text = f"rules for and against one family meet in {len(pairs)} pairs: {number}"
    return conclude("contradictions", text, defects)


def _against(context: ProofContext) -> Iterator[tuple[Rule, Rule, int]]:
    """Yield pairs with a family that one prefers and the other avoids; one of them is written."""
    space = context.admissible
    rules = [rule for rule in context.rulebase.rules if rule.effect in ("prefer", "avoid")]
    for one, other in combinations(rules, 2):
        if one.effect == other.effect or (one.derived and other.derived):
            continue
        shared = context.bits.get(one.id, {}).keys() & context.bits.get(other.id, {}).keys()
        if shared and space.meets(space.root, _both(space, one, other)):
            for family in sorted(shared):
                yield one, other, family


def _both(space: Space, one: Rule, other: Rule) -> Allowed:
    """Return the choices with which both rules fire."""
    first, second = space.allowing(one.when), space.allowing(other.when)
    shared = {q: [c for c in first[q] if c in second[q]] for q in first.keys() & second.keys()}
    return {**first, **second, **shared}


def _cancelling(context: ProofContext, one: Rule, other: Rule, family: int) -> Defect | None:
    if one.criterion != other.criterion:
        return None
    only = context.encoding.forbid | context.encoding.by_outcome.get(family, 0)
    space = context.space(one.when, other.when, only=only)

    def stands(outcome: int) -> bool:
        return not outcome >> family & 1

    number = context.number(space, stands)
    if not number:
        return None
    name = context.encoding.families[family]
    message = (
        f"`{one.id}` and `{other.id}` cancel each other for `{name}` on {one.criterion}: "
        f"both fire in {number:,} profiles"
    )
    shown = context.patterns(space, stands).patterns
    return Defect("cancelling-rules", one.id, one.place or other.place, message, shown)


def _opposed(context: ProofContext, one: Rule, other: Rule, family: int) -> Defect | None:
    if one.criterion == other.criterion or one.derived or other.derived:
        return None
    space = context.admissible
    both = space.total(space.root, _both(space, one, other))
    if any(space.total(space.root, space.allowing(rule.when)) != both for rule in (one, other)):
        return None
    name = context.encoding.families[family]
    message = (
        f"`{one.id}` ({one.effect}, {one.criterion}) and `{other.id}` ({other.effect}, "
        f"{other.criterion}) of `{name}` fire in the same {both:,} profiles"
    )
    return Defect("opposed-rules", one.id, one.place, message)


def _prefers_excluded(context: ProofContext, rule: Rule, family: int) -> Defect | None:
    excluding = context.encoding.by_outcome.get(family, 0)
    space = context.space(rule.when, only=context.encoding.forbid | excluding)
    if not space or not all(outcome >> family & 1 for outcome in space.outcomes):
        return None
    name = context.encoding.families[family]
    message = f"`{rule.id}` prefers `{name}`, which is excluded whenever it fires"
    return Defect("prefers-the-excluded", rule.id, rule.place, message)

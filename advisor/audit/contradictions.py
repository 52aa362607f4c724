"""Rules that speak against each other, and combinations that rule out more than they say.

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
from advisor.engine.space import Space
from advisor.model import NOT_APPLICABLE, TASK, Condition, Rule
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


def every_option_possible(context: ProofContext) -> Claim:
    """Claim that some profile has each task and option, and that each `never` rules out some."""
    space = context.space(only=context.encoding.forbid)
    reachable = space.reachable(space.root).choices
    defects = []
    for question, options in enumerate(context.encoding.options):
        id = context.encoding.questions[question]
        for place, option in enumerate(options):
            if (place,) in reachable[question]:
                continue
            defects.append(_impossible(context, id, option))
    number = sum(len(options) for options in context.encoding.options)
    for place, conjunction in enumerate(context.encoding.conjunctions):
        never = conjunction.origin
        if isinstance(never, Rule) or never.why != "never":
            continue
        if not context.space(never.when, only=context.encoding.forbid & ~(1 << place)):
            where = context.rulebase.place("never", never.id)
            said = f"`{never.id}` rules out nothing: what it names cannot be anyway"
            defects.append(Defect("idle-never", never.id, where, said))
    return conclude("options", f"{number} options, each in some profile", defects)


def _impossible(context: ProofContext, id: str, option: str) -> Defect:
    where = context.rulebase.place("question", id)
    if option == NOT_APPLICABLE:
        said = f"`{id}` makes sense in every profile: its `ask_if` rules out none"
        return Defect("always-asked", id, where, said)
    if id == TASK:
        where = context.rulebase.place("task", option)
    said = f"no complete profile has {id}: {option}"
    return Defect("impossible-option", option, where, said)


def _against(context: ProofContext) -> Iterator[tuple[Rule, Rule, int]]:
    """Yield pairs with a family that one prefers and the other avoids; one of them is written."""
    rules = [rule for rule in context.rulebase.rules if rule.effect in ("prefer", "avoid")]
    for one, other in combinations(rules, 2):
        if one.effect == other.effect or (one.derived and other.derived):
            continue
        if not _may_meet(one.when, other.when):
            continue
        for family in context.bits.get(one.id, {}):
            if family in context.bits.get(other.id, {}) and _together(context, one, other, family):
                yield one, other, family


def _may_meet(one: Condition, other: Condition) -> bool:
    return all(set(options) & set(other.get(id, options)) for id, options in one.items())


def _together(context: ProofContext, one: Rule, other: Rule, family: int) -> Space | None:
    """Return the profiles in which both fire, by whether a family is excluded; None if none."""
    only = context.encoding.forbid | context.encoding.by_outcome.get(family, 0)
    space = context.space(one.when, other.when, only=only)
    return space or None


def _cancelling(context: ProofContext, one: Rule, other: Rule, family: int) -> Defect | None:
    if one.criterion != other.criterion:
        return None
    space = _together(context, one, other, family)
    if space is None:
        return None

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
    only = context.encoding.forbid
    spaces = [
        context.space(*when, only=only)
        for when in ((one.when, other.when), (one.when,), (other.when,))
    ]
    both, *alone = [space.total(space.root) for space in spaces]
    if alone != [both, both]:
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

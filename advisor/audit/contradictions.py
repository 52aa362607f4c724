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

from advisor.audit.claim import Claim, claimed
from advisor.audit.context import Ground
from advisor.audit.defect import Defect
from advisor.engine.space import Space
from advisor.model import NOT_APPLICABLE, TASK, Condition, Rule


def no_contradiction(ground: Ground) -> Claim:
    """Claim that no rule is set against another or against what is excluded."""
    pairs = list(_against(ground))
    defects = [d for pair in pairs if (d := _cancelling(ground, *pair) or _opposed(ground, *pair))]
    defects += [
        defect
        for rule in ground.written
        if rule.effect == "prefer"
        for family in ground.bits.get(rule.id, {})
        if (defect := _prefers_excluded(ground, rule, family))
    ]
    text = (
        f"rules for and against one family meet in {len(pairs)} pairs: "
        f"{_none_or(len(defects), 'contradiction')}"
    )
    return claimed("contradictions", text, defects)


def every_option_possible(ground: Ground) -> Claim:
    """Claim that some profile has each task and option, and that each `never` rules out some."""
    reach = ground.space(only=ground.encoding.forbid).reach({})
    defects = []
    for question, options in enumerate(ground.encoding.options):
        id = ground.encoding.questions[question]
        for place, option in enumerate(options):
            if (place,) in reach.choices[question]:
                continue
            defects.append(_impossible(ground, id, option))
    number = sum(len(options) for options in ground.encoding.options)
    for place, conjunction in enumerate(ground.encoding.conjunctions):
        never = conjunction.origin
        if isinstance(never, Rule) or never.why != "never":
            continue
        if not ground.space(never.when, only=ground.encoding.forbid & ~(1 << place)):
            where = ground.rulebase.place("never", never.id)
            said = f"`{never.id}` rules out nothing: what it names cannot be anyway"
            defects.append(Defect("idle-never", never.id, where, said))
    return claimed("options", f"{number} options, each in some profile", defects)


def _impossible(ground: Ground, id: str, option: str) -> Defect:
    where = ground.rulebase.place("question", id)
    if option == NOT_APPLICABLE:
        said = f"`{id}` makes sense in every profile: its `ask_if` rules out none"
        return Defect("always-asked", id, where, said)
    if id == TASK:
        where = ground.rulebase.place("task", option)
    said = f"no complete profile has {id}: {option}"
    return Defect("impossible-option", option, where, said)


def _against(ground: Ground) -> Iterator[tuple[Rule, Rule, int]]:
    """Yield pairs with a family that one prefers and the other avoids; one of them is written."""
    rules = [rule for rule in ground.rulebase.rules if rule.effect in ("prefer", "avoid")]
    for one, other in combinations(rules, 2):
        if one.effect == other.effect or (one.derived and other.derived):
            continue
        if not _may_meet(one.when, other.when):
            continue
        for family in ground.bits.get(one.id, {}):
            if family in ground.bits.get(other.id, {}) and _together(ground, one, other, family):
                yield one, other, family


def _may_meet(one: Condition, other: Condition) -> bool:
    return all(set(options) & set(other.get(id, options)) for id, options in one.items())


def _together(ground: Ground, one: Rule, other: Rule, family: int) -> Space | None:
    """Return the profiles in which both fire, by whether a family is excluded; None if none."""
    only = ground.encoding.forbid | ground.encoding.by_outcome.get(family, 0)
    space = ground.space(one.when, other.when, only=only)
    return space or None


def _cancelling(ground: Ground, one: Rule, other: Rule, family: int) -> Defect | None:
    if one.criterion != other.criterion:
        return None
    space = _together(ground, one, other, family)
    if space is None:
        return None

    def stands(outcome: int) -> bool:
        return not outcome >> family & 1

    number = ground.number(space, stands)
    if not number:
        return None
    name = ground.encoding.families[family]
    message = (
        f"`{one.id}` and `{other.id}` cancel each other for `{name}` on {one.criterion}: "
        f"both fire in {number:,} profiles"
    )
    shown = ground.patterns(space, stands).patterns
    return Defect("cancelling-rules", one.id, one.place or other.place, message, shown)


def _opposed(ground: Ground, one: Rule, other: Rule, family: int) -> Defect | None:
    if one.criterion == other.criterion or one.derived or other.derived:
        return None
    only = ground.encoding.forbid
    both = sum(ground.space(one.when, other.when, only=only).weights())
    if any(sum(ground.space(rule.when, only=only).weights()) != both for rule in (one, other)):
        return None
    name = ground.encoding.families[family]
    message = (
        f"`{one.id}` ({one.effect}, {one.criterion}) and `{other.id}` ({other.effect}, "
        f"{other.criterion}) of `{name}` fire in the same {both:,} profiles"
    )
    return Defect("opposed-rules", one.id, one.place, message)


def _prefers_excluded(ground: Ground, rule: Rule, family: int) -> Defect | None:
    excluding = ground.encoding.by_outcome.get(family, 0)
    space = ground.space(rule.when, only=ground.encoding.forbid | excluding)
    if not space or not all(outcome >> family & 1 for outcome in space.outcomes):
        return None
    name = ground.encoding.families[family]
    message = f"`{rule.id}` prefers `{name}`, which is excluded whenever it fires"
    return Defect("prefers-the-excluded", rule.id, rule.place, message)


def _none_or(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' * (number != 1)}"

"""Rules that speak against each other, for what is excluded, or of checkpoints in vain.

- *cancelling*: on one criterion, one rule prefers and another avoids the same family, and there is
  a profile in which both fire and the family is not excluded. The family stands at neither there,
  and no reader of either rule would think so.
- *prefers the excluded*: a family that a rule prefers is excluded whenever the rule fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import ProofContext
from advisor.model import Rule
from advisor.phrasing import aim, count


@claims("contradictions", "contradictions")
def no_contradiction(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that no rule is set against another or against what is excluded."""
    pairs = list(_against(context))
    defects = [found for pair in pairs if (found := _cancelling(context, *pair))]
    forbid, families = context.encoding.forbid, context.encoding.families
    for rule in context.written:
        for family in context.bits.get(rule.id, {}) if rule.effect == "prefer" else ():
            excluding = context.encoding.by_outcome.get(family, 0)
            space = context.space(rule.when, only=forbid | excluding)
            if space and all(outcome >> family & 1 for outcome in space.outcomes):
                found = defect(context, "prefers-the-excluded", rule.id, family=families[family])
                defects.append(found)
    number = count(len(defects), "contradiction") if defects else "no contradictions"
    met = count(len(pairs), "pair")
    return f"rules for and against a family on one criterion meet in {met}: {number}", defects


def _against(context: ProofContext) -> Iterator[tuple[Rule, Rule, int]]:
    """Yield pairs of one criterion with a family that one prefers and the other avoids.

    One of them at least is written.
    """
    space = context.admissible
    rules = [rule for rule in context.rulebase.rules if rule.effect in ("prefer", "avoid")]
    for one, other in combinations(rules, 2):
        if one.effect == other.effect or one.criterion != other.criterion:
            continue
        if one.derived and other.derived:
            continue
        shared = context.bits.get(one.id, {}).keys() & context.bits.get(other.id, {}).keys()
        first, second = space.allowing(one.when), space.allowing(other.when)
        both = {q: [c for c in first[q] if c in second[q]] for q in first.keys() & second.keys()}
        if shared and space.meets(space.root, {**first, **second, **both}):
            for family in sorted(shared):
                yield one, other, family


def _cancelling(context: ProofContext, one: Rule, other: Rule, family: int) -> Defect | None:
    """Return what is wrong with a pair: both fire where the family is not excluded."""
    only = context.encoding.forbid | context.encoding.by_outcome.get(family, 0)
    space = context.space(one.when, other.when, only=only)

    def stands(outcome: int) -> bool:
        return not outcome >> family & 1

    if not (number := context.number(space, stands)):
        return None
    return defect(
        context,
        "cancelling-rules",
        one.id,
        one.place or other.place,
        context.example(space, stands),
        other=other.id,
        family=context.encoding.families[family],
        criterion=one.criterion,
        profiles=number,
    )


@claims("checkpoint-rules", "rules about checkpoints")
def aimed_past(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that rules about checkpoints fire in some profile that the checkpoint's family wins."""
    defects = []
    aimed = [r for r in context.written if r.where or any("/" in id for id in r.candidates)]
    for rule in aimed:
        space = context.space(rule.when)
        won = {context.names[context.ranking.winner(outcome)] for outcome in space.outcomes}
        aims = {id: context.rulebase.checkpoints[id].family for id in rule.candidates if "/" in id}
        if not aims:
            defects.append(defect(context, "aimed-at-none", rule.id, aim=aim((), rule.where)))
        elif rule.where and won.isdisjoint(aims.values()):  # which it meets is for the catalogue
            aims = dict([next(iter(aims.items()))])
        elif rule.where:
            aims = {}
        defects += [
            defect(context, "past-its-checkpoint", rule.id, checkpoint=id, family=family)
            for id, family in aims.items()
            if space and family not in won
        ]
    rules = count(len(aimed), "rule")
    return f"{rules} about checkpoints, each where their family can win", defects

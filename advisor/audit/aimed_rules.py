"""Whether rules about checkpoints fire where their family can win."""

from __future__ import annotations

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import ProofContext
from advisor.phrasing import aim, count


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

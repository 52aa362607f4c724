"""Which checkpoints can be offered: in some profile their family wins and they lack nothing."""

from __future__ import annotations

from itertools import product

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import CompleteAnswers, NotProvedError, ProofContext
from advisor.engine.profile import Answer
from advisor.model import TASK, Checkpoint, Condition
from advisor.phrasing import aim, count

WHY_NOT = (
    "`{family}` wins none of its tasks",
    "it has no use where `{family}` wins its tasks",
    "it never meets what is asked where `{family}` wins its tasks",
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


@claims("checkpoints", "which checkpoints are offered")
def every_checkpoint_offered(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that each checkpoint is offered for some profile; others are not meant."""
    offered = [one for one in context.rulebase.checkpoints.values() if one.offered]
    search = _OfferSearch(context)
    defects = [
        defect(context, "idle-checkpoint", checkpoint.id, why=why)
        for checkpoint in offered
        if (why := search.why_not(checkpoint))
    ]
    found = len(offered) - len(defects)
    return f"{found} of {len(offered)} checkpoints are offered for some profile", defects


class _OfferSearch:
    """Looks for a profile in which a checkpoint is offered."""

    def __init__(self, context: ProofContext) -> None:
        self.context = context
        self.demanding = [question.id for question in context.rulebase.demanding]
        self.uses = self._uses()
        self._found: dict[str, CompleteAnswers | None] = {}

    def why_not(self, checkpoint: Checkpoint) -> str:
        """Return why no profile is offered a checkpoint; nothing where one is. Both are exact."""
        family, why = checkpoint.family, 0
        for task in dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune]):
            for uses in self.uses if self._won(family, {TASK: [task]}) else ():
                when = {**uses, TASK: [task]}
                answers = self._won(family, when)
                if answers is None:
                    continue
                lacking = self._judged(checkpoint, answers)
                if lacking is not None and (not lacking or self._fits(checkpoint, answers, when)):
                    return ""
                why = max(why, 1 if lacking is None else 2)
        return WHY_NOT[why].format(family=family)

    def _uses(self) -> list[Condition]:
        """Return conditions that part profiles by the `uses` and the `dtype` of their options."""
        groups: list[list[tuple[str, list[str]]]] = []
        encoding = self.context.encoding
        asked = zip(self.context.rulebase.questions, encoding.options, strict=True)
        for question, known in asked:
            by_use: dict[tuple[tuple[str, ...], str | None], list[str]] = {}
            for id in known:
                option = question.option(id)
                key = (tuple(option.uses), option.dtype) if option else ((), None)
                by_use.setdefault(key, []).append(id)
            if len(by_use) > 1:
                groups.append([(question.id, options) for options in by_use.values()])
        return [dict(chosen) for chosen in product(*groups)]

    def _won(self, family: str, when: Condition) -> CompleteAnswers | None:
        """Return a profile that a family wins under a condition, if there is one."""
        key = f"{family} {when}"
        if key not in self._found:
            context = self.context
            wanted = context.encoding.families.index(family)
            self._found[key] = context.witness(
                context.space(when), lambda outcome: context.ranking.winner(outcome) == wanted
            )
        return self._found[key]

    def _fits(self, checkpoint: Checkpoint, answers: CompleteAnswers, when: Condition) -> bool:
        """True where a profile that fits has only options that a checkpoint meets one by one."""
        encoding = self.context.encoding
        met = {
            id: [
                option
                for option in encoding.options[encoding.index[id]]
                if id not in (self._judged(checkpoint, {**answers, id: option}) or ())
                if id not in when or option in when[id]
            ]
            for id in self.demanding
        }
        fitting = self._won(checkpoint.family, {**when, **met}) if all(met.values()) else None
        if fitting and self._judged(checkpoint, fitting) != frozenset():
            raise NotProvedError(f"`{checkpoint.id}` is judged by answers taken together")
        return fitting is not None

    def _judged(self, checkpoint: Checkpoint, answers: CompleteAnswers) -> frozenset[str] | None:
        profile = {id: Answer((option,), None, "assumed") for id, option in answers.items()}
        return self.context.judge(checkpoint, profile)

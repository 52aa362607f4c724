"""Which checkpoints can be offered: in some profile their family wins and they lack nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import CompleteAnswers, NotProvedError, ProofContext
from advisor.engine.profile import Answer
from advisor.model import TASK, Checkpoint, Condition
from advisor.phrasing import count


@claims("checkpoints", "which checkpoints are offered")
def every_checkpoint_offered(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that each checkpoint is offered for some profile; those marked `derived` are not."""
    offered = [one for one in context.rulebase.checkpoints.values() if not one.derived]
    search = _OfferSearch(context)
    defects = [
        defect(context, "idle-checkpoint", checkpoint.id, why=search.why_not(checkpoint))
        for checkpoint in offered
        if not search.offered(checkpoint)
    ]
    found = len(offered) - len(defects)
    return f"{found} of {len(offered)} checkpoints are offered for some profile", defects


@claims("checkpoint-rules", "rules about checkpoints")
def aimed_past(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that rules about checkpoints fire in some profile that the checkpoint's family wins."""
    defects = []
    pairs = [(rule, id) for rule in context.written for id in rule.candidates if "/" in id]
    for rule, id in pairs:
        family = context.rulebase.checkpoints[id].family
        wanted = context.encoding.families.index(family)
        space = context.space(rule.when)
        if space and not any(context.ranking.winner(o) == wanted for o in space.outcomes):
            past = defect(context, "past-its-checkpoint", rule.id, checkpoint=id, family=family)
            defects.append(past)
    times = count(len(pairs), "time")
    return f"{times} a rule speaks of a checkpoint, each where its family can win", defects


class _OfferSearch:
    """Looks for a profile in which a checkpoint is offered."""

    def __init__(self, context: ProofContext) -> None:
        self.context = context
        self.demanding = [question.id for question in context.rulebase.demanding]
        self._found: dict[str, CompleteAnswers | None] = {}

    def offered(self, checkpoint: Checkpoint) -> bool:
        """True where a profile with this checkpoint exists. False is exact, too."""
        return any(
            self._fits(checkpoint, task, uses)
            for task in _tasks(checkpoint)
            if self.won(checkpoint.family, {TASK: [task]})
            for uses in self._uses()
        )

    def why_not(self, checkpoint: Checkpoint) -> str:
        """Return why a checkpoint that is never offered is not."""
        won = [
            answers
            for task in _tasks(checkpoint)
            for uses in self._uses()
            if (answers := self.won(checkpoint.family, {**uses, TASK: [task]}))
        ]
        if not won:
            return f"`{checkpoint.family}` wins none of its tasks"
        if all(self._judged(checkpoint, answers) is None for answers in won):
            return f"it has no use where `{checkpoint.family}` wins its tasks"
        return f"it never meets what is asked where `{checkpoint.family}` wins its tasks"

    def won(self, family: str, when: Condition) -> CompleteAnswers | None:
        """Return a profile that a family wins under a condition, if there is one."""
        key = f"{family} {when}"
        if key not in self._found:
            wanted = self.context.encoding.families.index(family)
            self._found[key] = self.context.witness(
                self.context.space(when), lambda found: self.context.ranking.winner(found) == wanted
            )
        return self._found[key]

    def _uses(self) -> Iterator[Condition]:
        """Yield conditions that part profiles by the `uses` and the `dtype` of their options."""
        groups: list[list[tuple[str, list[str]]]] = []
        for question in self.context.rulebase.questions:
            known = self.context.encoding.options[self.context.encoding.index[question.id]]
            by_use: dict[tuple[tuple[str, ...], str | None], list[str]] = {}
            for id in known:
                option = question.option(id)
                key = (tuple(option.uses), option.dtype) if option else ((), None)
                by_use.setdefault(key, []).append(id)
            if len(by_use) > 1:
                groups.append([(question.id, options) for options in by_use.values()])
        for chosen in product(*groups):
            yield dict(chosen)

    def _fits(self, checkpoint: Checkpoint, task: str, uses: Condition) -> bool:
        when = {**uses, TASK: [task]}
        answers = self.won(checkpoint.family, when)
        if answers is None:
            return False
        lacking = self._judged(checkpoint, answers)
        if not lacking:
            return lacking is not None
        met = {id: self._met(checkpoint, answers, id) for id in self.demanding}
        if not all(met.values()):
            return False
        answers = self.won(checkpoint.family, _both(when, met))
        if answers is None:
            return False
        if self._judged(checkpoint, answers) != frozenset():
            raise NotProvedError(f"`{checkpoint.id}` is judged by answers taken together")
        return True

    def _met(self, checkpoint: Checkpoint, answers: CompleteAnswers, id: str) -> list[str]:
        """Return the options of a question that a checkpoint meets."""
        options = self.context.encoding.options[self.context.encoding.index[id]]
        return [
            option
            for option in options
            if id not in (self._judged(checkpoint, {**answers, id: option}) or ())
        ]

    def _judged(self, checkpoint: Checkpoint, answers: CompleteAnswers) -> frozenset[str] | None:
        profile = {id: Answer((option,), None, "assumed") for id, option in answers.items()}
        return self.context.judge(checkpoint, profile)


def _tasks(checkpoint: Checkpoint) -> dict[str, None]:
    return dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune])


def _both(one: Condition, other: Condition) -> Condition:
    """Return a condition that holds where both do; the second names no question of the first."""
    shared = {id: [o for o in one[id] if o in other[id]] for id in one if id in other}
    return {**one, **other, **shared}

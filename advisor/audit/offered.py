"""Which checkpoints can be offered: in some profile their family wins and they lack nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from advisor.audit.claim import Claim, Defect, conclude
from advisor.audit.context import CompleteAnswers, NotProvedError, ProofContext
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK, Checkpoint, Condition
from advisor.phrasing import count

Judge = Callable[[Checkpoint, Profile], frozenset[str] | None]
"""Gives the questions whose answers a checkpoint does not meet; None where it has no use at all.

The use depends on the task and on options with `uses`; whether an answer is met, on that answer,
the use, and the `dtype` of options.
"""


def every_checkpoint_offered(context: ProofContext, judge: Judge) -> Claim:
    """Claim that each checkpoint is offered for some profile; those marked `derived` are not."""
    offered = [one for one in context.rulebase.checkpoints.values() if not one.derived]
    search = _OfferSearch(context, judge)
    defects = []
    for checkpoint in offered:
        if search.offered(checkpoint):
            continue
        where = context.rulebase.place("checkpoint", checkpoint.id)
        message = f"`{checkpoint.id}` is offered for no profile: {search.why_not(checkpoint)}"
        defects.append(Defect("idle-checkpoint", checkpoint.id, where, message))
    found = len(offered) - len(defects)
    text = f"{found} of {len(offered)} checkpoints are offered for some profile"
    return conclude("checkpoints", text, defects)


def aimed_past(context: ProofContext) -> Claim:
    """Claim that rules about checkpoints fire in some profile that the checkpoint's family wins."""
    defects = []
    pairs = [
        (rule, candidate)
        for rule in context.written
        for candidate in rule.candidates
        if "/" in candidate
    ]
    for rule, candidate in pairs:
        family = context.rulebase.checkpoints[candidate].family
        wanted = context.encoding.families.index(family)
        space = context.space(rule.when)
        if space and not any(
            context.ranking.winner(outcome) == wanted for outcome in space.outcomes
        ):
            message = (
                f"`{rule.id}` speaks of `{candidate}`, but `{family}` never wins where it fires"
            )
            defects.append(Defect("past-its-checkpoint", rule.id, rule.place, message))
    text = (
        f"{count(len(pairs), 'time')} a rule speaks of a checkpoint, each where its family can win"
    )
    return conclude("checkpoint-rules", text, defects)


class _OfferSearch:
    """Looks for a profile in which a checkpoint is offered."""

    def __init__(self, context: ProofContext, judge: Judge) -> None:
        self.context = context
        self.judge = judge
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
        return self.judge(checkpoint, profile)


def _tasks(checkpoint: Checkpoint) -> dict[str, None]:
    return dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune])


def _both(one: Condition, other: Condition) -> Condition:
    """Return a condition that holds where both do; the second names no question of the first."""
    shared = {id: [o for o in one[id] if o in other[id]] for id in one if id in other}
    return {**one, **other, **shared}

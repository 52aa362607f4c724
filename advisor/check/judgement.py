"""What the rules for families and checkpoints say of a checkpoint that somebody chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from advisor.check.declaration import IN_WORDS, DeclaredChoice
from advisor.decide.requirements import Suitability, judge_checkpoint
from advisor.engine.decision import Assessment, Decision, Engine
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.model import NONE, TASK, Checkpoint
from advisor.rulebase.base import RuleBase


class Judgement(NamedTuple):
    """A catalogued checkpoint held against the answers for one task.

    `assessment` is that of its family, `suitability` what the checkpoint itself lacks. `settles`
    is the question that would tell where open answers decide, and `flag` what is typed for it.
    `choice` is where advisor.yaml declares it, None where it was named on the command line.
    """

    checkpoint: Checkpoint
    model_class: str | None
    choice: DeclaredChoice | None
    decision: Decision
    assessment: Assessment
    suitability: Suitability
    settles: str | None = None
    flag: str | None = None

    @property
    def task(self) -> str:
        """The task it is judged for."""
        return self.decision.profile[TASK].options[0]

    @property
    def undetermined(self) -> bool:
        """True where open answers decide on exclusion."""
        verdicts = self.assessment.possible_verdicts
        return "excluded" in verdicts and len(verdicts) > 1

    def given(self, question: str) -> bool:
        """True where somebody answered a question, or an answer implies it."""
        return self.decision.profile[question].origin != "assumed"


def judgement_of(
    rulebase: RuleBase,
    checkpoint_id: str,
    answers: Mapping[str, Any] | Profile,
    *,
    model_class: str | None = None,
    choice: DeclaredChoice | None = None,
    priority: tuple[str, ...] = (),
) -> Judgement:
    """Judge a catalogued checkpoint for answers with one task.

    Raises UsageError for unknown names, and where not exactly one task is given.
    """
    checkpoint = rulebase.checkpoint(checkpoint_id)
    profile = make_profile(rulebase, answers)
    if len(profile[TASK].options if TASK in profile else ()) != 1:
        raise UsageError("checking a checkpoint needs exactly one task", hint="pass `--task` once")
    engine = Engine.known(rulebase, priority)
    decision = engine.decide(profile)
    judgement = Judgement(
        checkpoint=checkpoint,
        model_class=model_class,
        choice=choice,
        decision=decision,
        assessment=_assessment(decision, checkpoint.family),
        suitability=judge_checkpoint(rulebase, checkpoint, decision.profile),
    )
    if judgement.undetermined:
        from advisor.interview.session import FAMILY, Session

        if ask := Session(engine, profile, FAMILY).next():
            return judgement._replace(settles=ask.question.id, flag=ask.question.typed)
    return judgement


def _assessment(decision: Decision, family: str) -> Assessment:
    """The assessment of a family; what is of none is right exactly where no family is."""
    if family != NONE:
        return next(one for one in decision.assessments if one.family == family)
    verdicts = {
        one: "recommended" if one == NONE else "excluded"
        for one in (decision.family or NONE, *decision.possible)
    }
    possible = tuple(dict.fromkeys(verdicts.values()))
    return Assessment(NONE, verdicts[decision.family or NONE], None, None, (), possible)


def judgements_of(
    rulebase: RuleBase, choice: DeclaredChoice, priority: tuple[str, ...]
) -> list[Judgement]:
    """Return one judgement for each task among the needs of a choice; none where nobody knows it.

    Raises UsageError naming the line where its needs cannot be used.
    """
    where = f"{choice.place.path}:{choice.place.line}: choice `{choice.name}`"
    try:
        if IN_WORDS in choice.needs:
            from advisor.need.understanding import one_task

            profile = one_task(Engine.known(rulebase, priority), choice.needs[IN_WORDS])
        else:
            profile = make_profile(rulebase, choice.needs, "file")
        tasks = profile[TASK].options if TASK in profile else ()
        judgements = [
            judgement_of(
                rulebase,
                choice.checkpoint,
                {**profile, TASK: Answer((task,), None, "file")},
                model_class=choice.model_class,
                choice=choice,
                priority=priority,
            )
            for task in tasks
            if choice.checkpoint in rulebase.checkpoints
        ]
    except AdvisorError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint, kind=error.kind) from error
    if not tasks:
        hint = "add one to its needs, e.g. `task: captioning`"
        raise UsageError(f"{where} names no task", hint=hint)
    return judgements

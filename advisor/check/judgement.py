"""Judging one choice of checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from advisor.catalogue.release import Release
from advisor.check.identity import Identity
from advisor.check.problem import LEVELS, Problem, make_problem
from advisor.check.rules.architecture import OTHER, UNLIKE, compare
from advisor.check.rules.terms import rule_of, told
from advisor.decide.requirements import judge_checkpoint
from advisor.engine.decision import Assessment, Decision, Engine
from advisor.engine.profile import Profile, make_profile
from advisor.errors import UsageError
from advisor.model import NONE, TASK, Checkpoint
from advisor.rulebase.base import RuleBase


class Judgement(NamedTuple):
    """What advisor says of one checkpoint for one profile.

    `verdict` is that of its family; `outcome` is decided, assumed, undetermined or none, as for
    a recommendation. `settles` is the question that would tell where open answers decide.
    """

    checkpoint: Checkpoint
    decision: Decision
    verdict: str
    possible_verdicts: tuple[str, ...]
    problems: tuple[Problem, ...]
    settles: str | None
    strict: bool

    @property
    def undetermined(self) -> bool:
        """True where open answers decide on exclusion."""
        return "excluded" in self.possible_verdicts and len(self.possible_verdicts) > 1

    @property
    def exit_code(self) -> int:
        """1 an error (strict: a warning), 3 where open answers decide on exclusion, else 0."""
        failing = ("error", "warning") if self.strict else ("error",)
        if any(problem.level in failing for problem in self.problems):
            return 1
        return 3 if self.undetermined else 0


def judge(
    rulebase: RuleBase,
    checkpoint_id: str,
    answers: Mapping[str, Any] | Profile,
    *,
    model_class: str | None = None,
    release: Release | None = None,
    priority: tuple[str, ...] = (),
    strict: bool = False,
) -> Judgement:
    """Judge a catalogued checkpoint for answers with one task.

    Without a release of transformers, a class is only compared with the one of the catalogue.
    Raises UsageError for unknown names, and where not exactly one task is given.
    """
    checkpoint = rulebase.checkpoint(checkpoint_id)
    profile = make_profile(rulebase, answers)
    if len(profile[TASK].options if TASK in profile else ()) != 1:
        raise UsageError("one task is needed to judge a checkpoint", hint="give one `--task`")
    engine = Engine(rulebase, priority)
    decision = engine.decide(profile)
    assessment = next(a for a in decision.assessments if a.family == checkpoint.family)
    verdicts = assessment.possible_verdicts
    undetermined = "excluded" in verdicts and len(verdicts) > 1
    settles = _settling_question(engine, profile) if undetermined else None
    problems = [
        *_family_problems(rulebase, decision, assessment, settles, undetermined=undetermined),
        *_checkpoint_problems(rulebase, checkpoint, decision),
        *_class_problems(rulebase, checkpoint, model_class, release),
    ]
    problems.sort(key=lambda problem: LEVELS.index(problem.level))
    about = tuple(problem._replace(checkpoint=checkpoint.id) for problem in problems)
    return Judgement(checkpoint, decision, assessment.verdict, verdicts, about, settles, strict)


def _family_problems(
    rulebase: RuleBase,
    decision: Decision,
    assessment: Assessment,
    settles: str | None,
    *,
    undetermined: bool,
) -> list[Problem]:
    family, verdict = assessment.family, assessment.verdict
    if undetermined:
        may = " or ".join(assessment.possible_verdicts)
        fix = f"say what holds for `{settles}`" if settles else None
        message = f"{family} may be {may}, as open answers decide"
        return [make_problem(rulebase, "undetermined", message, fix=fix)]
    if verdict == "recommended":
        return [
            make_problem(
                rulebase,
                "caveat",
                f"{family} is recommended, and {found.rule.id} speaks against it",
                because=found.rule.because,
                sources=found.rule.sources,
                origin=found.rule.id,
            )
            for found in assessment.caveats
        ]
    instead = decision.family or NONE
    against = [found.rule for found in assessment.findings if found.rule.effect != "prefer"]
    message = f"{family} is {verdict} here; {instead} is the answer"
    fix = f"use a checkpoint of {instead}" if decision.family else None
    id = f"family-{verdict}"
    if not against or verdict == "allowed":
        return [make_problem(rulebase, id, message, fix=fix)]
    why = against[0]
    because = f"{why.id}: {why.because}"
    return [
        make_problem(
            rulebase, id, message, because=because, sources=why.sources, fix=fix, origin=why.id
        )
    ]


def _checkpoint_problems(
    rulebase: RuleBase, checkpoint: Checkpoint, decision: Decision
) -> list[Problem]:
    judged = judge_checkpoint(rulebase, checkpoint, decision.profile)
    task = decision.profile[TASK].options[0]
    where = checkpoint.sources.get("tasks", [])
    problems = []
    given = {id for id, answer in decision.profile.items() if answer.origin != "assumed"}
    if judged.use is None and task in checkpoint.fine_tune:
        message = f"{checkpoint.id} has to be fine-tuned before it does {task}"
        fix = "fine-tune it, or take a checkpoint that does the task as it is"
        problems.append(
            make_problem(rulebase, "needs-fine-tuning", message, sources=where, fix=fix)
        )
    elif judged.use is None:
        able = ", ".join(checkpoint.tasks) or "none of the known tasks"
        message = f"{checkpoint.id} does not do {task}; it does {able}"
        because = "The catalogue names no such task for it."
        problems.append(
            make_problem(rulebase, "task-not-done", message, because=because, sources=where)
        )
    elif judged.use == "fine-tune":
        message = f"{checkpoint.id} is a start for fine-tuning, not for use as it is"
        problems.append(
            make_problem(rulebase, "needs-fine-tuning", message, level="note", sources=where)
        )
    problems += [
        make_problem(
            rulebase,
            rule_of(lack.field),
            told(checkpoint, lack.field, lack.text),
            level=None if lack.question in given else "note",
            because=f"asked for by {lack.question}",
            sources=checkpoint.sources.get(lack.field),
        )
        for lack in judged.lacks
    ]
    for lack in judged.unknown:
        if lack.question in given:
            message = f"{checkpoint.id}: {lack.text}"
            because = f"asked for by {lack.question}"
            problems.append(make_problem(rulebase, "not-verified", message, because=because))
    return problems


def _class_problems(
    rulebase: RuleBase, checkpoint: Checkpoint, model_class: str | None, release: Release | None
) -> list[Problem]:
    native = checkpoint.model_class
    if not model_class or model_class == native:
        return []
    sources = checkpoint.sources.get("class")
    if native is None:
        message = f"the class of {checkpoint.id} is not known, so `{model_class}` cannot be judged"
        return [make_problem(rulebase, "class-not-verified", message)]
    fix = f"use `{native}`"
    if release is None or not release.has_class(model_class):
        message = f"{checkpoint.id} is loaded with `{native}`, not `{model_class}`"
        return [make_problem(rulebase, OTHER, message, sources=sources, fix=fix)]
    match = compare(rulebase, release, Identity(checkpoint.id, checkpoint, ()), model_class)
    if match is None:
        return []
    if match.kind == "refused":
        message = (
            f"`{model_class}` loads no {checkpoint.model_type} model, which {checkpoint.id} is"
        )
    else:
        picked = "" if match.loads == model_class else f" ({model_class} picks {match.loads})"
        message = f"{checkpoint.id} is loaded with `{native}`, not `{model_class}`{picked}"
    rule = UNLIKE if match.kind == "unlike" else OTHER
    return [make_problem(rulebase, rule, message, sources=sources, fix=fix)]


def _settling_question(engine: Engine, profile: Profile) -> str | None:
    from advisor.interview.session import Session

    ask = Session(engine, profile).next()
    return ask.question.id if ask else None

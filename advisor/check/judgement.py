"""Judging one choice of checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from advisor.catalogue.selection import judge_checkpoint
from advisor.engine.decision import Assessment, Decision, Engine
from advisor.engine.profile import Profile, make_profile
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase
from advisor.rulebase.model import NONE, TASK, Checkpoint

LEVELS = ("error", "warning", "note")


class Problem(NamedTuple):
    """One thing to say about a choice. `rule` is a stable id, `fix` the smallest mend."""

    rule: str
    level: str
    message: str
    because: str
    sources: list[str]
    fix: str | None


class Judgement(NamedTuple):
    """What advisor says of one checkpoint for one profile.

    `verdict` is that of its family; `outcome` is decided, assumed, undetermined or none, as for
    a recommendation.
    """

    checkpoint: Checkpoint
    decision: Decision
    verdict: str
    possible_verdicts: tuple[str, ...]
    problems: tuple[Problem, ...]
    settles: str | None
    strict: bool

    @property
    def exit_code(self) -> int:
        """1 an error (strict: a warning), 3 where open answers decide on exclusion, else 0."""
        failing = ("error", "warning") if self.strict else ("error",)
        if any(problem.level in failing for problem in self.problems):
            return 1
        return 3 if "excluded" in self.possible_verdicts else 0


def judge(
    rulebase: RuleBase,
    checkpoint_id: str,
    answers: Mapping[str, Any] | Profile,
    *,
    model_class: str | None = None,
    priority: tuple[str, ...] = (),
    strict: bool = False,
) -> Judgement:
    """Judge a catalogued checkpoint for answers with at least a task.

    Raises UsageError for unknown names, and where no task is given.
    """
    checkpoint = rulebase.checkpoint(checkpoint_id)
    profile = make_profile(rulebase, answers)
    if len(profile[TASK].options if TASK in profile else ()) != 1:
        raise UsageError("one task is needed to judge a checkpoint", hint="give one `--task`")
    engine = Engine(rulebase, priority)
    decision = engine.decide(profile)
    assessment = next(a for a in decision.assessments if a.family == checkpoint.family)
    problems = [
        *_family_problems(decision, assessment),
        *_checkpoint_problems(rulebase, checkpoint, decision),
        *_class_problems(checkpoint, model_class),
    ]
    problems.sort(key=lambda problem: LEVELS.index(problem.level))
    verdicts = assessment.possible_verdicts
    open_question = (
        _settling_question(engine, profile)
        if "excluded" in verdicts and len(verdicts) > 1
        else None
    )
    return Judgement(
        checkpoint, decision, assessment.verdict, verdicts, tuple(problems), open_question, strict
    )


def _family_problems(decision: Decision, assessment: Assessment) -> list[Problem]:
    instead = decision.family or NONE
    against = [f for f in assessment.findings if f.rule.effect != "prefer"]
    if assessment.verdict == "excluded" and assessment.possible_verdicts == ("excluded",):
        level = "error"
    elif assessment.verdict == "recommended":
        return [_problem("caveat", "note", f.rule.because, f.rule) for f in assessment.caveats]
    else:
        level = "warning"
    message = f"{assessment.family} is {assessment.verdict} here; {instead} is the answer"
    fix = f"use a checkpoint of {instead}" if decision.family else None
    if not against:
        return [Problem(f"family-{assessment.verdict}", "note", message, "", [], fix)]
    return [_problem(f"family-{assessment.verdict}", level, message, against[0].rule, fix)]


def _problem(id: str, level: str, message: str, rule: Any, fix: str | None = None) -> Problem:
    return Problem(id, level, message, f"{rule.id}: {rule.because}", rule.sources, fix)


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
        problems.append(Problem("needs-fine-tuning", "error", message, "", where, fix))
    elif judged.use is None:
        able = ", ".join(checkpoint.tasks) or "none of the known tasks"
        message = f"{checkpoint.id} does not do {task}; it does {able}"
        problems.append(Problem("task-not-done", "error", message, "", where, None))
    elif judged.use == "fine-tune":
        message = f"{checkpoint.id} is a start for fine-tuning, not for use as it is"
        problems.append(Problem("needs-fine-tuning", "warning", message, "", where, None))
    for lack in judged.lacks:
        level = "error" if lack.question in given else "note"
        message = f"{checkpoint.id}: {lack.text}"
        problems.append(
            Problem(
                "requirement-missed",
                level,
                message,
                f"asked for by {lack.question}",
                checkpoint.sources.get(lack.field, []),
                None,
            )
        )
    for lack in judged.unknown:
        if lack.question in given:
            message = f"{checkpoint.id}: {lack.text}"
            problems.append(
                Problem(
                    "not-verified", "warning", message, f"asked for by {lack.question}", [], None
                )
            )
    return problems


def _class_problems(checkpoint: Checkpoint, model_class: str | None) -> list[Problem]:
    if not model_class:
        return []
    if checkpoint.model_class is None:
        message = f"the class of {checkpoint.id} is not known, so `{model_class}` cannot be judged"
        return [Problem("class-not-verified", "warning", message, "", [], None)]
    if model_class == checkpoint.model_class:
        return []
    if model_class.startswith("Auto"):
        message = f"`{model_class}` picks a class by itself; whether it picks the right one is open"
        fix = f"use {checkpoint.model_class}"
        return [Problem("class-not-verified", "warning", message, "", [], fix)]
    message = f"{checkpoint.id} is loaded with {checkpoint.model_class}, not {model_class}"
    because = (
        "Another class loads without complaint and leaves parts of the network random or unused."
    )
    sources = checkpoint.sources.get("class", [])
    return [
        Problem(
            "class-does-not-match",
            "error",
            message,
            because,
            sources,
            f"use {checkpoint.model_class}",
        )
    ]


def _settling_question(engine: Engine, profile: Profile) -> str | None:
    from advisor.interview.session import Session

    ask = Session(engine, profile).next()
    return ask.question.id if ask else None

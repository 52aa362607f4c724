"""Whether a checkpoint does what is asked of it: its task, and the limits that answers set."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place, rule, writes
from advisor.check.finding import Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.decide.requirements import Gap, judge_checkpoint
from advisor.engine.profile import Answer
from advisor.model import NOT_APPLICABLE, TASK, Checkpoint
from advisor.scan.usage import Usage

LICENCE = "commercial_use"
LIMITS = {LICENCE: "licence-forbids-use", "memory_gb": "memory-over-limit"}
"""The fields of a checkpoint that a rule of their own judges."""


@rule("task-not-done", each=Case.known, citing=("pipeline", "class"))
def pipeline_or_generate(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """A pipeline that has no model of this kind, or `generate` where nothing can write."""
    if usage.model is None or identity.model_type is None:
        return
    id, model_type, release, fix = identity.id, identity.model_type, case.release, None
    if usage.model.kind == "pipeline" and usage.task:
        change = release.removed(usage.task, "pipeline")
        now = change.instead if change and change.kind == "redirected" else None
        task = now or usage.task
        known = release.has_pipeline(task) and release.knows(model_type)
        if not known or release.loads_with_pipeline(task, model_type):
            return
        place = usage.place
        message = f"the pipeline `{usage.task}` loads no {model_type} model, which {id} is"
        if identity.checkpoint and (own := identity.checkpoint.pipeline):
            fix = f"its pipeline is `{own}`; use another checkpoint for this one"
    else:
        call, home = writes(usage), identity.known[0].family
        family = next((one for one in case.rulebase.families if one.id == home), None)
        if (
            call is None
            or not call.certain
            or not family
            or set(case.knowledge("written")) & set(family.gives)
        ):
            return
        place, message = call.place, f"{id} has no decoder, so it cannot write text"
    yield Finding(message, place, fix=fix)


@rule("task-not-done", each=Case.chosen, citing=("tasks",))
def task_of_choice(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """A task among the needs of a choice that the checkpoint cannot do at all."""
    checkpoint, task = judgement.checkpoint, judgement.task
    if judgement.suitability.use is None and task not in checkpoint.fine_tune:
        able = ", ".join(checkpoint.tasks) or "none of the known tasks"
        message = f"{checkpoint.id} does not do {task}; it does {able}"
        because = "The catalogue names no such task for it."
        yield Finding(message, because=because)


@rule("needs-fine-tuning", each=Case.chosen, citing=("tasks",))
def needs_fine_tuning(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """A choice of a checkpoint that is only a start for training on its task."""
    checkpoint, task, use = judgement.checkpoint, judgement.task, judgement.suitability.use
    if use is None and task in checkpoint.fine_tune:
        message = f"{checkpoint.id} has to be fine-tuned before it does {task}"
        fix = "fine-tune it, or take a checkpoint that does the task as it is"
        yield Finding(message, fix=fix)
    elif use == "fine-tune":
        message = f"{checkpoint.id} is a starting point for fine-tuning, not for use as it is"
        yield Finding(message, level="note")


@rule("requirement-missed", "memory-over-limit", "licence-forbids-use", each=Case.catalogued)
def limit_in_code(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """A field that does not meet an answer which holds for all code; tasks play no part."""
    if not case.declared or checkpoint.id in {choice.checkpoint for choice in case.choices}:
        return
    task = [*checkpoint.tasks, *checkpoint.fine_tune, ""][0]
    unasked = Answer((NOT_APPLICABLE,), None, "assumed")
    profile = {question.id: unasked for question in case.rulebase.questions}
    profile |= {**case.declared, TASK: Answer((task,), None, "assumed")}
    for gap in judge_checkpoint(case.rulebase, checkpoint, profile).lacks:
        if LIMITS.get(gap.field, "requirement-missed") == case.rule:
            message, place = _words(checkpoint, gap), id_place(usage)
            yield Finding(message, place, sources=checkpoint.sources.get(gap.field, ()))


@rule("requirement-missed", "memory-over-limit", "licence-forbids-use", each=Case.chosen)
def limit_of_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A field that does not meet the answers for a choice; a note where nobody gave the answer."""
    for gap in judgement.suitability.lacks:
        if LIMITS.get(gap.field, "requirement-missed") == case.rule:
            yield Finding(
                _words(judgement.checkpoint, gap),
                level="" if judgement.given(gap.question) else "note",
                because=f"asked for by {gap.question}",
                sources=judgement.checkpoint.sources.get(gap.field, ()),
            )


def _words(checkpoint: Checkpoint, gap: Gap) -> str:
    """Return what to say of a missed field; after a licence, what its owner means it for."""
    intended = checkpoint.notes.get("intended_use", "") if gap.field == LICENCE else ""
    return f"{checkpoint.id}: {gap.text}. {intended}".rstrip(". ")


@rule("not-verified", each=Case.chosen)
def not_verified(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """A field that an answer asks for and nobody verified."""
    for gap in judgement.suitability.unknown:
        if judgement.given(gap.question):
            message = f"{judgement.checkpoint.id}: {gap.text}"
            yield Finding(message, because=f"asked for by {gap.question}")

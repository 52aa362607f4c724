"""What a checkpoint can do: as it is, after training, and how its scores are to be read."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, of_model, writes
from advisor.check.finding import Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.check.rules import each_catalogued, each_judgement, each_known, each_usage, rule
from advisor.check.rules.removal import pipeline_now
from advisor.model import Checkpoint
from advisor.scan.usage import Usage


@rule("task-not-done", needs=("written",))
def task_not_done(case: Case) -> Iterator[Finding]:
    """A task that a checkpoint cannot do at all, in code or among the needs of a choice."""
    yield from _pipeline_or_generate(case)
    yield from _task_of_choice(case)


@each_known
def _pipeline_or_generate(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """A pipeline that has no model of this kind, or `generate` where nothing can write."""
    if usage.model is None or identity.model_type is None:
        return
    id, model_type, release = identity.id, identity.model_type, case.release
    if usage.model.kind == "pipeline" and usage.task:
        task = pipeline_now(release, usage.task)
        known = release.has_pipeline(task) and release.knows(model_type)
        if not known or release.loads_with_pipeline(task, model_type):
            return
        place, fix = usage.place, None
        message = f"the pipeline `{usage.task}` loads no {model_type} model, which {id} is"
        if identity.checkpoint and (own := identity.checkpoint.pipeline):
            fix = f"its pipeline is `{own}`; use another checkpoint for this one"
    else:
        call, gives = writes(usage), case.rulebase.family(identity.family).gives
        if call is None or set(case.knowledge("written")) & set(gives):
            return
        place, fix = call.place, None
        message = f"{id} has no decoder, so it cannot write text"
    yield case.finding(message, place, about=identity, citing=("pipeline", "class"), fix=fix)


@each_judgement
def _task_of_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    checkpoint, task = judgement.checkpoint, judgement.task
    if judgement.suitability.use is None and task not in checkpoint.fine_tune:
        able = ", ".join(checkpoint.tasks) or "none of the known tasks"
        yield case.finding(
            f"{checkpoint.id} does not do {task}; it does {able}",
            because="The catalogue names no such task for it.",
            about=checkpoint,
            citing=("tasks",),
        )


@rule("needs-fine-tuning")
@each_judgement
def needs_fine_tuning(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A choice of a checkpoint that is only a start for training on its task."""
    checkpoint, task, use = judgement.checkpoint, judgement.task, judgement.suitability.use
    if use is None and task in checkpoint.fine_tune:
        message = f"{checkpoint.id} has to be fine-tuned before it does {task}"
        fix = "fine-tune it, or take a checkpoint that does the task as it is"
        yield case.finding(message, about=checkpoint, citing=("tasks",), fix=fix)
    elif use == "fine-tune":
        message = f"{checkpoint.id} is a starting point for fine-tuning, not for use as it is"
        yield case.finding(message, about=checkpoint, citing=("tasks",), level="note")


@rule("pretrained-only", needs=("trained_by",))
@each_catalogued
def pretrained_only(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Inference with weights that no task was ever trained into."""
    if checkpoint.stage != "pre-trained" or checkpoint.tasks:
        return
    if usage.model is None or _trained(case, usage):
        return
    if writes(usage) is None and usage.model.kind != "pipeline":
        return
    finished = _finished(case, checkpoint)
    yield case.finding(
        f"{checkpoint.id} is only pre-trained; here it is used without fine-tuning",
        usage.place,
        about=checkpoint,
        citing=("tasks", "pitfalls"),
        fix=f"use a fine-tuned one such as {finished}" if finished else "fine-tune it first",
    )


@rule("composed-untrained")
@each_usage
def composed_untrained(case: Case, usage: Usage) -> Iterator[Finding]:
    """`generate` on a model put together from parts in the same file, with no training in it."""
    if usage.model is None or usage.model.kind != "composition":
        return
    call = writes(usage)
    if call is not None and not _trained(case, usage):
        message = "the encoder and decoder were joined here, and nothing trains what joins them"
        fix = "fine-tune it on pairs first, or load a checkpoint that was"
        yield case.finding(message, call.place, fix=fix)


def _trained(case: Case, usage: Usage) -> bool:
    """True where the file trains a model, puts other weights in, or gives it to a trainer."""
    names = case.knowledge("trained_by", "pretrained-only")
    return bool(usage.trained) or any(
        name in call.name for call in of_model(usage) for name in names
    )


def _finished(case: Case, start: Checkpoint) -> str | None:
    """Return the typical finished checkpoint of the same class whose name begins alike."""
    tasks = set(start.fine_tune)
    made = [
        one
        for one in case.rulebase.catalogue(start.family)
        if (one.model_class, one.processor) == (start.model_class, start.processor)
        and set(one.tasks) & tasks
        and one.id.partition("/")[0] == start.id.partition("/")[0]
    ]
    return min(made, key=lambda one: not set(one.typical) & tasks).id if made else None


@rule("softmax-for-sigmoid", needs=("model_types", "functions", "logits"))
@each_known
def softmax_for_sigmoid(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """A softmax over logits that were trained with a sigmoid for each pair."""
    functions, logits = case.knowledge("functions"), set(case.knowledge("logits"))
    for call in usage.calls if identity.model_type in case.knowledge("model_types") else ():
        if call.name in functions and logits & set(call.of):
            message = f"{identity.id} was trained with a sigmoid for each pair, not with a softmax"
            fix = "use `torch.sigmoid(logits)`; the order stays the same"
            yield case.finding(message, call.place, about=identity, fix=fix)

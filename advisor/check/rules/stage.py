"""Whether a checkpoint that is only a start for training is used as if it were finished."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, of_model, writes
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

RULE = "pretrained-only"
PRE_TRAINED = "pre-trained"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """Inference with weights that no task was ever trained into."""
    identity = case.identity(usage)
    checkpoint = identity.checkpoint if identity else None
    if checkpoint is None or checkpoint.stage != PRE_TRAINED or checkpoint.tasks:
        return
    if usage.model is None or usage.trained or trained_elsewhere(case, usage):
        return
    call = writes(usage)
    if call is None and usage.model.kind != "pipeline":
        return
    finished = _finished(case, checkpoint.id)
    message = f"{checkpoint.id} is only pre-trained; here it is used without fine-tuning"
    fix = f"use a fine-tuned one such as {finished}" if finished else "fine-tune it first"
    yield case.problem(
        RULE,
        message,
        usage.place,
        checkpoint=checkpoint.id,
        sources=checkpoint.sources.get("tasks") or checkpoint.sources.get("pitfalls"),
        fix=fix,
    )


def trained_elsewhere(case: Case, usage: Usage) -> bool:
    """True where other weights are put into the model, or it is handed to what trains it."""
    names = case.knowledge(RULE, "trained_by")
    return any(name in call.name for call in of_model(usage) for name in names)


def _finished(case: Case, id: str) -> str | None:
    """Return the typical finished checkpoint of the same class whose name begins alike."""
    start = case.rulebase.checkpoints[id]
    made = [
        one
        for one in case.rulebase.catalogue(start.family)
        if one.model_class == start.model_class
        and one.processor == start.processor
        and set(one.tasks) & set(start.fine_tune)
        and one.id.partition("/")[0] == start.id.partition("/")[0]
    ]
    return (
        min(made, key=lambda one: not set(one.typical) & set(start.fine_tune)).id if made else None
    )

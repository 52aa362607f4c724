"""Whether a checkpoint can do at all what the code asks it for."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, writes
from advisor.check.problem import Problem
from advisor.check.rules.removal import became
from advisor.scan.usage import Usage

RULE = "task-not-done"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A pipeline that has no model of this kind, or `generate` where nothing can write."""
    identity = case.identity(usage)
    if identity is None or usage.model is None or identity.model_type is None:
        return
    sources = identity.sources.get("pipeline") or identity.sources.get("class")
    if usage.model.kind == "pipeline" and usage.task:
        task = became(case.release, usage.task)
        known = case.release.has_pipeline(task) and case.release.knows(identity.model_type)
        if known and not case.release.loads_with_pipeline(task, identity.model_type):
            what = f"{identity.model_type} model, which {identity.id} is"
            message = f"the pipeline `{usage.task}` loads no {what}"
            yield case.problem(
                RULE,
                message,
                usage.place,
                checkpoint=identity.id,
                sources=sources,
                fix=_fix(case, identity.id),
            )
    elif (call := writes(usage)) and not _writes(case, identity.family):
        message = f"{identity.id} has no decoder, so it cannot write text"
        yield case.problem(RULE, message, call.place, checkpoint=identity.id, sources=sources)


def _writes(case: Case, family: str) -> bool:
    return bool(set(case.knowledge(RULE, "written")) & set(case.rulebase.family(family).gives))


def _fix(case: Case, id: str) -> str | None:
    pipeline = case.rulebase.checkpoints[id].pipeline if id in case.rulebase.checkpoints else None
    return (
        f"its pipeline is `{pipeline}`; take another checkpoint for this one" if pipeline else None
    )

"""What runs a network beside transformers, and which model types its released package names."""

from __future__ import annotations

from typing import NamedTuple

from advisor.decide.command_lines import act_of
from advisor.errors import unknown_name
from advisor.model import Checkpoint
from advisor.model.library import Runtime
from advisor.rulebase.base import RuleBase

TRANSFORMERS = "transformers"
YES, PARTLY, NO = "yes", "partly", "no"


class Support(NamedTuple):
    """Whether a runtime runs a checkpoint for a task: yes, partly or no, and what says so.

    Partly, where somebody has to publish something first.
    """

    answer: str
    because: str


def runtime_named(rulebase: RuleBase, name: str) -> Runtime:
    """Return a runtime by its id or what people call it. Raises UsageError for others."""
    for each in rulebase.runtimes.values():
        if name.lower() in (each.id, each.label, *each.aliases):
            return each
    labels = [each.label for each in rulebase.runtimes.values()]
    raise unknown_name("runtime", name, labels, f"known are: {', '.join(labels)}")


def support(rulebase: RuleBase, runtime: Runtime, checkpoint: Checkpoint, task: str) -> Support:
    """Return whether a runtime runs a checkpoint for a task, by what its package names."""
    rows = [row for row in rulebase.supported if row.runtime == runtime.id]
    if not rows:
        return Support(YES, "")
    act, model_type = act_of(rulebase, task), checkpoint.model_type or ""
    for answer in (YES, PARTLY):
        for row in rows:
            names = row.named if answer == YES else row.partly
            if act and act.id in row.acts and model_type in names:
                place = f"{row.package} {row.version}, {row.read}"
                return Support(answer, f"{place}: {names[model_type]}")
    named = f"{rows[0].package} {rows[0].version}"
    lacks = f"model type `{model_type}`" if model_type else f"checkpoint of `{checkpoint.loader}`"
    return Support(NO, f"{named} names no {lacks} for {task}")

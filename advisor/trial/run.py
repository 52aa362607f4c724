"""Running the plans of `advisor try`, one after the other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from advisor.console.output import note
from advisor.errors import AdvisorError, UsageError
from advisor.trial.page import Comparison, Refusal

if TYPE_CHECKING:
    from advisor.trial import OpenedImage, Request
    from advisor.trial.plans import Plan, Plans


def run_plans(
    plans: Plans, image: OpenedImage, request: Request, settings: dict[str, Any]
) -> Comparison:
    """Run each plan; with several, one that cannot run is named and the others go on."""
    from advisor.trial import run_trial

    trials = []
    refusals = list(plans.refusals)
    failure: AdvisorError | None = None
    for plan in plans.runs:
        _announce(plan)
        try:
            trials.append(
                run_trial(
                    plan.checkpoint,
                    plan.task,
                    image,
                    request,
                    family=plan.family,
                    revision=plan.revision,
                    pretrained_only=plan.pretrained_only,
                    **settings,
                )
            )
        except AdvisorError as error:
            if len(plans.runs) == 1 or error.kind == "extra-not-installed":
                raise
            why = error.message
            refusals.append(Refusal(plan.family, plan.checkpoint, plan.task, why))
            failure = failure or error
    if failure is not None and not trials:
        for refusal in refusals:
            note(f"{refusal.who}: {refusal.task}: {refusal.why}")
        raise AdvisorError(
            "none of them could be run", hint=_next(failure), kind=failure.kind
        ) from failure
    if not trials:
        raise UsageError("nothing to run", hint="add --labels, --question or --task")
    return Comparison("", tuple(trials), tuple(refusals))


def _next(failure: AdvisorError) -> str | None:
    """Return the hint of a failure; one that names a single checkpoint is put for all."""
    return "agree with --download" if failure.kind == "not-downloaded" else failure.hint


def _announce(plan: Plan) -> None:
    if plan.ahead:
        note(f"{plan.checkpoint} is on this machine; the catalogue puts {plan.ahead} before it")
    if sys.stderr.isatty():
        note(f"{plan.checkpoint}: {plan.task} ...")

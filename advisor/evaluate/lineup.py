"""Contenders found on this machine: what each is loaded as, where, and what its answers hang on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.errors import AdvisorError
from advisor.evaluate.contenders import Contender, tasks_to_load
from advisor.evaluate.labelled import EvaluationSet, class_text
from advisor.evaluate.recorded import EvaluatedCandidate
from advisor.evaluate.work_order import WorkOrder, identity_of
from advisor.model.library import LABEL, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.contrastive import Contrastive
from advisor.trial.failures import UnsupportedError
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import act_and_use, class_to_load, fine_tuned_for, runner_class
from advisor.trial.runtime import transformers, versions


class Asking(NamedTuple):
    """How candidates are asked: what wraps a label or a text, and a prompt of the user's own."""

    template: str = "{}"
    prompt: str | None = None


class Entrant(NamedTuple):
    """A candidate that is ready to run: `order` is None where it cannot be run, as it says."""

    candidate: EvaluatedCandidate
    order: WorkOrder | None = None
    digest: str = ""
    local: LocalCheckpoint | None = None
    error: AdvisorError | None = None


def line_up(
    rulebase: RuleBase,
    contenders: Sequence[Contender],
    data: EvaluationSet,
    loading: Loading,
    asking: Asking,
    *,
    only_fit: bool = False,
) -> tuple[Entrant, ...]:
    """Return each contender as a candidate; what cannot be run says so, and stops nobody else.

    Downloads are agreed to here, before anything runs. With `only_fit` those are left out that
    cannot do the task, unless all of them are.
    """
    transformers()
    libraries = versions()
    entrants = []
    for number, contender in enumerate(contenders):
        candidate = EvaluatedCandidate(
            number, contender.name, contender.checkpoint, contender.family, contender.revision
        )
        try:
            found = _entrant(rulebase, candidate, contender, data, loading, asking, libraries)
        except AdvisorError as error:
            if error.kind == "extra-not-installed":
                raise
            found = Entrant(candidate._replace(failed=error.message), error=error)
        entrants.append(found)
    fit = [each for each in entrants if each.error is None or each.error.kind != "unsupported"]
    if not only_fit or not fit:
        return tuple(entrants)
    return tuple(
        each._replace(candidate=each.candidate._replace(number=number))
        for number, each in enumerate(fit)
    )


def _entrant(
    rulebase: RuleBase,
    candidate: EvaluatedCandidate,
    contender: Contender,
    data: EvaluationSet,
    loading: Loading,
    asking: Asking,
    libraries: dict[str, str],
) -> Entrant:
    how = loading._replace(revision=contender.revision, pretrained_only=contender.pretrained_only)
    place(how.device, how.dtype)  # what is not there is refused before anything is fetched
    whole = resolve(contender.checkpoint, how)
    task, local = _task_and_weights(rulebase, whole, data.task)
    _, use = act_and_use(rulebase, local, task)
    runs = runner_class(use)
    if data.act == SEARCH and not issubclass(runs, Contrastive):
        raise UnsupportedError(
            f"`{contender.checkpoint}` gives no vectors to search by",
            hint="choose a dual encoder, such as CLIP",
        )
    placement = place(how.device, how.dtype, local.weights)
    order = WorkOrder(
        checkpoint=contender.checkpoint,
        task=task,
        act=data.act,
        texts=tuple(map(class_text, data.classes)) if data.act == LABEL else (),
        template=asking.template,
        prompt=asking.prompt,
        revision=whole.revision,
        device=placement.device,
        dtype=placement.dtype,
        max_new_tokens=how.max_new_tokens,
        thinking=how.thinking,
        seed=how.seed,
        pretrained_only=how.pretrained_only,
        overlays=tuple(map(str, rulebase.folders)),
    )
    return Entrant(
        candidate._replace(
            revision=whole.revision,
            class_name=class_to_load(use, local),
            device=placement.device,
            dtype=placement.dtype,
            scored_by=runs.scored_by if data.act == LABEL else "",
        ),
        order,
        order.digest(identity_of(local), libraries),
        local,
    )


def _task_and_weights(
    rulebase: RuleBase, whole: LocalCheckpoint, task: str
) -> tuple[str, LocalCheckpoint]:
    """Return the first task that it can be loaded for, and the weights for that."""
    first: AdvisorError | None = None
    for each in tasks_to_load(rulebase, task):
        try:
            local = fine_tuned_for(whole, each)
            act_and_use(rulebase, local, each)
        except UnsupportedError as error:
            first = first or error
            continue
        return each, local
    raise first or UnsupportedError(f"`{whole.name}` cannot do `{task}`")

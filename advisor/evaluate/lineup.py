"""Who is evaluated: named checkpoints, the demo ones, or the first picks; what each is run as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.decide.command_lines import may_run
from advisor.errors import AdvisorError, UsageError, check_name
from advisor.evaluate.endpoint import Endpoint, is_endpoint
from advisor.evaluate.labelled import EvaluationSet
from advisor.evaluate.responses import (
    BASELINE_NAMED,
    FITTED,
    NEIGHBORS,
    WITHOUT_LOOKING,
    Asking,
    digest_of_order,
    identity_of,
)
from advisor.evaluate.served import as_served
from advisor.model.library import CAPTION, EMBED, LABEL, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.candidate import Candidate, as_they_are, candidate_of, catalogued, is_here
from advisor.trial.classifier import Classifier, columns_for
from advisor.trial.contrastive import Contrastive
from advisor.trial.demo import demo_checkpoints
from advisor.trial.failures import UnsupportedError
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import QUANTIZED, estimated_mb, place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import act_and_use, class_to_load, fine_tuned_for, runner_class
from advisor.trial.runtime import transformers, versions

if TYPE_CHECKING:
    from advisor.engine.profile import Profile

MOST_PICKS, OF_THE_FIRST = 3, 2
"""How many are taken where nobody names any: of the family that is recommended, and in all."""
_NAMED = re.compile(r"([\w. -]+)=(.+)\Z", re.DOTALL)
_REVISION = re.compile(r"([^@]+/[^@]+)@([\w./-]+)\Z")


def named_candidates(rulebase: RuleBase, named: Sequence[str]) -> tuple[Candidate, ...]:
    """Return candidates as named.

    That is ID, FOLDER, demo:NAME, ID@REVISION, baseline:KIND, URL#MODEL, or NAME=one of these.

    One that is named twice is told apart by a number.
    """
    candidates = []
    for given in named:
        name, checkpoint = "", given
        if not Path(given).exists() and (match := _NAMED.match(given)):
            name, checkpoint = match[1].strip(), match[2]
        if is_endpoint(checkpoint):
            candidates.append(Candidate(name or given, checkpoint))
            continue
        if checkpoint.startswith(BASELINE_NAMED):
            kind = checkpoint.removeprefix(BASELINE_NAMED)
            check_name("baseline", kind, (*WITHOUT_LOOKING, *FITTED), "baselines")
            candidates.append(Candidate(name or given, checkpoint, baseline=kind))
            continue
        revision = None
        if not Path(checkpoint).exists() and (match := _REVISION.match(checkpoint)):
            checkpoint, revision = match[1], match[2]
        candidate = candidate_of(rulebase, checkpoint, revision)
        candidates.append(candidate._replace(name=name or given))
    return _told_apart(candidates)


def demo_candidates() -> tuple[Candidate, ...]:
    """Return the checkpoints that come with advisor."""
    return tuple(Candidate(demo.id, demo.id, demo.family) for demo in demo_checkpoints())


def picked_candidates(
    rulebase: RuleBase,
    profile: Profile,
    *,
    may_download: bool,
) -> tuple[Candidate, ...]:
    """Return the first picks for a profile with one task, of every family that may do it.

    Of the family that is recommended two, of the others one. Without `may_download` those on this
    machine go first. Raises an AdvisorError where the catalogue has none that runs.
    """
    from advisor.decide.selection import ORDERS, select_of
    from advisor.engine.decision import Engine
    from advisor.model import TASK

    decision = Engine.known(rulebase).decide(profile)
    task = decision.profile[TASK].options[0]
    candidates: list[Candidate] = []
    for assessment in decision.assessments:
        if assessment.verdict == "excluded" or len(candidates) >= MOST_PICKS:
            continue
        selection = select_of(rulebase, assessment.family, decision.profile, ORDERS[0])
        runs = as_they_are(selection, lambda model_type: answers(rulebase, model_type, task))
        if not may_download:
            runs.sort(key=lambda checkpoint: not is_here(checkpoint))
        wanted = OF_THE_FIRST if not candidates else 1
        candidates += [catalogued(run) for run in runs[:wanted]]
    if not candidates:
        raise AdvisorError(
            f"the catalogue has nothing to evaluate for `{task}`",
            hint="name checkpoints: --candidate ID, --candidate FOLDER; or --demo",
            kind="nothing-to-load",
            exit_code=1,
        )
    return tuple(candidates[:MOST_PICKS])


def answers(rulebase: RuleBase, model_type: str | None, task: str) -> bool:
    """True where a runner exists for a type and a task, or one whose texts labels are scored by."""
    return any(may_run(rulebase, model_type, each) for each in tasks_to_load(rulebase, task))


def tasks_to_load(rulebase: RuleBase, task: str) -> tuple[str, ...]:
    """Return the tasks for which a checkpoint may be loaded to judge it on one, the best first.

    Labels are also scored by what writes captions: by the likelihood of each.
    """
    label = task in rulebase.acts[LABEL].tasks
    return (task, rulebase.acts[CAPTION].tasks[0]) if label else (task,)


def _told_apart(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates under names of their own; a name that was given twice is refused."""
    seen: Counter[str] = Counter()
    named = []
    for each in found:
        seen[each.name] += 1
        if seen[each.name] > 1 and each.name != each.checkpoint:
            raise UsageError(
                f"two candidates are called `{each.name}`", hint="give each a name: NAME=ID"
            )
        again = f"{each.name} ({seen[each.name]})" if seen[each.name] > 1 else each.name
        named.append(each._replace(name=again))
    return tuple(named)


def line_up(
    rulebase: RuleBase,
    candidates: Sequence[Candidate],
    data: EvaluationSet,
    loading: Loading,
    asking: Asking,
    endpoints: Mapping[str, Endpoint],
    *,
    only_fit: bool = False,
) -> tuple[Candidate, ...]:
    """Return each candidate as it is run; what cannot be run says so, and stops nobody else.

    Downloads are agreed to here, before anything runs, and `endpoints` are asked whether they
    answer. With `only_fit` those are left out that cannot do the task, unless all of them are.
    Where `loading` quantizes, each that is loaded runs as it is, too.
    """
    transformers()
    libraries = versions()
    if loading.dtype in QUANTIZED:
        candidates = [each for one in candidates for each in _quantized(one, loading.dtype)]
        loading = loading._replace(dtype=None)

    def as_run(candidate: Candidate, how: Asking = asking) -> Candidate:
        if is_endpoint(candidate.checkpoint):
            server = endpoints.get(candidate.checkpoint)
            return as_served(rulebase, candidate, data, server, how) if server else candidate
        return _as_run(rulebase, candidate, data.task, loading, how, libraries)

    ran: list[Candidate] = []
    for candidate in candidates:
        try:
            ran.append(candidate if candidate.baseline else as_run(candidate))
        except AdvisorError as error:
            if error.kind == "extra-not-installed":
                raise
            ran.append(candidate.ended_by(error))
    bare = asking._replace(act=EMBED, texts=(), template="{}", prompt=None)
    found = []
    for one in ran:
        fitted = one.baseline in FITTED
        found += _fitted(one, ran, partial(as_run, how=bare)) if fitted else [one]
    fit = tuple(each for each in found if each.kind != UnsupportedError.kind)
    return fit if only_fit and fit else tuple(found)


def _quantized(candidate: Candidate, dtype: str) -> list[Candidate]:
    """Return a candidate as it is, and, where it is loaded here, quantized beside it."""
    beside = candidate._replace(name=f"{candidate.name} ({dtype})", dtype=dtype)
    loaded = not candidate.baseline and not is_endpoint(candidate.checkpoint)
    return [candidate, beside] if loaded else [candidate]


def _fitted(
    baseline: Candidate, others: Sequence[Candidate], run_as: Callable[[Candidate], Candidate]
) -> list[Candidate]:
    """Return a baseline on the vectors of each dual encoder among the others."""
    dual = [one for one in others if one.scored_by in ("softmax", "sigmoid") and not one.failed]
    if not dual:
        error = UnsupportedError(
            f"`{baseline.checkpoint}` needs vectors of a dual encoder, and no candidate has any",
            hint="add one, such as CLIP: --candidate ID",
        )
        return [baseline.ended_by(error)]
    by = "votes" if baseline.baseline == NEIGHBORS else "softmax"
    return [
        run_as(candidate)._replace(
            name=f"{baseline.name} on {candidate.name}", baseline=baseline.baseline, scored_by=by
        )
        for candidate in dual
    ]


def _as_run(
    rulebase: RuleBase,
    candidate: Candidate,
    task: str,
    loading: Loading,
    asking: Asking,
    libraries: dict[str, str],
) -> Candidate:
    how = loading._replace(
        dtype=candidate.dtype or loading.dtype,
        revision=candidate.revision,
        pretrained_only=candidate.pretrained_only,
    )
    place(how.device, how.dtype)  # what is not there is refused before anything is fetched
    whole = resolve(candidate.checkpoint, how)
    loaded_for, local = _task_and_weights(rulebase, whole, task)
    _, use = act_and_use(rulebase, local, loaded_for)
    runs = runner_class(use)
    if asking.act == SEARCH and not issubclass(runs, Contrastive):
        raise UnsupportedError(
            f"`{candidate.checkpoint}` gives no vectors to search by",
            hint="choose a dual encoder, such as CLIP",
        )
    if issubclass(runs, Classifier):
        columns_for(local, asking.texts, dict(asking.label_map))
    placement = place(how.device, how.dtype, local.weights)
    ready = candidate._replace(
        revision=whole.revision,
        task=loaded_for,
        class_name=class_to_load(use, local),
        device=placement.device,
        dtype=placement.dtype,
        scored_by=runs.scored_by if asking.act == LABEL else "",
        parameters_millions=local.weights.parameters / 1e6,
        memory_mb=estimated_mb(local.weights, placement),
    )
    return ready._replace(digest=digest_of_order(ready, asking, identity_of(local), libraries))


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

"""The candidates of an evaluation: named, demo or recommended ones, with their settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from advisor.decide.bounded_rules import bounded
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile
from advisor.errors import AdvisorError, UsageError, check_name
from advisor.evaluate.endpoint import Endpoint, is_endpoint
from advisor.evaluate.options import RunOptions
from advisor.evaluate.responses import (
    BASELINE_NAMED,
    BASELINE_WORDS,
    COMMONEST,
    FITTED,
    NEIGHBORS,
    RANDOM,
    WITHOUT_LOOKING,
    Asking,
    EvaluationSet,
    digest_of_order,
    identity_of,
)
from advisor.evaluate.vector_classifiers import CLASS, is_head, read_head
from advisor.evaluate.worker import as_served
from advisor.model import TASK
from advisor.model.library import CAPTION, EMBED, LABEL, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.annotations import ImageStore
from advisor.trial.candidate import Candidate, candidate_of, catalogued, is_here, runnable_picks
from advisor.trial.contrastive import Classifier, Contrastive, columns_for
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import QUANTIZED, place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import Runner, act_and_use, class_to_load, fine_tuned_for, runner_class
from advisor.trial.runtime import UnsupportedError, transformers, versions

MOST_PICKS, OF_THE_FIRST = 3, 2
"""Maximum number of candidates without --candidate: in all, and of the recommended family."""
_NAMED = re.compile(r"([\w. -]+)=(.+)\Z", re.DOTALL)
_REVISION = re.compile(r"([^@]+/[^@]+)@([\w./-]+)\Z")


class Arrangement(NamedTuple):
    """The plan of an evaluation: data, image store, candidates, and settings to load and ask.

    `endpoints` are the servers by checkpoint; `agree` asks for consent before images are sent.
    """

    rulebase: RuleBase
    options: RunOptions
    data: EvaluationSet
    store: ImageStore
    candidates: tuple[Candidate, ...]
    loading: Loading
    asking: Asking
    endpoints: Mapping[str, Endpoint]
    agree: Callable[[str], bool] | None


def named_candidates(rulebase: RuleBase, named: Sequence[str]) -> tuple[Candidate, ...]:
    """Return the candidates of `--candidate` values; raise UsageError for a repeated name.

    A value is ID, FOLDER, demo:NAME, ID@REVISION, baseline:KIND, URL#MODEL, the file of a
    classifier, or NAME=one of these.
    """
    candidates = []
    for given in named:
        name, checkpoint = "", given
        if not Path(given).exists() and (match := _NAMED.match(given)):
            name, checkpoint = match[1].strip(), match[2]
        if is_endpoint(checkpoint) or is_head(checkpoint):
            candidate = Candidate(given, checkpoint)
        elif checkpoint.startswith(BASELINE_NAMED):
            kind = checkpoint.removeprefix(BASELINE_NAMED)
            kind = {word: id for id, word in BASELINE_WORDS.items()}.get(kind, kind)
            check_name("baseline", kind, (*WITHOUT_LOOKING, *FITTED), "baselines")
            candidate = Candidate(given, checkpoint, baseline=kind)
        elif not Path(checkpoint).exists() and (match := _REVISION.match(checkpoint)):
            candidate = candidate_of(rulebase, match[1], match[2])
        else:
            candidate = candidate_of(rulebase, checkpoint)
        candidates.append(candidate._replace(name=name or given))
    names = [each.name for each in candidates]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UsageError(
            f"two candidates have the name `{twice}`",
            hint="give each candidate its own name with --candidate NAME=ID",
        )
    return tuple(candidates)


def picked_candidates(
    rulebase: RuleBase, profile: Profile, *, may_download: bool
) -> tuple[Candidate, ...]:
    """Return the first picks for a profile with one task: two of the first family, one of others.

    At most MOST_PICKS are returned. Without `may_download`, downloaded checkpoints come first.
    Raises AdvisorError if the catalog has none that runs.
    """
    engine, profile = bounded(Engine.known(rulebase), profile)
    rulebase, decision = engine.rulebase, engine.decide(profile)
    task = decision.profile[TASK].options[0]
    candidates: list[Candidate] = []
    for runs in runnable_picks(rulebase, decision, *tasks_to_load(rulebase, task)):
        if not may_download:
            runs.sort(key=lambda checkpoint: not is_here(checkpoint))
        wanted = 1 if candidates else OF_THE_FIRST
        candidates += [catalogued(run) for run in runs[:wanted]]
    if not candidates:
        raise AdvisorError(
            f"the catalog has no checkpoint that advisor can evaluate on `{task}`",
            hint="pass checkpoints with --candidate ID or --candidate FOLDER, or pass --demo",
            kind="nothing-to-load",
            exit_code=1,
        )
    return tuple(candidates[:MOST_PICKS])


def tasks_to_load(rulebase: RuleBase, task: str) -> tuple[str, ...]:
    """Return the tasks for which a checkpoint may be loaded to evaluate one, in order.

    Captioning models can also score labels, by likelihood.
    """
    label = task in rulebase.acts[LABEL].tasks
    return (task, rulebase.acts[CAPTION].tasks[0]) if label else (task,)


def line_up(made: Arrangement) -> tuple[Candidate, ...]:
    """Return each candidate with its settings; one that cannot run has `failed` set.

    This asks for consent to downloads and sends a test request to each server. Demo candidates that
    do not support the task are left out, unless all are. With quantization, each loaded candidate
    is also run without it.
    """
    transformers()
    candidates, dtype = list(made.candidates), made.loading.dtype or ""
    if dtype in QUANTIZED:
        candidates = []
        for each in made.candidates:
            candidates.append(each)
            if not (each.baseline or each.dtype or is_endpoint(each.checkpoint)):
                candidates.append(each._replace(name=f"{each.name} ({dtype})", dtype=dtype))
        made = made._replace(loading=made.loading._replace(dtype=None))
    ran = [_as_run(made, candidate) for candidate in candidates]
    lined: list[Candidate] = []
    for each in ran:
        fitted = each.baseline in FITTED and each.failed is None
        lined += _fitted(each, ran) if fitted else [each]
    fit = tuple(each for each in lined if each.kind != UnsupportedError.kind)
    return fit if made.options.demo and fit else tuple(lined)


def _fitted(baseline: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Return the baseline fitted to the vectors of each dual encoder among the others."""
    dual = [peer for peer in others if peer.compares_vectors and not peer.failed]
    if not dual:
        error = UnsupportedError(
            f"`{baseline.checkpoint}` needs the embeddings of a dual encoder, and no candidate "
            "is a dual encoder",
            hint="add a dual encoder such as CLIP with --candidate ID",
        )
        return [baseline.ended_by(error)]
    by = "votes" if baseline.baseline == NEIGHBORS else "softmax"
    return [
        candidate._replace(
            name=f"{baseline.name} on {candidate.name}", baseline=baseline.baseline, scored_by=by
        )
        for candidate in dual
    ]


def _as_run(made: Arrangement, candidate: Candidate) -> Candidate:
    """Return a candidate with its settings, or with `failed` set."""
    data, server = made.data, made.endpoints.get(candidate.checkpoint)
    misplaced = [COMMONEST] if data.act == SEARCH else []
    misplaced += FITTED if data.act != LABEL or data.many else ()
    try:
        if candidate.baseline in misplaced:
            raise UnsupportedError(
                f"`{candidate.checkpoint}` cannot be evaluated on `{data.task}`",
                hint=f"leave this baseline out, or use {BASELINE_NAMED}{RANDOM}",
            )
        if candidate.baseline:
            return candidate
        if server:
            return as_served(candidate, data, server, made.asking)
        return _as_loaded(made, candidate)
    except AdvisorError as error:
        if error.kind == "extra-not-installed":
            raise
        return candidate.ended_by(error)


def _as_loaded(made: Arrangement, candidate: Candidate) -> Candidate:
    """Return a candidate with its load settings and digest; raise AdvisorError if it cannot load.

    The digest of a dual encoder leaves out the labels, since image vectors do not depend on them.
    """
    asking = made.asking
    settings = candidate.loading(made.loading)
    place(settings.device, settings.dtype)  # refuse before any download
    head = read_head(candidate.checkpoint) if is_head(candidate.checkpoint) else None
    whole = resolve(head.encoder if head else candidate.checkpoint, settings)
    runs: type[Runner] = Classifier
    class_name = CLASS
    if head:
        if asking.act != LABEL:
            raise UnsupportedError(f"`{candidate.checkpoint}` can only classify images")
        task, local = made.data.task, head.labelled(whole, candidate.checkpoint)
    else:
        task, local = _task_and_weights(made.rulebase, whole, made.data.task)
        _, use = act_and_use(made.rulebase, local, task)
        runs, class_name = runner_class(use), class_to_load(use, local)
    if asking.act == SEARCH and not issubclass(runs, Contrastive):
        raise UnsupportedError(
            f"`{candidate.checkpoint}` returns no embeddings to search with",
            hint="choose a dual encoder, such as CLIP",
        )
    if issubclass(runs, Classifier):
        columns_for(local, asking.texts, dict(asking.label_map))
    listed = made.rulebase.checkpoints.get(local.name)
    placement = place(settings.device, settings.dtype, local.weights, listed)
    ready = candidate._replace(
        revision=whole.revision,
        task=task,
        class_name=class_name,
        device=placement.device,
        dtype=placement.dtype,
        scored_by=runs.scored_by if asking.act == LABEL else "",
        parameters_millions=local.weights.parameters / 1e6,
    )
    if ready.compares_vectors:
        asking = asking._replace(act=EMBED, texts=(), template="{}", prompt=None)
    identity = f"{identity_of(whole)} {head.digest}" if head else identity_of(local)
    return ready._replace(digest=digest_of_order(ready, asking, identity, versions()))


def _task_and_weights(
    rulebase: RuleBase, whole: LocalCheckpoint, task: str
) -> tuple[str, LocalCheckpoint]:
    """Return the first task for which it can be loaded, and the checkpoint for that task."""
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

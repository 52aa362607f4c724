"""Candidates: checkpoints under names; which `advisor try` runs, and which cannot be run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from advisor.console.options import option
from advisor.console.output import note
from advisor.decide.command_lines import may_run
from advisor.decide.selection import ORDERS, select_of
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.hub import cached_snapshot
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.trial.demo import demo_checkpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointChoice:
    """What was asked to be run: `checkpoints`, `demo`, or what is recommended for the task."""

    checkpoints: Annotated[
        list[str] | None,
        option(
            "--checkpoint ID|FOLDER",
            "Model to run. Can be used multiple times. demo:clip is included.",
        ),
    ] = None
    demo: Annotated[bool, option("--demo", "Run the small networks included in advisor.")] = False
    measure: Annotated[
        bool, option("--measure", "Measure how fast this machine is, for `recommend`.")
    ] = False
    task: Annotated[str, option("--task TASK", "Task to run.")] = ""
    revision: Annotated[str, option("--revision REV", "Branch, tag or commit on the Hub.")] = ""


class Candidate(NamedTuple):
    """A checkpoint (folder, hub id or demo) under the name that a run knows it by.

    `family` is None where nobody knows it. With `pretrained_only` its answers mean nothing before
    fine-tuning. `task` is what it is loaded for, which for labels may be another than is judged.
    `scored_by` says where scores of labels come from: `softmax` over the labels, which compete and
    sum to 1; `sigmoid`, each by itself; `match`, each by a head that says whether a text fits;
    `likelihood`, the probability with which a model that writes would write each label, made to sum
    to 1; `classifier`, whose labels are its own; `votes` of labeled neighbors; `text` that names a
    label; empty where labels are not scored. `digest` is that of all that an answer depends on
    beside the image and the question. `baseline` is empty, or the kind of a baseline; of one that
    is fitted to vectors `checkpoint` is their dual encoder. `parameters_millions` are those of the
    headers of its weights. `failed` says why it did not run, or not to its end; `kind` and `hint`
    are those of that error.
    """

    name: str
    checkpoint: str
    family: str | None = None
    revision: str | None = None
    pretrained_only: bool = False
    task: str = ""
    class_name: str = ""
    device: str = ""
    dtype: str = ""
    scored_by: str = ""
    digest: str = ""
    baseline: str = ""
    parameters_millions: float | None = None
    warnings: tuple[str, ...] = ()
    failed: str | None = None
    kind: str = ""
    hint: str = ""

    @property
    def compares_vectors(self) -> bool:
        """True where its scores are those of vectors of images and of labels."""
        return self.scored_by in ("softmax", "sigmoid") and not self.baseline

    @property
    def refusal(self) -> str:
        """Who could not do what, and why."""
        return f"{self.name}: {self.task}: {self.failed}"

    def ended_by(self, error: AdvisorError) -> Candidate:
        """Return it with what ended it."""
        return self._replace(failed=error.message, kind=error.kind, hint=error.hint or "")


def candidates_for(
    rulebase: RuleBase, choice: CheckpointChoice, *, may_download: bool
) -> list[Candidate]:
    """Return what to run for what was asked; UsageError where checkpoints and the demo are."""
    task = rulebase.task(choice.task).id if choice.task else ""
    if choice.demo and choice.checkpoints:
        raise UsageError(
            "--demo and --checkpoint cannot be combined", hint="--checkpoint demo:clip names one"
        )
    if choice.demo:
        every = [(demo, each) for demo in demo_checkpoints() for each in demo.tasks]
        runs = [
            Candidate(demo.id, demo.id, demo.family, task=each)
            for demo, each in every
            if task in ("", each)
        ]
        if not runs:
            raise UsageError(
                f"no demo checkpoint supports `{task}`",
                hint=f"they support {', '.join(sorted({each for _, each in every}))}",
            )
        return runs
    if choice.checkpoints:
        return [_named(rulebase, name, task, choice.revision) for name in choice.checkpoints]
    if choice.revision:
        raise UsageError("`--revision` needs a checkpoint", hint="add --checkpoint ID")
    return [_recommended(rulebase, task, may_download=may_download)]


def _recommended(rulebase: RuleBase, task: str, *, may_download: bool) -> Candidate:
    """Return what the catalogue puts first for a task, of the first family that has anything.

    Without `may_download` a checkpoint on this machine goes before one that is not.
    """
    if not task:
        raise UsageError(
            "no task was passed. Add --task, --checkpoint or --demo",
            hint="e.g. `--task captioning`. `advisor list tasks` prints the tasks",
        )
    decision = Engine.known(rulebase).decide(make_profile(rulebase, {"task": task}))
    for runnable in runnable_picks(rulebase, decision, task):
        best = runnable[0] if may_download else next(filter(is_here, runnable), runnable[0])
        if best is not runnable[0]:
            better = f"The catalog ranks {runnable[0].id} higher"
            note(f"{best.id} is used because its files are already downloaded. {better}")
        return catalogued(best)._replace(task=task)
    raise AdvisorError(
        f"the catalog has no checkpoint that advisor can load for `{task}`",
        hint=f"`advisor recommend --task {task}` lists what the catalog has",
        kind="nothing-to-load",
        exit_code=1,
    )


def candidate_of(rulebase: RuleBase, name: str, revision: str | None = None) -> Candidate:
    """Return the candidate of a name: one of the catalogue, a demo, or what nobody knows."""
    if checkpoint := rulebase.forms.get(name):
        return catalogued(checkpoint, revision)
    families = {demo.id: demo.family for demo in demo_checkpoints()}
    return Candidate(name, name, families.get(name), revision)


def _named(rulebase: RuleBase, name: str, task: str, revision: str) -> Candidate:
    """Return the candidate of a checkpoint that was named, for its first task where none was."""
    checkpoint = rulebase.forms.get(name)
    demos = {demo.id: demo.tasks for demo in demo_checkpoints()}
    usual = demos.get(name) or (checkpoint.tasks if checkpoint else ())
    if not task and not usual:
        raise UsageError(
            f"the task for `{name}` is not known. Add --task",
            hint="`advisor list tasks` prints the tasks",
        )
    if checkpoint and checkpoint.home:
        raise UsageError(
            f"`{name}` has no repository on the Hub. Its files are at {checkpoint.home}",
            hint=f"make a local folder of the files and pass its path. `advisor show {name}` "
            "explains how",
        )
    return candidate_of(rulebase, name, revision or None)._replace(task=task or usual[0])


def runnable_picks(
    rulebase: RuleBase, decision: Decision, *tasks: str
) -> Iterator[list[Checkpoint]]:
    """Yield what transformers loads as it is for any of some tasks: of each family, best first."""
    for assessment in decision.assessments:
        if assessment.verdict == "excluded":
            continue
        selection = select_of(rulebase, assessment.family, decision.profile, ORDERS[0])
        picks = [
            pick.checkpoint
            for pick in (*selection.picks, *selection.unverified)
            if pick.use == "as-is"
            and pick.checkpoint.loader == "transformers"
            and any(may_run(rulebase, pick.checkpoint.model_type, task) for task in tasks)
        ]
        if picks:
            yield picks


def is_here(checkpoint: Checkpoint) -> bool:
    """True where a checkpoint is on this machine, at its pinned revision or another."""
    return any(cached_snapshot(checkpoint.hub_id, at) for at in (checkpoint.revision, None))


def revision_here(checkpoint: Checkpoint) -> str | None:
    """Return the pinned revision, unless another one is on this machine."""
    id, pinned = checkpoint.hub_id, checkpoint.revision
    return None if pinned and not cached_snapshot(id, pinned) and cached_snapshot(id) else pinned


def catalogued(checkpoint: Checkpoint, revision: str | None = None) -> Candidate:
    """Return the candidate of a catalogued checkpoint or form, at a revision or at that in use."""
    return Candidate(
        name=checkpoint.id,
        checkpoint=checkpoint.hub_id,
        family=checkpoint.family,
        revision=revision or revision_here(checkpoint),
        dtype=f"{checkpoint.bits}-bit" if checkpoint.is_rounded else "",
        pretrained_only=checkpoint.stage == "pre-trained",
    )

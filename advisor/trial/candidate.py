"""Candidates: checkpoints to run, as named, as in the demo, or as the catalog recommends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from advisor.console.options import option
from advisor.console.output import note
from advisor.decide.command_lines import may_run
from advisor.decide.selection import select_of
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.hub import cached_snapshot
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.trial.demo import demo_checkpoints
from advisor.trial.resolution import Loading


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointChoice:
    """The options that choose what to run: `checkpoints`, `demo`, or the task's recommendation."""

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
    """A checkpoint (folder, Hub id or demo) to run; `name` is its name in reports.

    `family` is None if it is unknown. With `pretrained_only` its answers mean nothing before
    fine-tuning. `task` is the task it is loaded for, which for labels may differ from the evaluated
    one. `scored_by` is the source of label scores: `softmax` over the labels, which sum to 1;
    `sigmoid`, independent for each label; `match`, an image-text matching score for each label;
    `likelihood` of generating each label, normalized to sum to 1; `classifier` with labels of its
    own; `votes` of labeled neighbors; `text` that names a label; empty if labels are not scored.
    `digest` covers all that an answer depends on except the image and the question. `baseline` is
    empty, or the kind of a baseline; if that is fitted to vectors, `checkpoint` is their dual
    encoder. `parameters_millions` comes from the headers of the weight files. `failed` is the
    message of the error that ended the run, `kind` and `hint` are that error's.
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
        """True if its label scores compare image vectors with label vectors."""
        return self.scored_by in ("softmax", "sigmoid") and not self.baseline

    @property
    def refusal(self) -> str:
        """The name, the task and the error message of a failed candidate, as one line."""
        return f"{self.name}: {self.task}: {self.failed}"

    def loading(self, common: Loading) -> Loading:
        """Return `common` settings with the candidate's revision, and its device and precision."""
        return common._replace(
            device=self.device or common.device,
            dtype=self.dtype or common.dtype,
            revision=self.revision,
            pretrained_only=self.pretrained_only,
        )

    def ended_by(self, error: AdvisorError) -> Candidate:
        """Return the candidate with the error that ended its run."""
        return self._replace(failed=error.message, kind=error.kind, hint=error.hint or "")


def candidates_for(
    rulebase: RuleBase, choice: CheckpointChoice, *, may_download: bool
) -> list[Candidate]:
    """Return the candidates that the options choose; raise UsageError if the options conflict."""
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
    """Return the first runnable checkpoint of the best ranked family that has one, for a task.

    Without `may_download` a downloaded checkpoint is preferred. Raises AdvisorError if there is
    none.
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
    """Return the candidate of a catalog id, a demo id, or any other checkpoint name."""
    if checkpoint := rulebase.forms.get(name):
        return catalogued(checkpoint, revision)
    families = {demo.id: demo.family for demo in demo_checkpoints()}
    return Candidate(name, name, families.get(name), revision)


def _named(rulebase: RuleBase, name: str, task: str, revision: str) -> Candidate:
    """Return the candidate of a named checkpoint, for `task` or else its first supported task."""
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
    """Yield, for each family in ranked order, its checkpoints that run as-is for any task."""
    for assessment in decision.assessments:
        if assessment.verdict == "excluded":
            continue
        selection = select_of(rulebase, assessment.family, decision.profile)
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
    """Return whether a checkpoint is downloaded, at its pinned revision or at `main`."""
    return any(cached_snapshot(checkpoint.hub_id, at) for at in (checkpoint.revision, None))


def revision_here(checkpoint: Checkpoint) -> str | None:
    """Return the pinned revision, or None (`main`) if only that is downloaded."""
    id, pinned = checkpoint.hub_id, checkpoint.revision
    return None if pinned and not cached_snapshot(id, pinned) and cached_snapshot(id) else pinned


def catalogued(checkpoint: Checkpoint, revision: str | None = None) -> Candidate:
    """Return the candidate of a catalog checkpoint or quantized form, at `revision` or its own."""
    return Candidate(
        name=checkpoint.id,
        checkpoint=checkpoint.hub_id,
        family=checkpoint.family,
        revision=revision or revision_here(checkpoint),
        dtype=f"{checkpoint.bits}-bit" if checkpoint.is_rounded else "",
        pretrained_only=checkpoint.stage == "pre-trained",
    )

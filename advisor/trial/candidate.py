"""Candidates: checkpoints under names; which `advisor try` runs, and which cannot be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Annotated, NamedTuple

from advisor.console.options import option
from advisor.console.output import note
from advisor.decide.command_lines import may_run
from advisor.errors import AdvisorError, UsageError
from advisor.hub import cached_snapshot
from advisor.model.library import ANSWER, CAPTION, LABEL, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.demo import demo_checkpoints

if TYPE_CHECKING:
    from advisor.decide.selection import Selection
    from advisor.engine.decision import Decision
    from advisor.model import Checkpoint
    from advisor.trial.answer import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointChoice:
    """What was asked to be run: at most one of `checkpoints`, `family`, `compare` and `demo`."""

    checkpoints: Annotated[
        list[str] | None,
        option(
            "--checkpoint ID|FOLDER",
            "Model to run. Can be used multiple times. demo:clip is included.",
        ),
    ] = None
    family: Annotated[
        str, option("--family FAMILY", "Run the first checkpoint of this family.")
    ] = ""
    compare: Annotated[
        bool, option("--compare", "Run the first checkpoint of each family side by side.")
    ] = False
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
    headers of its weights; `memory_mb` is estimated. `failed` says why it did not run, or not to
    its end; `kind` and `hint` are those of that error.
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
    memory_mb: float | None = None
    warnings: tuple[str, ...] = ()
    failed: str | None = None
    kind: str = ""
    hint: str = ""

    @property
    def why_not(self) -> str:
        """Who could not do what, and why."""
        return f"{self.name}: {self.task}: {self.failed}"

    def ended_by(self, error: AdvisorError) -> Candidate:
        """Return it with what ended it."""
        return self._replace(failed=error.message, kind=error.kind, hint=error.hint or "")


Plans = tuple[list[Candidate], list[Candidate]]
"""What to run, and what cannot be run."""


def plans_for(
    rulebase: RuleBase, choice: CheckpointChoice, request: Request, *, may_download: bool
) -> Plans:
    """Return what to run for what was asked, and what cannot be run, with the reason.

    Raises UsageError where two ways to choose are given: the first picks of all families are no
    checkpoints that were named.
    """
    flags = ("--demo", "--checkpoint", "--family", "--compare")
    used = (choice.demo, choice.checkpoints, choice.family, choice.compare)
    chosen = list(compress(flags, used))
    task = rulebase.task(choice.task).id if choice.task else ""
    if len(chosen) > 1:
        raise UsageError(
            f"{' and '.join(chosen)} cannot be combined",
            hint="pass one of these flags. Several --checkpoint flags compare checkpoints",
        )
    if choice.demo:
        return _demo_plans(rulebase, task)
    if choice.checkpoints:
        return [_named(rulebase, name, task, choice.revision) for name in choice.checkpoints], []
    if choice.revision:
        raise UsageError("`--revision` needs a checkpoint", hint="add --checkpoint ID")
    if choice.compare:
        return _compared_plans(rulebase, task, request, may_download=may_download)
    return [_recommended_plan(rulebase, choice.family, task, may_download=may_download)], []


def _demo_plans(rulebase: RuleBase, task: str) -> Plans:
    """Return the demo checkpoints for a task, or for all that each of them can do."""
    demos = demo_checkpoints()
    runs = [
        Candidate(demo.id, demo.id, demo.family, task=each)
        for demo in demos
        for each in demo.tasks
        if task in ("", each)
    ]
    if not runs:
        tasks = sorted({each for demo in demos for each in demo.tasks})
        raise UsageError(
            f"no demo checkpoint supports `{task}`",
            hint=f"the demo checkpoints support {', '.join(tasks)}",
        )
    shown = dict.fromkeys(run.task for run in runs)
    refusals = [
        Candidate(demo.id, demo.id, demo.family, task=each, failed=why)
        for demo in demos
        for each in shown
        if each not in demo.tasks and (why := why_not(rulebase, demo.family, each))
    ]
    return runs, refusals


def _recommended_plan(
    rulebase: RuleBase, family: str, task: str, *, may_download: bool
) -> Candidate:
    """Return what the catalogue puts first for a task: of a family, or of the recommended one.

    Without `may_download` a checkpoint on this machine goes before one that is not.
    """
    if not task:
        raise UsageError(
            "no task was passed. Add --task, --checkpoint or --demo",
            hint="e.g. `--task captioning`. `advisor list tasks` prints the tasks",
        )
    families = [rulebase.family(family).id] if family else _ranked_families(rulebase, task)
    for each in families:
        if first := _first_pick(rulebase, each, task, may_download):
            return first
    why = why_not(rulebase, families[0], task) if family else ""
    of_family = f" of `{family}`" if family else ""
    raise AdvisorError(
        f"the catalog has no checkpoint{of_family} that advisor can load for `{task}`",
        hint=why or f"`advisor recommend --task {task}` lists what the catalog has",
        kind="nothing-to-load",
        exit_code=1,
    )


def _compared_plans(
    rulebase: RuleBase, task: str, request: Request, *, may_download: bool
) -> Plans:
    """Return the first pick of every family for what it can do with what was given.

    A family that cannot do the task does the plainest thing it can instead, and the reason why it
    cannot do the task is among the refusals.
    """
    given = {LABEL: request.texts, CAPTION: True, ANSWER: request.question, SEARCH: request.query}
    plainest = [rulebase.acts[act].tasks[0] for act, suffices in given.items() if suffices]
    runs: list[Candidate] = []
    refusals: list[Candidate] = []
    for family in _ranked_families(rulebase, task or plainest[0]):
        wanted = [task] if task in rulebase.family(family).tasks else plainest
        picks = (_first_pick(rulebase, family, each, may_download) for each in wanted)
        runs += filter(None, picks)
        refusals += [
            Candidate(family, "", family, task=each, failed=why)
            for each in dict.fromkeys([*([task] if task else []), *wanted])
            if (why := why_not(rulebase, family, each))
        ]
    return runs, refusals


def why_not(rulebase: RuleBase, family: str, task: str) -> str:
    """Return why a family cannot do a task, empty where it can."""
    entry, wanted = rulebase.family(family), rulebase.task(task)
    if task in entry.tasks:
        return ""
    implied = [option for options in wanted.implies.values() for option in options]
    reasons = [entry.cannot[name] for name in (task, *implied) if name in entry.cannot]
    return reasons[0].because if reasons else f"{entry.name} does not support this task."


def _decision(rulebase: RuleBase, task: str) -> Decision:
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile

    return Engine.known(rulebase).decide(make_profile(rulebase, {"task": task}))


def _ranked_families(rulebase: RuleBase, task: str) -> list[str]:
    return [assessment.family for assessment in _decision(rulebase, task).assessments]


def candidate_of(rulebase: RuleBase, name: str, revision: str | None = None) -> Candidate:
    """Return the candidate of a name: one of the catalogue, a demo, or what nobody knows."""
    if checkpoint := rulebase.checkpoints.get(name):
        return catalogued(checkpoint, revision)
    families = {demo.id: demo.family for demo in demo_checkpoints()}
    return Candidate(name, name, families.get(name), revision)


def _named(rulebase: RuleBase, name: str, task: str, revision: str) -> Candidate:
    """Return the candidate of a checkpoint that was named, for its first task where none was."""
    checkpoint = rulebase.checkpoints.get(name)
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


def _first_pick(rulebase: RuleBase, family: str, task: str, may_download: bool) -> Candidate | None:
    """Return the best checkpoint of a family for a task that can be had, None where none is."""
    from advisor.decide.selection import ORDERS, select_of

    selection = select_of(rulebase, family, _decision(rulebase, task).profile, ORDERS[0])
    runnable = as_they_are(selection, lambda model_type: may_run(rulebase, model_type, task))
    if not runnable:
        return None
    best = runnable[0] if may_download else next(filter(is_here, runnable), runnable[0])
    if best is not runnable[0]:
        better = f"The catalog ranks {runnable[0].id} higher"
        note(f"{best.id} is used because its files are already downloaded. {better}")
    return catalogued(best)._replace(task=task)


def as_they_are(selection: Selection, may_run: Callable[[str | None], bool]) -> list[Checkpoint]:
    """Return what of a selection transformers loads as it is, of the types that may run."""
    return [
        pick.checkpoint
        for pick in (*selection.picks, *selection.unverified)
        if pick.use == "as-is"
        and pick.checkpoint.loader == "transformers"
        and may_run(pick.checkpoint.model_type)
    ]


def is_here(checkpoint: Checkpoint) -> bool:
    """True where a checkpoint is on this machine, at its pinned revision or another."""
    return any(cached_snapshot(checkpoint.id, revision) for revision in (checkpoint.revision, None))


def revision_here(checkpoint: Checkpoint) -> str | None:
    """Return the pinned revision, unless another one is on this machine."""
    pinned = checkpoint.revision
    if pinned and not cached_snapshot(checkpoint.id, pinned) and cached_snapshot(checkpoint.id):
        return None
    return pinned


def catalogued(checkpoint: Checkpoint, revision: str | None = None) -> Candidate:
    """Return the candidate of a catalogued checkpoint at a revision, else at that in use here."""
    return Candidate(
        name=checkpoint.id,
        checkpoint=checkpoint.id,
        family=checkpoint.family,
        revision=revision or revision_here(checkpoint),
        pretrained_only=checkpoint.stage == "pre-trained",
    )

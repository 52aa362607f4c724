"""What `advisor try` runs: which checkpoints, for which tasks, and which families cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from advisor.decide.programs import may_run
from advisor.errors import AdvisorError, UsageError
from advisor.hub import cached_snapshot
from advisor.model.library import ANSWER, CAPTION, LABEL, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.demo import demo_checkpoints

if TYPE_CHECKING:
    from advisor.model import Checkpoint
    from advisor.trial.answer import Request


class CheckpointChoice(NamedTuple):
    """What was asked to be run: at most one of the first four is given."""

    checkpoints: tuple[str, ...] = ()
    family: str = ""
    compare: bool = False
    demo: bool = False
    task: str = ""
    revision: str = ""


class Plan(NamedTuple):
    """One checkpoint to run for one task; `family` is None where nobody says.

    `pretrained_only` says that its answers mean nothing before fine-tuning; `ahead` is the
    checkpoint that the catalogue puts before it, where that one is not on this machine.
    """

    checkpoint: str
    task: str
    family: str | None
    revision: str | None = None
    pretrained_only: bool = False
    ahead: str | None = None


class Refusal(NamedTuple):
    """A task that a family or a checkpoint could not do, and why."""

    family: str | None
    checkpoint: str | None
    task: str
    why: str

    @property
    def who(self) -> str:
        """Who could not."""
        return self.checkpoint or self.family or ""


class Plans(NamedTuple):
    """What to run, and what cannot be run, with the reason."""

    runs: list[Plan]
    refusals: list[Refusal]


def plans_for(
    rulebase: RuleBase, choice: CheckpointChoice, request: Request, *, may_download: bool
) -> Plans:
    """Return what to run for what was asked.

    Raises UsageError where two ways to choose are given: the first picks of all families are no
    checkpoints that were named.
    """
    ways = {
        "--demo": choice.demo,
        "--checkpoint": bool(choice.checkpoints),
        "--family": bool(choice.family),
        "--compare": choice.compare,
    }
    chosen = [flag for flag, used in ways.items() if used]
    if len(chosen) > 1:
        several = "; several --checkpoint run side by side" if "--checkpoint" in chosen else ""
        raise UsageError(
            f"{' and '.join(chosen)} do not go together", hint=f"name one of them{several}"
        )
    if choice.demo:
        return demo_plans(rulebase, choice.task)
    if choice.checkpoints:
        return Plans([_named(rulebase, name, choice) for name in choice.checkpoints], [])
    if choice.revision:
        raise UsageError(
            "`--revision` belongs to a checkpoint that you name", hint="add --checkpoint ID"
        )
    if choice.compare:
        return compared_plans(rulebase, choice.task, request, may_download=may_download)
    return recommended_plans(rulebase, choice, may_download=may_download)


def demo_plans(rulebase: RuleBase, task: str) -> Plans:
    """Return the demo checkpoints for a task, or for all that each of them can do."""
    demos = demo_checkpoints()
    runs = [
        Plan(demo.id, each, demo.family)
        for demo in demos
        for each in demo.tasks
        if task in ("", each)
    ]
    shown = list(dict.fromkeys(plan.task for plan in runs)) or [task]
    refusals = [
        Refusal(demo.family, demo.id, each, why)
        for demo in demos
        for each in shown
        if each not in demo.tasks and (why := why_not(rulebase, demo.family, each))
    ]
    if not runs:
        known = dict.fromkeys(each for demo in demos for each in demo.tasks)
        raise UsageError(
            f"no demo checkpoint does `{task}`", hint=f"they do: {', '.join(sorted(known))}"
        )
    return Plans(runs, refusals)


def recommended_plans(rulebase: RuleBase, choice: CheckpointChoice, *, may_download: bool) -> Plans:
    """Return what the catalogue puts first for a task: of a family, or of the recommended one.

    Without `may_download` a checkpoint on this machine goes before one that is not.
    """
    task, family = choice.task, choice.family
    if not task:
        raise UsageError(
            "say what to do with the image: --task, --checkpoint or --demo",
            hint="`advisor list tasks` prints the tasks",
        )
    families = [rulebase.family(family).id] if family else _ranked_families(rulebase, task)
    for each in families:
        if first := _first_pick(rulebase, each, task, may_download):
            return Plans([first], [])
    why = why_not(rulebase, families[0], task) if family else ""
    raise AdvisorError(
        f"the catalogue has nothing of `{family}` to load for `{task}`"
        if family
        else f"the catalogue has nothing to load for `{task}`",
        hint=why or f"`advisor recommend --task {task}` says what there is",
        kind="nothing-to-load",
        exit_code=1,
    )


def compared_plans(rulebase: RuleBase, task: str, request: Request, *, may_download: bool) -> Plans:
    """Return the first pick of every family for what it can do with what was given.

    A family that cannot do the task does the plainest thing it can instead, and the reason why it
    cannot do the task is among the refusals.
    """
    plainest = plainest_tasks(rulebase, request)
    runs: list[Plan] = []
    refusals: list[Refusal] = []
    for family in _ranked_families(rulebase, task or plainest[0]):
        wanted = [task] if task in rulebase.family(family).tasks else list(plainest)
        picks = (_first_pick(rulebase, family, each, may_download) for each in wanted)
        runs += [pick for pick in picks if pick is not None]
        refusals += [
            Refusal(family, None, each, why)
            for each in dict.fromkeys([*([task] if task else []), *wanted])
            if (why := why_not(rulebase, family, each))
        ]
    return Plans(runs, refusals)


def plainest_tasks(rulebase: RuleBase, request: Request) -> tuple[str, ...]:
    """Return the plainest tasks that the inputs beside the image suffice for."""
    given = {
        LABEL: bool(request.texts),
        CAPTION: True,
        ANSWER: bool(request.question),
        SEARCH: bool(request.query),
    }
    return tuple(rulebase.acts[act].tasks[0] for act, suffices in given.items() if suffices)


def why_not(rulebase: RuleBase, family: str, task: str) -> str:
    """Return why a family cannot do a task, empty where it can."""
    known, wanted = rulebase.family(family), rulebase.task(task)
    if task in known.tasks:
        return ""
    implied = [option for options in wanted.implies.values() for option in options]
    reasons = [known.cannot[name] for name in (task, *implied) if name in known.cannot]
    return reasons[0].because if reasons else f"{known.name} does not do this."


def _ranked_families(rulebase: RuleBase, task: str) -> list[str]:
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile

    decision = Engine(rulebase).decide(make_profile(rulebase, {"task": task}))
    return [assessment.family for assessment in decision.assessments]


def _named(rulebase: RuleBase, name: str, choice: CheckpointChoice) -> Plan:
    """Return the plan of a checkpoint that was named, for its first task where none was."""
    known = rulebase.checkpoints.get(name)
    demo = next((demo for demo in demo_checkpoints() if demo.id == name), None)
    usual = demo.tasks if demo else known.tasks if known else ()
    if not choice.task and not usual:
        raise UsageError(
            f"say what `{name}` is to do: --task", hint="`advisor list tasks` prints them"
        )
    task = choice.task or usual[0]
    if known is None:
        return Plan(name, task, demo.family if demo else None, choice.revision or None)
    return _catalogued(known, task, choice.revision)


def _first_pick(rulebase: RuleBase, family: str, task: str, may_download: bool) -> Plan | None:
    """Return the best checkpoint of a family for a task that can be had, None where none is."""
    from advisor.decide.selection import select
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile

    decision = Engine(rulebase).decide(make_profile(rulebase, {"task": task}))
    selection = select(rulebase, decision._replace(family=family))
    runnable = [
        pick.checkpoint
        for pick in (*selection.picks, *selection.unverified)
        if pick.use == "as-is"
        and pick.checkpoint.loader == "transformers"
        and may_run(rulebase, pick.checkpoint.model_type, task)
    ]
    if not runnable:
        return None
    best = runnable[0] if may_download else next(filter(_is_here, runnable), runnable[0])
    ahead = None if best is runnable[0] else runnable[0].id
    return _catalogued(best, task, "")._replace(ahead=ahead)


def _is_here(checkpoint: Checkpoint) -> bool:
    revisions = (checkpoint.revision, None)
    return any(cached_snapshot(checkpoint.id, revision) for revision in revisions)


def _catalogued(known: Checkpoint, task: str, revision: str) -> Plan:
    """Return the plan of a catalogued checkpoint at its pinned revision, unless another is here."""
    pinned = known.revision
    if pinned and not cached_snapshot(known.id, pinned) and cached_snapshot(known.id):
        pinned = None
    return Plan(
        checkpoint=known.id,
        task=task,
        family=known.family,
        revision=revision or pinned,
        pretrained_only=known.stage == "pre-trained",
    )

"""What `advisor try` runs: which checkpoints, for which tasks, and which families cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from advisor.errors import AdvisorError, UsageError
from advisor.rulebase.base import RuleBase
from advisor.trial.page import Refusal

if TYPE_CHECKING:
    from advisor.model import Checkpoint
    from advisor.trial import DemoCheckpoint


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


class Given(NamedTuple):
    """What came with the image: it decides what can be asked of each family."""

    labels: bool
    question: bool
    query: bool


class Asked(NamedTuple):
    """What was asked to be run: at most one of the first four is given."""

    checkpoints: tuple[str, ...]
    family: str
    compare: bool
    demo: bool
    task: str
    revision: str
    given: Given


class Plans(NamedTuple):
    """What to run, and what cannot be run, with the reason."""

    runs: list[Plan]
    refusals: list[Refusal]


def plans_for(rulebase: RuleBase, asked: Asked, *, may_download: bool) -> Plans:
    """Return what to run for what was asked.

    Raises UsageError where two ways to choose are given: the first picks of all families are no
    checkpoints that were named.
    """
    ways = {
        "--demo": asked.demo,
        "--checkpoint": bool(asked.checkpoints),
        "--family": bool(asked.family),
        "--compare": asked.compare,
    }
    chosen = [flag for flag, used in ways.items() if used]
    if len(chosen) > 1:
        several = "; several --checkpoint run side by side" if "--checkpoint" in chosen else ""
        raise UsageError(
            f"{' and '.join(chosen)} do not go together", hint=f"name one of them{several}"
        )
    if asked.demo:
        return demo_plans(rulebase, asked.task)
    if asked.checkpoints:
        return named_plans(rulebase, list(asked.checkpoints), asked.task, asked.revision)
    if asked.revision:
        raise UsageError(
            "`--revision` belongs to a checkpoint that you name", hint="add --checkpoint ID"
        )
    if asked.compare:
        return compared_plans(rulebase, asked.task, asked.given, may_download=may_download)
    return recommended_plans(rulebase, asked.task, asked.family, may_download=may_download)


def demo_plans(rulebase: RuleBase, task: str) -> Plans:
    """Return the demo checkpoints for a task, or for all that each of them can do."""
    from advisor.trial import demo_checkpoints

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


def named_plans(rulebase: RuleBase, names: list[str], task: str, revision: str) -> Plans:
    """Return the checkpoints that were named, for a task or for the first each is made for."""
    return Plans([_named(rulebase, name, task, revision) for name in names], [])


def recommended_plans(rulebase: RuleBase, task: str, family: str, *, may_download: bool) -> Plans:
    """Return what the catalogue puts first for a task: of a family, or of the recommended one.

    Without `may_download` a checkpoint on this machine goes before one that is not.
    """
    if not task:
        raise UsageError(
            "say what to do with the image: --task, --checkpoint or --demo",
            hint="`advisor list tasks` prints the tasks",
        )
    wanted = [rulebase.family(family).id] if family else _ranked(rulebase, task)
    for one in wanted:
        if first := _first(rulebase, one, task, may_download):
            return Plans([first], [])
    why = why_not(rulebase, wanted[0], task) if family else ""
    raise AdvisorError(
        f"the catalogue has nothing of `{family}` to load for `{task}`"
        if family
        else f"the catalogue has nothing to load for `{task}`",
        hint=why or f"`advisor recommend --task {task}` says what there is",
        kind="nothing-to-load",
        exit_code=1,
    )


def compared_plans(rulebase: RuleBase, task: str, given: Given, *, may_download: bool) -> Plans:
    """Return the first pick of every family for what it can do with what was given.

    A family that cannot do the task does the plainest thing it can instead, and the reason why it
    cannot do the task is among the refusals.
    """
    from advisor.trial.acts import tasks_with

    plainest = tasks_with(**given._asdict())
    runs: list[Plan] = []
    refusals: list[Refusal] = []
    for family in _ranked(rulebase, task or plainest[0]):
        wanted = [task] if task in rulebase.family(family).tasks else list(plainest)
        picks = (_first(rulebase, family, each, may_download) for each in wanted)
        runs += [pick for pick in picks if pick is not None]
        refusals += [
            Refusal(family, None, each, why)
            for each in dict.fromkeys([*([task] if task else []), *wanted])
            if (why := why_not(rulebase, family, each))
        ]
    return Plans(runs, refusals)


def why_not(rulebase: RuleBase, family: str, task: str) -> str:
    """Return why a family cannot do a task, empty where it can."""
    known, wanted = rulebase.family(family), rulebase.task(task)
    if task in known.tasks:
        return ""
    implied = [option for options in wanted.implies.values() for option in options]
    reasons = [known.cannot[name] for name in (task, *implied) if name in known.cannot]
    return reasons[0].because if reasons else f"{known.name} does not do this."


def _ranked(rulebase: RuleBase, task: str) -> list[str]:
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile

    decision = Engine(rulebase).decide(make_profile(rulebase, {"task": task}))
    return [assessment.family for assessment in decision.assessments]


def _named(rulebase: RuleBase, name: str, task: str, revision: str) -> Plan:
    known = rulebase.checkpoints.get(name)
    demo = _demo_named(name)
    if not task and demo is not None:
        task = demo.tasks[0]
    if not task:
        if known is None or not known.tasks:
            raise UsageError(
                f"say what `{name}` is to do: --task", hint="`advisor list tasks` prints them"
            )
        task = known.tasks[0]
    if known is None:
        return Plan(name, task, demo.family if demo else None, revision or None)
    return _plan(known, task, revision)


def _demo_named(name: str) -> DemoCheckpoint | None:
    from advisor.trial import demo_checkpoints

    return next((demo for demo in demo_checkpoints() if demo.id == name), None)


def _first(rulebase: RuleBase, family: str, task: str, may_download: bool) -> Plan | None:
    """Return the best checkpoint of a family for a task that can be had, None where none is."""
    from advisor.decide.selection import select
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile
    from advisor.trial.model_types import may_run

    decision = Engine(rulebase).decide(make_profile(rulebase, {"task": task}))
    selection = select(rulebase, decision._replace(family=family))
    known = [
        pick.checkpoint
        for pick in (*selection.picks, *selection.unverified)
        if pick.use == "as-is"
        and pick.checkpoint.loader == "transformers"
        and may_run(pick.checkpoint.model_type, task)
    ]
    if not known:
        return None
    best = known[0] if may_download else next(filter(_is_here, known), known[0])
    ahead = None if best is known[0] else known[0].id
    return _plan(best, task, "")._replace(ahead=ahead)


def _is_here(checkpoint: Checkpoint) -> bool:
    from advisor.hub import cached_snapshot

    revisions = (checkpoint.revision, None)
    return any(cached_snapshot(checkpoint.id, revision) for revision in revisions)


def _plan(known: Checkpoint, task: str, revision: str) -> Plan:
    """Return the plan of a catalogued checkpoint at its pinned revision, unless another is here."""
    from advisor.hub import cached_snapshot

    pinned = known.revision
    if pinned and not cached_snapshot(known.id, pinned) and cached_snapshot(known.id):
        pinned = None
    return Plan(
        known.id,
        task,
        known.family,
        revision or pinned,
        pretrained_only=known.stage == "pre-trained",
    )

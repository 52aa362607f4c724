"""Declared models against their needs, the code and the lock: tasks, limits, families, changes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from advisor.check.case import CHOSEN, DECLARED, Case, id_place, rule, writes
from advisor.check.finding import Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.judgement import DeclaredChoice, Judgement
from advisor.check.records import LOCK, Lock, LockedChoice, locked_choices
from advisor.decide.bounded_rules import bounded
from advisor.decide.command_lines import act_of
from advisor.decide.precedence import FIGURE, Precedences
from advisor.decide.requirements import Gap, Requirements
from advisor.decide.selection import Pick, select
from advisor.engine.bounds import BOUNDED
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer
from advisor.model import NONE, NOT_APPLICABLE, TASK, Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

LICENCE = "commercial_use"
LIMITS = {LICENCE: "licence-forbids-use", "memory_gb": "memory-over-limit"}
"""The fields of a checkpoint that have a rule of their own."""
MISSED = ("requirement-missed", *LIMITS.values())
OPEN = {"image-text-to-text", "any-to-any", "feature-extraction", "image-feature-extraction"}
"""Pipelines of many tasks, whose classes do not tell one task."""


@rule(
    *("family-excluded", "family-discouraged", "family-allowed", "undetermined", "caveat"),
    each=CHOSEN,
)
def family_of_choice(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """Find families that are excluded, discouraged, only allowed, undecided or have a caveat."""
    family, verdict = judgement.checkpoint.family, judgement.assessment.verdict
    if judgement.undetermined:
        flag = judgement.settles and judgement.settles.typed
        fix = f"set `{flag}` under `needs`" if judgement.choice else f"pass `--{flag}`"
        message = f"a missing answer decides whether {family} fits"
        yield Finding(message, fix=fix if flag else None, rule="undetermined")
    elif verdict == "recommended":
        for caveat in judgement.assessment.caveats:
            message = f"{family} is recommended, but the rule {caveat.rule.id} advises against it"
            because, sources = caveat.rule.because, caveat.rule.sources
            yield Finding(message, because=because, sources=sources, rule="caveat")
    else:
        instead, fired = judgement.decision.family, judgement.assessment.fired
        opposed = [it.rule for it in fired if it.rule.effect != "prefer" and verdict != "allowed"]
        against = opposed[0] if opposed else None
        yield Finding(
            f"{family} is {verdict} for these needs, and {instead or NONE} is recommended",
            rule=f"family-{verdict}",
            because=f"{against.id}: {against.because}" if against else "",
            sources=against.sources if against else (),
            fix=f"use a checkpoint of {instead}" if instead else None,
        )


@rule("outdated-choice", "choice-not-compared", each=CHOSEN)
def outdated_choice(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """Find declared models that a benchmark ranks lower, or that none compares with higher ones."""
    yield from _standing(judgement.rulebase, judgement.decision, judgement.checkpoint)


@rule("outdated-choice", each=Case.catalogued)
def outdated_load(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Find loads whose checkpoint ranks below another one for the task of the pipeline or class."""
    if checkpoint.id in {choice.checkpoint for choice in case.choices} or usage.trained:
        return
    tasks = _tasks_of_load(case, usage, checkpoint)
    if len(tasks) == 1:
        standings: dict[tuple[str, str], list[Finding]] = case.worked_out("standing", lambda _: {})
        key = checkpoint.id, tasks[0]
        if key not in standings:
            profile = {**case.declared, TASK: Answer((tasks[0],), None, "implied")}
            engine, profile = bounded(Engine.known(case.rulebase), profile)
            standings[key] = [*_standing(engine.rulebase, engine.decide(profile), checkpoint)]
        for finding in standings[key]:
            if not finding.rule:  # what no result compares is said of choices alone
                yield finding._replace(place=id_place(usage))


def _tasks_of_load(case: Case, usage: Usage, checkpoint: Checkpoint) -> list[str]:
    """Return the tasks that a pipeline may have, or for which a class is made; empty if unclear."""
    able = [task for task in case.rulebase.tasks if task.id in checkpoint.tasks]
    if usage.model and usage.model.kind == "model" and usage.class_name and not usage.task:
        features = chain.from_iterable(case.knowledge("features", "output-as-tensor").values())
        if {call.name for call in usage.calls}.intersection(features):
            return []  # embeddings serve many tasks
        acts = {act.id for task in able if (act := act_of(case.rulebase, task.id))}
        if len(acts) == 1 and len(made := checkpoint.typical or checkpoint.tasks) == 1:
            return list(made)
        loads, type = case.release.loads_with_pipeline, checkpoint.model_type or ""
        names = {*case.release.pipelines} - OPEN
        pipelines = {name for name in names if usage.class_name in loads(name, type)}
        return [task.id for task in able if pipelines & {*task.aliases}]
    named = [task.id for task in able if usage.task in (task.id, *task.aliases)]
    return named or [task.id for task in able if usage.task in task.hub_tasks]


def _standing(rulebase: RuleBase, decision: Decision, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Yield a finding if a benchmark ranks another checkpoint higher, or if none compares them."""
    picks = select(rulebase, decision).fitting
    own = next((pick for pick in picks if pick.checkpoint.id == checkpoint.id), None)
    if own is None or own.place == 1:
        return
    needed = Requirements(rulebase, decision.profile)
    by = Precedences.known(rulebase, needed.task, needed.languages)
    ahead = [pick for pick in picks if pick.place < own.place]
    among = f"{len(picks)} checkpoints that fit, for {needed.task}"
    place = f"{checkpoint.id} ranks number {picks.index(own) + 1} of {among}"
    fix = "run `advisor evaluate` to compare both on your images"
    compared = False
    for better in sorted(ahead, key=lambda pick: not pick.within(own.needs_gb or 0)):
        pair = by.compare([better.checkpoint, checkpoint])
        lead = by.precedence(pair.told[0]) if pair.told else None
        compared |= bool(pair.tied) or (lead is not None and lead.by == FIGURE)
        if lead is None or lead.by != FIGURE or lead.next != checkpoint.id:
            continue
        memory = f"needs {_gb(better)}, this checkpoint {_gb(own)}"
        memory = f". The better checkpoint {memory}" if better.memory_gb else ""
        yield Finding(
            f"{place}. {better.checkpoint.id}, ranked above it, has {lead.yardstick} "
            f"{lead.value:g} against {lead.next_value:g}{memory}",
            sources=[lead.source] if lead.source else (),
            fix=fix,
        )
        return
    if not compared:
        first = f"{place}, behind {picks[0].checkpoint.id}, but no benchmark compares it with"
        yield Finding(f"{first} a higher-ranked checkpoint", fix=fix, rule="choice-not-compared")


def _gb(pick: Pick) -> str:
    return "unknown memory" if pick.memory_gb is None else f"~{pick.memory_gb:.1f} GB"


@rule("unknown-checkpoint", each=DECLARED)
def unknown_checkpoint(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """Find declared models that are not in the catalog."""
    if choice.checkpoint not in case.rulebase.checkpoints:
        near = identity_of(case.rulebase, choice.checkpoint)
        like = f", but resembles {near.known[0].id}" if near else ""
        yield Finding(f"{choice.checkpoint} is not in the catalog{like}")


@rule("undeclared-usage", each=Case.known)
def undeclared_usage(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Find loads of known checkpoints that are not declared, in a project that declares some."""
    declared = {choice.checkpoint for choice in case.choices}
    if declared and usage.model is not None and identity.id not in declared:
        message = f"advisor.yaml does not declare {identity.id}"
        fix = "declare the model in advisor.yaml, or use one that is declared"
        yield Finding(message, id_place(usage), fix=fix)


@rule("unused-choice", each=DECLARED, runs=lambda it: it.whole and it.scan.usages)
def unused_choice(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """Find declared models that no code loads, if all code of the project was scanned."""
    loaded = {value.text for usage in case.scan.usages for value in usage.alternatives}
    if choice.checkpoint not in loaded:
        yield Finding(f"no checked code loads {choice.checkpoint}")


@rule("choice-changed", each=DECLARED, runs=lambda case: case.lock is not None)
def choice_changed(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """Find declared models that differ from the lock, and the reason."""
    lock = case.lock or Lock("", ())
    now = locked_choices(case.rulebase, choice, case.judgements_of(choice))
    before = {locked.task: locked for locked in lock.choices if locked.name == choice.name}
    for new in now:
        old = before.get(new.task)
        if what := _differences(old, new) if old else ["the lock has no entry for the model"]:
            task = f" for {new.task}" if len(now) > 1 else ""
            why = ["the `needs` in advisor.yaml changed"] if old and old.needs != new.needs else []
            if lock.rule_base != case.rulebase.digest:
                changed = f"{lock.rule_base} is now {case.rulebase.digest}"
                why.append(f"the rules changed ({changed})")
            message = f"`{choice.name}`{task} differs from {LOCK}: {'; '.join(what)}"
            fix = "review the change, then run `advisor check --lock`"
            yield Finding(message, because=" and ".join(why), fix=fix)


def _differences(old: LockedChoice, new: LockedChoice) -> list[str]:
    words = {"verdict": "family", "recommended": "recommended family", "best": "first checkpoint"}
    fields = ("checkpoint", "revision", *words)
    pairs = ((words.get(of, of), getattr(old, of), getattr(new, of)) for of in fields)
    changed = ((word, *map(str, (was or "none", now or "none"))) for word, was, now in pairs)
    return [f"the {word} was {was} and is now {now}" for word, was, now in changed if was != now]


@rule("task-not-done", each=Case.known, citing=("pipeline", "class"))
def pipeline_or_generate(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Find pipelines that cannot load a model type, and `generate` of models without text."""
    if usage.model is None or identity.model_type is None:
        return
    id, model_type, release, fix = identity.id, identity.model_type, case.release, None
    if usage.model.kind == "pipeline" and usage.task:
        change = release.removed(usage.task, "pipeline")
        task = (change.instead if change and change.kind == "redirected" else None) or usage.task
        supported = release.has_pipeline(task) and release.knows(model_type)
        if not supported or release.loads_with_pipeline(task, model_type):
            return
        place = usage.place
        message = f"the pipeline `{usage.task}` cannot load {id}, which is a {model_type} model"
        if identity.checkpoint and (own := identity.checkpoint.pipeline):
            fix = f"use the pipeline `{own}`, or another checkpoint"
    else:
        call, home = writes(usage), identity.known[0].family
        gives = next((set(it.gives) for it in case.rulebase.families if it.id == home), None)
        if not call or not call.certain or gives is None or gives & {*case.knowledge("written")}:
            return
        place, message = call.place, f"{id} has no decoder, so it cannot generate text"
    yield Finding(message, place, fix=fix)


@rule("task-not-done", "needs-fine-tuning", each=CHOSEN, citing=("tasks",))
def task_of_choice(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """Find tasks that a declared checkpoint does not support, or only after fine-tuning."""
    checkpoint, task, use = judgement.checkpoint, judgement.task, judgement.suitability.use
    if use is None and task in checkpoint.fine_tune:
        message = f"{checkpoint.id} needs fine-tuning for {task}"
        fix = "fine-tune the checkpoint, or use one that supports the task without fine-tuning"
        yield Finding(message, fix=fix, rule="needs-fine-tuning")
    elif use is None:
        able = ", ".join(checkpoint.tasks) or "none of the known tasks"
        message = f"{checkpoint.id} does not support {task}. The checkpoint supports {able}"
        yield Finding(message, because="The catalog does not list this task for the checkpoint.")
    elif use == "fine-tune":
        message = f"{checkpoint.id} is only a starting point for fine-tuning"
        yield Finding(message, level="note", rule="needs-fine-tuning")


@rule(*MISSED, each=Case.catalogued)
def limit_in_code(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Find checkpoints in code that miss a limit of the whole project, such as license or memory.

    Those that `choices` declare have limits of their own. Questions that the project does not
    answer are not applicable, and the task is one that the checkpoint is for.
    """
    if not case.declared or checkpoint.id in {choice.checkpoint for choice in case.choices}:
        return
    task = [*checkpoint.tasks, *checkpoint.fine_tune, ""][0]
    unasked = Answer((NOT_APPLICABLE,), None, "assumed")
    profile = {question.id: unasked for question in case.rulebase.questions}
    profile |= {**case.declared, TASK: Answer((task,), None, "assumed")}
    engine, profile = bounded(Engine.known(case.rulebase), profile)
    for gap in Requirements(engine.rulebase, profile).judge(checkpoint).lacks:
        yield _missed(checkpoint, gap)._replace(place=id_place(usage))


@rule(*MISSED, "not-verified", each=CHOSEN)
def limit_of_choice(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """Find fields of a declared checkpoint that miss an answer, or are not verified for one.

    If the answer is assumed, a missed one is a note, and an unverified one is not reported.
    """
    checkpoint, suitability = judgement.checkpoint, judgement.suitability
    for gap in (*suitability.lacks, *suitability.unknown):
        finding = Finding(f"{checkpoint.id}: {gap.text}", rule="not-verified")
        if missed := gap in suitability.lacks:
            finding = _missed(checkpoint, gap)
        given = judgement.decision.profile[gap.question].origin != "assumed"
        if missed or given:
            because = f"required by {BOUNDED.get(gap.field, gap.question)}"
            yield finding._replace(level="" if given else "note", because=because)


def _missed(checkpoint: Checkpoint, gap: Gap) -> Finding:
    """Return the finding on a missed field; for a license, with the intended use."""
    intended = checkpoint.notes.get("intended_use", "") if gap.field == LICENCE else ""
    message = f"{checkpoint.id}: {gap.text}. {intended}".rstrip(". ")
    sources = checkpoint.sources.get(gap.field, ())
    return Finding(message, rule=LIMITS.get(gap.field, ""), sources=sources)

"""Choices held against their needs, the code and the lock: families, declarations, changes."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place, rule
from advisor.check.declaration import DeclaredChoice
from advisor.check.finding import Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.judgement import Judgement
from advisor.check.records import LOCK, Lock, LockedChoice, locked_choices
from advisor.decide.precedence import FIGURE, Precedences
from advisor.decide.requirements import Requirements
from advisor.decide.selection import Pick, select
from advisor.model import NONE
from advisor.scan.usage import Usage

SHOWN = 3
"""The checkpoints of more choices are counted, not named."""


@rule("undetermined", each=Case.chosen)
def undetermined(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """Open answers that decide whether the family is excluded."""
    if judgement.undetermined:
        may = " or ".join(judgement.assessment.possible_verdicts)
        fix = f"say what holds for `{judgement.settles}`" if judgement.settles else None
        message = f"{judgement.checkpoint.family} may be {may}, as open answers decide"
        yield Finding(message, fix=fix)


@rule("caveat", each=Case.chosen)
def caveat(_: Case, judgement: Judgement) -> Iterator[Finding]:
    """What speaks against a family that is recommended."""
    family = judgement.checkpoint.family
    for fired in judgement.assessment.caveats if not judgement.undetermined else ():
        message = f"{family} is recommended, and {fired.rule.id} speaks against it"
        because, sources = fired.rule.because, fired.rule.sources
        yield Finding(message, because=because, sources=sources)


@rule("family-excluded", "family-discouraged", "family-allowed", each=Case.chosen)
def another_family(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A family that cannot do what is needed, or that does it less well than another one."""
    verdict, instead = judgement.assessment.verdict, judgement.decision.family
    if judgement.undetermined or case.rule != f"family-{verdict}":
        return
    fired = [f.rule for f in judgement.assessment.fired if f.rule.effect != "prefer"]
    against = fired[0] if fired and verdict != "allowed" else None
    yield Finding(
        f"{judgement.checkpoint.family} is {verdict} here; {instead or NONE} is the answer",
        because=f"{against.id}: {against.because}" if against else "",
        sources=against.sources if against else (),
        fix=f"use a checkpoint of {instead}" if instead else None,
    )


@rule("outdated-choice", each=Case.chosen)
def outdated_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A choice behind another checkpoint for its needs, by a figure that both have."""
    picks = select(case.rulebase, judgement.decision).picks if judgement.choice else ()
    own = next((one for one in picks if one.checkpoint.id == judgement.checkpoint.id), None)
    if own is None:
        return
    needed = Requirements(case.rulebase, judgement.decision.profile)
    by = Precedences.known(case.rulebase, needed.task, needed.languages)
    ahead = [one for one in picks if one.place < own.place]
    for better in sorted(ahead, key=lambda one: not one.within(own.needs_gb or 0)):
        told = by.compare([better.checkpoint, own.checkpoint]).told
        found = by.precedence(told[0]) if told else None
        if found is None or found.by != FIGURE or found.next != own.checkpoint.id:
            continue
        first = "the first" if better.place == 1 else f"number {better.place}"
        memory = f"; it needs {_gb(better)}, yours {_gb(own)}" if better.memory_gb else ""
        yield Finding(
            f"{own.checkpoint.id} is number {own.place} of {len(picks)} for {judgement.task}; "
            f"{first}, {better.checkpoint.id}, has {found.yardstick} {found.value:g} against "
            f"{found.next_value:g}{memory}",
            sources=[found.source] if found.source else (),
            fix="`advisor evaluate` compares both on your images",
        )
        return


def _gb(pick: Pick) -> str:
    return "unknown memory" if pick.memory_gb is None else f"~{pick.memory_gb:.1f} GB"


@rule("unknown-checkpoint", each=Case.declared_choices)
def unknown_checkpoint(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """A choice of a checkpoint that is not in the catalogue."""
    if choice.checkpoint not in case.rulebase.checkpoints:
        near = identity_of(case.rulebase, choice.checkpoint)
        like = f"; it looks like a sibling of {near.known[0].id}" if near else ""
        yield Finding(f"{choice.checkpoint} is not in the catalogue{like}")


@rule("undeclared-usage", each=Case.known)
def undeclared_usage(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Code that loads a checkpoint which no choice declares, in a project that has choices."""
    declared = sorted({choice.checkpoint for choice in case.choices})
    if declared and usage.model is not None and identity.id not in declared:
        few = len(declared) <= SHOWN
        use = " or ".join(declared) if few else f"one of the {len(declared)} declared"
        message = f"no choice in advisor.yaml declares {identity.id}"
        fix = f"add a choice for it, or use {use}"
        yield Finding(message, id_place(usage), fix=fix)


@rule("unused-choice", each=Case.declared_choices, runs=lambda it: it.whole and it.scan.usages)
def unused_choice(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """A choice of a checkpoint that no code loads, where all code of a project was seen."""
    loaded = {value.text for usage in case.scan.usages for value in usage.alternatives}
    if choice.checkpoint not in loaded:
        yield Finding(f"no code loads {choice.checkpoint}")


@rule("choice-changed", each=Case.declared_choices, runs=lambda case: case.lock is not None)
def choice_changed(case: Case, choice: DeclaredChoice) -> Iterator[Finding]:
    """What is chosen, or would be, otherwise than when the lock was written, and why."""
    lock, now = (
        case.lock or Lock("", ()),
        locked_choices(case.rulebase, choice, case.judgements_of(choice)),
    )
    before = {locked.task: locked for locked in lock.choices if locked.name == choice.name}
    for new in now:
        old = before.get(new.task, before.get(None) if new == now[0] else None)
        if what := _differences(old, new) if old else ["it is not in the lock"]:
            task = f" for {new.task}" if len(now) > 1 else ""
            why = ["its needs changed"] if old and old.needs != new.needs else []
            if lock.rule_base != case.rulebase.digest:
                changed = f"{lock.rule_base} is now {case.rulebase.digest}"
                why.append(f"the rules changed ({changed})")
            message = f"`{choice.name}`{task} is not what {LOCK} holds: {'; '.join(what)}"
            fix = "look at what changed, then run `advisor check --lock`"
            yield Finding(message, because=" and ".join(why), fix=fix)


def _differences(old: LockedChoice, new: LockedChoice) -> list[str]:
    words = {
        "checkpoint": "the checkpoint was {0} and is {1}",
        "revision": "the revision was {0} and is {1}",
        "verdict": "its family was {0} and is {1}",
        "recommended": "the rules recommended {0} and recommend {1}",
        "best": "the first checkpoint for it was {0} and would be {1}",
    }
    return [
        text.format(getattr(old, field) or "none", getattr(new, field) or "none")
        for field, text in words.items()
        if getattr(old, field) != getattr(new, field) and (field != "best" or old.best)
    ]

"""Choices held against their needs, the code and the lock: families, declarations, changes."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place
from advisor.check.declaration import DeclaredChoice
from advisor.check.finding import Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.check.lock import FILE, LockedChoice, locked_choices
from advisor.check.rules import each_judgement, each_known, rule
from advisor.model import NONE
from advisor.scan.usage import Usage

SHOWN = 3
"""The checkpoints of more choices are counted, not named."""


@rule("undetermined")
@each_judgement
def undetermined(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """Open answers that decide whether the family is excluded."""
    if judgement.undetermined:
        may = " or ".join(judgement.possible_verdicts)
        fix = f"say what holds for `{judgement.settles}`" if judgement.settles else None
        message = f"{judgement.checkpoint.family} may be {may}, as open answers decide"
        yield case.finding(message, fix=fix)


@rule("caveat")
@each_judgement
def caveat(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """What speaks against a family that is recommended."""
    if not judgement.undetermined:
        for fired in judgement.assessment.caveats:
            against = fired.rule
            yield case.finding(
                f"{judgement.checkpoint.family} is recommended, and {against.id} speaks against it",
                because=against.because,
                sources=against.sources,
            )


@rule("family-excluded")
@each_judgement
def family_excluded(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A family that cannot do what is needed."""
    return _another_family(case, judgement, "excluded")


@rule("family-discouraged")
@each_judgement
def family_discouraged(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A family that a rule speaks against."""
    return _another_family(case, judgement, "discouraged")


@rule("family-allowed")
@each_judgement
def family_allowed(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A family that would do, where another one fits better."""
    return _another_family(case, judgement, "allowed")


def _another_family(case: Case, judgement: Judgement, verdict: str) -> Iterator[Finding]:
    if judgement.undetermined or judgement.verdict != verdict:
        return
    instead = judgement.decision.family
    message = f"{judgement.checkpoint.family} is {verdict} here; {instead or NONE} is the answer"
    fix = f"use a checkpoint of {instead}" if instead else None
    against = [f.rule for f in judgement.assessment.fired if f.rule.effect != "prefer"]
    if not against or verdict == "allowed":
        yield case.finding(message, fix=fix)
    else:
        because = f"{against[0].id}: {against[0].because}"
        yield case.finding(message, because=because, sources=against[0].sources, fix=fix)


@rule("unknown-checkpoint")
def unknown_checkpoint(case: Case) -> Iterator[Finding]:
    """A choice of a checkpoint that is not in the catalogue."""
    for choice in case.choices:
        if choice.checkpoint not in case.rulebase.checkpoints:
            near = case.identities.of(choice.checkpoint)
            like = f"; it looks like a sibling of {near.siblings[0].id}" if near else ""
            message = f"{choice.checkpoint} is not in the catalogue{like}"
            yield _about(choice, case.finding(message, choice.place))


@rule("undeclared-usage")
@each_known
def undeclared_usage(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Code that loads a checkpoint which no choice declares, in a project that has choices."""
    declared = sorted({choice.checkpoint for choice in case.choices})
    if declared and usage.model is not None and identity.id not in declared:
        few = len(declared) <= SHOWN
        use = " or ".join(declared) if few else f"one of the {len(declared)} declared"
        message = f"no choice in advisor.yaml declares {identity.id}"
        fix = f"add a choice for it, or use {use}"
        yield case.finding(message, id_place(usage), about=identity, fix=fix)


def all_code_is_seen(case: Case) -> bool:
    """True where all code of the project was scanned, and some of it loads a checkpoint."""
    return case.whole and bool(case.scan.usages)


@rule("unused-choice", runs=all_code_is_seen)
def unused_choice(case: Case) -> Iterator[Finding]:
    """A choice of a checkpoint that no code loads."""
    used = {value.text for usage in case.scan.usages for value in usage.alternatives}
    for choice in case.choices:
        if choice.checkpoint not in used:
            message = f"no code loads {choice.checkpoint}"
            yield _about(choice, case.finding(message, choice.place))


@rule("choice-changed", runs=lambda case: case.lock is not None)
def choice_changed(case: Case) -> Iterator[Finding]:
    """What is chosen, or would be, otherwise than when the lock was written, and why."""
    lock = case.lock
    before = {(locked.name, locked.task): locked for locked in lock.choices} if lock else {}
    for choice in case.choices:
        now = locked_choices(case, choice)
        for locked in now:
            old = before.get((locked.name, locked.task))
            if old is None and locked == now[0]:
                old = before.get((locked.name, None))
            what = _differences(old, locked) if old else ["it is not in the lock"]
            if what:
                task = f" for {locked.task}" if len(now) > 1 else ""
                message = f"`{choice.name}`{task} is not what {FILE} holds: {'; '.join(what)}"
                fix = "look at what changed, then run `advisor check --lock`"
                because = _why(case, old, locked) or None
                found = case.finding(message, choice.place, because=because, fix=fix)
                yield _about(choice, found)


def _about(choice: DeclaredChoice, finding: Finding) -> Finding:
    return finding._replace(choice=choice.name, checkpoint=choice.checkpoint)


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


def _why(case: Case, old: LockedChoice | None, new: LockedChoice) -> str:
    reasons = []
    if old and old.needs != new.needs:
        reasons.append("its needs changed")
    now, before = case.rulebase.digest, case.lock.rule_base if case.lock else ""
    if before != now:
        reasons.append(f"the rules changed ({before} is now {now})")
    return " and ".join(reasons)

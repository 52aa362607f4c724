"""Choices held against their needs, the code and the lock: families, declarations, changes."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place, rule
from advisor.check.finding import Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.judgement import Judgement
from advisor.check.records import LOCK, LockedChoice, locked_choices
from advisor.model import NONE
from advisor.scan.usage import Usage

SHOWN = 3
"""The checkpoints of more choices are counted, not named."""


@rule("undetermined", each=Case.chosen)
def undetermined(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """Open answers that decide whether the family is excluded."""
    if judgement.undetermined:
        may = " or ".join(judgement.assessment.possible_verdicts)
        fix = f"say what holds for `{judgement.settles}`" if judgement.settles else None
        message = f"{judgement.checkpoint.family} may be {may}, as open answers decide"
        yield case.finding(message, about=judgement, fix=fix)


@rule("caveat", each=Case.chosen)
def caveat(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """What speaks against a family that is recommended."""
    family = judgement.checkpoint.family
    for fired in judgement.assessment.caveats if not judgement.undetermined else ():
        message = f"{family} is recommended, and {fired.rule.id} speaks against it"
        because, sources = fired.rule.because, fired.rule.sources
        yield case.finding(message, about=judgement, because=because, sources=sources)


@rule("family-excluded", "family-discouraged", "family-allowed", each=Case.chosen)
def another_family(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A family that cannot do what is needed, or that does it less well than another one."""
    verdict, instead = judgement.assessment.verdict, judgement.decision.family
    if judgement.undetermined or case.rule != f"family-{verdict}":
        return
    fired = [f.rule for f in judgement.assessment.fired if f.rule.effect != "prefer"]
    against = fired[0] if fired and verdict != "allowed" else None
    yield case.finding(
        f"{judgement.checkpoint.family} is {verdict} here; {instead or NONE} is the answer",
        about=judgement,
        because=f"{against.id}: {against.because}" if against else None,
        sources=against.sources if against else (),
        fix=f"use a checkpoint of {instead}" if instead else None,
    )


@rule("unknown-checkpoint")
def unknown_checkpoint(case: Case) -> Iterator[Finding]:
    """A choice of a checkpoint that is not in the catalogue."""
    for choice in case.choices:
        if choice.checkpoint not in case.rulebase.checkpoints:
            near = identity_of(case.rulebase, choice.checkpoint)
            like = f"; it looks like a sibling of {near.known[0].id}" if near else ""
            message = f"{choice.checkpoint} is not in the catalogue{like}"
            yield case.finding(message, about=choice.checkpoint, choice=choice)


@rule("undeclared-usage", each=Case.known)
def undeclared_usage(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Code that loads a checkpoint which no choice declares, in a project that has choices."""
    declared = sorted({choice.checkpoint for choice in case.choices})
    if declared and usage.model is not None and identity.id not in declared:
        few = len(declared) <= SHOWN
        use = " or ".join(declared) if few else f"one of the {len(declared)} declared"
        message = f"no choice in advisor.yaml declares {identity.id}"
        fix = f"add a choice for it, or use {use}"
        yield case.finding(message, id_place(usage), about=identity, fix=fix)


@rule("unused-choice", runs=lambda case: case.whole and bool(case.scan.usages))
def unused_choice(case: Case) -> Iterator[Finding]:
    """A choice of a checkpoint that no code loads, where all code of a project was seen."""
    used = {value.text for usage in case.scan.usages for value in usage.alternatives}
    for choice in case.choices:
        if choice.checkpoint not in used:
            message = f"no code loads {choice.checkpoint}"
            yield case.finding(message, about=choice.checkpoint, choice=choice)


@rule("choice-changed", runs=lambda case: case.lock is not None)
def choice_changed(case: Case) -> Iterator[Finding]:
    """What is chosen, or would be, otherwise than when the lock was written, and why."""
    lock = case.lock
    before = {(locked.name, locked.task): locked for locked in lock.choices} if lock else {}
    for choice in case.choices:
        now = locked_choices(case, choice)
        for new in now:
            old = before.get((new.name, new.task))
            if old is None and new == now[0]:
                old = before.get((new.name, None))
            if what := _differences(old, new) if old else ["it is not in the lock"]:
                task = f" for {new.task}" if len(now) > 1 else ""
                why = ["its needs changed"] if old and old.needs != new.needs else []
                rules = lock.rule_base if lock else ""
                if rules != case.rulebase.digest:
                    why.append(f"the rules changed ({rules} is now {case.rulebase.digest})")
                yield case.finding(
                    f"`{choice.name}`{task} is not what {LOCK} holds: {'; '.join(what)}",
                    about=choice.checkpoint,
                    choice=choice,
                    because=" and ".join(why) or None,
                    fix="look at what changed, then run `advisor check --lock`",
                )


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

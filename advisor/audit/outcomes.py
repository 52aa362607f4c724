"""Does every profile have an answer, and can every family be one."""

from __future__ import annotations

from typing import NamedTuple

from advisor.audit.claim import Claim, claimed
from advisor.audit.context import Ground
from advisor.audit.defect import Defect
from advisor.model import NONE, TASK

SMALLEST_PERCENT = 0.001
"""Smaller shares are written as numbers."""


class Answered(NamedTuple):
    """How many complete profiles there are, and how many have which family, `none` last."""

    profiles: int
    by_family: dict[str, int]
    declared_none: int


def answered(ground: Ground) -> Answered:
    """Return the counts over all complete profiles."""
    counts = dict(zip(ground.names, ground.everything.counts(ground.ranking), strict=True))
    elsewhere = list(ground.rulebase.elsewhere)
    none = len(ground.encoding.families)
    declared = ground.number(
        ground.space({TASK: elsewhere}), lambda outcome: ground.ranking.winner(outcome) == none
    )
    return Answered(sum(counts.values()), counts, declared)


def no_gap(ground: Ground, found: Answered) -> Claim:
    """Claim that every profile has an answer, apart from tasks declared none."""
    gaps = found.by_family[NONE] - found.declared_none
    defects = []
    if not found.profiles:
        text = "no complete profile is admitted: whatever is said of all of them holds emptily"
        defects.append(Defect("no-profile", "rules", "", text))
    elif gaps:
        defects.append(_gap(ground, gaps))
        text = f"{gaps:,} of {found.profiles:,} profiles have no answer and are not declared none"
    else:
        text = f"each of {found.profiles:,} profiles has a family"
        if found.declared_none:
            tasks = len(ground.rulebase.elsewhere)
            text += (
                f", but for {found.declared_none:,} of {tasks} task{'s' * (tasks != 1)} "
                "declared none with what to use instead"
            )
    return claimed("answers", text, defects)


def _gap(ground: Ground, profiles: int) -> Defect:
    """Return the gaps as one defect, at a rule that opens one, else at a task that has one."""
    open_tasks = [t.id for t in ground.rulebase.tasks if t.id not in ground.rulebase.elsewhere]
    space = ground.space({TASK: open_tasks})
    none = len(ground.encoding.families)

    def unanswered(outcome: int) -> bool:
        return ground.ranking.winner(outcome) == none

    patterns = ground.patterns(space, unanswered).patterns
    answers = ground.witness(space, unanswered) or {}
    task = answers[TASK]
    message = f"{profiles:,} profiles have no answer, though their tasks are not declared none"
    for rule in ground.fired(answers):
        closed = ground.outcome(answers, left_out=ground.mask(rule))
        if not rule.derived and not unanswered(closed):
            message += f"; without `{rule.id}`, some of them have one"
            return Defect("gap", task, rule.place, message, patterns)
    return Defect("gap", task, ground.rulebase.place("task", task), message, patterns)


def every_family_wins(ground: Ground, found: Answered) -> Claim:
    """Claim that every family is the answer to some profile."""
    defects = [
        Defect(
            "family-cannot-win",
            family,
            ground.rulebase.place("family", family),
            f"`{family}` wins none of {found.profiles:,} profiles",
        )
        for family in ground.encoding.families
        if not found.by_family[family]
    ]
    won = ", ".join(
        f"{family} {share(found.by_family[family], found.profiles)}"
        for family in ground.encoding.families
    )
    return claimed("families", f"the winners: {won}", defects)


def share(number: int, total: int) -> str:
    """Return a share in words; what is not nothing is never printed as nothing."""
    if not number:
        return "0 %"
    percent = 100 * number / total
    if percent < SMALLEST_PERCENT:
        return f"{number:,} of {total:,}"
    return f"{percent:.1f} %" if percent >= 0.1 else f"{percent:.2g} %"

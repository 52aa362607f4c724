"""Does every profile have an answer, can every family be one, and where does only rank decide.

A tie, where families stand equal on every criterion, is *declared* where an entry under `ties` in
criteria.yaml names all families that are equal and its conditions hold.
"""

from __future__ import annotations

from typing import NamedTuple

from advisor.audit.claim import Claim, Defect, conclude
from advisor.audit.context import ProofContext
from advisor.engine.space import Space
from advisor.model import NONE, TASK
from advisor.model.evidence import Tie
from advisor.phrasing import count, share

Equals = tuple[int, ...]
"""Families that nothing but rank parts, the winner first."""


class Answered(NamedTuple):
    """How many complete profiles there are, and how many have which family, `none` last."""

    profiles: int
    by_family: dict[str, int]
    declared_none: int


def answered(context: ProofContext) -> Answered:
    """Return the counts over all complete profiles."""
    counts = dict(zip(context.names, context.everything.wins(context.ranking), strict=True))
    elsewhere = list(context.rulebase.elsewhere)
    none = len(context.encoding.families)
    declared = context.number(
        context.space({TASK: elsewhere}), lambda outcome: context.ranking.winner(outcome) == none
    )
    return Answered(sum(counts.values()), counts, declared)


def no_gap(context: ProofContext, found: Answered) -> Claim:
    """Claim that every profile has an answer, apart from tasks declared none."""
    gaps = found.by_family[NONE] - found.declared_none
    defects = []
    if not found.profiles:
        text = "no complete profile is admitted: whatever is said of all of them holds emptily"
        defects.append(Defect("no-profile", "rules", "", text))
    elif gaps:
        defects.append(_gap(context, gaps))
        text = f"{gaps:,} of {found.profiles:,} profiles have no answer and are not declared none"
    else:
        text = f"each of {found.profiles:,} profiles has a family"
        if found.declared_none:
            tasks = count(len(context.rulebase.elsewhere), "task")
            text += f", but for {found.declared_none:,} of {tasks} "
            text += "declared none with what to use instead"
    return conclude("answers", text, defects)


def _gap(context: ProofContext, profiles: int) -> Defect:
    """Return the gaps as one defect, at a rule that opens one, else at a task that has one."""
    open_tasks = [t.id for t in context.rulebase.tasks if t.id not in context.rulebase.elsewhere]
    space = context.space({TASK: open_tasks})
    none = len(context.encoding.families)

    def unanswered(outcome: int) -> bool:
        return context.ranking.winner(outcome) == none

    patterns = context.patterns(space, unanswered).patterns
    answers = context.witness(space, unanswered) or {}
    task = answers[TASK]
    message = f"{profiles:,} profiles have no answer, though their tasks are not declared none"
    fired = context.fired(answers)
    for rule in context.rules(fired):
        if not rule.derived and context.winner(fired & ~context.mask(rule)) != none:
            message += f"; without `{rule.id}`, some of them have one"
            return Defect("gap", task, rule.place, message, patterns)
    return Defect("gap", task, context.rulebase.place("task", task), message, patterns)


def every_family_wins(context: ProofContext, found: Answered) -> Claim:
    """Claim that every family is the answer to some profile."""
    defects = [
        Defect(
            "family-cannot-win",
            family,
            context.rulebase.place("family", family),
            f"`{family}` wins none of {found.profiles:,} profiles",
        )
        for family in context.encoding.families
        if not found.by_family[family]
    ]
    won = ", ".join(
        f"{family} {share(found.by_family[family], found.profiles)}"
        for family in context.encoding.families
    )
    return conclude("families", f"the winners: {won}", defects)


def no_undeclared_tie(context: ProofContext) -> Claim:
    """Claim that each tie is declared with its reason, and that each declared one happens."""
    space = context.everything
    ties: dict[Equals, int] = {}
    for outcome, number in space.counts(space.root).items():
        if equals := equals_of(context, outcome):
            ties[equals] = ties.get(equals, 0) + number
    defects = []
    undeclared = 0
    for equals in sorted(ties):
        defect, number = _undeclared(context, space, equals)
        undeclared += number
        defects += [defect] if defect else []
    defects += [d for tie in context.rulebase.ties if (d := _idle_tie(context, tie))]
    number = sum(ties.values())
    text = f"rank alone decides {number:,} profiles"
    text += f", {undeclared:,} of them undeclared" if undeclared else ", all of them declared"
    return conclude("ties", text if number else "rank alone decides no profile", defects)


def equals_of(context: ProofContext, outcome: int) -> Equals:
    """Return the families equal to the winner, with it, by rank; empty where it wins by more."""
    order = context.ranking.order(outcome)
    best = context.ranking.signs(outcome, order[0]) if order else ()
    equals = tuple(f for f in order if context.ranking.signs(outcome, f) == best)
    return equals if len(equals) > 1 else ()


def _undeclared(context: ProofContext, space: Space, equals: Equals) -> tuple[Defect | None, int]:
    names = [context.encoding.families[family] for family in equals]
    rest = space.root
    for tie in context.rulebase.ties:
        if set(names) <= set(tie.between):
            rest = space.without(rest, space.allowing(tie.when))

    def holds(outcome: int) -> bool:
        return equals_of(context, outcome) == equals

    number = sum(n for outcome, n in space.counts(rest).items() if holds(outcome))
    if not number:
        return None, 0
    shown = context.patterns(space, holds, rest).patterns
    place = context.rulebase.place("family", names[0])
    message = f"{' and '.join(f'`{name}`' for name in names)} are equal in {number:,} profiles"
    return Defect("undeclared-tie", names[0], place, message, shown), number


def _idle_tie(context: ProofContext, tie: Tie) -> Defect | None:
    names = set(tie.between)
    space = context.space(tie.when)
    for outcome in space.outcomes:
        equals = {context.encoding.families[family] for family in equals_of(context, outcome)}
        if equals and equals <= names:
            return None
    message = f"`{tie.id}` declares a tie between {' and '.join(tie.between)} that never happens"
    return Defect("idle-tie", tie.id, tie.place, message)

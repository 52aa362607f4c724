"""Audits a rule base: claims about all of its complete profiles, and the defects found.

Everything is counted exactly over a graph of all complete profiles; nothing is sampled. A proof
that does not end within its budget proves nothing.

A tie, in which families are equal on every criterion, is *declared* if an entry under `ties` in
criteria.yaml names all families that are equal and its conditions hold.

A question *matters for the family* if two profiles have different families and the same answers to
all other questions, except those that are asked because of its answer (`ask_if`). It *matters for
checkpoints* if its options ask different things of them, or a rule about checkpoints asks.

A *case* is a complete profile as far as the decision diagram of its task tells profiles apart: of
each question an option, a kind that it covers, or an interval of sizes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from advisor.audit.claim import LEVELS, Answered, Budget, Claim, Defect, ProofContext, defect
from advisor.audit.effects import (
    Effect,
    NeverFirst,
    about_rules,
    effect_of,
    every_aim_met,
    first_places,
)
from advisor.engine.diagram import Diagram
from advisor.engine.space import Space
from advisor.engine.task_diagram import COMPOSED, NOTHING, PICKED, TEACHABLE
from advisor.model import NONE, NOT_APPLICABLE, TASK, Rule
from advisor.phrasing import joined, share
from advisor.rulebase.base import RuleBase

Equals = tuple[int, ...]
"""Indexes of families that only the tie-break order separates, the winner first."""


class Audit(NamedTuple):
    """The result of an audit. `effects` are those of the written rules, as the files order them.

    `endings` is task -> kind of leaf -> number of cases, for tasks with a family; `never_first` are
    the offered checkpoints that come first in no case.
    """

    answered: Answered
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    endings: Mapping[str, Mapping[str, int]]
    never_first: tuple[NeverFirst, ...]

    @property
    def defects(self) -> list[Defect]:
        """All defects, the worst first."""
        defects = [defect for claim in self.claims for defect in claim.defects]
        return sorted(defects, key=lambda defect: LEVELS.index(defect.level))

    @property
    def sound(self) -> bool:
        """True if every claim holds; notes do not count."""
        return all(claim.holds for claim in self.claims)


def audit(rulebase: RuleBase, budget: Budget) -> Audit:
    """Check all claims about a rule base. Raises TooMuchOpenError if the budget ends."""
    context = ProofContext(rulebase, budget)
    effects = tuple([effect_of(context, rule) for rule in context.written])
    about_first, behind = first_places(context)
    about_endings, endings = every_profile_ends(context)
    claims = (
        no_gap(context),
        about_endings,
        every_family_wins(context),
        *about_rules(context, effects),
        every_option_possible(context),
        no_undeclared_tie(context),
        every_question_matters(context),
        every_aim_met(context),
        about_first,
    )
    return Audit(context.answered, effects, claims, endings, behind)


def no_gap(context: ProofContext) -> Claim:
    """Claim that every profile has a family or a declared alternative."""
    tally = context.answered
    if not tally.profiles:
        empty = defect(context, "no-profile", "rules", "")
        return Claim("answers", empty.message, [empty])
    if gaps := tally.by_family[NONE] - tally.declared_none:
        combinations = f"{gaps:,} of {tally.profiles:,} answer combinations"
        text = f"{combinations} have neither a family nor a declared alternative"
        return Claim("answers", text, [_gap(context, gaps)])
    text = f"each of {tally.profiles:,} answer combinations has a family"
    if tally.declared_none:
        text += f", except {tally.declared_none:,} with a declared alternative"
    return Claim("answers", text)


def _gap(context: ProofContext, profiles: int) -> Defect:
    """Return the gaps as one defect, at a rule that opens one, else at a task that has one."""
    space, left = context.everything, context.not_sent_elsewhere
    none = len(context.encoding.families)

    def unanswered(outcome: int) -> bool:
        return context.ranking.winner(outcome) == none

    example = context.example(space, left, unanswered)
    answers = context.witness(space, left, unanswered)
    fired = context.fired(answers)
    openings = (
        rule
        for rule in context.rules(fired)
        if not rule.derived and context.winner(fired & ~context.mask(rule)) != none
    )
    place, opened = None, ""
    if rule := next(openings, None):
        place = rule.place
        opened = f". Without the rule `{rule.id}`, some of these combinations have a family"
    return defect(context, "gap", answers[TASK], place, example, profiles=profiles, opened=opened)


def every_family_wins(context: ProofContext) -> Claim:
    """Claim that every family is the answer to some profile."""
    profiles, won, _ = context.answered
    families = context.encoding.families
    shares = ", ".join(f"{family} {share(won[family], profiles)}" for family in families)
    kind, losing = "family-cannot-win", [family for family in families if not won[family]]
    defects = [defect(context, kind, family, profiles=profiles) for family in losing]
    return Claim("families", f"the winners: {shares}", defects)


def no_undeclared_tie(context: ProofContext) -> Claim:
    """Claim that each tie is declared with its reason, and that each declared one happens."""
    space = context.everything
    ties: Counter[Equals] = Counter()
    for outcome, number in space.counts(space.root).items():
        if equals := equals_of(context, outcome):
            ties[equals] += number
    defects = []
    undeclared = 0
    for equals in sorted(ties):
        number, faults = _undeclared(context, space, equals)
        undeclared += number
        defects += faults
    for tie in context.rulebase.ties:
        inside = [equals_of(context, outcome) for outcome in context.space(tie.when).outcomes]
        named = {context.encoding.families.index(family) for family in tie.between}
        if not any(equals and named.issuperset(equals) for equals in inside):
            defects.append(defect(context, "idle-tie", tie.id, between=" and ".join(tie.between)))
    if not ties:
        return Claim("ties", "the tie-break order decides no answer combination", defects)
    declared = f"{undeclared:,} without a declared tie" if undeclared else "all with a declared tie"
    text = f"the tie-break order decides {ties.total():,} answer combinations, {declared}"
    return Claim("ties", text, defects)


def equals_of(context: ProofContext, outcome: int) -> Equals:
    """Return the families that tie with the winner, itself first; empty if nothing ties."""
    order = context.ranking.order(outcome)
    best = context.ranking.signs(outcome, order[0]) if order else ()
    equals = tuple(f for f in order if context.ranking.signs(outcome, f) == best)
    return equals if len(equals) > 1 else ()


def _undeclared(context: ProofContext, space: Space, equals: Equals) -> tuple[int, list[Defect]]:
    """Return the number of profiles with this tie and no declaration, and the defect, if any."""
    names = [context.encoding.families[family] for family in equals]
    rest = space.root
    for tie in context.rulebase.ties:
        if set(names) <= set(tie.between):
            rest = space.without(rest, space.allowing(tie.when))

    def holds(outcome: int) -> bool:
        return equals_of(context, outcome) == equals

    number = sum(n for outcome, n in space.counts(rest).items() if holds(outcome))
    if not number:
        return 0, []
    example = context.example(space, rest, holds)
    named = " and ".join(f"`{name}`" for name in names)
    fault = defect(
        context, "undeclared-tie", names[0], example=example, equals=named, profiles=number
    )
    return number, [fault]


def every_question_matters(context: ProofContext) -> Claim:
    """Claim that the answer of each question can change the family or the checkpoints."""
    everything = context.everything
    won = Diagram(everything.choices)
    winner = context.ranking.winner
    root = won.read(everything, everything.root, lambda outcome: frozenset((winner(outcome),)))
    aimed = [rule for rule in context.rulebase.rules if any("/" in id for id in rule.candidates)]
    choosing = {
        question.id
        for question in context.rulebase.questions
        if question.id == TASK
        or len({repr((o.requires, o.uses, o.keeps, o.order, o.step)) for o in question.options}) > 1
        or any(option.requires for option in question.options)
        or any(question.id in rule.when for rule in aimed)
    }

    def either(winners: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int]:
        """Return the winners of profiles that differ only in the questions projected away."""
        context.budget.check()
        return (winners or frozenset()) | (other or frozenset())

    deciding, defects = [], []
    for place, question in enumerate(context.rulebase.questions):
        free = {place, *_asked_because(context, question.id)}
        if any(len(winners) > 1 for winners in won.labels(won.project(root, free, either))):
            deciding.append(question.id)
        elif not choosing & {context.encoding.questions[question] for question in free}:
            defects.append(defect(context, "idle-question", question.id))
    number = len(context.rulebase.questions)
    text = (
        f"{len(deciding)} of {number} questions can change the family, "
        f"{number - len(deciding) - len(defects)} only the checkpoint"
    )
    return Claim("questions", text, defects)


def every_option_possible(context: ProofContext) -> Claim:
    """Claim that some profile has each task and option, and that each `never` rules out some."""
    space, encoding = context.admissible, context.encoding
    reachable = space.reachable(space.root).choices
    defects = []
    for id, options, reached in zip(encoding.questions, encoding.options, reachable, strict=True):
        for place, option in enumerate(options):
            if (place,) in reached or option == NOT_APPLICABLE:
                continue
            where = context.rulebase.place(*(("task", option) if id == TASK else ("question", id)))
            defects.append(defect(context, "impossible-option", option, where, question=id))
    for place, (never, _, _) in enumerate(encoding.conjunctions):
        if isinstance(never, Rule) or never.why != "never":
            continue
        if not context.space(never.when, only=encoding.forbid & ~(1 << place)):
            defects.append(defect(context, "idle-never", never.id))
    number = sum(map(len, encoding.options))
    text = f"each of {number} options occurs in an answer combination"
    return Claim("options", text, defects)


def _asked_because(context: ProofContext, id: str) -> set[int]:
    """Return the indexes of questions that are asked because of this one, even indirectly."""
    dependents: set[str] = {id}
    for question in context.rulebase.questions:  # those asked because of others stand after them
        if dependents & set(question.ask_if):
            dependents.add(question.id)
    return {context.encoding.index[dependent] for dependent in dependents - {id}}


KINDS = {
    PICKED: "have a checkpoint",
    COMPOSED: "a model to combine",
    TEACHABLE: "a checkpoint to fine-tune",
    NOTHING: "no checkpoint",
}


def every_profile_ends(context: ProofContext) -> tuple[Claim, dict[str, Counter[str]]]:
    """Claim that each profile has a checkpoint, or that the page names the one closest to it.

    Also return task -> kind of leaf -> number of cases, for tasks that have a family. A family has
    no closest checkpoint if all of its checkpoints are for other tasks, even after fine-tuning.
    """
    offered = [model for model in context.rulebase.checkpoints.values() if model.offered]
    endings: dict[str, Counter[str]] = {}
    none, defects = 0, []
    for task in context.tasks:
        diagram = context.diagram(task)
        able = {model.family for model in offered if task in (*model.tasks, *model.fine_tune)}
        kinds, lacking = Counter[str](), Counter[str]()
        for leaf, cases in diagram.counts(diagram.root).items():
            if leaf.family != NONE:
                kinds[leaf.kind] += cases
                if leaf.kind in (TEACHABLE, NOTHING) and leaf.family not in able:
                    lacking[leaf.family] += cases
        if kinds:
            endings[task] = kinds
        if lacking:
            none += lacking.total()
            named = joined(f"`{family}`" for family in lacking)
            fault = defect(context, "no-closest", task, family=named, cases=lacking.total())
            defects.append(fault)
    kinds = sum(endings.values(), Counter())
    if not (total := kinds.total()):
        return Claim("endings", "no answer combination has a family", defects), endings
    parts = [f"{share(kinds[kind], total)} {text}" for kind, text in KINDS.items() if kinds[kind]]
    text = f"{', '.join(parts)}, of {total:,} answer combinations with a family"
    if without := kinds[TEACHABLE] + kinds[NOTHING]:
        named = f"{without - none:,} of these" if none else f"each of these {without:,}"
        text += f". The answer names the nearest checkpoint in {named}"
    return Claim("endings", text, defects), endings

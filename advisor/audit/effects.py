"""What each written rule does to answers: can it fire, does it add anything, where is it pivotal.

Rules may speak against each other, for what is excluded, or of checkpoints in vain as well.

A rule is *pivotal* in a profile where another family wins without it. It is *implied* where, of
each family that it speaks of, other rules say the same whenever it fires (the same effect, for
`prefer` and `avoid` on the same criterion), or exclude that family there, so that it adds nothing.
Two are *cancelling* where, on one criterion, one prefers and the other avoids the same family, and
there is a profile in which both fire and the family is not excluded: the family stands at neither
there, and no reader of either rule would think so. A rule *prefers the excluded* where a family
that it prefers is excluded whenever it fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from advisor.audit.claim import Claim, Defect, defect
from advisor.audit.context import CompleteAnswers, ProofContext
from advisor.engine.diagram import Allowed
from advisor.model import Rule
from advisor.phrasing import aim, count


class PivotalCase(NamedTuple):
    """A profile in which a rule is pivotal: who wins with it, and who without it.

    `given` are those of its answers that suffice: whatever the others are, the rule is pivotal. In
    graphs too large to find them they are all its answers.
    """

    answers: CompleteAnswers
    given: CompleteAnswers
    with_rule: str
    without_rule: str


class Effect(NamedTuple):
    """What one written rule does, over all complete profiles.

    `fires` and `pivotal` count profiles; `pivotal` is None for a rule that speaks of checkpoints
    alone. `implied_by` names, for each family of which the rule adds nothing, rules that say it
    already; none of them can be left out.
    """

    rule: Rule
    fires: int
    implied_by: dict[str, tuple[str, ...]]
    pivotal: int | None = None
    pair: PivotalCase | None = None

    @property
    def about_checkpoints(self) -> bool:
        """True where the rule speaks of no family."""
        return all("/" in candidate for candidate in self.rule.candidates)

    @property
    def implied(self) -> bool:
        """True where the rule adds nothing of any family."""
        families = [candidate for candidate in self.rule.candidates if "/" not in candidate]
        return self.fires > 0 and len(families) > 0 and set(families) == set(self.implied_by)


def effect_of(context: ProofContext, rule: Rule) -> Effect:
    """Return what a rule does. Raises TooMuchOpenError where the budget ends."""
    space = context.admissible
    fires = space.total(space.root, space.allowing(rule.when))
    effect = Effect(rule, fires, _implied_by(context, rule) if fires else {})
    if effect.about_checkpoints:
        return effect
    mask = context.mask(rule)
    space = context.space(rule.when, only=context.encoding.everything & ~mask)
    own = context.encoding.outcome(mask)
    winner = context.ranking.winner

    def differs(outcome: int) -> bool:
        return winner(outcome) != winner(outcome | own)

    pivotal = context.number(space, differs)
    if not pivotal:
        return effect._replace(pivotal=0)
    answers = context.witness(space, differs) or {}
    left = context.encoding.outcome(context.fired(answers) & ~mask)
    admissible = context.admissible
    named = admissible.allowing(rule.when)

    def sure(allowed: Allowed) -> bool:
        left = admissible.reachable(admissible.root, allowed).choices
        return all(left[question] <= set(options) for question, options in named.items()) and all(
            map(differs, space.reachable(space.root, allowed).labels)
        )

    given = context.fewest(answers, space, sure)
    names = context.names[winner(left | own)], context.names[winner(left)]
    return effect._replace(pivotal=pivotal, pair=PivotalCase(answers, given, *names))


def _implied_by(context: ProofContext, rule: Rule) -> dict[str, tuple[str, ...]]:
    encoding = context.encoding
    implied = {}
    for family, bit in context.bits.get(rule.id, {}).items():
        outcome = encoding.outcome_of[bit.bit_length() - 1]
        excluding = encoding.by_outcome.get(family, 0)
        others = (encoding.by_outcome[outcome] | excluding) & ~context.mask(rule)
        nothing_new = 1 << outcome | 1 << family
        if not _always(context, rule, others, nothing_new):
            continue
        for place in range(others.bit_length()):
            fewer = others & ~(1 << place)
            if fewer != others and _always(context, rule, fewer, nothing_new):
                others = fewer
        implied[encoding.families[family]] = tuple(
            dict.fromkeys(
                conjunction.origin.id
                for place, conjunction in enumerate(encoding.conjunctions)
                if others >> place & 1
            )
        )
    return implied


def _always(context: ProofContext, rule: Rule, others: int, bits: int) -> bool:
    """True where other conjunctions give one of the bits whenever a rule fires."""
    if not others:
        return False
    space = context.space(rule.when, only=others | context.encoding.forbid)
    return all(outcome & bits for outcome in space.outcomes)


def no_contradiction(context: ProofContext) -> Claim:
    """Claim that no rule is set against another or against what is excluded."""
    pairs = list(_against(context))
    defects = [conflict for pair in pairs if (conflict := _cancelling(context, *pair))]
    forbid, families = context.encoding.forbid, context.encoding.families
    for rule in context.written:
        for family in context.bits.get(rule.id, {}) if rule.effect == "prefer" else ():
            excluding = context.encoding.by_outcome.get(family, 0)
            space = context.space(rule.when, only=forbid | excluding)
            if space and all(outcome >> family & 1 for outcome in space.outcomes):
                conflict = defect(context, "prefers-the-excluded", rule.id, family=families[family])
                defects.append(conflict)
    number = count(len(defects), "contradiction") if defects else "no contradictions"
    together = "of rules fire together for and against one family on one criterion"
    text = f"{count(len(pairs), 'pair')} {together}: {number}"
    return Claim("contradictions", text, defects)


def _against(context: ProofContext) -> Iterator[tuple[Rule, Rule, int]]:
    """Yield pairs of one criterion with a family that one prefers and the other avoids.

    One of them at least is written.
    """
    space = context.admissible
    rules = [rule for rule in context.rulebase.rules if rule.effect in ("prefer", "avoid")]
    for rule, other in combinations(rules, 2):
        if rule.effect == other.effect or rule.criterion != other.criterion:
            continue
        if rule.derived and other.derived:
            continue
        shared = context.bits.get(rule.id, {}).keys() & context.bits.get(other.id, {}).keys()
        first, second = space.allowing(rule.when), space.allowing(other.when)
        both = {q: [c for c in first[q] if c in second[q]] for q in first.keys() & second.keys()}
        if shared and space.first(space.root, {**first, **second, **both}):
            for family in sorted(shared):
                yield rule, other, family


def _cancelling(context: ProofContext, rule: Rule, other: Rule, family: int) -> Defect | None:
    """Return what is wrong with a pair: both fire where the family is not excluded."""
    only = context.encoding.forbid | context.encoding.by_outcome.get(family, 0)
    space = context.space(rule.when, other.when, only=only)

    def stands(outcome: int) -> bool:
        return not outcome >> family & 1

    if not (number := context.number(space, stands)):
        return None
    return defect(
        context,
        "cancelling-rules",
        rule.id,
        rule.place or other.place,
        context.example(space, stands),
        other=other.id,
        family=context.encoding.families[family],
        criterion=rule.criterion,
        profiles=number,
    )


def aimed_past(context: ProofContext) -> Claim:
    """Claim that rules about checkpoints fire in some profile that the checkpoint's family wins."""
    defects = []
    aimed = [r for r in context.written if r.where or any("/" in id for id in r.candidates)]
    for rule in aimed:
        space = context.space(rule.when)
        won = {context.names[context.ranking.winner(outcome)] for outcome in space.outcomes}
        aims = {id: context.rulebase.checkpoints[id].family for id in rule.candidates if "/" in id}
        if not aims:
            defects.append(defect(context, "aimed-at-none", rule.id, aim=aim((), rule.where)))
        elif rule.where and won.isdisjoint(aims.values()):  # which it meets is for the catalogue
            aims = dict([next(iter(aims.items()))])
        elif rule.where:
            aims = {}
        defects += [
            defect(context, "past-its-checkpoint", rule.id, checkpoint=id, family=family)
            for id, family in aims.items()
            if space and family not in won
        ]
    text = (
        f"{count(len(aimed), 'rule')} about checkpoints, each for a family that can be recommended"
    )
    return Claim("checkpoint-rules", text, defects)

"""What each written rule does to answers: can it fire, does it add anything, where is it pivotal.

Rules may speak of checkpoints in vain as well.

A rule is *pivotal* in a profile where another family wins without it. It is *implied* where, of
each family that it speaks of, other rules say the same whenever it fires (the same effect, for
`prefer` and `avoid` on the same criterion), or exclude that family there, so that it adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.audit.claim import Claim, CompleteAnswers, Defect, ProofContext, defect
from advisor.engine.diagram import Allowed
from advisor.model import Rule
from advisor.phrasing import aim, count


class PivotalCase(NamedTuple):
    """A profile in which a rule is pivotal: who wins with it, and who without it.

    `given` are those of its answers that suffice: whatever the others are, the rule is pivotal.
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

    pivotal = sum(n for outcome, n in space.counts(space.root).items() if differs(outcome))
    if not pivotal:
        return effect._replace(pivotal=0)
    answers = context.witness(space, space.root, differs)
    left = context.encoding.outcome(context.fired(answers) & ~mask)
    admissible = context.admissible
    named = admissible.allowing(rule.when)

    def sure(allowed: Allowed) -> bool:
        left = admissible.reachable(admissible.root, allowed).choices
        return all(left[question] <= set(options) for question, options in named.items()) and all(
            map(differs, space.reachable(space.root, allowed).labels)
        )

    given = context.fewest(answers, sure)
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


def about_rules(context: ProofContext, effects: Sequence[Effect]) -> Iterator[Claim]:
    """Yield what is claimed of all written rules, if there are any."""
    if not effects:
        return
    defects = [fault for effect in effects if (fault := _fault(context, effect))]
    about_pivots = [defect for defect in defects if "pivotal" in defect.kind]
    others = [defect for defect in defects if "pivotal" not in defect.kind]
    dead = sum(not effect.fires for effect in effects)
    implied = sum(effect.implied for effect in effects)
    fire = f"{dead} of {len(effects)} rules cannot" if dead else f"all {len(effects)} rules can"
    redundant = f"{implied or 'no'} {'rules are' if implied > 1 else 'rule is'} redundant"
    yield Claim("rules", f"{fire} fire, {redundant}", others)
    never = [effect.rule.supporting for effect in effects if effect.fires and effect.pivotal == 0]
    text = (
        f"{sum(bool(effect.pivotal) for effect in effects)} rules can change the result, "
        f"{len(never)} never change it ({sum(never)} are marked `supporting`), and "
        f"{sum(effect.about_checkpoints for effect in effects)} affect only checkpoints"
    )
    yield Claim("pivotal", text, about_pivots)


def _fault(context: ProofContext, effect: Effect) -> Defect | None:
    """Return what is wrong with a rule; None where nothing is."""
    rule, fires = effect.rule, effect.fires
    if not fires:
        nowhere = f"none of {context.answered.profiles:,} answer combinations"
        return defect(context, "dead-rule", rule.id, none=nowhere)
    if effect.implied:
        named = dict.fromkeys(f"`{id}`" for ids in effect.implied_by.values() for id in ids)
        return defect(context, "implied-rule", rule.id, fires=fires, others=", ".join(named))
    if effect.pivotal == 0 and not rule.supporting:
        return defect(context, "never-pivotal", rule.id, fires=fires)
    return None


def every_aim_met(context: ProofContext) -> Claim:
    """Claim that what rules say of the fields of checkpoints holds of some."""
    aimed = [rule for rule in context.written if rule.where]
    defects = [
        defect(context, "aimed-at-none", rule.id, aim=aim((), rule.where))
        for rule in aimed
        if not rule.candidates
    ]
    text = f"{count(len(aimed), 'rule')} about fields of checkpoints, each met by a checkpoint"
    return Claim("checkpoint-rules", text, defects)

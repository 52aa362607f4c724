"""Is a rule base sound: what was proved of all its complete profiles, what fails, what is open.

Everything is counted exactly over a graph of all complete profiles; nothing is sampled. What the
budget does not suffice for is said to be not proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from advisor.audit.answers import (
    endings,
    every_family_wins,
    every_option_possible,
    every_profile_ends,
    every_question_matters,
    no_gap,
    no_undeclared_tie,
)
from advisor.audit.claim import HOLDS, NOT_PROVED, Claim, Defect, conclude, defect
from advisor.audit.context import Answered, Budget, NotProvedError, ProofContext
from advisor.audit.effects import Effect, aimed_past, effect_of, no_contradiction
from advisor.audit.never_first import NeverFirst, first_places
from advisor.rulebase.base import RuleBase

LEVELS = ("error", "warning", "note")
CHEAP = (
    no_gap,
    every_family_wins,
    no_contradiction,
    every_option_possible,
    no_undeclared_tie,
    every_question_matters,
)
"""What is proved before the effects of rules, whose graphs are large."""


class Audit(NamedTuple):
    """What an audit found. `answered` is None where the profiles could not be counted.

    `effects` are those of the written rules of which anything was proved, as the files order them.
    `endings` say for each task with a family in how many cases there is which kind of checkpoint,
    `never_first` which checkpoints are offered and come first in none.
    """

    answered: Answered | None
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    endings: Mapping[str, Mapping[str, int]]
    never_first: tuple[NeverFirst, ...]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """All defects, the worst first."""
        defects = [defect for claim in self.claims for defect in claim.defects]
        return tuple(sorted(defects, key=lambda defect: LEVELS.index(defect.level)))

    @property
    def proved(self) -> bool:
        """True where nothing was left open."""
        return all(claim.state != NOT_PROVED for claim in self.claims)

    @property
    def sound(self) -> bool:
        """True where everything was proved and holds; notes do not count."""
        return all(claim.state == HOLDS for claim in self.claims)


def audit(rulebase: RuleBase, budget: Budget) -> Audit:
    """Prove what can be proved of a rule base within a budget."""
    context = ProofContext(rulebase, budget)
    about_answers, about_families, *others = [prove(context) for prove in CHEAP]
    try:
        counted = context.answered
    except NotProvedError:
        counted = None
    effects, about_rules = _about_rules(context, counted)
    about_ends = every_profile_ends(context)
    about_first, behind = first_places(context)
    return Audit(
        answered=counted,
        effects=effects,
        claims=(
            *(about_answers, about_ends, about_families, *about_rules, *others),
            *(aimed_past(context), about_first),
        ),
        endings=endings(context) if about_ends.state != NOT_PROVED else {},
        never_first=behind,
    )


def _about_rules(
    context: ProofContext, counted: Answered | None
) -> tuple[tuple[Effect, ...], list[Claim]]:
    """Return the effects of the written rules, and what is claimed of them all."""
    effects: list[Effect] = []
    unread: dict[str, str] = {}
    for rule in context.written:
        try:
            effects.append(effect_of(context, rule))
        except NotProvedError as reason:
            unread[rule.id] = str(reason)
    unsettled = {effect.rule.id: effect.left_open for effect in effects if effect.left_open}
    nowhere = f"none of {counted.profiles:,} answer combinations" if counted else "no profile"
    defects = [defect for effect in effects for defect in _of_rule(context, effect, nowhere)]
    about_pivots = [defect for defect in defects if "pivotal" in defect.kind]
    others = [defect for defect in defects if "pivotal" not in defect.kind]
    claims = []
    if effects:
        dead = sum(not effect.fires for effect in effects)
        implied = sum(effect.implied for effect in effects)
        fire = f"{dead} of {len(effects)} rules cannot" if dead else f"all {len(effects)} rules can"
        redundant = f"{implied or 'no'} {'rules are' if implied > 1 else 'rule is'} redundant"
        claims.append(conclude("rules", f"{fire} fire, {redundant}", others))
    if settled := [effect for effect in effects if not effect.left_open]:
        claims.append(conclude("pivotal", _pivots_text(settled), about_pivots))
    for id, what, left in (
        ("rules", "firing and effect", unread),
        ("pivotal", "effect on the result", unread | unsettled),
    ):
        if left:
            whys = "; ".join(dict.fromkeys(left.values()))
            text = f"{len(left)} of {len(context.written)} rules, {what}: {whys}: {', '.join(left)}"
            claims.append(Claim(id, NOT_PROVED, text))
    return tuple(effects), claims


def _pivots_text(effects: list[Effect]) -> str:
    never = [effect for effect in effects if effect.fires and effect.pivotal == 0]
    supporting = sum(effect.rule.supporting for effect in never)
    parts = [
        f"{sum(bool(effect.pivotal) for effect in effects)} rules can change the result",
        f"{supporting} never change the result and are marked `supporting`",
    ]
    if idle := len(never) - supporting:
        parts.append(f"{idle} never change the result and are not marked `supporting`")
    if about := sum(effect.about_checkpoints for effect in effects):
        parts.append(f"{about} affect{'s' * (about == 1)} only checkpoints")
    return "; ".join(parts)


def _of_rule(context: ProofContext, effect: Effect, nowhere: str) -> list[Defect]:
    """Return what is wrong with a rule; one that never fires does so in `nowhere`."""
    rule, fires, implied = effect.rule, effect.fires, effect.implied_by
    if not fires:
        return [defect(context, "dead-rule", rule.id, none=nowhere)]
    if effect.implied:
        others = _named(dict.fromkeys(id for ids in implied.values() for id in ids))
        return [defect(context, "implied-rule", rule.id, fires=fires, others=others)]
    defects = [
        defect(context, "implied-in-part", rule.id, family=family, others=_named(ids))
        for family, ids in implied.items()
    ]
    if effect.pivotal == 0 and not rule.supporting:
        defects.append(defect(context, "never-pivotal", rule.id, fires=fires))
    if effect.pivotal and rule.supporting:
        defects.append(defect(context, "pivotal-supporting", rule.id, pivotal=effect.pivotal))
    return defects


def _named(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id}`" for id in ids)

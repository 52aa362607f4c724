"""Is a rule base sound: what was proved of all its complete profiles, what fails, what is open.

Everything is counted exactly over a graph of all complete profiles; nothing is sampled. A proof
that does not end within its budget is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from advisor.audit.claim import HOLDS, Claim, Defect, defect
from advisor.audit.context import Answered, Budget, ProofContext
from advisor.audit.effects import Effect, effect_of, every_aim_met
from advisor.audit.never_first import NeverFirst, first_places
from advisor.rulebase.base import RuleBase

LEVELS = ("error", "warning", "note")


class Audit(NamedTuple):
    """What an audit found. `effects` are those of the written rules, as the files order them.

    `endings` say for each task with a family in how many cases there is which kind of checkpoint,
    `never_first` which checkpoints are offered and come first in none.
    """

    answered: Answered
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
    def sound(self) -> bool:
        """True where everything holds; notes do not count."""
        return all(claim.state == HOLDS for claim in self.claims)


def audit(rulebase: RuleBase, budget: Budget) -> Audit:
    """Prove all that is claimed of a rule base. Raises TooMuchOpenError where the budget ends."""
    context = ProofContext(rulebase, budget)
    effects = tuple([effect_of(context, rule) for rule in context.written])
    about_first, behind = first_places(context)
    return Audit(
        answered=context.answered,
        effects=effects,
        claims=(
            no_gap(context),
            every_profile_ends(context),
            every_family_wins(context),
            *_about_rules(context, effects),
            every_option_possible(context),
            no_undeclared_tie(context),
            every_question_matters(context),
            every_aim_met(context),
            about_first,
        ),
        endings=endings(context),
        never_first=behind,
    )


def _about_rules(context: ProofContext, effects: Sequence[Effect]) -> Iterator[Claim]:
    """Yield what is claimed of all written rules, if there are any."""
    if not effects:
        return
    defects = [defect for effect in effects for defect in _of_rule(context, effect)]
    about_pivots = [defect for defect in defects if "pivotal" in defect.kind]
    others = [defect for defect in defects if "pivotal" not in defect.kind]
    dead = sum(not effect.fires for effect in effects)
    implied = sum(effect.implied for effect in effects)
    fire = f"{dead} of {len(effects)} rules cannot" if dead else f"all {len(effects)} rules can"
    redundant = f"{implied or 'no'} {'rules are' if implied > 1 else 'rule is'} redundant"
    yield Claim("rules", f"{fire} fire, {redundant}", others)
    yield Claim("pivotal", _pivots_text(effects), about_pivots)


def _pivots_text(effects: Sequence[Effect]) -> str:
    never = [effect.rule.supporting for effect in effects if effect.fires and effect.pivotal == 0]
    about = sum(effect.about_checkpoints for effect in effects)
    return (
        f"{sum(bool(effect.pivotal) for effect in effects)} rules can change the result, "
        f"{len(never)} never change it ({sum(never)} are marked `supporting`), and {about} affect "
        "only checkpoints"
    )


def _of_rule(context: ProofContext, effect: Effect) -> list[Defect]:
    """Return what is wrong with a rule."""
    rule, fires, implied = effect.rule, effect.fires, effect.implied_by
    if not fires:
        nowhere = f"none of {context.answered.profiles:,} answer combinations"
        return [defect(context, "dead-rule", rule.id, none=nowhere)]
    if effect.implied:
        named = dict.fromkeys(id for ids in implied.values() for id in ids)
        others = ", ".join(f"`{id}`" for id in named)
        return [defect(context, "implied-rule", rule.id, fires=fires, others=others)]
    if effect.pivotal == 0 and not rule.supporting:
        return [defect(context, "never-pivotal", rule.id, fires=fires)]
    return []

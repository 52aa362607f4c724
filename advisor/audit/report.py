"""Is a rule base sound: what was proved of all its complete profiles, what fails, what is open.

Everything is counted exactly over a graph of all complete profiles; nothing is sampled. What the
budget does not suffice for is said to be not proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from advisor.audit.answers import Answered, answered, every_family_wins, no_gap, no_undeclared_tie
from advisor.audit.claim import HOLDS, NOT_PROVED, Claim, Defect, attempt, conclude
from advisor.audit.context import Budget, NotProvedError, ProofContext
from advisor.audit.contradictions import no_contradiction
from advisor.audit.effects import Effect, firing_of, in_words, with_pivots
from advisor.audit.idle import (
    every_option_possible,
    every_question_matters,
    interchangeable_options,
)
from advisor.audit.offered import Judge, aimed_past, every_checkpoint_offered
from advisor.model import Rule
from advisor.rulebase.base import RuleBase

Thing = TypeVar("Thing", Rule, Effect)

Left = dict[str, str]
"""Rules of which something was not proved, and why."""

LEVELS = ("error", "warning", "note")


class Audit(NamedTuple):
    """What an audit found. `answered` is None where the profiles could not be counted.

    `effects` are those of the written rules of which anything was proved, as the files order them.
    """

    answered: Answered | None
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """All defects, the worst first."""
        found = [defect for claim in self.claims for defect in claim.defects]
        return tuple(sorted(found, key=lambda defect: LEVELS.index(defect.level)))

    @property
    def proved(self) -> bool:
        """True where nothing was left open."""
        return all(claim.state != NOT_PROVED for claim in self.claims)

    @property
    def sound(self) -> bool:
        """True where everything was proved and holds; notes do not count."""
        return all(claim.state == HOLDS for claim in self.claims)


def audit(rulebase: RuleBase, budget: Budget, judge: Judge) -> Audit:
    """Prove what can be proved of a rule base within a budget.

    `judge` says what a checkpoint does not meet of a complete profile.
    """
    context = ProofContext(rulebase, budget)
    counts, about_answers = _about_answers(context)
    cheap = [  # proved before the rules, whose graphs are large
        attempt("contradictions", "contradictions", lambda: no_contradiction(context)),
        attempt("options", "which options are possible", lambda: every_option_possible(context)),
        attempt("interchangeable", "equal options", lambda: interchangeable_options(context)),
        attempt("ties", "ties", lambda: no_undeclared_tie(context)),
        attempt("questions", "which questions matter", lambda: every_question_matters(context)),
    ]
    effects, about_rules = _about_rules(context, counts.profiles if counts else None)
    about_checkpoints = [
        attempt("checkpoint-rules", "rules about checkpoints", lambda: aimed_past(context)),
        attempt(
            "checkpoints",
            "which checkpoints are offered",
            lambda: every_checkpoint_offered(context, judge),
        ),
    ]
    claims = (*about_answers, *about_rules, *cheap, *about_checkpoints)
    return Audit(counts, tuple(effects), claims)


def _about_answers(context: ProofContext) -> tuple[Answered | None, list[Claim]]:
    """Return the counts over all profiles, and what is claimed of the answers."""
    try:
        found = answered(context)
    except NotProvedError as reason:
        return None, [
            Claim("answers", NOT_PROVED, f"whether every profile has an answer: {reason}"),
            Claim("families", NOT_PROVED, f"whether every family can win: {reason}"),
        ]
    return found, [
        attempt("answers", "where profiles have no answer", lambda: no_gap(context, found)),
        every_family_wins(context, found),
    ]


def _about_rules(context: ProofContext, profiles: int | None) -> tuple[list[Effect], list[Claim]]:
    """Return the effects of the written rules, and what is claimed of them all."""
    stated, unread = _each(context.written, lambda rule: firing_of(context, rule))
    effects, unsettled = _each(stated, lambda effect: with_pivots(context, effect))
    settled = {effect.rule.id: effect for effect in effects}
    known = [settled.get(effect.rule.id, effect) for effect in stated]
    defects = [defect for effect in known for defect in _of_rule(effect, profiles)]
    about_pivots = [d for d in defects if d.kind in ("never-pivotal", "pivotal-supporting")]
    claims = [
        conclude("rules", _rules_text(stated), [d for d in defects if d not in about_pivots]),
        conclude("pivotal", _pivots_text(effects), about_pivots),
    ]
    if unread:
        claims.append(_open("rules", "whether they fire or add anything", context, unread))
    if left := {**unread, **unsettled}:
        claims.append(_open("pivotal", "where they are pivotal", context, left))
    return known, [claim for claim in claims if claim.text]


def _each(things: Iterable[Thing], prove: Callable[[Thing], Effect]) -> tuple[list[Effect], Left]:
    """Return what could be proved, and for each rule of which it could not, why."""
    proved: list[Effect] = []
    left: Left = {}
    for thing in things:
        try:
            proved.append(prove(thing))
        except NotProvedError as reason:
            left[thing.rule.id if isinstance(thing, Effect) else thing.id] = str(reason)
    return proved, left


def _open(id: str, what: str, context: ProofContext, left: Left) -> Claim:
    whys = "; ".join(dict.fromkeys(left.values()))
    text = f"{len(left)} of {len(context.written)} rules, {what}: {whys}: {', '.join(left)}"
    return Claim(id, NOT_PROVED, text)


def _rules_text(effects: list[Effect]) -> str:
    if not effects:
        return ""
    dead = sum(not effect.fires for effect in effects)
    implied = sum(effect.implied for effect in effects)
    fire = f"{dead} of {len(effects)} rules cannot" if dead else f"all {len(effects)} rules can"
    return f"{fire} fire; {implied or 'none'} {'are' if implied > 1 else 'is'} implied by others"


def _pivots_text(effects: list[Effect]) -> str:
    if not effects:
        return ""
    never = [effect for effect in effects if effect.fires and effect.pivotal == 0]
    supporting = sum(effect.rule.supporting for effect in never)
    parts = [
        f"{sum(bool(effect.pivotal) for effect in effects)} rules are pivotal in some profile",
        f"{supporting} are in none and say `supporting`",
    ]
    if len(never) > supporting:
        parts.append(f"{len(never) - supporting} are in none and do not say so")
    if about := sum(effect.about_checkpoints for effect in effects):
        parts.append(f"{about} speak{'s' * (about == 1)} of checkpoints alone")
    return "; ".join(parts)


def _of_rule(effect: Effect, profiles: int | None) -> list[Defect]:
    """Return what is wrong with a rule."""
    rule = effect.rule
    if not effect.fires:
        over = f" of {profiles:,} profiles" if profiles is not None else " profile"
        return [_defect("dead-rule", effect, f"`{rule.id}` fires in none{over}")]
    if effect.implied:
        others = dict.fromkeys(id for ids in effect.implied_by.values() for id in ids)
        named = ", ".join(f"`{id}`" for id in others)
        message = f"`{rule.id}` adds nothing in the {effect.fires:,} profiles where it fires: "
        return [_defect("implied-rule", effect, f"{message}{named} say it already")]
    found = [
        _defect(
            "implied-in-part",
            effect,
            f"`{rule.id}` adds nothing about `{family}`: "
            f"{', '.join(f'`{id}`' for id in ids)} say it already",
        )
        for family, ids in effect.implied_by.items()
    ]
    if effect.pivotal == 0 and not rule.supporting:
        found.append(_defect("never-pivotal", effect, _never_pivotal(effect)))
    if effect.pivotal and rule.supporting:
        message = (
            f"`{rule.id}` says `supporting: true` and is pivotal in {effect.pivotal:,} profiles"
        )
        found.append(_defect("pivotal-supporting", effect, message))
    return found


def _defect(kind: str, effect: Effect, message: str) -> Defect:
    return Defect(kind, effect.rule.id, effect.rule.place, message)


def _never_pivotal(effect: Effect) -> str:
    message = f"`{effect.rule.id}` fires in {effect.fires:,} profiles and is pivotal in none"
    shadow = effect.overshadowed
    if shadow is None:
        return message
    message += f": {in_words(shadow, effect.fires)}"
    if shadow.rules:
        rules = " and ".join(f"`{id}`" for id in shadow.rules)
        message += f"; without {rules} it would be"
    return message

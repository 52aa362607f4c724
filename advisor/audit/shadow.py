"""What keeps a rule that fires from ever deciding: the criteria, and the rules in its way."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import NamedTuple

from advisor.audit.context import Answers, Ground
from advisor.audit.outcomes import share
from advisor.engine.space import Space
from advisor.model import Rule

MOST_IN_THE_WAY = 3
"""So many rules together are tried as what is in the way."""

SHOWN_REASONS = 3

MOST_WITNESSES = 24
"""So many profiles are looked at for rules in the way."""


class Reason(NamedTuple):
    """Why a rule does not decide of a family, and in how many of the profiles where it fires.

    `why` is excluded, said (by others already), wins (anyway) or loses (all the same); `on` is the
    criterion of the latter two, `rank`, or empty where nobody else is left.
    """

    family: str
    why: str
    on: str
    profiles: int


class Overshadow(NamedTuple):
    """Why a rule is never pivotal: reasons by weight, and what is in the way.

    Without `rules` it decides the profile `answers`; without fewer of them it does not. They are
    written rules where three of those suffice, else derived ones are among them; both are empty
    where no three rules are what is in its way.
    """

    reasons: tuple[Reason, ...]
    rules: tuple[str, ...]
    answers: Answers


def overshadow(ground: Ground, rule: Rule, without: Space) -> Overshadow:
    """Return what overshadows a rule; `without` holds the profiles where it fires, without it."""
    tally: Counter[tuple[str, str, str]] = Counter()
    said = ground.encoding.outcome(ground.mask(rule))
    for outcome, weight in zip(without.outcomes, without.weights(), strict=True):
        for family in ground.bits[rule.id] if weight else ():
            why, on = _why(ground, rule, family, outcome, outcome | said)
            tally[ground.encoding.families[family], why, on] += weight
    reasons = tuple(Reason(*key, number) for key, number in tally.most_common())
    return Overshadow(reasons, *_in_the_way(ground, rule, without))


def _why(ground: Ground, rule: Rule, family: int, before: int, after: int) -> tuple[str, str]:
    encoding, ranking = ground.encoding, ground.ranking
    bit = encoding.outcome_of[ground.bits[rule.id][family].bit_length() - 1]
    if before >> family & 1:
        return "excluded", ""
    if before >> bit & 1:
        return "said", ""
    order = ranking.order(after)
    if order and order[0] == family:
        if len(order) == 1:
            return "wins", ""
        return "wins", ranking.parting(after, family, order[1]) or "rank"
    return "loses", ranking.parting(before, ranking.winner(before), family) or "rank"


def _in_the_way(ground: Ground, rule: Rule, without: Space) -> tuple[tuple[str, ...], Answers]:
    weighted = sorted(
        zip(without.outcomes, without.weights(), strict=True), key=lambda pair: -pair[1]
    )
    witnesses = []
    for outcome, weight in weighted[:MOST_WITNESSES]:
        if weight and (answers := ground.witness(without, outcome.__eq__)):
            witnesses.append(answers)
    for derived in (False, True):
        best: tuple[tuple[str, ...], Answers] = ((), {})
        for answers in witnesses:
            most = len(best[0]) - 1 if best[0] else MOST_IN_THE_WAY
            if found := _fewest(ground, rule, answers, most, derived=derived):
                best = found, answers
        if best[0]:
            return best
    return (), {}


def _fewest(
    ground: Ground, rule: Rule, answers: Answers, most: int, *, derived: bool
) -> tuple[str, ...]:
    """Return the fewest rules without which a rule decides a profile."""
    own = ground.mask(rule)
    others = [
        one
        for one in ground.fired(answers)
        if one.id != rule.id and ground.mask(one) and (derived or not one.derived)
    ]
    winner = ground.ranking.winner
    for size in range(1, most + 1):
        for left_out in combinations(others, size):
            mask = sum(ground.mask(one) for one in left_out)
            if winner(ground.outcome(answers, mask)) != winner(ground.outcome(answers, mask | own)):
                return tuple(one.id for one in left_out)
    return ()


_WORDS = {
    "excluded": "`{family}` is excluded",
    "said": "other rules say it already",
    "wins": "`{family}` wins anyway on {on}",
    "loses": "`{family}` loses all the same on {on}",
}


def in_words(shadow: Overshadow, fires: int) -> str:
    """Return the reasons as a sentence, the most frequent first, with shares of what fires."""
    shown = shadow.reasons[:SHOWN_REASONS]
    parts = []
    for reason in shown:
        words = _WORDS[reason.why].format(family=reason.family, on=reason.on)
        if reason.why == "wins" and not reason.on:
            words = f"`{reason.family}` is the only one left"
        parts.append(f"{words} ({share(reason.profiles, fires)})")
    more = len(shadow.reasons) - len(shown)
    return ", ".join(parts) + (f", and {more} more" if more else "")

"""What each written rule does to answers: can it fire, does it add anything, where is it pivotal.

A rule is *pivotal* in a profile where another family wins without it. It is *implied* where, of
each family that it speaks of, other rules say the same whenever it fires (the same effect, for
`prefer` and `avoid` on the same criterion), or exclude that family there, so that it adds nothing.
A rule that fires and is never pivotal is *overshadowed*, by the criteria or by rules in its way.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import NamedTuple

from advisor.audit.context import PATTERNS_UP_TO_EDGES, CompleteAnswers, Holds, ProofContext
from advisor.engine.space import Space
from advisor.model import Rule
from advisor.phrasing import share

MOST_IN_THE_WAY = 3
"""So many rules together are tried as what is in the way."""

SHOWN_REASONS = 3

MOST_WITNESSES = 24
"""So many profiles are looked at for rules in the way."""


class Hindrance(NamedTuple):
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

    reasons: tuple[Hindrance, ...]
    rules: tuple[str, ...]
    answers: CompleteAnswers


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
    alone, and where it was not proved. `implied_by` names, for each family of which the rule adds
    nothing, rules that say it already; none of them can be left out. `overshadowed` is given where
    a rule that fires is never pivotal.
    """

    rule: Rule
    fires: int
    implied_by: dict[str, tuple[str, ...]]
    pivotal: int | None = None
    pair: PivotalCase | None = None
    overshadowed: Overshadow | None = None

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
    """Return all that a rule does. Raises NotProvedError where the budget ends."""
    return with_pivots(context, firing_of(context, rule))


def firing_of(context: ProofContext, rule: Rule) -> Effect:
    """Return where a rule fires and whether it adds anything; that takes small graphs only."""
    space = context.admissible
    fires = space.total(space.root, space.allowing(rule.when))
    implied = _implied_by(context, rule) if fires else {}
    return Effect(rule, fires, implied)


def with_pivots(context: ProofContext, effect: Effect) -> Effect:
    """Return an effect with where its rule is pivotal, or what overshadows it."""
    rule, mask = effect.rule, context.mask(effect.rule)
    if effect.about_checkpoints:
        return effect
    space = context.space(rule.when, only=context.encoding.everything & ~mask)
    own = context.encoding.outcome(mask)
    winner = context.ranking.winner

    def differs(outcome: int) -> bool:
        return winner(outcome) != winner(outcome | own)

    pivotal = context.number(space, differs)
    if not pivotal:
        shadow = _overshadow(context, rule, space) if effect.fires else None
        return effect._replace(pivotal=0, overshadowed=shadow)
    answers = context.witness(space, differs) or {}
    left = context.encoding.outcome(context.fired(answers) & ~mask)
    given = _given(context, rule, space, answers, differs)
    names = context.names[winner(left | own)], context.names[winner(left)]
    return effect._replace(pivotal=pivotal, pair=PivotalCase(answers, given, *names))


def _given(
    context: ProofContext, rule: Rule, fires: Space, answers: CompleteAnswers, differs: Holds
) -> CompleteAnswers:
    """Leave out of a profile, from its end, each answer without which the rule is still pivotal."""
    given = dict(answers)
    admissible = context.admissible
    named = admissible.allowing(rule.when)
    for id in reversed(answers) if fires.size <= PATTERNS_UP_TO_EDGES else ():
        fewer = {other: option for other, option in given.items() if other != id}
        allowed = context.allowed(fewer)
        left = admissible.reachable(admissible.root, allowed).choices
        certain = all(left[question] <= set(kept) for question, kept in named.items())
        if certain and all(map(differs, fires.reachable(fires.root, allowed).labels)):
            given = fewer
    return given


def _implied_by(context: ProofContext, rule: Rule) -> dict[str, tuple[str, ...]]:
    encoding = context.encoding
    found = {}
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
        found[encoding.families[family]] = tuple(
            dict.fromkeys(
                conjunction.origin.id
                for place, conjunction in enumerate(encoding.conjunctions)
                if others >> place & 1
            )
        )
    return found


def _always(context: ProofContext, rule: Rule, others: int, bits: int) -> bool:
    """True where other conjunctions give one of the bits whenever a rule fires."""
    if not others:
        return False
    space = context.space(rule.when, only=others | context.encoding.forbid)
    return all(outcome & bits for outcome in space.outcomes)


def _overshadow(context: ProofContext, rule: Rule, without: Space) -> Overshadow:
    """Return what overshadows a rule; `without` holds the profiles where it fires, without it."""
    tally: Counter[tuple[str, str, str]] = Counter()
    counts = without.counts(without.root)
    own = context.encoding.outcome(context.mask(rule))
    for outcome, number in counts.items():
        for family in context.bits[rule.id]:
            why, on = _why(context, rule, family, outcome, outcome | own)
            tally[context.encoding.families[family], why, on] += number
    reasons = tuple(Hindrance(*key, number) for key, number in tally.most_common())
    largest = sorted(counts, key=counts.__getitem__, reverse=True)[:MOST_WITNESSES]
    witnesses = [w for one in largest if (w := context.witness(without, one.__eq__))]
    for derived in (False, True):
        fewest: tuple[str, ...] = ()
        for answers in witnesses:
            most = len(fewest) - 1 if fewest else MOST_IN_THE_WAY
            if found := _in_the_way(context, rule, answers, most, derived=derived):
                fewest, decided = found, answers
        if fewest:
            return Overshadow(reasons, fewest, decided)
    return Overshadow(reasons, (), {})


def _why(
    context: ProofContext, rule: Rule, family: int, before: int, after: int
) -> tuple[str, str]:
    encoding, ranking = context.encoding, context.ranking
    bit = encoding.outcome_of[context.bits[rule.id][family].bit_length() - 1]
    if before >> family & 1:
        return "excluded", ""
    if before >> bit & 1:
        return "said", ""
    order = ranking.order(after)
    if order[:1] == [family]:
        alone = len(order) == 1
        return "wins", "" if alone else ranking.parting(after, family, order[1]) or "rank"
    return "loses", ranking.parting(before, ranking.winner(before), family) or "rank"


def _in_the_way(
    context: ProofContext, rule: Rule, answers: CompleteAnswers, most: int, *, derived: bool
) -> tuple[str, ...]:
    """Return the fewest rules without which a rule decides a profile."""
    fired = context.fired(answers)
    others = [
        (one.id, context.mask(one))
        for one in context.rules(fired)
        if one.id != rule.id and (derived or not one.derived)
    ]
    for size in range(1, most + 1):
        for left_out in combinations(others, size):
            if context.is_pivotal(rule, fired & ~sum(mask for _, mask in left_out)):
                return tuple(id for id, _ in left_out)
    return ()


_WORDS = {
    "excluded": "`{family}` is excluded",
    "said": "other rules say it already",
    "wins": "`{family}` wins anyway on {on}",
    "loses": "`{family}` loses all the same on {on}",
    "only": "`{family}` is the only one left",
}


def in_words(shadow: Overshadow, fires: int) -> str:
    """Return the reasons as a sentence, the most frequent first, with shares of what fires."""
    parts = []
    for family, why, on, profiles in shadow.reasons[:SHOWN_REASONS]:
        words = _WORDS["only" if why == "wins" and not on else why].format(family=family, on=on)
        parts.append(f"{words} ({share(profiles, fires)})")
    more = len(shadow.reasons) - len(parts)
    return ", ".join(parts) + (f", and {more} more" if more else "")

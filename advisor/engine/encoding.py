"""A rule base as integers: one bit a conjunction, one mask an option.

A conjunction is a rule aimed at one family, or a combination that cannot be. It survives an
answer when it does not mention the question or lists the option. What survives all answers
fires; so deciding one complete profile is a handful of ANDs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisor.model import NOT_APPLICABLE, Never, Rule
from advisor.rulebase.base import RuleBase

FORBID = -1
"""Stands in the place of an effect's outcome bit for combinations that cannot be."""


KEPT_FIRINGS = 50_000


class Conjunction(NamedTuple):
    """One rule aimed at one family (`outcome` is its bit), or a `Never` (`outcome` is FORBID)."""

    origin: Rule | Never
    family: int
    outcome: int


class Encoding:
    """The tables the engine works on.

    Outcome bits: one for each family's exclusion, then for each criterion and family one for plus
    and one for minus.
    """

    __slots__ = (
        "by_outcome",
        "conjunctions",
        "criteria",
        "everything",
        "families",
        "forbid",
        "index",
        "kill_excluded",
        "mentioned",
        "mentions",
        "option_index",
        "options",
        "outcome_of",
        "questions",
        "ranks",
        "survives",
    )

    def __init__(self, rulebase: RuleBase) -> None:
        self.questions = [question.id for question in rulebase.questions]
        self.index = {id: place for place, id in enumerate(self.questions)}
        self.options = [
            [option.id for option in question.options]
            + ([NOT_APPLICABLE] if question.ask_if else [])
            for question in rulebase.questions
        ]
        self.option_index = [
            {id: place for place, id in enumerate(options)} for options in self.options
        ]
        self.families = [family.id for family in rulebase.families]
        self.ranks = [family.rank for family in rulebase.families]
        self.criteria = [criterion.id for criterion in rulebase.criteria]
        self.conjunctions: list[Conjunction] = []
        self._collect(rulebase)
        self.everything = (1 << len(self.conjunctions)) - 1
        self.mentions = [0] * len(self.questions)
        listed = [[0] * len(options) for options in self.options]
        self.forbid = 0
        self.by_outcome: dict[int, int] = {}
        self.outcome_of: list[int] = []
        self.kill_excluded = [0] * len(self.families)
        for place, conjunction in enumerate(self.conjunctions):
            self._enter(1 << place, conjunction, listed)
        self.survives = [
            [self.everything & ~self.mentions[question] | mask for mask in masks]
            for question, masks in enumerate(listed)
        ]

        self.mentioned = [
            (question, survives)
            for question, survives in enumerate(self.survives)
            if self.mentions[question]
        ]

    def _collect(self, rulebase: RuleBase) -> None:
        families = {id: place for place, id in enumerate(self.families)}
        criteria = {id: place for place, id in enumerate(self.criteria)}
        for rule in rulebase.rules:
            for candidate in rule.candidates:
                family = families.get(candidate)
                if family is None:
                    continue  # aimed at a checkpoint: judged after the family
                outcome = self._outcome_bit(rule.effect, criteria[rule.criterion], family)
                self.conjunctions.append(Conjunction(rule, family, outcome))
        for never in rulebase.never:
            self.conjunctions.append(Conjunction(never, -1, FORBID))

    def _outcome_bit(self, effect: str, criterion: int, family: int) -> int:
        if effect == "exclude":
            return family
        base = len(self.families) * (1 + 2 * criterion)
        return base + family + (len(self.families) if effect == "avoid" else 0)

    def _enter(self, bit: int, conjunction: Conjunction, listed: list[list[int]]) -> None:
        for question, options in conjunction.origin.when.items():
            place = self.index[question]
            self.mentions[place] |= bit
            for option in options:
                listed[place][self.option_index[place][option]] |= bit
        self.outcome_of.append(conjunction.outcome)
        if conjunction.outcome == FORBID:
            self.forbid |= bit
        else:
            self.by_outcome[conjunction.outcome] = self.by_outcome.get(conjunction.outcome, 0) | bit
            self.kill_excluded[conjunction.family] |= bit

    def fired(self, choices: list[tuple[int, ...]]) -> int:
        """Return the conjunctions that fire when each question has these options."""
        alive = self.everything
        for question, survives in self.mentioned:
            chosen = choices[question]
            if len(chosen) == 1:
                alive &= survives[chosen[0]]
            else:
                mask = 0
                for option in chosen:
                    mask |= survives[option]
                alive &= mask
        return alive

    def outcome(self, fired: int) -> int:
        """Return the outcome bits of fired conjunctions."""
        outcome = 0
        fired &= ~self.forbid
        while fired:
            low = fired & -fired
            outcome |= 1 << self.outcome_of[low.bit_length() - 1]
            fired ^= low
        return outcome


class Ranking:
    """Compares families by their outcome bits, criterion by criterion in one order."""

    __slots__ = ("_by_fired", "_encoding", "_order", "_winners")

    def __init__(self, encoding: Encoding, priority: tuple[str, ...] = ()) -> None:
        places = {id: place for place, id in enumerate(encoding.criteria)}
        first = [places[id] for id in priority]
        self._encoding = encoding
        self._order = first + [place for place in range(len(places)) if place not in first]
        self._winners: dict[int, int] = {}
        self._by_fired: dict[int, int] = {}

    def sign(self, outcome: int, criterion: int, family: int) -> int:
        """Return +1, 0 or -1: where a family stands on one criterion, never a count."""
        width = len(self._encoding.families)
        base = width * (1 + 2 * criterion) + family
        return (outcome >> base & 1) - (outcome >> (base + width) & 1)

    def signs(self, outcome: int, family: int) -> tuple[int, ...]:
        """Return the signs of a family in the order of comparison."""
        return tuple(self.sign(outcome, criterion, family) for criterion in self._order)

    def order(self, outcome: int) -> list[int]:
        """Return the families that are not excluded, best first; equals by declared rank."""
        left = [f for f in range(len(self._encoding.families)) if not outcome >> f & 1]
        ranks = self._encoding.ranks
        return sorted(left, key=lambda f: ([-s for s in self.signs(outcome, f)], ranks[f], f))

    def winner(self, outcome: int) -> int:
        """Return the family that wins, or the number of families where none is left."""
        found = self._winners.get(outcome)
        if found is None:
            order = self.order(outcome)
            found = order[0] if order else len(self._encoding.families)
            self._winners[outcome] = found
        return found

    def winners(self, outcomes: Iterable[int]) -> int:
        """Return who wins under any of these outcomes, as bits; `none` is the last."""
        found = 0
        for outcome in outcomes:
            found |= 1 << self.winner(outcome)
        return found

    def winner_of(self, choices: list[tuple[int, ...]]) -> int:
        """Return the family that wins a complete profile; equal firings are decided once."""
        fired = self._encoding.fired(choices)
        found = self._by_fired.get(fired)
        if found is None:
            if len(self._by_fired) >= KEPT_FIRINGS:
                self._by_fired.clear()
            found = self._by_fired[fired] = self.winner(self._encoding.outcome(fired))
        return found

    def parting(self, outcome: int, one: int, other: int) -> str | None:
        """Return the criterion on which two families first differ; None where only rank does."""
        for criterion in self._order:
            if self.sign(outcome, criterion, one) != self.sign(outcome, criterion, other):
                return self._encoding.criteria[criterion]
        return None

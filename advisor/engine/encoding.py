"""A rule base as integers: one bit a conjunction, one mask an option.

A conjunction is a rule aimed at one family, or a combination that cannot be. It survives an
answer when it does not mention the question or lists the option. What survives all answers
fires; so deciding one complete profile is a handful of ANDs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
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
        self.conjunctions = [*self._aimed(rulebase.rules)]
        self.conjunctions += [Conjunction(never, -1, FORBID) for never in rulebase.never]
        self.outcome_of = [conjunction.outcome for conjunction in self.conjunctions]
        self.everything = (1 << len(self.conjunctions)) - 1
        self.forbid = 0
        self.by_outcome: dict[int, int] = {}
        self.kill_excluded = [0] * len(self.families)
        width, bits = len(self.families), len(self.families) * (1 + 2 * len(self.criteria))
        self.signs_of = [
            sum(1 << bit for bit in range(width + family, bits, width)) for family in range(width)
        ]
        """For each family, the outcome bits that say where it stands on the criteria."""
        mentions = [0] * len(self.questions)
        listed = [[0] * len(options) for options in self.options]
        for place, (origin, family, outcome) in enumerate(self.conjunctions):
            bit = 1 << place
            for id, options in origin.when.items():
                question = self.index[id]
                mentions[question] |= bit
                for option in options:
                    listed[question][self.option_index[question][option]] |= bit
            if outcome == FORBID:
                self.forbid |= bit
            else:
                self.by_outcome[outcome] = self.by_outcome.get(outcome, 0) | bit
                self.kill_excluded[family] |= bit
        self.survives = [
            [self.everything & ~mentioned | mask for mask in masks]
            for mentioned, masks in zip(mentions, listed, strict=True)
        ]
        self._mentioned = [
            (question, self.survives[question]) for question, mask in enumerate(mentions) if mask
        ]

    def _aimed(self, rules: Iterable[Rule]) -> Iterator[Conjunction]:
        """Yield each rule with each family it is aimed at; checkpoints are judged afterwards."""
        families = {id: place for place, id in enumerate(self.families)}
        criteria = {id: place for place, id in enumerate(self.criteria)}
        for rule in rules:
            for candidate in rule.candidates:
                if (family := families.get(candidate)) is not None:
                    base = len(families) * (1 + 2 * criteria[rule.criterion]) + family
                    outcome = {"exclude": family, "avoid": base + len(families)}
                    yield Conjunction(rule, family, outcome.get(rule.effect, base))

    def fired(self, choices: list[tuple[int, ...]]) -> int:
        """Return the conjunctions that fire when each question has these options."""
        alive = self.everything
        for question, survives in self._mentioned:
            chosen = choices[question]
            if len(chosen) == 1:
                alive &= survives[chosen[0]]
            else:
                alive &= self.surviving(question, chosen)
        return alive

    def surviving(self, question: int, choice: tuple[int, ...]) -> int:
        """Return the conjunctions that survive options of a question that hold at once."""
        return reduce(or_, [self.survives[question][option] for option in choice])

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

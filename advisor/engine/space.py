"""A rule base as integers, and all complete profiles that a set of answers leaves open.

A conjunction is a rule aimed at one family, or a forbidden combination; it has one bit, each option
a mask. It survives an answer if it does not mention the question or lists the option. What survives
all answers fires; so deciding one complete profile is a handful of ANDs.

To follow all profiles, questions are taken one at a time, in declared order. The state after some
answers is which conjunctions can still fire and what has fired already: partial profiles that agree
on this are followed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

from advisor.engine.diagram import EMPTY, Allowed, Choice, Diagram
from advisor.model import NONE, NOT_APPLICABLE, Condition, NamedTuple, Never, Rule
from advisor.rulebase.base import RuleBase

FORBID = -1
"""Stands in the place of an effect's outcome bit for forbidden combinations."""

Spend = Callable[[int], None]
"""Called with the number of edges to be made next; raises if there are too many."""


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
            {id: place for place, id in enumerate(options)}
            | {name: place for place, entry in enumerate(question.options) for name in entry.covers}
            for question, options in zip(rulebase.questions, self.options, strict=True)
        ]
        self.families = [family.id for family in rulebase.families]
        self.winners = (*self.families, NONE)
        """The families, and `none`: all that can win."""
        self.ranks = [family.tie_break_order for family in rulebase.families]
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
        """For each family, the outcome bits of its plus and minus on all criteria."""
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
        """Yield a conjunction for each rule and family it is aimed at; not for checkpoints."""
        families = {id: place for place, id in enumerate(self.families)}
        criteria = {id: place for place, id in enumerate(self.criteria)}
        for rule in rules:
            for candidate in rule.candidates:
                if (family := families.get(candidate)) is not None:
                    base = len(families) * (1 + 2 * criteria[rule.criterion]) + family
                    outcome = {"exclude": family, "avoid": base + len(families)}
                    yield Conjunction(rule, family, outcome.get(rule.effect, base))

    def fired(self, choices: list[tuple[int, ...]]) -> int:
        """Return the conjunctions (bits) that fire if each question has these options."""
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
        width = len(encoding.families)
        self._bases = [width * (1 + 2 * criterion) for criterion in self._order]
        self._winners: dict[int, int] = {}

    def signs(self, outcome: int, family: int) -> tuple[int, ...]:
        """Return +1, 0 or -1 of a family for each criterion in order of priority, never a count."""
        width, outcome = len(self._encoding.families), outcome >> family
        return tuple([(outcome >> at & 1) - (outcome >> (at + width) & 1) for at in self._bases])

    def order(self, outcome: int) -> list[int]:
        """Return the families that are not excluded, best first; equals by declared rank."""
        left = [f for f in range(len(self._encoding.families)) if not outcome >> f & 1]
        ranks = self._encoding.ranks
        if len(left) < 2:
            return left
        return sorted(left, key=lambda f: ([-s for s in self.signs(outcome, f)], ranks[f], f))

    def winner(self, outcome: int) -> int:
        """Return the family that wins, or the number of families if all are excluded."""
        winner = self._winners.get(outcome)
        if winner is None:
            order = self.order(outcome)
            winner = order[0] if order else len(self._encoding.families)
            self._winners[outcome] = winner
        return winner

    def parting(self, outcome: int, family: int, other: int) -> str | None:
        """Return the first criterion on which two families differ; None if only rank does."""
        own, theirs = self.signs(outcome, family), self.signs(outcome, other)
        differing = (c for n, c in enumerate(self._order) if own[n] != theirs[n])
        return next((self._encoding.criteria[criterion] for criterion in differing), None)


_State = tuple[int, int]
"""The conjunctions that can still fire, and the outcome so far."""


class _Step(NamedTuple):
    """A question that matters: which conjunctions survive each group of its choices.

    `group` has the group of each choice; conjunctions in `ending` depend on no later question.
    """

    question: int
    survivors: list[int]
    group: list[int]
    ending: int


class Space(Diagram):
    """The complete profiles within `choices` (for each question, the possible ones).

    `only` are the conjunctions to follow (bits), all if None; `spend` limits the size.
    """

    def __init__(
        self,
        encoding: Encoding,
        choices: Sequence[Sequence[Choice]],
        *,
        only: int | None = None,
        spend: Spend | None = None,
    ) -> None:
        super().__init__(choices)
        self.encoding = encoding
        self._kept: dict[int, tuple[int, int]] = {}
        self.root = self.build(only, spend)
        self.outcomes: tuple[int, ...] = tuple(self.label.values())
        """The outcomes of all these profiles."""

    def __bool__(self) -> bool:
        """True if at least one complete profile is left."""
        return self.root != EMPTY

    def build(self, only: int | None = None, spend: Spend | None = None) -> int:
        """Return the function from the profiles to their outcomes, following `only` some rules."""
        if not all(self.choices):
            return EMPTY
        start, now, steps = self._plan(self.encoding.everything if only is None else only)
        memo: list[dict[_State, int]] = [{} for _ in range(len(steps) + 1)]

        def grow(number: int, state: _State) -> int:
            """Return the node of what follows a state at step `number`."""
            node = memo[number].get(state)
            if node is not None:
                return node
            if number == len(steps):
                node = self.terminal(state[1])
            else:
                question, survivors, group, ending = steps[number]
                if spend is not None:
                    spend(len(survivors))
                ends = []
                for mask in survivors:
                    after = self._settle(state[0] & mask, state[1], ending)
                    ends.append(EMPTY if after is None else grow(number + 1, after))
                node = self.node(question, tuple([ends[place] for place in group]))
            memo[number][state] = node
            return node

        first = self._settle(start, 0, now)
        return EMPTY if first is None else grow(0, first)

    def _plan(self, start: int) -> tuple[int, int, list[_Step]]:
        """Return the conjunctions that can fire, those that fire in any case, and the steps."""
        masks = [
            [self.encoding.surviving(question, choice) for choice in choices]
            for question, choices in enumerate(self.choices)
        ]
        for of_question in masks:
            start &= reduce(or_, of_question)
        undecided = start
        steps = []
        for question in range(len(masks) - 1, -1, -1):
            cut = [mask & start for mask in masks[question]]
            common = reduce(and_, cut)
            ending = undecided & ~common
            undecided &= common
            survivors = list(dict.fromkeys(cut))
            if ending or len(survivors) > 1:
                group = [survivors.index(mask) for mask in cut]
                steps.append(_Step(question, survivors, group, ending))
        return start, undecided, steps[::-1]

    def _settle(self, alive: int, outcome: int, ending: int) -> _State | None:
        """Return the state after conjunctions in `ending` fired; None if a forbidden one did."""
        fired = alive & ending
        if not fired:
            return alive & ~ending, outcome
        if fired & self.encoding.forbid:
            return None
        outcome |= self.encoding.outcome(fired)
        if outcome not in self._kept:
            self._kept[outcome] = self._relevant(outcome)
        relevant, outcome = self._kept[outcome]
        return alive & ~ending & relevant, outcome

    def _relevant(self, outcome: int) -> tuple[int, int]:
        """Return the conjunctions that can change an outcome, and the bits of it that matter."""
        encoding = self.encoding
        idle = 0
        for bit, mask in encoding.by_outcome.items():
            if outcome >> bit & 1:
                idle |= mask
        for family, mask in enumerate(encoding.kill_excluded):
            if outcome >> family & 1:  # nothing else that is known of it can matter any more
                idle |= mask
                outcome &= ~encoding.signs_of[family]
        return ~idle, outcome

    def allowing(self, when: Condition) -> Allowed:
        """Return by level the choices that meet a condition, for the questions it names."""
        index, places = self.encoding.index, self.encoding.option_index
        return {
            index[id]: [
                choice
                for choice in self.choices[index[id]]
                if not {places[index[id]][option] for option in options}.isdisjoint(choice)
            ]
            for id, options in when.items()
        }

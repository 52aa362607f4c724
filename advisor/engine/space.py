"""All complete profiles that a set of answers leaves open, labelled by the outcome of each.

Questions are taken one at a time, in declared order. What matters of the answers so far is which
conjunctions can still fire and what has fired already: partial profiles that agree on this are
followed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, reduce
from operator import and_, or_
from typing import NamedTuple

from advisor.engine.diagram import EMPTY, Allowed, Choice, Diagram
from advisor.engine.encoding import Encoding, Ranking
from advisor.model import Condition

Spend = Callable[[int], None]
"""Called with the number of edges that may be made next; raises where that is too many."""


class _Step(NamedTuple):
    """A question that matters: which conjunctions survive each group of its choices.

    `group` has the group of each choice; conjunctions in `ending` are decided here.
    """

    question: int
    survivors: list[int]
    group: list[int]
    ending: int


class Space(Diagram):
    """The complete profiles within `choices` (for each question, what is still possible).

    `only` are the conjunctions to follow, all of them where it is None; `spend` bounds the size.
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
        self.size = 0
        """How many edges were made, before equal functions became one."""
        self.asked: list[int] = []
        """The questions that conjunctions which can still fire speak of."""
        self._kept: dict[int, tuple[int, int]] = {}
        self.root = self.build(only, spend)
        self.outcomes: tuple[int, ...] = tuple(self.label.values())
        """The outcomes of all these profiles."""

    def __bool__(self) -> bool:
        """True where at least one complete profile is left."""
        return self.root != EMPTY

    def build(self, only: int | None = None, spend: Spend | None = None) -> int:
        """Return the function from the profiles to their outcomes, following some conjunctions."""
        if not all(self.choices):
            return EMPTY
        start, now, steps = self._plan(self.encoding.everything if only is None else only)
        self.asked = [step.question for step in steps]

        @cache
        def grow(depth: int, alive: int, outcome: int) -> int:
            if depth == len(steps):
                return self.terminal(outcome)
            question, survivors, group, ending = steps[depth]
            if spend is not None:
                spend(len(survivors))
            ends = []
            for mask in survivors:
                left, after = alive & mask, outcome
                if left & ending:
                    settled = self._settle(left, outcome, ending)
                    if settled is None:
                        ends.append(EMPTY)
                        continue
                    left, after = settled
                ends.append(grow(depth + 1, left, after))
            self.size += len(set(ends)) - (EMPTY in ends)
            return self.node(question, tuple([ends[at] for at in group]))

        first = self._settle(start, 0, now)
        return EMPTY if first is None else grow(0, *first)

    def _plan(self, start: int) -> tuple[int, int, list[_Step]]:
        """Return the conjunctions that can fire, those that do in any case, and the steps."""
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

    def _settle(self, alive: int, outcome: int, ending: int) -> tuple[int, int] | None:
        """Let conjunctions that are decided fire; None where they say that this cannot be."""
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
        """Return the conjunctions that can add to an outcome, and what matters of it."""
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
        """Return the choices that a condition leaves, of the questions that it names."""
        index, places = self.encoding.index, self.encoding.option_index
        return {
            index[id]: [
                choice
                for choice in self.choices[index[id]]
                if not {places[index[id]][option] for option in options}.isdisjoint(choice)
            ]
            for id, options in when.items()
        }

    def possible(self, ranking: Ranking) -> int:
        """Return the exact set of winners as bits; the bit after the last family is `none`."""
        return ranking.winners(self.outcomes)

    def wins(self, ranking: Ranking) -> list[int]:
        """Return for each family, and `none` last, in how many complete profiles it wins."""
        won = [0] * (len(self.encoding.families) + 1)
        for outcome, number in self.counts(self.root).items():
            won[ranking.winner(outcome)] += number
        return won

    def marginals(
        self, ranking: Ranking, questions: Iterable[int]
    ) -> Iterator[dict[Choice, list[int]]]:
        """For each question yield for each choice in how many complete profiles each family wins.

        Choices that no profile has are left out.
        """
        won = Diagram(self.choices)
        root = won.read(self, self.root, ranking.winner)
        families = range(len(self.encoding.families) + 1)
        for question in questions:
            rows = {}
            for choice, node in zip(
                self.choices[question], won.cofactors(root, question), strict=True
            ):
                if counts := won.counts(node, {question: [choice]}):
                    rows[choice] = [counts.get(family, 0) for family in families]
            yield rows

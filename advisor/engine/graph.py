"""The layered graph of all complete profiles that a set of answers leaves open: how it is built.

Questions are taken one at a time, in declared order. What matters of the answers so far is which
conjunctions can still fire and what has fired already; partial profiles that agree on this are
one node. Every path is one group of complete profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from advisor.engine.encoding import Encoding

Choice = tuple[int, ...]
"""Options of one question that hold at once: one, except for questions with `many`."""

Spend = Callable[[int], None]
"""Called with the number of edges that may be made next; raises where that is too many."""


State = tuple[int, int]
"""What matters of the answers so far: conjunctions that can still fire, and outcome bits."""

PAID_AT_ONCE = 4096


class Edge(NamedTuple):
    """Choices of one question that lead from a node to the same next node."""

    choices: list[Choice]
    target: int


class Layer(NamedTuple):
    """One question that matters: for each node before it, the edges to nodes after it."""

    question: int
    edges: list[list[Edge]]


class Graph:
    """The graph of the complete profiles within `choices` (for each question, what may be).

    `only` are the conjunctions to follow, all of them where it is None; `spend` bounds the size.
    """

    def __init__(
        self,
        encoding: Encoding,
        choices: Sequence[Sequence[Choice]],
        only: int | None = None,
        spend: Spend | None = None,
    ) -> None:
        self.encoding = encoding
        self.choices = choices
        self.layers: list[Layer] = []
        self.idle: list[int] = []
        """The questions whose answers make no difference here; the graph leaves them out."""
        self.outcomes: list[int] = []
        self._kept: dict[int, tuple[int, int]] = {}
        self._spend = spend
        self._build(encoding.everything if only is None else only)

    def _build(self, start: int) -> None:
        masks = [
            [self._mask(question, choice) for choice in choices]
            for question, choices in enumerate(self.choices)
        ]
        for of_question in masks:
            union = 0
            for mask in of_question:
                union |= mask
            start &= union
        ends = self._ends(masks, start)
        first = self._settle(start, 0, ends[-1])
        states = [first] if first is not None else []
        for question, of_question in enumerate(masks):
            if not ends[question] and len({mask & start for mask in of_question}) == 1:
                self.idle.append(question)
            else:
                states = self._advance(question, of_question, ends[question], states, start)
        self.outcomes = [outcome for _, outcome in states]

    def _mask(self, question: int, choice: Choice) -> int:
        survives = self.encoding.survives[question]
        mask = survives[choice[0]]
        for option in choice[1:]:
            mask |= survives[option]
        return mask

    def _ends(self, masks: list[list[int]], start: int) -> list[int]:
        """For each question, the conjunctions it decides last; at the end, those decided now."""
        ends = [0] * (len(masks) + 1)
        undecided = start
        for question in range(len(masks) - 1, -1, -1):
            common = start
            for mask in masks[question]:
                common &= mask
            ends[question] = undecided & ~common
            undecided &= common
        ends[-1] = undecided
        return ends

    def _settle(self, alive: int, outcome: int, ending: int) -> State | None:
        """Let conjunctions that are decided fire; None where they say that this cannot be."""
        encoding = self.encoding
        fired = alive & ending
        alive &= ~ending
        if not fired:
            return alive, outcome
        if fired & encoding.forbid:
            return None
        outcome |= encoding.outcome(fired)
        kept = self._kept.get(outcome)
        if kept is None:
            kept = self._kept[outcome] = self._irrelevant(outcome)
        return alive & ~kept[0], kept[1]

    def _irrelevant(self, outcome: int) -> tuple[int, int]:
        """Return the conjunctions that can add nothing to an outcome, and what matters of it."""
        encoding = self.encoding
        idle = 0
        for bit, mask in encoding.by_outcome.items():
            if outcome >> bit & 1:
                idle |= mask
        for family, mask in enumerate(encoding.kill_excluded):
            if outcome >> family & 1:
                idle |= mask
                outcome = self._forget(outcome, family)
        return idle, outcome

    def _forget(self, outcome: int, family: int) -> int:
        """Drop what else is known of an excluded family: it cannot matter any more."""
        width = len(self.encoding.families)
        kept = outcome & ((1 << width) - 1)
        for base in range(width, width * (1 + 2 * len(self.encoding.criteria)), width):
            kept |= outcome & (((1 << width) - 1) & ~(1 << family)) << base
        return kept

    def _paid(self, states: list[State], ways: int) -> Iterator[State]:
        """Yield states, and ask for room for the edges of the next few of them."""
        for start in range(0, len(states), PAID_AT_ONCE):
            chunk = states[start : start + PAID_AT_ONCE]
            if self._spend is not None:
                self._spend(len(chunk) * ways)
            yield from chunk

    def _advance(
        self,
        question: int,
        masks: list[int],
        ending: int,
        states: list[State],
        start: int,
    ) -> list[State]:
        groups: dict[int, list[Choice]] = {}
        for choice, mask in zip(self.choices[question], masks, strict=True):
            groups.setdefault(mask & start, []).append(choice)
        after: dict[State, int] = {}
        layer: list[list[Edge]] = []
        for alive, outcome in states if self._spend is None else self._paid(states, len(groups)):
            edges: dict[int, list[Choice]] = {}
            for mask, choices in groups.items():
                state = self._settle(alive & mask, outcome, ending)
                if state is None:
                    continue
                target = after.setdefault(state, len(after))
                if target in edges:
                    edges[target] = edges[target] + choices
                else:
                    edges[target] = choices
            layer.append([Edge(choices, target) for target, choices in edges.items()])
        self.layers.append(Layer(question, layer))
        return list(after)

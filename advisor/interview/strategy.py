"""Which question to ask next: the one with the fewest expected still to come.

A residual is what answers leave undecided, as a function of the open ones. Costs are totals over
all profiles of a node, as exact integers: a cost divided by the weight of the node is the expected
number of questions. A strategy names no question where none that may be asked makes a difference;
that nothing is decided yet is up to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import starmap
from operator import mul
from typing import NamedTuple

from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.space import Space
from advisor.engine.task_diagram import Leaf, TaskDiagram
from advisor.model import NOT_APPLICABLE


class SplitPart(NamedTuple):
    """The node that some choices of a question lead to, and what these weigh."""

    node: int
    weight: int


Parts = tuple[SplitPart, ...]


class Split(NamedTuple):
    """A question that may be asked, with what its answers lead to; equal rests stand once."""

    question: int
    parts: Parts


class Residual(Diagram):
    """A diagram whose nodes are what is left to ask; `root` is what is left at first.

    That are complete profiles, told apart by a label. `senseless` has for each question at which
    place it does not apply; `closed` are questions never to be asked, such as those that somebody
    cannot answer. `weights` says how much each choice of a question weighs; without it, complete
    profiles weigh the same.
    """

    def __init__(
        self,
        choices: Sequence[Sequence[Choice]],
        senseless: Sequence[int | None],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        super().__init__(choices, weights)
        self.root = EMPTY
        self.closed = frozenset(closed)
        self._senseless = senseless
        self._splits: dict[tuple[int, int], Split | None] = {}
        self._sensitivity: dict[int, tuple[int, ...]] = {}
        self._differences: dict[Parts, int] = {}

    @classmethod
    def of_space(
        cls,
        space: Space,
        label: Callable[[int], Hashable],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> Residual:
        """Return what is left of a space, by a label of its outcomes; levels are its questions."""
        senseless: list[int | None] = []
        for of_question, options in zip(space.choices, space.encoding.option_index, strict=True):
            choice = (options.get(NOT_APPLICABLE, -1),)
            senseless.append(of_question.index(choice) if choice in of_question else None)
        made = cls(space.choices, senseless, closed=closed, weights=weights)
        made.root = made.read(space, space.root, label)
        return made

    @classmethod
    def of_task(
        cls,
        diagram: TaskDiagram,
        levels: Sequence[Sequence[int]],
        label: Callable[[Leaf], Hashable],
        *,
        closed: Collection[int] = (),
    ) -> Residual:
        """Return what is left of a task's diagram within `levels`; levels are its axes.

        The answers of a band of numbers weigh together as much as one of another band.
        """
        senseless = [
            next((n for n, v in enumerate(axis.values) if v.options == (NOT_APPLICABLE,)), None)
            for axis in diagram.axes
        ]
        weights = {level: axis.weights for level, axis in enumerate(diagram.axes)}
        made = cls(diagram.choices, senseless, closed=closed, weights=weights)
        whole = made.read(diagram, diagram.root, label)
        allowed = diagram.allowed(levels)
        made.root = made.within(whole, allowed) if allowed else whole
        return made

    def decided(self, node: int) -> bool:
        """True where every profile left has the same label."""
        return len(self.labels(node)) == 1

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        open_ = self.open_at(node)
        return [split for question in open_ if (split := self.split(node, question))]

    def open_at(self, node: int) -> list[int]:
        """Return the questions left, in declared order: how many nodes are made hangs on it."""
        return sorted(self.support(node) - self.closed)

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            after, senseless = self.cofactors(node, question), self._senseless[question]
            applies = senseless is None or after[senseless] == EMPTY
            parts = _merged(after, self.weights[question]) if applies else ()
            self._splits[key] = Split(question, parts) if len(parts) > 1 else None
        return self._splits[key]

    def sensitivity(self, node: int) -> tuple[int, ...]:
        """Return for each question the weight of the profiles for which it has to be asked.

        There another answer to it alone gives another label, so that no other questions settle it.
        This bounds decision trees from below (Buhrman and de Wolf 2002, "Complexity measures and
        decision tree complexity", section 3). Of a closed question it is 0.
        """
        if node not in self._sensitivity:
            level, sums = self.level[node], [0] * self.bottom
            if level < self.bottom:
                parts = _merged(self.children[node], self.weights[level])
                for child, weight in parts:
                    below = self.sensitivity(child)
                    for at in range(level + 1, self.bottom):
                        sums[at] += weight * below[at]
                sums[level] = 0 if level in self.closed else self._differing(parts)
                sums = [of_level // self.ways[level] for of_level in sums]
            self._sensitivity[node] = tuple(sums)
        return self._sensitivity[node]

    def _differing(self, parts: Parts) -> int:
        """Return the weight of the profiles to which parts give several labels, over all parts."""
        if len(parts) < 2:
            return 0
        if parts not in self._differences:
            level = min([self.level[node] for node, _ in parts])
            if level == self.bottom:
                differing = [weight * self.total(node) for node, weight in parts]
            else:
                weights = [weight for _, weight in parts]
                rows = zip(*[self.cofactors(node, level) for node, _ in parts], strict=True)
                after: dict[tuple[int, ...], int] = {}
                for row, weight in zip(rows, self.weights[level], strict=True):
                    after[row] = after.get(row, 0) + weight
                differing = [
                    weight * self._differing(_merged(row, weights)) // self.ways[level]
                    for row, weight in after.items()
                ]
            self._differences[parts] = sum(differing)
        return self._differences[parts]


def _merged(nodes: Sequence[int], weights: Sequence[int]) -> Parts:
    """Return nodes with what they weigh: equal ones once, without those of no profile."""
    merged: dict[int, int] = {}
    for node, weight in zip(nodes, weights, strict=True):
        if node != EMPTY:
            merged[node] = merged.get(node, 0) + weight
    return tuple(starmap(SplitPart, merged.items()))


FAMILY_NODES = 8_000
"""So many nodes the optimum of one step may make that is about the family: about 50 ms."""
LITTLE_NODES = 1_000
"""So many where it is about the checkpoint, and was not worked out beforehand."""


class OverBudgetError(Exception):
    """The optimum takes more nodes than were granted."""


class Optimum:
    """The fewest expected questions until a label is settled, by branch and bound over nodes.

    Equal nodes are solved once, and choices that lead to the same node are one. What is asked in
    any case is asked first; another question is dropped as soon as the least that it can cost is
    above the best one found. Without `budget` the search always ends with a proof.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._least: dict[int, int] = {}
        """A cost that no strategy gets below, by node; where a best question is known, its cost."""
        self._best: dict[int, Split] = {}

    def __len__(self) -> int:
        """Return how many nodes were solved."""
        return len(self._best)

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        self.cost(node)
        return self._best.get(node)

    def cost(self, node: int) -> int:
        """Return the least cost of a node. Raises OverBudgetError."""
        return self._within(node, self.residual.total(node) * self.residual.bottom)

    def _within(self, node: int, limit: int) -> int:
        """Return the least cost of a node, or a bound above `limit` that it does not get below."""
        floor = self._floor(node)
        if node in self._best or floor > limit or not floor:
            return floor
        residual, total = self.residual, self.residual.total(node)
        ahead = [(bound, question, False) for question, bound in self._bounds(node, floor)]
        heapify(ahead)
        least, chosen = limit, None
        while ahead and ahead[0][0] <= least:
            bound, question, followed = heappop(ahead)
            split = residual.split(node, question)
            most = least - int(chosen is not None and question > chosen.question)
            if split is None or bound > most:
                continue
            if not followed:
                bound = max(bound, total + self._after(split))
                heappush(ahead, (bound, question, True))
            elif (cost := self._asking(split, total, most)) > most:
                heappush(ahead, (cost, question, True))
            else:
                least, chosen = cost, split
        if chosen is not None:
            self._best[node] = chosen
        self._least[node] = least if chosen is not None else ahead[0][0]
        return self._least[node]

    def _bounds(self, node: int, floor: int) -> list[tuple[int, int]]:
        """Return the questions worth a try, each with the least that asking it first can cost.

        One that has to be asked in any case costs no more for being the first; of what is declared
        after it, nothing is better.
        """
        residual, total = self.residual, self.residual.total(node)
        sensitivity = residual.sensitivity(node)
        most = total + sum(sensitivity)
        bounds: list[tuple[int, int]] = []
        for question in residual.open_at(node):
            bounds.append((question, max(floor, most - sensitivity[question])))
            if sensitivity[question] == total and residual.split(node, question):
                break
        return bounds

    def _asking(self, split: Split, weight: int, limit: int) -> int:
        """Return the cost of asking a question next, or a bound above the limit."""
        ways = self.residual.ways[split.question]
        floors = [part.weight * self._floor(part.node) for part in split.parts]
        cost, most = ways * weight + sum(floors), ways * limit
        for floor, part in sorted(zip(floors, split.parts, strict=True), reverse=True):
            if cost > most:
                break
            left = (most - cost + floor) // part.weight
            cost += part.weight * self._within(part.node, left) - floor
        return -(-cost // ways)

    def _after(self, split: Split) -> int:
        """Return the least that what comes after a question can cost."""
        floors = [part.weight * self._floor(part.node) for part in split.parts]
        return sum(floors) // self.residual.ways[split.question]

    def _floor(self, node: int) -> int:
        """Return the least that a node can cost: what is solved, or a bound."""
        floor = self._least.get(node)
        if floor is None:
            decided = self.residual.decided(node)
            floor = self._least[node] = 0 if decided else self._followed(node)
        return floor

    def _followed(self, node: int) -> int:
        """Return the least cost if the most sensitive question were paid for only where it must be.

        Knowing more for nothing never costs more, and one question at least is asked. 0 where no
        question may be asked that makes a difference. Raises OverBudgetError.
        """
        residual = self.residual
        if self.budget is not None and len(residual) > self.budget:
            raise OverBudgetError
        sensitivity = residual.sensitivity(node)
        for question in sorted(residual.open_at(node), key=lambda at: -sensitivity[at]):
            if split := residual.split(node, question):
                return max(residual.total(node), sensitivity[question] + self._after(split))
        return 0


def next_question(residual: Residual, node: int, most: int = LITTLE_NODES) -> Split | None:
    """Return the best question; where proving it takes more than so many nodes, a good one."""
    try:
        return Optimum(residual, len(residual) + most).best(node)
    except OverBudgetError:
        return fewest_open(residual, node)


def fewest_open(residual: Residual, node: int) -> Split | None:
    """Return the question after which the fewest others are expected to matter."""
    splits = residual.splits(node)

    def left_open(split: Split) -> Fraction:
        weights = [part.weight * residual.total(part.node) for part in split.parts]
        open_ = [len(residual.support(part.node)) for part in split.parts]
        return Fraction(sum(map(mul, weights, open_)), sum(weights))

    return min(splits, key=left_open, default=None)

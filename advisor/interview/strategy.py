"""Which question to ask next: the one with the fewest expected still to come.

A residual is what answers leave undecided, as a function of the open ones. Costs are totals over
all profiles of a node, as exact integers: a cost divided by the weight of the node is the expected
number of questions. A strategy names no question where none that may be asked makes a difference;
that nothing is decided yet is up to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from fractions import Fraction
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


class Split(NamedTuple):
    """A question that may be asked, with what its answers lead to; equal rests stand once."""

    question: int
    parts: tuple[SplitPart, ...]


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
        kept: Sequence[Sequence[int]],
        label: Callable[[Leaf], Hashable],
        *,
        closed: Collection[int] = (),
    ) -> Residual:
        """Return what is left of a task's diagram within `kept`; levels are its axes.

        The answers of a band of numbers weigh together as much as one of another band.
        """
        senseless = [
            next((n for n, v in enumerate(axis.values) if v.options == (NOT_APPLICABLE,)), None)
            for axis in diagram.axes
        ]
        weights = {level: axis.weights for level, axis in enumerate(diagram.axes)}
        made = cls(diagram.choices, senseless, closed=closed, weights=weights)
        whole = made.read(diagram, diagram.root, label)
        allowed = diagram.allowed(kept)
        made.root = made.within(whole, allowed) if allowed else whole
        return made

    def decided(self, node: int) -> bool:
        """True where every profile left has the same label."""
        return len(self.labels(node)) == 1

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        open_ = self._open_at(node)
        return [split for question in open_ if (split := self.split(node, question))]

    def stuck(self, node: int) -> bool:
        """True where no question that may be asked makes a difference."""
        return not any(self.split(node, question) for question in self._open_at(node))

    def _open_at(self, node: int) -> list[int]:
        """Return the questions left, in declared order: how many nodes are made hangs on it."""
        return sorted(self.support(node) - self.closed)

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            self._splits[key] = self._parted(node, question)
        return self._splits[key]

    def _parted(self, node: int, question: int) -> Split | None:
        after = self.cofactors(node, question)
        senseless = self._senseless[question]
        if senseless is not None and after[senseless] != EMPTY:
            return None
        weighed: dict[int, int] = {}
        for left, weight in zip(after, self.weights[question], strict=True):
            if left != EMPTY:
                weighed[left] = weighed.get(left, 0) + weight
        if len(weighed) < 2:
            return None
        return Split(question, tuple([SplitPart(*part) for part in weighed.items()]))


Strategy = Callable[[Residual, int], Split | None]
"""Names the question to ask at a node of a residual."""

FAMILY_NODES = 8_000
"""So many nodes the optimum of one step may make that is about the family: about 50 ms."""
LITTLE_NODES = 1_500
"""So many where it is about the checkpoint, and was not worked out beforehand."""


class OverBudgetError(Exception):
    """The optimum takes more nodes than were granted."""


class Optimum:
    """The fewest expected questions until a label is settled, by dynamic programming over nodes.

    Equal nodes are solved once, and choices that lead to the same node are one. A question is
    dropped as soon as the least that it can cost is above the best one found. Without `budget`
    the search always ends with a proof.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._costs: dict[int, int] = {}
        self._best: dict[int, Split] = {}

    def __len__(self) -> int:
        """Return how many nodes were solved."""
        return len(self._costs)

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        self.cost(node)
        return self._best.get(node)

    def cost(self, node: int) -> int:
        """Return the least cost of a node. Raises OverBudgetError."""
        residual = self.residual
        if residual.decided(node):
            return 0
        found = self._costs.get(node)
        if found is not None:
            return found
        if self.budget is not None and len(residual) > self.budget:
            raise OverBudgetError
        self._costs[node], split = self._cheapest(node)
        if split is not None:
            self._best[node] = split
        return self._costs[node]

    def _cheapest(self, node: int) -> tuple[int, Split | None]:
        """Return the question that costs least, the first declared of equals, with its cost."""
        splits = self.residual.splits(node)
        floors = [self._after(split) for split in splits]
        least: int | None = None
        chosen = 0
        for place in sorted(range(len(splits)), key=floors.__getitem__):
            cost = self._asking(splits[place], self.residual.total(node), least)
            if cost is not None and (least is None or (cost, place) < (least, chosen)):
                least, chosen = cost, place
        return (0, None) if least is None else (least, splits[chosen])

    def floor(self, node: int) -> int:
        """Return a cost that no strategy gets below: what is solved, or one question more."""
        least = self._least(node)
        if least and node not in self._costs:
            return least + min(map(self._after, self.residual.splits(node)))
        return least

    def _asking(self, split: Split, weight: int, limit: int | None) -> int | None:
        """Return the cost of asking a question next; None where it is above the limit."""
        total = self.residual.ways[split.question]
        floors = self._floors(split)
        cost = weight * total + sum(floors)
        pairs = zip(split.parts, floors, strict=True)
        for part, floor in sorted(pairs, key=lambda pair: -pair[0].weight):
            if limit is not None and cost > limit * total:
                return None
            cost += part.weight * self.cost(part.node) - floor
        return None if limit is not None and cost > limit * total else cost // total

    def _after(self, split: Split) -> int:
        """Return the least that what comes after a question can cost."""
        return sum(self._floors(split)) // self.residual.ways[split.question]

    def _floors(self, split: Split) -> list[int]:
        """For each part the least it can cost."""
        return [part.weight * self._least(part.node) for part in split.parts]

    def _least(self, node: int) -> int:
        """Return the least that a node can cost: what is solved, or one question if any is left."""
        known = self._costs.get(node)
        if known is not None:
            return known
        residual = self.residual
        return 0 if residual.decided(node) or residual.stuck(node) else residual.total(node)


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

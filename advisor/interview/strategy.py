"""Which question to ask next: the one with the fewest expected still to come, as far as is seen.

A residual is what answers leave undecided, as a function of the open ones. Costs are totals over
all profiles of a node, as exact integers: a cost divided by the weight of the node is the expected
number of questions. A strategy names no question where none that may be asked makes a difference;
that nothing is decided yet is up to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from itertools import starmap
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
        self._impurity: dict[int, float] = {}

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

    def impurity(self, node: int) -> float:
        """Return how likely two profiles drawn at random have different labels."""
        if node not in self._impurity:
            counts = self.counts(node).values()
            total = sum(counts)
            self._impurity[node] = 1 - sum((count / total) ** 2 for count in counts)
        return self._impurity[node]

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        open_ = sorted(self.support(node) - self.closed)
        return [split for question in open_ if (split := self.split(node, question))]

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            after, senseless = self.cofactors(node, question), self._senseless[question]
            applies = senseless is None or after[senseless] == EMPTY
            parts = merged(after, self.weights[question]) if applies else ()
            self._splits[key] = Split(question, parts) if len(parts) > 1 else None
        return self._splits[key]


def merged(nodes: Sequence[int], weights: Sequence[int]) -> Parts:
    """Return nodes with what they weigh: equal ones once, without those of no profile."""
    merged: dict[int, int] = {}
    for node, weight in zip(nodes, weights, strict=True):
        if node != EMPTY:
            merged[node] = merged.get(node, 0) + weight
    return tuple(starmap(SplitPart, merged.items()))


MOST_NODES = 1_000
"""So many nodes a look ahead may make that was not worked out beforehand."""


class OverBudgetError(Exception):
    """A look ahead takes more nodes than were granted."""


class Lookahead:
    """Chooses the question after which asking the `purest` ones is expected to take the fewest.

    It is a rollout of that strategy, one step ahead (Bertsekas, Tsitsiklis and Wu 1997, "Rollout
    algorithms for combinatorial optimization"). With a `budget`, that many nodes may be made.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._costs: dict[int, int] = {}

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        return min(self.residual.splits(node), key=self._after, default=None)

    def cost(self, node: int) -> int:
        """Return what asking the `purest` costs at a node. Raises OverBudgetError."""
        if node not in self._costs:
            if self.budget is not None and len(self.residual) > self.budget:
                raise OverBudgetError
            decided = self.residual.decided(node)
            split = None if decided else purest(self.residual, node)
            self._costs[node] = self.residual.total(node) + self._after(split) if split else 0
        return self._costs[node]

    def _after(self, split: Split) -> int:
        """Return what comes after a question."""
        costs = [part.weight * self.cost(part.node) for part in split.parts]
        return sum(costs) // self.residual.ways[split.question]


def next_question(residual: Residual, node: int, most: int = MOST_NODES) -> Split | None:
    """Return the best question; where looking ahead takes more than so many nodes, a good one."""
    try:
        return Lookahead(residual, len(residual) + most).best(node)
    except OverBudgetError:
        return purest(residual, node)


def purest(residual: Residual, node: int) -> Split | None:
    """Return the question after which two profiles drawn at random differ least often.

    That is the Gini impurity (Breiman et al. 1984, "Classification and regression trees").
    """

    def impurity(split: Split) -> float:
        weights = {part.node: part.weight * residual.total(part.node) for part in split.parts}
        mixed = sum(weight * residual.impurity(node) for node, weight in weights.items())
        return round(mixed / sum(weights.values()), 9)

    return min(residual.splits(node), key=impurity, default=None)

"""What answers leave undecided, as a function of the open ones: equal rests are one node.

A node stands for a question and has one child for each class of its choices; choices are in one
class where nothing tells them apart. Where all children are the same, the question makes no
difference and the node is left out. So answers after which the same questions matter in the same
way lead to the same node, in whatever order they were given, and whatever is worked out about a
node is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from math import prod
from typing import NamedTuple

from advisor.engine.encoding import Encoding
from advisor.engine.graph import Choice, Layer
from advisor.engine.space import Space
from advisor.model import NOT_APPLICABLE

NOWHERE = 0
"""The node of no profile at all: answers that cannot be true together lead to it."""


class Class(NamedTuple):
    """Choices of one question that nothing tells apart, and how much they weigh together."""

    choices: tuple[Choice, ...]
    weight: int
    applies: bool


class Part(NamedTuple):
    """The node that some choices of a question lead to, what these weigh, and the first of them."""

    node: int
    weight: int
    choice: Choice


class Split(NamedTuple):
    """A question that may be asked, with what its answers lead to; equal rests stand once."""

    question: int
    parts: tuple[Part, ...]


class Residual:
    """All complete profiles of a layered graph, told apart by labels at its end.

    `closed` are questions never to be asked, such as those that somebody cannot answer. `weights`
    says how much each choice of a question weighs; without it, complete profiles weigh the same.
    """

    def __init__(
        self,
        encoding: Encoding,
        choices: Sequence[Sequence[Choice]],
        layers: Sequence[Layer],
        labels: Sequence[Hashable],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self.closed = frozenset(closed)
        self.classes: list[tuple[Class, ...]] = [
            (Class(tuple(of_question), len(of_question), applies=True),) for of_question in choices
        ]
        self._encoding = encoding
        self._label: dict[int, Hashable] = {}
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(len(choices), ())]
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._restricted: dict[tuple[int, int, int], int] = {}
        self._splits: dict[tuple[int, int], Split | None] = {}
        self._weighed: dict[int, int] = {NOWHERE: 0}
        self._shared: dict[int, dict[int, int]] = {NOWHERE: {}}
        self._open: dict[int, frozenset[int]] = {NOWHERE: frozenset()}
        self._ends: dict[int, frozenset[int]] = {NOWHERE: frozenset()}
        self.root = self._read(choices, layers, labels, weights or {})
        self._totals = [sum(one.weight for one in of_question) for of_question in self.classes]

    @classmethod
    def of(
        cls,
        space: Space,
        label: Callable[[int], Hashable],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> Residual:
        """Return the complete profiles of a space, told apart by a label of their outcome."""
        labels = [label(outcome) for outcome in space.outcomes]
        return cls(
            space.encoding, space.choices, space.layers, labels, closed=closed, weights=weights
        )

    def __len__(self) -> int:
        """Return how many nodes were made so far."""
        return len(self._nodes)

    # -- making nodes ------------------------------------------------------------------------

    def _read(
        self,
        choices: Sequence[Sequence[Choice]],
        layers: Sequence[Layer],
        labels: Sequence[Hashable],
        weights: Mapping[int, Sequence[int]],
    ) -> int:
        leaves: dict[Hashable, int] = {}
        for label in labels:
            if label not in leaves:
                leaves[label] = self._leaf(label)
        behind = [leaves[label] for label in labels]
        for question, edges in reversed(layers):
            rows = []
            for of_node in edges:
                targets = dict.fromkeys(choices[question], NOWHERE)
                for edge in of_node:
                    targets.update(dict.fromkeys(edge.choices, behind[edge.target]))
                rows.append(list(targets.values()))
            of_question = weights.get(question) or [1] * len(choices[question])
            places = self._classify(question, choices[question], of_question, rows)
            behind = [self._node(question, tuple([row[at] for at in places])) for row in rows]
        return behind[0] if behind else NOWHERE

    def _leaf(self, label: Hashable) -> int:
        leaf = len(self._nodes)
        self._nodes.append((self._nodes[NOWHERE][0], ()))
        self._label[leaf] = label
        self._open[leaf] = frozenset()
        self._ends[leaf] = frozenset((leaf,))
        self._weighed[leaf] = 1
        self._shared[leaf] = {leaf: 1}
        return leaf

    def _classify(
        self,
        question: int,
        choices: Sequence[Choice],
        weights: Sequence[int],
        rows: list[list[int]],
    ) -> list[int]:
        """Class choices that lead to the same place from everywhere; return one of each class."""
        options = self._encoding.options[question]
        groups: dict[tuple[bool, tuple[int, ...]], list[int]] = {}
        for place, choice in enumerate(choices):
            applies = options[choice[0]] != NOT_APPLICABLE
            column = tuple([row[place] for row in rows])
            groups.setdefault((applies, column), []).append(place)
        self.classes[question] = tuple(
            Class(
                tuple(choices[place] for place in places),
                sum(weights[place] for place in places),
                applies,
            )
            for (applies, _), places in groups.items()
        )
        return [places[0] for places in groups.values()]

    def _node(self, question: int, children: tuple[int, ...]) -> int:
        first = children[0]
        if children.count(first) == len(children):
            return first
        key = (question, children)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self._nodes)
            self._nodes.append(key)
        return found

    def restrict(self, node: int, question: int, place: int) -> int:
        """Return what is left of a node once a question has a choice of one of its classes."""
        level, children = self._nodes[node]
        if level >= question:
            return node if level > question else children[place]
        key = (node, question, place)
        found = self._restricted.get(key)
        if found is None:
            below = tuple([self.restrict(child, question, place) for child in children])
            found = self._restricted[key] = self._node(level, below)
        return found

    # -- asking about a node -----------------------------------------------------------------

    def labels(self, node: int) -> frozenset[Hashable]:
        """Return the labels of the profiles left."""
        return frozenset(self._label[leaf] for leaf in self._reached(node))

    def decided(self, node: int) -> bool:
        """True where every profile left has the same label."""
        return len(self._reached(node)) == 1

    def _reached(self, node: int) -> frozenset[int]:
        found = self._ends.get(node)
        if found is None:
            below = [self._reached(child) for child in set(self._nodes[node][1])]
            found = self._ends[node] = frozenset().union(*below)
        return found

    def open(self, node: int) -> frozenset[int]:
        """Return the questions that still tell profiles apart."""
        found = self._open.get(node)
        if found is None:
            question, children = self._nodes[node]
            below = [self.open(child) for child in set(children)]
            found = self._open[node] = frozenset((question,)).union(*below)
        return found

    def total(self, question: int) -> int:
        """Return what all choices of a question weigh together."""
        return self._totals[question]

    def weight(self, node: int) -> int:
        """Return what the profiles of a node weigh.

        A question that makes no difference to it counts with all its choices.
        """
        return self._behind(node) * prod(self._totals[: self._nodes[node][0]])

    def _behind(self, node: int) -> int:
        found = self._weighed.get(node)
        if found is None:
            found = sum(
                ways * self._behind(child) for child, ways in self._ways(node) if child != NOWHERE
            )
            self._weighed[node] = found
        return found

    def shares(self, node: int) -> dict[Hashable, int]:
        """Return for each label what its profiles weigh; together that is the node's weight."""
        above = prod(self._totals[: self._nodes[node][0]])
        return {self._label[leaf]: ways * above for leaf, ways in self._shares(node).items()}

    def _shares(self, node: int) -> dict[int, int]:
        found = self._shared.get(node)
        if found is None:
            found = {}
            for child, ways in self._ways(node):
                for leaf, weight in self._shares(child).items():
                    found[leaf] = found.get(leaf, 0) + ways * weight
            self._shared[node] = found
        return found

    def _ways(self, node: int) -> list[tuple[int, int]]:
        """For each child, what leads to it weighs, questions that are left out included."""
        level, children = self._nodes[node]
        return [
            (child, one.weight * prod(self._totals[level + 1 : self._nodes[child][0]]))
            for one, child in zip(self.classes[level], children, strict=True)
        ]

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        found = [self.split(node, question) for question in sorted(self.open(node) - self.closed)]
        return [split for split in found if split]

    def stuck(self, node: int) -> bool:
        """True where no question that may be asked makes a difference."""
        return not any(self.split(node, question) for question in self.open(node) - self.closed)

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            self._splits[key] = self._parted(node, question)
        return self._splits[key]

    def _parted(self, node: int, question: int) -> Split | None:
        parts: dict[int, Part] = {}
        for place, one in enumerate(self.classes[question]):
            node_after = self.restrict(node, question, place)
            if node_after != NOWHERE:
                if not one.applies:
                    return None
                part = parts.get(node_after, Part(node_after, 0, one.choices[0]))
                parts[node_after] = part._replace(weight=part.weight + one.weight)
        return Split(question, tuple(parts.values())) if len(parts) > 1 else None

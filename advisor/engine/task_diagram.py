"""The whole choice for one task: from the answers to the family, the checkpoint and its use.

It is one decision diagram. A level is a question, a child one of its values, and a leaf what an
answer ends in. Answers that cannot be true together lead nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from advisor.engine.axis import Axis, AxisValue
from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.profile import Profile
from advisor.model import NOT_APPLICABLE

PICKED, COMPOSED, TEACHABLE, NOTHING = ("picked", "compose", "teachable", "nothing")


class Leaf(NamedTuple):
    """What complete answers end in.

    `family` is the one that fits, `none` where none does; `kind` says what there is of it: a
    checkpoint that is picked, one to be composed, none but for what training could teach, or
    nothing. `checkpoint` is what comes first, `use` how it is used, `source` the family that has
    it, which is the next one where the first has none.
    """

    kind: str
    family: str
    checkpoint: str = ""
    use: str = ""
    source: str = ""

    @property
    def choice(self) -> tuple[str, str]:
        """The family and the first checkpoint: what people take home."""
        return self.family, self.checkpoint

    @property
    def is_next(self) -> bool:
        """True where the checkpoint is another family's, since the first has none."""
        return self.source not in ("", self.family)


class TaskDiagram(Diagram):
    """The decision diagram of a task; its levels are `axes`, its labels leaves, `root` its top."""

    def __init__(
        self, task: str, axes: Sequence[Axis], training: Sequence[tuple[int, int]] = ()
    ) -> None:
        super().__init__([[(place,) for place in range(len(axis.values))] for axis in axes])
        self.task = task
        self.axes = tuple(axes)
        self.training = tuple(training)
        """The answers that allow training, by level and place."""
        self.root = EMPTY

    @cached_property
    def levels(self) -> dict[str, int]:
        """The level of each question."""
        return {axis.question: level for level, axis in enumerate(self.axes)}

    # -- walking -------------------------------------------------------------------------------

    def kept(self, profile: Profile) -> list[list[int]]:
        """Return for each level the places that a profile leaves, the assumed one first.

        Without an answer that is all of them; an answer that is not told apart here leaves none.
        """
        return [
            axis.places(profile[axis.question])
            if axis.question in profile
            else list(range(len(axis.values)))
            for axis in self.axes
        ]

    def leaf(self, profile: Profile) -> Leaf | None:
        """Return the leaf of a complete profile; None where it cannot be."""
        node = self.root
        while self.children[node]:
            axis = self.axes[self.level[node]]
            node = self.children[node][axis.places(profile[axis.question])[0]]
        return self.label.get(node)

    def leaves(self, profile: Profile) -> frozenset[Leaf]:
        """Return every leaf that a profile leaves possible."""
        allowed = self._allowed(self.kept(profile))
        return self.reachable(self.root, allowed).labels

    def ends(self) -> frozenset[Leaf]:
        """Return every leaf that there is."""
        return self.labels(self.root)

    def _allowed(self, kept: Sequence[Sequence[int]]) -> dict[int, list[tuple[int]]]:
        return {
            level: [(place,) for place in places]
            for level, places in enumerate(kept)
            if len(places) < len(self.axes[level].values)
        }

    def assumed(self, kept: Sequence[Sequence[int]]) -> tuple[list[int], Leaf] | None:
        """Return the typical complete profile within what is kept, and its leaf.

        Questions are filled in order, each with its first value that leaves an admissible profile.
        """
        path = [places[0] if places else -1 for places in kept]
        if min(path, default=0) < 0:
            return None
        dead: set[int] = {EMPTY}

        def fill(node: int) -> int:
            children = self.children[node]
            if not children:
                return node
            level = self.level[node]
            for place in kept[level]:
                if children[place] not in dead and (end := fill(children[place])) != EMPTY:
                    path[level] = place
                    return end
            dead.add(node)
            return EMPTY

        end = fill(self.root)
        return None if end == EMPTY else (path, self.label[end])

    def answers(self, level: int) -> list[int]:
        """Return the places of the answers that somebody can give to a question."""
        values = enumerate(self.axes[level].values)
        return [place for place, one in values if one.options not in ((), (NOT_APPLICABLE,))]

    def fewest(self, path: Sequence[int], accept: Callable[[Leaf], bool]) -> dict[int, int] | None:
        """Return the fewest answers to give otherwise to end in an accepted leaf; None for none.

        What follows from another answer is no answer of its own: that a question makes sense no
        more, or that one which now does is answered as is typical.
        """

        def cost(level: int, choice: Choice) -> int:
            values, (place,) = self.axes[level].values, choice
            if place == path[level] or values[place].options in ((), (NOT_APPLICABLE,)):
                return 0
            return int(place > 0 or values[path[level]].options != (NOT_APPLICABLE,))

        found = self.nearest(self.root, cost, accept)
        if found is None:
            return None
        return {
            level: choice[0] for level, choice in enumerate(found[1]) if cost(level, choice) > 0
        }

    # -- as a table ----------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the diagram as lists: leaves first, then children before parents, the root last.

        A node is its level and the number of each child, -1 where an answer cannot be.
        """
        numbers: dict[int, int] = {EMPTY: -1}
        leaves: list[list[str]] = []
        inner: list[int] = []
        seen: set[int] = {EMPTY}

        def visit(node: int) -> None:
            if node not in seen:
                seen.add(node)
                for child in self.children[node]:
                    visit(child)
                if self.children[node]:
                    inner.append(node)
                else:
                    numbers[node] = len(leaves)
                    leaves.append(list(self.label[node]))

        visit(self.root)
        nodes: list[list[int]] = []
        for node in inner:
            numbers[node] = len(leaves) + len(nodes)
            nodes.append([self.level[node], *[numbers[child] for child in self.children[node]]])
        questions = [
            [axis.question, [list(value) for value in axis.values], axis.many] for axis in self.axes
        ]
        return {
            "task": self.task,
            "questions": questions,
            "training": [list(one) for one in self.training],
            "leaves": leaves,
            "nodes": nodes,
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> TaskDiagram:
        """Return the diagram of a table."""
        axes = [
            Axis(id, tuple([AxisValue(tuple(o), tuple(n), least) for o, n, least in values]), many)
            for id, values, many in table["questions"]
        ]
        made = cls(table["task"], axes, [(level, place) for level, place in table["training"]])
        numbers = [made.terminal(Leaf(*leaf)) for leaf in table["leaves"]]
        for level, *children in table["nodes"]:
            numbers.append(
                made.node(level, tuple([numbers[at] if at >= 0 else EMPTY for at in children]))
            )
        made.root = numbers[-1] if numbers else EMPTY
        return made

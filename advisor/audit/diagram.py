"""Functions from complete profiles to labels as decision diagrams: one node, one function.

A node stands for a question and has one child for each of its choices; equal nodes are one. So
what two rule bases answer can be laid over each other, counted and cut without listing a profile.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from advisor.engine.space import Choice, Space

EMPTY = 0
"""The function of no profile."""

Cube = list[set[int]]
"""For each axis the places of the choices that are kept."""

Join = Callable[[Any, Any], Hashable | None]
"""What two functions make of a profile; None stands for no label."""


class Axis(NamedTuple):
    """A question that tells profiles apart, and its choices."""

    question: int
    choices: tuple[Choice, ...]


class Diagram:
    """A store of functions over the same axes."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = tuple(axes)
        self._level: list[int] = [-1]
        self._children: list[tuple[int, ...]] = [()]
        self._label: dict[int, Hashable] = {}
        self._nodes: dict[tuple[int, tuple[int, ...]], int] = {}
        self._terminals: dict[Hashable, int] = {}

    @property
    def everything(self) -> Cube:
        """The cube that keeps every choice."""
        return [set(range(len(axis.choices))) for axis in self.axes]

    def read(
        self, space: Space, label: Callable[[int], Hashable], axes: Sequence[Axis] | None = None
    ) -> int:
        """Return the function that labels the profiles of a space by their outcome.

        `axes` are those of the diagram as this space numbers questions and options, if otherwise.

        A question of the space without an axis is filled as an open one is: with its first choice
        that leaves an admissible profile. Choices that no axis has are left out.
        """
        if not space:
            return EMPTY
        axes = self.axes if axes is None else axes
        levels = {axis.question: level for level, axis in enumerate(axes)}
        layers = {layer.question: layer for layer in space.layers}
        values = [self._terminal(label(outcome)) for outcome in space.outcomes]
        for question in range(len(space.choices) - 1, -1, -1):
            level = levels.get(question)
            choices = space.choices[question] if level is None else axes[level].choices
            if question in layers:
                targets = [
                    {choice: values[edge.target] for edge in edges for choice in edge.choices}
                    for edges in layers[question].edges
                ]
            else:
                held = set(space.choices[question])
                targets = [dict.fromkeys(held, value) for value in values]
            values = [
                self._first([of.get(choice, EMPTY) for choice in choices])
                if level is None
                else self._node(level, tuple(of.get(choice, EMPTY) for choice in choices))
                for of in targets
            ]
        return values[0]

    def combine(self, one: int, other: int, join: Join) -> int:
        """Return the function that joins the labels of two, profile by profile."""
        known: dict[tuple[int, int], int] = {}

        def walk(one: int, other: int) -> int:
            if one == EMPTY and other == EMPTY:
                return EMPTY
            key = (one, other)
            if key not in known:
                level = self._level[one or other]
                if level == len(self.axes):
                    made = join(self._label.get(one), self._label.get(other))
                    known[key] = EMPTY if made is None else self._terminal(made)
                else:
                    pairs = zip(self._below(one, level), self._below(other, level), strict=True)
                    known[key] = self._node(level, tuple(walk(*pair) for pair in pairs))
            return known[key]

        return walk(one, other)

    def relabel(self, function: int, label: Callable[[Any], Hashable | None]) -> int:
        """Return a function with other labels; where `label` says None, it has no profile."""
        return self.combine(
            function, EMPTY, lambda found, _: None if found is None else label(found)
        )

    def without(self, function: int, cube: Cube) -> int:
        """Return a function without the profiles in a cube."""
        return self._cut(function, cube, inside=False)

    def within(self, function: int, cube: Cube) -> int:
        """Return a function of the profiles in a cube alone."""
        return self._cut(function, cube, inside=True)

    def _cut(self, function: int, cube: Cube, *, inside: bool) -> int:
        known: dict[int, int] = {}

        def walk(node: int) -> int:
            level = self._level[node]
            if node == EMPTY or level == len(self.axes):
                return node if inside else EMPTY
            if node not in known:
                outside = (lambda _: EMPTY) if inside else (lambda child: child)
                known[node] = self._node(
                    level,
                    tuple(
                        walk(child) if place in cube[level] else outside(child)
                        for place, child in enumerate(self._children[node])
                    ),
                )
            return known[node]

        return walk(function)

    def counts(self, function: int, cube: Cube | None = None) -> dict[Any, int]:
        """Return how many profiles (within a cube) have each label."""
        kept = self.everything if cube is None else cube
        ways = {function: 1} if function != EMPTY else {}
        for places in kept:
            after: dict[int, int] = {}
            for node, number in ways.items():
                children = self._children[node]
                for place in places:
                    child = children[place]
                    if child != EMPTY:
                        after[child] = after.get(child, 0) + number
            ways = after
        return {self._label[node]: number for node, number in ways.items()}

    def total(self, function: int, cube: Cube | None = None) -> int:
        """Return how many profiles (within a cube) have a label."""
        return sum(self.counts(function, cube).values())

    def meets(self, function: int, cube: Cube) -> bool:
        """True where a profile in the cube has a label."""
        nodes = {function} - {EMPTY}
        for places in cube:
            nodes = {self._children[node][place] for node in nodes for place in places} - {EMPTY}
        return bool(nodes)

    def occurring(self, function: int, cube: Cube) -> Cube:
        """Return the choices that profiles in a cube really have."""
        ahead = [{function} - {EMPTY}]
        for places in cube:
            ahead.append(
                {self._children[node][place] for node in ahead[-1] for place in places} - {EMPTY}
            )
        live = ahead[-1]
        found: Cube = []
        for nodes, places in zip(reversed(ahead[:-1]), reversed(cube), strict=True):
            steps = [
                (n, place) for n in nodes for place in places if self._children[n][place] in live
            ]
            found.append({place for _, place in steps})
            live = {node for node, _ in steps}
        return found[::-1]

    def first(self, function: int) -> list[int]:
        """Return the choices of the first profile that has a label, in order of typicality."""
        path = []
        node = function
        while self._level[node] < len(self.axes):
            place = next(p for p, child in enumerate(self._children[node]) if child != EMPTY)
            path.append(place)
            node = self._children[node][place]
        return path

    def nearest(self, function: int, path: list[int]) -> list[int]:
        """Return the profile with a label that differs from `path` in the fewest choices.

        Of several the most typical one. The function must have a profile.
        """
        known: dict[int, tuple[int, list[int]]] = {}

        def walk(node: int) -> tuple[int, list[int]]:
            level = self._level[node]
            if level == len(self.axes):
                return 0, []
            if node not in known:
                steps = (
                    (place, *walk(child))
                    for place, child in enumerate(self._children[node])
                    if child != EMPTY
                )
                known[node] = min(
                    (cost + (place != path[level]), [place, *rest]) for place, cost, rest in steps
                )
            return known[node]

        return walk(function)[1]

    def _first(self, values: list[int]) -> int:
        """Join functions so that of several labels of a profile the earliest counts."""
        joined = EMPTY
        for value in values:
            joined = self.combine(joined, value, lambda one, other: other if one is None else one)
        return joined

    def _below(self, node: int, level: int) -> tuple[int, ...]:
        return self._children[node] if node != EMPTY else (EMPTY,) * len(self.axes[level].choices)

    def _terminal(self, label: Hashable) -> int:
        if label not in self._terminals:
            self._terminals[label] = self._add(len(self.axes), ())
            self._label[self._terminals[label]] = label
        return self._terminals[label]

    def _node(self, level: int, children: tuple[int, ...]) -> int:
        if not any(children):
            return EMPTY
        key = (level, children)
        if key not in self._nodes:
            self._nodes[key] = self._add(level, children)
        return self._nodes[key]

    def _add(self, level: int, children: tuple[int, ...]) -> int:
        self._level.append(level)
        self._children.append(children)
        return len(self._level) - 1


def axes_of(space: Space) -> list[Axis]:
    """Return one axis for each question of a space."""
    return [Axis(question, tuple(choices)) for question, choices in enumerate(space.choices)]

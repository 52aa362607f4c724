"""Functions from complete profiles to labels, as nodes of decision diagrams that they share.

Diagrams are reduced, ordered and multi-valued: a node stands at the level of a question and has one
child for each of its choices, equal nodes are one, and where all children are the same there is no
node. So equal functions are the same node, in whatever order answers were given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import reduce
from typing import Any

Choice = tuple[int, ...]
"""Options of one question that hold at once: one, except for questions with `many`."""

Allowed = Mapping[int, Collection[Choice]]
"""The choices to keep, by level; the levels that it does not name stay open."""

Join = Callable[[Any, Any], Hashable | None]
"""What two labels make of a profile; None stands for no label, on either side."""

EMPTY = 0
"""The function of no profile at all: answers that cannot be true together lead to it."""


class Nodes:
    """A store of functions over the same choices, one level for each question."""

    def __init__(self, choices: Sequence[Sequence[Choice]]) -> None:
        self.choices = [tuple(of_level) for of_level in choices]
        self.bottom = len(self.choices)
        """The level of the terminals."""
        self.level: list[int] = [self.bottom]
        """For each node, its level."""
        self.children: list[tuple[int, ...]] = [()]
        """For each node, where its choices lead; nothing for a terminal."""
        self.label: dict[int, Any] = {}
        """The label of each terminal."""
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._terminals: dict[Hashable, int] = {}
        self._cofactors: dict[tuple[int, int], tuple[int, ...]] = {}

    def __len__(self) -> int:
        """Return how many nodes were made so far."""
        return len(self.level)

    def terminal(self, label: Hashable) -> int:
        """Return the function that gives every profile the same label."""
        found = self._terminals.get(label)
        if found is None:
            found = self._terminals[label] = self._add(self.bottom, ())
            self.label[found] = label
        return found

    def node(self, level: int, children: tuple[int, ...]) -> int:
        """Return the function that goes on with the child of the choice at a level."""
        if children.count(children[0]) == len(children):
            return children[0]
        key = (level, children)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._add(level, children)
        return found

    def _add(self, level: int, children: tuple[int, ...]) -> int:
        self.level.append(level)
        self.children.append(children)
        return len(self.level) - 1

    def cube(self, allowed: Allowed) -> int:
        """Return the function that labels with True what lies within `allowed`."""
        node = self.terminal(True)
        for level in sorted(allowed, reverse=True):
            kept = allowed[level]
            children = [node if choice in kept else EMPTY for choice in self.choices[level]]
            node = self.node(level, tuple(children))
        return node

    # -- functions of functions --------------------------------------------------------------

    def cofactors(self, node: int, level: int) -> tuple[int, ...]:
        """Return what is left of a function after each choice at a level."""
        own = self.level[node]
        if own >= level:
            return self.children[node] if own == level else (node,) * len(self.choices[level])
        key = (node, level)
        found = self._cofactors.get(key)
        if found is None:
            columns = zip(*[self.cofactors(c, level) for c in self.children[node]], strict=True)
            found = self._cofactors[key] = tuple([self.node(own, column) for column in columns])
        return found

    def combine(self, one: int, other: int, join: Join) -> int:
        """Return the function that joins the labels of two, profile by profile."""
        known: dict[tuple[int, int], int] = {}

        def walk(one: int, other: int) -> int:
            key = (one, other)
            found = known.get(key, EMPTY if one == other == EMPTY else None)
            if found is None:
                level = min(self.level[one], self.level[other])
                if level == self.bottom:
                    label = join(self.label.get(one), self.label.get(other))
                    found = EMPTY if label is None else self.terminal(label)
                else:
                    pairs = zip(
                        self.cofactors(one, level), self.cofactors(other, level), strict=True
                    )
                    found = self.node(level, tuple([walk(*pair) for pair in pairs]))
                known[key] = found
            return found

        return walk(one, other)

    def read(
        self,
        source: Nodes,
        node: int,
        label: Callable[[Any], Hashable | None],
        levels: Mapping[int, tuple[int, Sequence[int]]] | None = None,
    ) -> int:
        """Return a function of another store, or of this one, with other labels.

        Where `label` says None, it has no profile. `levels` says for levels of the source which
        they are here, and which of its children those of a node are here; all are the same if not.
        """
        known = {EMPTY: EMPTY}

        def walk(node: int) -> int:
            found = known.get(node)
            if found is None:
                level, children = source.level[node], source.children[node]
                if level == source.bottom:
                    renamed = label(source.label[node])
                    found = EMPTY if renamed is None else self.terminal(renamed)
                else:
                    if levels is not None:
                        level, places = levels[level]
                        children = tuple([children[place] for place in places])
                    found = self.node(level, tuple([walk(child) for child in children]))
                known[node] = found
            return found

        return walk(node)

    def relabel(self, node: int, label: Callable[[Any], Hashable | None]) -> int:
        """Return a function with other labels; where `label` says None, it has no profile."""
        return self.read(self, node, label)

    def project(self, node: int, levels: Collection[int], join: Join) -> int:
        """Return a function that no longer depends on some levels: it joins over their choices."""
        known: dict[int, int] = {}

        def walk(node: int) -> int:
            level = self.level[node]
            if level == self.bottom:
                return node
            found = known.get(node)
            if found is None:
                children = [walk(child) for child in self.children[node]]
                if level in levels:
                    found = reduce(lambda one, other: self.combine(one, other, join), children)
                else:
                    found = self.node(level, tuple(children))
                known[node] = found
            return found

        return walk(node)

    def within(self, node: int, allowed: Allowed) -> int:
        """Return a function of the profiles within `allowed` alone."""
        return self.combine(node, self.cube(allowed), lambda label, kept: label if kept else None)

    def without(self, node: int, allowed: Allowed) -> int:
        """Return a function of the profiles that are not within `allowed`."""
        return self.combine(node, self.cube(allowed), lambda label, cut: None if cut else label)

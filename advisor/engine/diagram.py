"""Decision diagrams: functions from complete profiles to labels, and queries on them.

Diagrams are reduced, ordered and multi-valued: a node is at the level of a question and has one
child for each of its choices, equal nodes are one, and where all children are the same there is no
node. So equal functions are the same node, in whatever order answers were given. Each query takes
time in the size of the graph, not in the number of profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

from advisor.model import NamedTuple

Choice = tuple[int, ...]
"""Options of one question that hold at once: one, except for questions with `many`."""

Allowed = Mapping[int, Collection[Choice]]
"""The choices to keep, by level; levels that it does not name keep all."""

Join = Callable[[Any, Any], Hashable | None]
"""Joins the labels that two functions give a profile; None is no label, on either side."""

Cost = Callable[[int, Choice], int]
"""The cost of a choice at a level."""

EMPTY = 0
"""The function of no profile at all: answers that cannot be true together lead to it."""


class Reachable(NamedTuple):
    """The part of a function that a restriction leaves: its labels, and choices by level.

    All are empty if it leaves nothing.
    """

    labels: frozenset[Any]
    choices: list[set[Choice]]


class Diagram:
    """A store of functions over the same choices, one level for each question.

    `weights` has for some levels the weight of each choice; every other choice weighs 1.
    """

    def __init__(
        self,
        choices: Sequence[Sequence[Choice]],
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self.choices = [tuple(of_level) for of_level in choices]
        self.bottom = len(self.choices)
        """The level of the terminals."""
        self.level: list[int] = [self.bottom]
        """For each node, its level."""
        self.children: list[tuple[int, ...]] = [()]
        """For each node, its child for each choice; empty for a terminal."""
        self.label: dict[int, Any] = {}
        """The label of each terminal."""
        self.weights = [[1] * len(of_level) for of_level in choices]
        """The weight of each choice, by level."""
        for level, of_level in (weights or {}).items():
            self.weights[level] = list(of_level)
        self.ways = [sum(of_level) for of_level in self.weights]
        """The summed weight of all choices at a level."""
        self._open: list[Sequence[int]] = [range(len(of_level)) for of_level in self.choices]
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._terminals: dict[Hashable, int] = {}
        self._cofactors: dict[tuple[int, int], tuple[int, ...]] = {}
        self._totals: dict[int, int] = {}
        self._levels: list[int] = []
        """For each node up to the last one queried, the levels it depends on, as bits."""
        self._labels: dict[int, frozenset[Any]] = {}

    def __len__(self) -> int:
        """Return the number of nodes made so far."""
        return len(self.level)

    def terminal(self, label: Hashable) -> int:
        """Return the function that gives every profile the same label."""
        if label not in self._terminals:
            self._terminals[label] = self._add(self.bottom, ())
            self.label[self._terminals[label]] = label
        return self._terminals[label]

    def node(self, level: int, children: tuple[int, ...]) -> int:
        """Return the function that continues with the child of the choice at a level."""
        if children.count(children[0]) == len(children):
            return children[0]
        key = (level, children)
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = self._add(level, children)
        return node

    def _add(self, level: int, children: tuple[int, ...]) -> int:
        self.level.append(level)
        self.children.append(children)
        return len(self.level) - 1

    def cofactors(self, node: int, level: int) -> tuple[int, ...]:
        """Return the rest of a function after each choice at a level."""
        own = self.level[node]
        if own >= level:
            return self.children[node] if own == level else (node,) * len(self.choices[level])
        key = (node, level)
        nodes = self._cofactors.get(key)
        if nodes is None:
            columns = zip(*[self.cofactors(c, level) for c in self.children[node]], strict=True)
            nodes = self._cofactors[key] = tuple([self.node(own, column) for column in columns])
        return nodes

    def combine(self, node: int, other: int, join: Join) -> int:
        """Return the function that joins the labels of two functions, profile by profile."""

        @cache
        def walk(left: int, other: int) -> int:
            if left == other == EMPTY:
                return EMPTY
            level = min(self.level[left], self.level[other])
            if level == self.bottom:
                label = join(self.label.get(left), self.label.get(other))
                return EMPTY if label is None else self.terminal(label)
            pairs = zip(self.cofactors(left, level), self.cofactors(other, level), strict=True)
            return self.node(level, tuple([walk(*pair) for pair in pairs]))

        return walk(node, other)

    def read(
        self,
        source: Diagram,
        node: int,
        label: Callable[[Any], Hashable | None],
        columns: Sequence[tuple[int | None, Sequence[int]]] = (),
    ) -> int:
        """Return a function of another store, or of this one, with other labels.

        If `label` returns None, profiles get no label. `columns` has for each level its level in
        the source, None if it has none there, and for each choice the index of the source's child;
        by default all are the same. A level of the source that none names is filled with its first
        choice that leaves a label, as an unanswered question is.
        """

        @cache
        def walk(after: int, node: int) -> int:
            at = after if columns else source.level[node]
            if at == self.bottom or node == EMPTY:
                first = source.first(node)
                renamed = label(first[1]) if first else None
                return EMPTY if renamed is None else self.terminal(renamed)
            level, places = columns[at] if columns else (at, self._open[at])
            if not places:  # no choice that both have
                return EMPTY
            if level is None:
                return walk(at + 1, node)
            children = source.cofactors(node, level)
            after = at + 1 if columns else 0
            return self.node(at, tuple([walk(after, children[place]) for place in places]))

        return walk(0, node)

    def project(self, node: int, levels: Collection[int], join: Join) -> int:
        """Return a function that no longer depends on some levels: labels are joined over them."""

        @cache
        def walk(node: int) -> int:
            level = self.level[node]
            if level == self.bottom:
                return node
            children = [walk(child) for child in self.children[node]]
            if level in levels:
                return reduce(lambda joined, other: self.combine(joined, other, join), children)
            return self.node(level, tuple(children))

        return walk(node)

    def within(self, node: int, allowed: Allowed) -> int:
        """Return a function restricted to the profiles within `allowed`."""
        return self.combine(node, self._cube(allowed), lambda label, mask: label if mask else None)

    def without(self, node: int, allowed: Allowed) -> int:
        """Return a function restricted to the profiles that are not within `allowed`."""
        return self.combine(node, self._cube(allowed), lambda label, cut: None if cut else label)

    def _cube(self, allowed: Allowed) -> int:
        """Return the function that labels the profiles within `allowed` with True."""
        node = self.terminal(True)
        for level in sorted(allowed, reverse=True):
            inside = allowed[level]
            children = [node if choice in inside else EMPTY for choice in self.choices[level]]
            node = self.node(level, tuple(children))
        return node

    def support(self, node: int) -> frozenset[int]:
        """Return the levels that a function depends on."""
        bits = self._levels
        for parent in range(len(bits), node + 1):  # children are made before what leads to them
            below = 0 if self.level[parent] == self.bottom else 1 << self.level[parent]
            for child in self.children[parent]:
                below |= bits[child]
            bits.append(below)
        return frozenset(level for level in range(self.bottom) if bits[node] >> level & 1)

    def below(self, node: int) -> list[int]:
        """Return the nodes of a function, children before parents, without EMPTY."""
        seen: dict[int, None] = {}

        def visit(node: int) -> None:
            if node not in seen and node != EMPTY:
                for child in self.children[node]:
                    visit(child)
                seen[node] = None

        visit(node)
        return [*seen]

    def labels(self, node: int) -> frozenset[Any]:
        """Return all labels of a function."""
        labels = self._labels.get(node)
        if labels is None:
            below = [self.labels(child) for child in set(self.children[node])]
            own = (self.label[node],) if node in self.label else ()
            labels = self._labels[node] = frozenset(own).union(*below)
        return labels

    def counts(self, node: int, allowed: Allowed | None = None) -> dict[Any, int]:
        """Return label -> weighted number of profiles (within `allowed`) that have it.

        Labels are in the order in which they were made.
        """
        places = self._places(allowed or {})
        passed = [1]
        for weights, at in zip(self.weights, places, strict=True):
            passed.append(passed[-1] * sum([weights[place] for place in at]))
        if not passed[-1]:
            return {}
        before: list[dict[int, int]] = [{} for _ in range(self.bottom + 1)]
        before[self.level[node]] = {node: passed[self.level[node]]}
        for level, at in enumerate(places):
            weights = self.weights[level]
            for parent, ways in before[level].items():
                children = self.children[parent]
                for place in at:
                    child = children[place]
                    if child != EMPTY:
                        after = self.level[child]
                        number = ways * weights[place]
                        if after > level + 1:
                            number = number * passed[after] // passed[level + 1]
                        before[after][child] = before[after].get(child, 0) + number
        return {self.label[end]: ways for end, ways in sorted(before[-1].items()) if end != EMPTY}

    def total(self, node: int, allowed: Allowed | None = None) -> int:
        """Return the weighted number of profiles (within `allowed`) that have a label."""
        if allowed is not None:
            return sum(self.counts(node, allowed).values())
        if node not in self._totals:
            self._totals[node] = sum(self.counts(node).values())
        return self._totals[node]

    def reachable(self, node: int, allowed: Allowed | None = None) -> Reachable:
        """Return the labels and choices of a function that `allowed` leaves."""
        places = self._places(allowed or {})
        level_of, children_of = self.level, self.children
        ahead: list[set[int]] = [set() for _ in range(self.bottom + 1)]
        ahead[level_of[node]].add(node)
        edges: list[set[int]] = []
        for nodes, at in zip(ahead, places, strict=False):
            if len(at) == len(self.choices[len(edges)]):
                ends = {end for parent in nodes for end in children_of[parent]}
            else:
                ends = {children_of[parent][place] for parent in nodes for place in at}
            for end in ends:
                ahead[level_of[end]].add(end)
            edges.append(ends)
        ahead[-1].discard(EMPTY)
        live = set(ahead[-1])
        left: list[set[int]] = [set() for _ in self.choices]
        passed = set(range(level_of[node]))  # without a node there: any choice will do
        for level in range(self.bottom - 1, -1, -1):
            reached = left[level]
            for parent in ahead[level]:
                children = children_of[parent]
                leading = [place for place in places[level] if children[place] in live]
                if leading:
                    live.add(parent)
                    reached.update(leading)
            farthest = max([level_of[end] for end in edges[level] if end in live], default=0)
            passed.update(range(level + 1, farthest))
        for level in passed:
            left[level].update(places[level])
        if not ahead[-1] or not all(left):
            return Reachable(frozenset(), [set() for _ in self.choices])
        choices = [{of[place] for place in at} for of, at in zip(self.choices, left, strict=True)]
        return Reachable(frozenset([self.label[end] for end in ahead[-1]]), choices)

    def first(self, node: int, allowed: Allowed | None = None) -> tuple[list[Choice], Any] | None:
        """Return the typical profile (within `allowed`) and its label; None if there is none.

        Questions are filled in order, each with its first choice that leaves a profile.
        """
        places = self._places(allowed or {})
        if not all(places):
            return None
        profile = [of[at[0]] for of, at in zip(self.choices, places, strict=True)]
        dead = {EMPTY}

        def fill(node: int) -> int:
            level, children = self.level[node], self.children[node]
            if level == self.bottom:
                return node
            for place in places[level]:
                if children[place] not in dead and (end := fill(children[place])) != EMPTY:
                    profile[level] = self.choices[level][place]
                    return end
            dead.add(node)
            return EMPTY

        end = fill(node)
        return None if end == EMPTY else (profile, self.label[end])

    def nearest(
        self, node: int, cost: Cost, accept: Callable[[Any], bool], allowed: Allowed | None = None
    ) -> tuple[int, list[Choice]] | None:
        """Return the least cost of a profile with an accepted label, and the first such profile.

        None if no profile has an accepted label.
        """
        places = self._places(allowed or {})
        if not all(places):
            return None
        prices = [
            {place: cost(level, choices[place]) for place in at}
            for level, (choices, at) in enumerate(zip(self.choices, places, strict=True))
        ]
        path = [min(of_level, key=of_level.__getitem__) for of_level in prices]
        least = [of_level[place] for of_level, place in zip(prices, path, strict=True)]
        far = 1 << 60
        more = {EMPTY: far}  # than the cheapest choices, by node
        best: dict[int, int] = {}

        def walk(node: int) -> int:
            """Return the cost of a node above the cheapest choices; `far` if none is accepted."""
            level, children = self.level[node], self.children[node]
            if level == self.bottom:
                total = 0 if accept(self.label[node]) else far
            else:
                total, cheapest = far, least[level]
                for place, price in prices[level].items():
                    child = children[place]
                    rest = price - cheapest + (more[child] if child in more else walk(child))
                    if rest < total:
                        total, best[node] = rest, place
            more[node] = total
            return total

        if node == EMPTY or (extra := walk(node)) >= far:
            return None
        while self.level[node] < self.bottom:
            path[self.level[node]] = best[node]
            node = self.children[node][best[node]]
        return sum(least) + extra, [of[place] for of, place in zip(self.choices, path, strict=True)]

    def _places(self, allowed: Allowed) -> list[Sequence[int]]:
        """Return for each level the numbers of the choices that are kept."""
        places = self._open.copy()
        for level, inside in allowed.items():
            choices = self.choices[level]
            places[level] = [place for place in places[level] if choices[place] in inside]
        return places

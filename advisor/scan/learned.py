"""What is learned of a file while it is walked: of functions, classes and tables, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set

from advisor.scan.abstract import (
    NOTHING,
    Constant,
    Other,
    String,
    Values,
    doubted,
    union,
    without_loads,
)

DEFAULT = "="
"""Stands for the defaults of a class's fields, among what is learned of it."""
STORED = "."
"""Stands for what is put into a class's fields later, among what is learned of it."""
MEANT = ":"
"""Stands for what annotations say of a class's fields, among what is learned of it."""
RESULT = "return"
"""What a function gives back, among what is learned of it; no parameter has this name."""


class Learned:
    """What has been learned, and of what it has been asked for since a walk began.

    `learned_more` is true once something is known otherwise that had been asked for.
    """

    def __init__(self) -> None:
        self.learned_more = True
        self._told: dict[object, dict[str, Values]] = defaultdict(dict)
        self._asked: set[object] = set()
        """Of what this walk has asked what is told of it."""
        self._boundless: set[object] = set()
        """What was told more of than is kept: that stays unknown, so that a walk is the last."""

    def begin(self) -> None:
        """Begin a walk, which has asked for nothing yet."""
        self.learned_more = False
        self._asked.clear()

    def learn(self, about: object, name: str, values: Values) -> None:
        """Add to what a parameter of a function or an attribute of a class may be.

        Nothing is learned from a placeholder such as None, nor of what may be too much already.
        """
        if not values or (about, name) in self._boundless:
            return
        before = self._told[about].get(name)
        useful = tuple(v for v in values if not (isinstance(v, Constant) and v.value is None))
        merged = union(before or NOTHING, useful)
        if len({value.text for value in merged if isinstance(value, String)}) > 1:
            merged = tuple(dict.fromkeys(doubted(merged)))
        if merged == (Other(),) and len(before or useful) > 1:
            self._boundless.add((about, name))
        if merged != before:
            self._told[about][name] = merged
            if merged or isinstance(about, str):  # an attribute that holds nothing is one, too
                self.learned_more |= not self._asked.isdisjoint((about, (about, name)))

    def told(self, about: object, name: str) -> Values:
        """Return what has been learned of one parameter, result or attribute."""
        self._asked.add((about, name))
        return self._told[about].get(name, NOTHING)

    def told_of(self, about: object) -> Mapping[str, Values]:
        """Return all that has been learned of a function or a class, by name."""
        self._asked.update((about, (about, MEANT)))
        meant = self._told.get((about, MEANT))
        return {**meant, **self._told[about]} if meant else self._told[about]

    def forget_loads(self, stale: Set[int]) -> None:
        """Forget what is known of some loads."""
        for told in self._told.values():
            for name, values in told.items():
                if (left := without_loads(values, stale)) != values:
                    told[name] = left
                    self.learned_more = True

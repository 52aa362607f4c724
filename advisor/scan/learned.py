"""What is learned of a file while it is walked: of functions, classes and tables, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set

from advisor.scan.abstract import (
    NOTHING,
    Constant,
    DictLiteral,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Other,
    String,
    Symbol,
    Values,
    bounded,
    doubted,
    plain,
    union,
    with_entries,
    without_loads,
)

DEFAULT = "="
"""Stands for the defaults of a class's fields, among what is learned of it."""
STORED = "."
"""Stands for what is put into a class's fields later, among what is learned of it."""
MEANT = ":"
"""Stands for what annotations say of a class's fields, among what is learned of it."""
KEPT = "[]"
"""Stands for the entries that dictionaries get, among what is learned of who has them."""
RESULT = "return"
"""What a function gives back, among what is learned of it; no parameter has this name."""

_WORTH_KEEPING = (DictLiteral, ListLiteral, Loaded, LocalClass, LocalObject, String, Symbol)
_MOST_KEPT = 64
"""Entries that dictionaries of one name get."""


class Learned:
    """What has been learned, and of what it has been asked for since a walk began.

    `learned_more` is true once something is known otherwise that had been asked for.
    """

    def __init__(self) -> None:
        self.learned_more = True
        self.keeps = False
        """True once an entry was put into a dictionary that others may ask for it."""
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

    def keep(self, about: object, name: str, key: String | Constant | None, values: Values) -> None:
        """Learn an entry of a dictionary: of an attribute of a class, or of a name of the file.

        Nothing is learned from numbers and what is made of foreign classes.
        """
        if not any(isinstance(value, _WORTH_KEEPING) for value in values):
            return
        tables = self._told[about, KEPT]
        before = next((v for v in tables.get(name, ()) if isinstance(v, DictLiteral)), None)
        entries = {plain(one): (one, inner) for one, inner in (before.entries if before else ())}
        known, inner = entries.get(plain(key), (key, NOTHING))
        merged = union(inner, values)
        if merged == inner or len(entries) >= _MOST_KEPT:
            return
        entries[plain(key)] = known, merged
        tables[name] = bounded(DictLiteral(tuple(entries.values())))
        asked = not self._asked.isdisjoint(((about, KEPT), ((about, KEPT), name)))
        self.learned_more |= asked or not self.keeps
        self.keeps = True

    def with_kept(self, about: object, name: str, values: Values) -> Values:
        """Return values with what is kept in a dictionary among them."""
        for table in self.told((about, KEPT), name):
            if isinstance(table, DictLiteral):
                return with_entries(values, table)
        return values

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

"""A metric of some items: its value for any weights of them, which is what resampling asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from advisor.trial.runtime import library

Array = Any
"""An array of NumPy, which is imported at the moment of use."""


class Later:
    """A library whose names are looked up, and which is imported, at the moment of use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(library(self._name), name)
        setattr(self, name, found)
        return found


np: Any = Later("numpy")


class Weighable(NamedTuple):
    """A metric of `n` items.

    `weighed` takes weights (resamplings, n), how often each item is in each resampling, and
    returns the value for each, NaN where it is undefined. `each` is what each item is worth by
    itself, for the order of examples, or None where an item alone is worth nothing.
    """

    n: int
    weighed: Callable[[Array], Array]
    each: Array | None = None

    @property
    def value(self) -> float:
        """The value of the items as they are, each once."""
        return float(self.weighed(np.ones((1, self.n)))[0])


def of_mean(each: Any) -> Weighable:
    """Return the mean of what each item is worth."""
    values = np.asarray(each, dtype=float)

    def weighed(weights: Array) -> Array:
        return _quotient(weights @ values, weights.sum(axis=1))

    return Weighable(len(values), weighed, values)


def of_sums(rows: Any, value: Callable[[Array], Array], each: Any = None) -> Weighable:
    """Return what `value` makes of the sums of rows (items, columns), one row an item.

    `value` takes sums (resamplings, columns) and returns a value for each.
    """
    counts = np.asarray(rows, dtype=float)
    worth = None if each is None else np.asarray(each, dtype=float)
    return Weighable(len(counts), lambda weights: value(weights @ counts), worth)


def of_ratio(over: Any, under: Any, each: Any = None) -> Weighable:
    """Return the sum of one count over the sum of another."""
    rows = np.stack([np.asarray(over, dtype=float), np.asarray(under, dtype=float)], axis=1)
    return of_sums(rows, lambda sums: _quotient(sums[:, 0], sums[:, 1]), each)


def _quotient(over: Array, under: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, over / under, np.nan)

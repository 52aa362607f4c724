"""How well a document's fields were filled in: F1 over fields with their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from advisor.evaluate.metrics.weighable import Weighable, of_sums
from advisor.trial.runtime import library


def field_f1(found: Sequence[Any], truth: Sequence[Any]) -> Weighable:
    """Return the F1 over fields: a field is right where its name and its whole value are.

    Nested fields are taken by their path; members of a list share the path, in any order. Values
    are compared without regard to spaces at their ends, doubled ones, or case.
    """
    np = library("numpy")
    rows = []
    for said, true in zip(found, truth, strict=True):
        one, other = Counter(_leaves(said)), Counter(_leaves(true))
        rows.append((2 * (one & other).total(), one.total() + other.total()))
    counts = np.asarray(rows, dtype=float).reshape(-1, 2)

    def value(sums: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], 1.0)

    return of_sums(counts, value, value(counts))


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each value with the path of names that leads to it; what is empty is not there."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, (*path, str(name)))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _leaves(member, path)
    elif value is not None and (text := " ".join(str(value).split()).casefold()):
        yield path, text

"""Ways of which one or another is gone, and what names stand for where they meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from advisor.scan.abstract import Other, PartialString, Values, branches, doubted
from advisor.scan.narrowing import Names


class Way(NamedTuple):
    """Statements of which one or another runs, with what is known where these do.

    `names` are narrowed. No call that is known comes to a way that is `aside`: it is there for
    others.
    """

    body: Sequence[ast.stmt]
    names: Names = MappingProxyType({})
    aside: bool = False


class End(NamedTuple):
    """The end of a way: what was bound on it, of that what is only narrowed, if it is aside."""

    bound: Mapping[str, Values]
    narrowed: Names = MappingProxyType({})
    aside: bool = False


def meeting(
    ends: Sequence[End], before: Mapping[str, Values], *, all_end: bool
) -> Iterator[tuple[str, Values]]:
    """Yield what names stand for where ways meet; `all_end` where each of them reached its end.

    An end that is aside adds to others only what it tells.
    """
    aside = [end.aside for end in ends]
    if all(aside):
        aside = [False] * len(ends)
    bound: dict[str, dict[int, Values]] = {}
    rebound: set[str] = set()
    for number, (values_of, narrowed, _) in enumerate(ends):
        for name, values in values_of.items():
            narrows = values is narrowed.get(name)
            if not (narrows and aside[number]):
                bound.setdefault(name, {})[number] = values
            if not narrows:
                rebound.add(name)
    for name, found in bound.items():
        if all_end and name not in rebound:
            continue  # it may be all that it was
        if len(found) < len(ends) and name in before:
            missing = [number for number in range(len(ends)) if number not in found]
            found[min(missing, key=aside.__getitem__)] = before[name]
        yield name, _met([(values, aside[number]) for number, values in sorted(found.items())])


def told(values: Values) -> Values:
    """Return those of the values that tell what they are."""
    return tuple(value for value in values if not isinstance(value, (Other, PartialString)))


def _met(found: Sequence[tuple[Values, bool]]) -> Values:
    """What a name stands for after ways: what it does on each, and whether that is aside."""
    groups = [told(values) if aside else values for values, aside in found]
    kept = [group for group, (_, aside) in zip(groups, found, strict=True) if group or not aside]
    merged = kept[0] if kept else found[0][0]
    for values in kept[1:]:
        if merged is not values:
            merged = branches(merged, values)
    return merged if len(kept) == len(found) else doubted(merged)

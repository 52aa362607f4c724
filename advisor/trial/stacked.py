"""Inputs of a network for several images as one batch, where nothing has to be padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from advisor.trial.runtime import library

Inputs = dict[str, Any]


def stacked(inputs: Sequence[Inputs], most: int = 0) -> Iterator[tuple[list[int], Inputs]]:
    """Yield groups of inputs of one shape, each as the places that it is made of and one batch.

    Tensors are joined along their first dimension, and anything else is taken from the first of a
    group. Padding would change what a network computes, so inputs of different shapes stay apart.
    Groups have at most `most` members, 0 being any number, and come in the order of their first.
    """
    groups: dict[Any, list[int]] = {}
    for place, each in enumerate(inputs):
        groups.setdefault(_shape(each), []).append(place)
    for places in groups.values():
        size = most or len(places)
        for start in range(0, len(places), size):
            some = places[start : start + size]
            yield some, _joined([inputs[place] for place in some])


def repeated(inputs: Inputs, times: int) -> Inputs:
    """Return the inputs of one image, several times over, as one batch."""
    return _joined([inputs] * times)


def _shape(inputs: Inputs) -> Any:
    return tuple(
        (key, tuple(value.shape), str(value.dtype)) if hasattr(value, "shape") else (key,)
        for key, value in inputs.items()
    )


def _joined(inputs: Sequence[Inputs]) -> Inputs:
    if len(inputs) == 1:
        return dict(inputs[0])
    torch = library("torch")
    first = inputs[0]
    return {
        key: torch.cat([each[key] for each in inputs]) if hasattr(value, "shape") else value
        for key, value in first.items()
    }

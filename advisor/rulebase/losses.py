"""What fewer bits may cost a checkpoint: losses that were published for its line and size class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor.model.figures import RoundingLoss

if TYPE_CHECKING:
    from advisor.model import Checkpoint

SIZE_CLASSES = (6_000, 20_000)
"""Where a size class ends, in millions of parameters: losses are published of 2 and 3, of 7 and of
72 billion, and shrink with the size."""


def losses_of(values: Mapping[str, Iterable[Any]]) -> dict[str, list[RoundingLoss]]:
    """Return the losses that may be those of a checkpoint, by its id.

    They were measured on one of its size class, of its own series or of one that this succeeds. Of
    what nothing here loads, or how much of it is rounded is not known, there are none.
    """
    able = {
        id for network in values["architecture"] if network.linear for id in network.checkpoints
    }
    checkpoints: dict[str, Checkpoint] = {value.id: value for value in values["checkpoint"]}
    before: dict[str, set[str]] = {}
    for one in checkpoints.values():
        older = checkpoints.get(one.succeeds or "")
        if one.series and older and older.series:
            before.setdefault(one.series, set()).add(older.series)
    found: dict[str, list[RoundingLoss]] = {}
    for id, one in checkpoints.items():
        if not (one.series and id in able and one.loads_safely):
            continue
        line = _line(one.series, before)
        for loss in values["loss"]:
            measured = checkpoints[loss.of]
            if measured.series in line and _size_class(measured) == _size_class(one) is not None:
                found.setdefault(id, []).append(loss)
    return found


def worst_losses(losses: Sequence[RoundingLoss], metric: str | None = None) -> dict[str, float]:
    """Return the worst loss by precision, the most bits first; with `metric` of those that hold."""
    worst: dict[str, float] = {}
    for loss in sorted(losses, key=lambda loss: -int(loss.precision.removeprefix("int"))):
        if metric is None or metric in loss.metrics:
            worst[loss.precision] = max(loss.loss, worst.get(loss.precision, 0.0))
    return worst


def _line(series: str, before: Mapping[str, set[str]]) -> set[str]:
    """Return a series with all that it succeeds, from one to the next."""
    line, left = {series}, [series]
    while left:
        new = before.get(left.pop(), set()) - line
        line |= new
        left += new
    return line


def _size_class(checkpoint: Checkpoint) -> int | None:
    """Return the number of the size class of a checkpoint; None where its size is not known."""
    if checkpoint.parameters_millions is None:
        return None
    return sum(checkpoint.parameters_millions > end for end in SIZE_CLASSES)

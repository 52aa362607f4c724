"""What to try next where a checkpoint disappoints: the first that is better on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.decide.front import FREEDOM, Yardstick
from advisor.decide.selection import Pick, Selection

NOTABLY_SMALLER = 0.8
"""A checkpoint is worth naming as smaller where it takes at most this share of the memory."""


class Next(NamedTuple):
    """Another checkpoint, and the wish that leads to it.

    `wish` is better, smaller, freer, as-is or other; `text` says by how much, with the figures.
    """

    wish: str
    checkpoint: str
    text: str


class Alternatives:
    """What to try next among the checkpoints of one selection, measured by one yardstick.

    Picks on the front come before others, each in the order of the selection.
    """

    def __init__(self, selection: Selection, yardstick: Yardstick) -> None:
        self._selection = selection
        self._yardstick = yardstick
        self._ranked = sorted(selection.picks, key=lambda pick: not pick.on_front)

    def to(self, pick: Pick) -> tuple[Next, ...]:
        """Return what to try next, at most one a wish; empty only where there is nothing else."""
        others = [other for other in self._ranked if other is not pick]
        found = (
            _ready(pick, others),
            _better(pick, others, self._yardstick),
            _smaller(pick, others),
            _freer(pick, others),
        )
        result = tuple(one for one in found if one is not None)
        return result or _any_other(pick, self._selection)


def _ready(pick: Pick, others: Sequence[Pick]) -> Next | None:
    if pick.use == "as-is":
        return None
    for other in others:
        if other.use == "as-is":
            return Next("as-is", other.checkpoint.id, "works as it is, without training")
    return None


def _better(pick: Pick, others: Sequence[Pick], yardstick: Yardstick) -> Next | None:
    """The first pick of the same use that was measured better, on the most telling benchmark."""
    own = pick.standing.figures
    for benchmark in yardstick.benchmarks:
        if benchmark.id not in own:
            continue
        for other in others:
            figure = other.standing.figures.get(benchmark.id)
            if other.use == pick.use and figure is not None and figure > own[benchmark.id]:
                figures = f"{abs(figure):g} against {abs(own[benchmark.id]):g}"
                return Next(
                    "better",
                    other.checkpoint.id,
                    f"{benchmark.benchmark} {benchmark.metric} {figures}",
                )
    return None


def _smaller(pick: Pick, others: Sequence[Pick]) -> Next | None:
    if pick.memory_gb is None:
        return None
    limit = pick.memory_gb * NOTABLY_SMALLER
    for other in others:
        if other.use == pick.use and other.memory_gb is not None and other.memory_gb <= limit:
            text = f"{other.memory_gb:g} GB against {pick.memory_gb:g} GB"
            return Next("smaller", other.checkpoint.id, text)
    return None


def _freer(pick: Pick, others: Sequence[Pick]) -> Next | None:
    freedom = pick.standing.freedom
    for other in others:
        theirs = other.standing.freedom
        if theirs is None or theirs == max(FREEDOM.values()):
            continue
        licence = other.checkpoint.licence or "licence not stated"
        if freedom is None or theirs < freedom:
            use = (other.checkpoint.commercial_use or "").replace("-", " ")
            now = (pick.checkpoint.commercial_use or "not verified").replace("-", " ")
            text = f"commercial use {use} ({licence}), here {now}"
            return Next("freer", other.checkpoint.id, text)
        if pick.checkpoint.gated and other.checkpoint.gated is False and theirs <= freedom:
            return Next("freer", other.checkpoint.id, f"not gated ({licence})")
    return None


def _any_other(pick: Pick, selection: Selection) -> tuple[Next, ...]:
    """Where no other is known to be better at anything: the next in the order."""
    ids = [other.checkpoint.id for other in selection.picks]
    after = ids.index(pick.checkpoint.id) + 1 if pick.checkpoint.id in ids else 0
    for id in (*ids[after:], *ids[:after]):
        if id != pick.checkpoint.id:
            return (Next("other", id, "the next in this order; nothing says which is better"),)
    for other in selection.unverified:
        if other.checkpoint.id != pick.checkpoint.id:
            doubts = "; ".join(miss.text for miss in other.unknown)
            return (Next("other", other.checkpoint.id, f"if you can settle that {doubts}"),)
    for lack in selection.fallen:
        text = f"if you can do without: {'; '.join(lack.lacks)}"
        return (Next("other", lack.checkpoint.id, text),)
    return ()

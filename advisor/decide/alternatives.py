"""What to try next where a pick disappoints: one checkpoint for each wish that it leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from advisor.decide.precedence import LARGER, ROUNDED, SUCCESSOR
from advisor.decide.ranking import OPENNESS

if TYPE_CHECKING:
    from advisor.decide.selection import Pick, Selection
    from advisor.model import Checkpoint

BETTER = {
    LARGER: "a larger model of the same series",
    SUCCESSOR: "a newer model of the same series",
    ROUNDED: "the same model with more bits per weight",
}
"""What one is to another, by the relation that puts it first."""
NOTABLY_SMALLER = 0.8
"""A checkpoint is worth naming as smaller where it takes at most this share of the memory."""


class Alternative(NamedTuple):
    """Another checkpoint, and the wish that leads to it.

    `wish` is better, smaller, freer, as-is or other; `text` says by how much, with the figures.
    """

    wish: str
    checkpoint: str
    text: str


def alternatives(pick: Pick, selection: Selection) -> tuple[Alternative, ...]:
    """Return what to try next where a pick disappoints, at most one checkpoint a wish.

    Each is the first in the order of the selection. Empty only where there is nothing else.
    """
    others = [other for other in selection.picks if other is not pick]
    same_use = [other for other in others if other.use == pick.use]
    untrained = (
        Alternative("as-is", other.checkpoint.id, "it works without fine-tuning")
        for other in others
        if other.use == "as-is" and pick.use != "as-is"
    )
    limit = (pick.memory_gb or 0.0) * NOTABLY_SMALLER
    smaller = (
        Alternative(
            "smaller", other.checkpoint.id, f"it needs {size:g} GB instead of {pick.memory_gb:g} GB"
        )
        for other in same_use
        if (size := other.memory_gb) is not None and size <= limit
    )
    freer = (
        Alternative("freer", other.checkpoint.id, text)
        for other in others
        if (text := _freedom_text(pick.checkpoint, other.checkpoint))
    )
    better: list[Alternative] = []
    if (locked := selection.locked) and pick.behind in [other.checkpoint.id for other in same_use]:
        kind, *_ = edge = locked.told[pick.behind, pick.checkpoint.id]
        made = ", measured by its developers" if kind else ""
        lead = locked.by.precedence(edge)
        text = BETTER.get(lead.yardstick, "")
        if lead.value is not None:
            text = f"{lead.yardstick} {lead.value:g} against {lead.next_value:g}{made}"
        better.append(Alternative("better", pick.behind, text))
    ways = [next(iter(way), None) for way in (untrained, better, smaller, freer)]
    return tuple(filter(None, ways)) or tuple(_any_other(pick, selection))[:1]


def _freedom_text(checkpoint: Checkpoint, other: Checkpoint) -> str:
    """Return in what the other is freer; empty where it is not."""
    use, licence = other.commercial_use, other.licence or "license not stated"
    if use in (None, "not-permitted"):
        return ""
    if OPENNESS[use] < OPENNESS[checkpoint.commercial_use]:
        now = (checkpoint.commercial_use or "not verified").replace("-", " ")
        return f"commercial use is {use} ({licence}) instead of {now}"
    alike = OPENNESS[use] == OPENNESS[checkpoint.commercial_use]
    opener = checkpoint.gated and other.gated is False and alike
    return f"not gated ({licence})" if opener else ""


def _any_other(pick: Pick, selection: Selection) -> Iterator[Alternative]:
    """Where no other is known to be better at anything: the next in the order."""
    picks = selection.picks
    after = picks.index(pick) + 1 if pick in picks else 0
    following = "next in the ranking; no benchmark of it compares the two"
    others = [(other.checkpoint.id, following) for other in (*picks[after:], *picks[:after])]
    for other in selection.unverified:
        doubts = "; ".join(gap.text for gap in other.unknown)
        others.append((other.checkpoint.id, f"check first: {doubts}"))
    for unfit in selection.rejected:
        lacks = "; ".join(unfit.texts)
        others.append((unfit.checkpoint.id, f"it fails a requirement: {lacks}"))
    return (Alternative("other", *other) for other in others if other[0] != pick.checkpoint.id)

"""Where a checkpoint stands, as JSON and as blocks of a page."""

from __future__ import annotations

from typing import Any

from advisor.decide.standing import Place
from advisor.draw.blocks import Heading, Item, Items, Page
from advisor.phrasing import count

SHOWN_BEATEN = 3


def place_json(place: Place) -> dict[str, Any]:
    """Return the part `standing` of `advisor explain --why-not CHECKPOINT --format json`."""
    return {
        "checkpoint": place.checkpoint.id,
        "family": place.checkpoint.family,
        "family_wins": place.wins,
        "use": place.use,
        "lacks": [miss.text for miss in place.lacks],
        "not_verified": [miss.text for miss in place.unknown],
        "rank": place.rank,
        "of": place.of,
        "ahead": list(place.ahead),
        "dominated_by": [{"id": loss.by, "on": list(loss.on)} for loss in place.beaten],
        "first_in": list(place.first_in),
        "changes": list(place.changes),
    }


def place_blocks(place: Place) -> Page:
    """Return the blocks: why it is not the first, and what would make it one that fits.

    What it lacks stands in the judgement before them.
    """
    checkpoint = place.checkpoint
    among = f"{count(place.of, 'checkpoint')} of {checkpoint.family} that fit"
    rows: list[Item] = []
    if place.rank == place.of == 1:
        rows.append(Item("+", f"the only checkpoint of {checkpoint.family} that fits"))
    elif place.rank == 1:
        rows.append(Item("+", f"the first of the {among}"))
    elif place.rank:
        ahead = ", ".join(place.ahead)
        rows.append(Item("", f"number {place.rank} of the {among}; before it {ahead}"))
    elif place.ahead:
        rows.append(Item("", f"not among the {among}, first {', '.join(place.ahead)}"))
    rows += [
        Item("-", f"beaten on {' and '.join(loss.on)} by {loss.by}, and better at nothing")
        for loss in place.beaten[:SHOWN_BEATEN]
    ]
    more = len(place.beaten) - SHOWN_BEATEN
    if more > 0:
        rows.append(Item("-", f"and by {count(more, 'checkpoint')} more"))
    if place.rank and not place.beaten:
        rows.append(Item("+", "no other is known to beat it on every count"))
    for order in place.first_in if place.rank != 1 else ():
        rows.append(Item(">", f"it comes first with --order {order}"))
    rows += [
        Item(">", f"would be one of them with {_answers(changed)}") for changed in place.changes
    ]
    if place.rank is None and not place.changes:
        rows.append(Item("", "no change of one answer makes it one of them"))
    return [Heading("Where it stands", 3), Items(tuple(rows))]


def _answers(changed: dict[str, str]) -> str:
    return " and ".join(f"{id}: {option}" for id, option in changed.items())

"""What figures say of relations, and the cycles in orders, as JSON and as a page."""

from __future__ import annotations

from typing import Any

from advisor.audit.relations import Orders
from advisor.decide.precedence import RELATIONS
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.formats import plain
from advisor.phrasing import count

SHOWN_CYCLES = 3


def orders_json(ranked: Orders) -> dict[str, Any]:
    """Return what `advisor rules test --format json` says of relations and cycles."""
    return {"relations": plain(ranked.relations), "cycles": plain(ranked.cycles)}


def orders_page(ranked: Orders) -> Page:
    """Return what is refused, how often each kind of relation holds, and the cycles."""
    page: Page = []
    refused = [one for one in ranked.relations if one.refused]
    if refused:
        rows = (
            f"{one.place}: {one.kind}: {one.before} loses to {one.behind} in {one.lost} of "
            f"{one.won + one.lost} comparisons, so figures refuse it"
            for one in refused
        )
        page.append(Items(tuple(Item("-", row) for row in rows)))
    for kind in RELATIONS:
        of_kind = [one for one in ranked.relations if one.kind == kind]
        won, lost = sum(one.won for one in of_kind), sum(one.lost for one in of_kind)
        tied = sum(one.tied for one in of_kind)
        text = f"{kind}: {count(len(of_kind), 'pair')}, right in {won} of {won + lost} comparisons"
        page.append(Text(f"{text} of figures, {tied} more are ties", "bad" if refused else "quiet"))
    page.append(
        Text(
            f"{ranked.circular} of {count(ranked.orders, 'order')} leave out what would close a "
            f"cycle: {count(len(ranked.cycles), 'comparison')}",
            "quiet",
        )
    )
    if ranked.cycles:
        rows = (
            f"{one.task} ({one.language}): {one.before} before {one.behind} by {one.by}"
            for one in ranked.cycles[:SHOWN_CYCLES]
        )
        page.append(Text("; ".join(rows) + "; --format json has all", "quiet"))
    return page

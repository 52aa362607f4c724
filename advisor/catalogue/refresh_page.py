"""What changed on the Hub as JSON and as a page, field by field."""

from __future__ import annotations

from collections import Counter
from typing import Any

from advisor.catalogue.refresh import FieldChange, Refresh, Refreshed
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count

STATUSES = ("changed", "missing", "unread", "same")
SHORT = 12


def as_json(refresh: Refresh, digest: str, resume: str | None = None) -> dict[str, Any]:
    """Return the JSON document of `advisor catalogue refresh --format json`."""
    statuses = Counter(row.status for row in refresh.rows)
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "checkpoints": [_row_json(row) for row in refresh.rows],
        "counts": {status: statuses[status] for status in STATUSES},
        "written": list(refresh.written),
        "stopped": refresh.stopped or None,
        "left": list(refresh.left),
        "resume": resume,
    }


def _row_json(row: Refreshed) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "last_modified": row.last_modified,
        "changes": [
            {
                "field": change.field,
                "was": change.was,
                "now": change.now,
                **({"note": change.note} if change.note else {}),
            }
            for change in row.changes
        ],
        "message": row.message or None,
    }


def as_page(refresh: Refresh, resume: str | None = None) -> Page:
    """Return the page: what changed, checkpoint by checkpoint, then a count."""
    page: Page = []
    for row in refresh.rows:
        if row.status == "same":
            continue
        page.append(Heading(row.id, 3))
        items = [_change_item(change) for change in row.changes]
        if row.message:
            items.append(Item("!", row.message))
        page.append(Items(tuple(items)))
        if row.last_modified:
            page.append(Text(f"last changed on the Hub {row.last_modified}", "quiet"))
    statuses = Counter(row.status for row in refresh.rows)
    said = ", ".join(f"{statuses[s]} {s}" for s in STATUSES if statuses[s]) or "none"
    page.append(Text(f"{count(len(refresh.rows), 'checkpoint')} asked about: {said}"))
    if refresh.written:
        page.append(Text(f"written: {', '.join(refresh.written)}", "good"))
    if refresh.stopped:
        left = count(len(refresh.left), "checkpoint")
        page.append(Text(f"stopped with {left} left: {refresh.stopped}", "bad"))
    if resume:
        page.append(Items((Item(">", f"go on with: {resume}"),)))
    return page


def _change_item(change: FieldChange) -> Item:
    was, now = _shown(change, change.was), _shown(change, change.now)
    return Item("!", f"{change.field.replace('_', ' ')}: {was} → {now}", change.note)


def _shown(change: FieldChange, value: Any) -> str:
    if value is None:
        return "not verified"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text[:SHORT] if change.field == "revision" else text

"""What the Hub changed, and where a release of transformers differs, as JSON and as pages."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from advisor.catalogue.checkpoint_page import listed, value_text
from advisor.catalogue.drift import Drift, ReleaseComparison
from advisor.catalogue.refresh import FieldChange, Refresh, Refreshed
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.formats import document, plain
from advisor.model.library import NameChange
from advisor.phrasing import count, first_named

STATUSES = ("changed", "missing", "unread", "same")
SHORT = 12


def refresh_json(refresh: Refresh, digest: str, resume: str | None = None) -> dict[str, Any]:
    """Return the JSON document of `advisor catalogue refresh --format json`."""
    statuses = Counter(row.status for row in refresh.rows)
    return document(
        digest,
        checkpoints=[_row_json(row) for row in refresh.rows],
        counts={status: statuses[status] for status in STATUSES},
        stopped=refresh.stopped,
        left=list(refresh.left),
        resume=resume,
    )


def _row_json(row: Refreshed) -> dict[str, Any]:
    changes = [
        {key: value for key, value in change._asdict().items() if key != "note" or value}
        for change in row.changes
    ]
    return {**row._asdict(), "changes": changes}


def refresh_page(refresh: Refresh, resume: str | None = None) -> Page:
    """Return the page: what changed, checkpoint by checkpoint, then a count."""
    page: Page = []
    for row in refresh.rows:
        if row.status == "same":
            continue
        items = [_change_item(change) for change in row.changes]
        items += [Item("!", row.message)] if row.message else []
        page += [Heading(row.id, 3), Items(tuple(items))]
        if row.last_modified:
            page.append(Text(f"last changed on the Hub {row.last_modified}", "quiet"))
    statuses = Counter(row.status for row in refresh.rows)
    said = ", ".join(f"{statuses[s]} {s}" for s in STATUSES if statuses[s]) or "none"
    page.append(Text(f"{count(len(refresh.rows), 'checkpoint')} asked about: {said}"))
    if refresh.stopped:
        left = count(len(refresh.left), "checkpoint")
        page.append(Text(f"stopped with {left} left: {refresh.stopped}", "bad"))
    if resume:
        page.append(Items((Item(">", f"go on with: {resume}"),)))
    return page


def _change_item(change: FieldChange) -> Item:
    long = SHORT if change.field == "revision" else None
    was, now = (value_text(value)[:long] for value in (change.was, change.now))
    return Item("!", f"{change.field.replace('_', ' ')}: {was} → {now}", change.note)


def drift_json(drift: Drift, comparison: ReleaseComparison | None, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor catalogue drift --format json`."""
    body = {
        "transformers": drift.version,
        "checked": drift.checked,
        "passed": drift.passed,
        "differences": plain(drift.differences),
    }
    if comparison is not None:
        gone, new = comparison.gone, comparison.new
        body["since"] = comparison.before
        body["gone"] = [{"of": of, "name": name, "change": plain(to)} for of, name, to in gone]
        body["new"] = [{"of": of, "name": name} for of, name in new]
    return document(digest, **body)


def drift_page(drift: Drift, comparison: ReleaseComparison | None) -> Page:
    """Return the page: each entry that differs, then what changed, then the count."""
    page: Page = []
    for checkpoint, differences in groupby(drift.differences, lambda found: found.checkpoint):
        items = [Item("-", f"{one.field}: {one.message}") for one in differences]
        page += listed(checkpoint, items)
    if comparison is not None:
        page += _changes(comparison)
    held = f"{count(drift.checked, 'checkpoint')} against transformers {drift.version}"
    if drift.passed:
        return [*page, Text(f"{held}: no differences", "good")]
    differing = count(len(drift.differences), "difference")
    entries = count(len({difference.checkpoint for difference in drift.differences}), "checkpoint")
    return [*page, Text(f"{held}: {differing} in {entries}", "bad")]


def _changes(comparison: ReleaseComparison) -> Page:
    """What is known of names that went, how many others did, and what else is no longer there."""
    by_change: dict[str, list[NameChange]] = {}
    rest: dict[str, list[str]] = {}
    for of, name, change in comparison.gone:
        if change is None:
            rest.setdefault(of, []).append(name)
        elif of in ("pipeline", "class"):
            by_change.setdefault(change.id, []).append(change)
    heading = f"From transformers {comparison.before} to {comparison.after}"
    blocks = listed(heading, [_changed(changes) for changes in by_change.values()])
    for of, names in rest.items():
        number = count(len(names), f"{of} name")
        known = f"Gone, nothing else known, {number}: {first_named(names, 8)}"
        blocks.append(Text(known, "quiet"))
    fresh = [of for of, _ in comparison.new]
    said = ", ".join(count(fresh.count(of), f"{of} name") for of in dict.fromkeys(fresh))
    if said:
        blocks.append(Text(f"New: {said}", "quiet"))
    return blocks


def _changed(changes: list[NameChange]) -> Item:
    first = changes[0]
    like = f" and {len(changes) - 1} like it" if len(changes) > 1 else ""
    instead = f", now {first.instead}" if first.instead else ""
    text = f"{first.of} {first.name}{like}: {first.kind} in {first.since}{instead}. {first.because}"
    mark = ">" if first.kind == "redirected" else "-"
    return Item(mark, text, sources=tuple(first.sources))

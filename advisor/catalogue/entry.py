"""The whole entry of a checkpoint, series resolved: each field, its value, and who says so."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.draw.blocks import Heading, Page, Pairs, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

KEYS = (
    *("id", "series", "label", "loader", "class", "processor", "model_type", "pipeline", "tasks"),
    *("fine_tune", "typical", "stage", "parameters_millions", "parameters_precision", "dtype"),
    *("image_size", "image_size_note", "text_context", "languages", "languages_note", "takes"),
    *("licence", "language_model_licence", "commercial_use", "intended_use", "gated", "released"),
    *("revision", "last_modified", "hub_task", "prompt", "pitfalls", "derived", "measurements"),
    *("sources", "checked"),
)
"""The keys of an entry, in the order in which files have them."""


NOT_VERIFIED = "not verified"


class EntryField(NamedTuple):
    """A field of an entry: its value, and the sources it was read in."""

    field: str
    value: Any
    sources: tuple[str, ...]


class WholeEntry(NamedTuple):
    """All that is known of a checkpoint, in the order of files; `place` is where it is written.

    `unverified` are the fields that nobody verified.
    """

    id: str
    place: str
    fields: tuple[EntryField, ...]
    unverified: tuple[str, ...]


def entry_of(rulebase: RuleBase, checkpoint: Checkpoint) -> WholeEntry:
    """Return the entry of a catalogued checkpoint."""
    values = {**checkpoint._asdict(), **checkpoint.notes, "class": checkpoint.model_class}
    named = [key for key in KEYS if key not in ("id", "series", "sources", "measurements")]
    known = [key for key in named if values.get(key) not in (None, [], ())]
    fields = [EntryField(key, values[key], tuple(checkpoint.sources.get(key, ()))) for key in known]
    fields += [
        EntryField("measurements", one._asdict(), (one.source,)) for one in checkpoint.measurements
    ]
    return WholeEntry(
        checkpoint.id,
        rulebase.place("checkpoint", checkpoint.id),
        tuple(fields),
        tuple(key for key in named if values.get(key, "") is None),
    )


def entry_json(entry: WholeEntry, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor show ID --full --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "kind": "checkpoint",
        "id": entry.id,
        "place": entry.place,
        "fields": [
            {"field": one.field, "value": one.value, "sources": list(one.sources)}
            for one in entry.fields
        ],
        "unverified": list(entry.unverified),
    }


def entry_page(entry: WholeEntry) -> Page:
    """Return the page: each field with its value, and its sources in brackets."""
    rows = tuple(row for field in entry.fields for row in _rows(field))
    page: Page = [Heading(entry.id, 1), Text(f"written at {entry.place}", "quiet"), Pairs(rows)]
    if entry.unverified:
        page.append(Text(f"not verified: {', '.join(entry.unverified)}", "quiet"))
    return page


def _rows(field: EntryField) -> list[tuple[str, str]]:
    """A row for a value, for sentences one each."""
    cited = f"  [{', '.join(field.sources)}]" if field.sources else ""
    if field.field == "pitfalls":
        rows = [("pitfalls", sentence) for sentence in field.value]
        return [*rows, ("", cited.strip())] if cited else rows
    return [(field.field, f"{value_text(field.value)}{cited}")]


def value_text(value: Any, form: str = "{}") -> str:
    """Return the value of a field in words, those of a unit around it where it is known."""
    if value is None:
        return NOT_VERIFIED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "none"
    if isinstance(value, dict):
        return f"{value['benchmark']}, {value['metric']}: {value['value']:g}"
    return form.format(f"{value:g}" if isinstance(value, float) else value)

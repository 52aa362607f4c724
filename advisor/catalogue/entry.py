"""The whole entry of a checkpoint, series resolved: each field, its value, and who says so."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.draw.version import document, plain
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
    unverified = tuple(key for key in named if values.get(key, "") is None)
    place = rulebase.place("checkpoint", checkpoint.id)
    return WholeEntry(checkpoint.id, place, tuple(fields), unverified)


def entry_json(entry: WholeEntry, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor show ID --full --format json`."""
    return document(digest, kind="checkpoint", **plain(entry))

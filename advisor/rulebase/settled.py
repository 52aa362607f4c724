"""The entries of a rule base that was compiled before, for overlays to be laid over.

Of each stand its value as it was collected and as it was written out in full, and its place. So
nobody reads the files of the base again, but for the place of a part of an entry in a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from advisor.model.file_kinds import LISTS
from advisor.reader.document import Document, KeyPath, read_bytes
from advisor.rulebase.entries import Entries, Entry, RuleFile
from advisor.rulebase.short_forms import Spoilt, write_keys_out, written_out

Rows = Mapping[str, Mapping[str, Sequence[Any]]]
"""By kind and id the value, the number of the file, the path in it, and the line and column.

Where names were written out otherwise, the value with them stands behind.
"""


PLAIN = 4
"""So much stands in the row of an entry whose names were written out already."""


class SettledFile(Document):
    """A file of such a rule base; its short forms may name `entries`."""

    settled: ClassVar[bool] = True

    def __init__(self, source: RuleFile, entries: Entries) -> None:
        super().__init__(source.name)
        self._source: RuleFile | None = source
        self._entries = entries

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Return line and column; the file is read where they are not those of an entry."""
        if path not in self.places:
            self.whole()
        return super().place(path)

    def whole(self) -> Document:
        """Return this document, read."""
        source, self._source = self._source, None
        if source is not None:
            written = read_bytes(source.data, self.file)
            write_keys_out(written, source.kind)
            self.value, self.places, moved = written.value, written.places, self.moved
            self.moved = {}
            for key in LISTS.get(source.kind, {}):
                written_out(key, self, self._entries, Spoilt([], set()))
            self.moved |= moved
        return self


def rows_of(collected: Entries, full: Entries, documents: Sequence[Document]) -> Rows:
    """Return the rows of entries: as they were collected, and with all names written out."""
    numbers = {id(document): number for number, document in enumerate(documents)}
    return {
        kind: {
            name: [
                entry.value,
                numbers[id(entry.document)],
                entry.path,
                entry.document.place(entry.path),
                *([full[kind][name].value] if full[kind][name] is not entry else ()),
            ]
            for name, entry in of_kind.items()
        }
        for kind, of_kind in collected.items()
    }


def entries_in(
    rows: Rows, files: Sequence[RuleFile]
) -> tuple[dict[str, dict[str, Entry]], list[Document]]:
    """Return the entries of rows and the documents that they stand in."""
    entries: dict[str, dict[str, Entry]] = {}
    series: dict[str, dict[str, Entry]] = {}
    documents = [SettledFile(file, series) for file in files]
    for kind, of_kind in rows.items():
        entries[kind] = {}
        for name, (value, number, path, place, *_) in of_kind.items():
            document = documents[number]
            document.places[tuple(path)] = tuple(place)
            entries[kind][name] = Entry(value, document, tuple(path))
    series["series"] = {**entries["series"]}
    return entries, [*documents]


def unchanged_parts(settled: Mapping[str, Any], entries: Entries) -> list[str]:
    """Return the names of the parts that are the same with these entries as they were settled.

    They are made of kinds of which all entries are the same; what tells of the rules as a whole is
    never among them.
    """
    rows: Rows = settled.get("entries", {})
    changed = {
        kind
        for kind, of_kind in entries.items()
        if not all(
            _is_same(entry, rows.get(kind, {}).get(name, ())) for name, entry in of_kind.items()
        )
    }
    return [
        name
        for name, kinds in settled.get("made_of", {}).items()
        if changed.isdisjoint(kinds) and name not in ("core", "proof")
    ]


def _is_same(entry: Entry, row: Sequence[Any]) -> bool:
    """True for an entry of the base whose value in full is that of its row."""
    if not entry.document.settled:
        return False
    return entry.value is row[0] if len(row) == PLAIN else bool(entry.value == row[-1])

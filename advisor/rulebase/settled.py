"""The entries of a base that was compiled before, so that overlays do not need to read its files.

A row holds the value of an entry as it was collected and as it was written out in full, and its
place. A file is read only to find the place of a part of an entry for a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from advisor.model.file_kinds import LISTS
from advisor.reader.document import Document, KeyPath, read_bytes
from advisor.rulebase.entries import Entries, Entry, RuleFile
from advisor.rulebase.short_forms import Spoilt, write_keys_out, written_out

Rows = Mapping[str, Mapping[str, Sequence[Any]]]
"""Kind -> id -> [value, index of the file, path in it, (line, column)].

If names in the value were written out, the value with them follows as a fifth item.
"""


PLAIN = 4
"""The length of a row without a fifth item."""


class SettledFile(Document):
    """A file of a compiled base, read on demand; `entries` has the series that it may refer to."""

    settled: ClassVar[bool] = True

    def __init__(self, source: RuleFile, entries: Entries) -> None:
        super().__init__(source.name)
        self._source: RuleFile | None = source
        self._entries = entries

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Return line and column of a path; reads the file unless an entry begins there."""
        if path not in self.places:
            self.whole()
        return super().place(path)

    def whole(self) -> Document:
        """Read the file if not yet done; return this document with its value and all places."""
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
    """Return the rows of entries, `collected` before and `full` after names were written out."""
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
    """Return the entries of rows and the documents that they are in, one for each file."""
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
    """Return the names of the base's compiled parts that are the same with these entries.

    Those are made of kinds whose entries are all unchanged; `core` and `proof` are never among
    them.
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
    """True if an entry comes from the base and its value in full equals that of its row."""
    if not entry.document.settled:
        return False
    return entry.value is row[0] if len(row) == PLAIN else bool(entry.value == row[-1])

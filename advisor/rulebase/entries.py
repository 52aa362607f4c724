"""Rule files and the entries in them, each with its place, before they are compiled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.model import NamedTuple

if TYPE_CHECKING:
    from advisor.reader.document import Document, KeyPath


class RuleFile(NamedTuple):
    """One file of a rule base, read once; `name` is what messages call it.

    `refused` is the reason why it could not be read, or "".
    """

    path: Path
    kind: str
    name: str
    data: bytes
    refused: str = ""


class Entry(NamedTuple):
    """One thing defined in a rule file: its value, and where.

    `path` leads to it within its document. `extended` is the family that this one of an overlay
    extends.
    """

    value: dict[str, Any]
    document: Document
    path: KeyPath
    extended: Entry | None = None

    @property
    def place(self) -> str:
        """Where the entry is defined, as file:line."""
        return f"{self.document.file}:{self.document.place(self.path)[0]}"

    def place_of(self, path: KeyPath) -> str:
        """Return file:line of a part, or of the same part of the extended family; "" if neither."""
        whole = (*self.path, *path)
        if whole in self.document.whole().places:
            return f"{self.document.file}:{self.document.place(whole)[0]}"
        return self.extended.place_of(path) if self.extended else ""

    def report(self, path: KeyPath, message: str) -> None:
        """Report a problem at a path inside the entry."""
        self.document.report((*self.path, *path), message)

    def remark(self, path: KeyPath, message: str) -> None:
        """Add a remark at a path inside the entry."""
        self.document.remark((*self.path, *path), message)


Entries = Mapping[str, Mapping[str, Entry]]
"""Everything that rule files define, by kind and id."""

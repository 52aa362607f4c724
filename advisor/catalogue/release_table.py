"""The table of transformers releases: names, classes, members, mappings.

One SQLite file holds all releases. A row is a member of a group (a class, a module, a mapping) and
its text. Unless all releases of its group have the row, its line ends with a span such as `0-3,5`:
the numbers of those that have it. Rows are stored in blocks, a folder of models each, so that a
look-up reads few of them. Each block is deflated, with frequent lines as a shared dictionary.

`tools/describe_releases.py` writes the table.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("releases.sqlite3")
TEXT, SPAN, GROUP = "\x01", "\t", "\n>"
GROUPS_KEPT = 256
EXPORTS = "@exports."
"""Prefix of the blocks that hold the top-level names of the library."""


class ReleaseTable:
    """The table, read on demand."""

    def __init__(self, file: Path) -> None:
        where = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(where, uri=True, check_same_thread=False)
        (dictionary,) = self._read("SELECT lines FROM dictionary")
        self._dictionary = zlib.decompress(dictionary)
        self.versions: list[str] = self._read("SELECT version FROM releases ORDER BY place")
        """Oldest first."""
        self.blocks: list[str] = self._read("SELECT name FROM blocks ORDER BY name")
        self._blocks: dict[str, str] = {}
        self._spans: dict[str, int] = {}
        self._masks: dict[tuple[str, str], dict[str, int]] = {}
        self.group = lru_cache(maxsize=GROUPS_KEPT)(self._group)  # many inherit from the same

    def _read(self, query: str, *values: str) -> list[Any]:
        return [value for (value,) in self._connection.execute(query, values)]

    def block(self, name: str) -> str:
        """Return the text of a block, in which `GROUP` begins each group; "" if it is unknown."""
        if name not in self._blocks:
            lines = self._read("SELECT lines FROM blocks WHERE name = ?", name)
            reader = zlib.decompressobj(-zlib.MAX_WBITS, self._dictionary)
            self._blocks[name] = b"".join(map(reader.decompress, lines)).decode()
        return self._blocks[name]

    def forget(self, block: str) -> None:
        """Drop the cached text of a block, so that the next access reads it again."""
        self._blocks.pop(block, None)

    def groups(self, block: str) -> Iterable[str]:
        """Return the text of each group of a block; its first line is the name and the span."""
        return self.block(block)[len(GROUP) :].split(GROUP) if self.block(block) else ()

    def _group(self, block: str, name: str, release: int) -> Mapping[str, str] | None:
        """Return member -> text of a group in release number `release`; None if it has no group."""
        lines = self._lines(block, name)
        return self.members(lines, release) if lines else None

    def _lines(self, block: str, group: str) -> str:
        """Return the text of a group, its name and span in the first line; "" if it is unknown."""
        text = self.block(block)
        start = text.find(f"{GROUP}{group}{SPAN}")
        end = text.find(GROUP, start + 1)
        return text[start + len(GROUP) : end if end >= 0 else len(text)] if start >= 0 else ""

    def members(self, lines: str, release: int) -> dict[str, str] | None:
        """Return member -> text for the text of a group in one release; None if it has no group."""
        head, *rows = lines.split("\n")
        if not self.has(head.partition(SPAN)[2], release):
            return None
        texts = {}
        for row in rows:
            line, _, span = row.partition(SPAN)
            if not span or self.has(span, release):
                member, _, text = line.partition(TEXT)
                texts[member] = text
        return texts

    def masks(self, block: str, group: str) -> dict[str, int]:
        """Return each member of a group with a bit mask: bit n if release number n has it."""
        if (block, group) in self._masks:
            return self._masks[block, group]
        head, *rows = self._lines(block, group).split("\n")
        whole = release_mask(head.partition(SPAN)[2]) if head else 0
        masks: dict[str, int] = self._masks.setdefault((block, group), {})
        for row in rows:  # a member has a row for each of its texts
            line, _, span = row.partition(SPAN)
            member = line.partition(TEXT)[0]
            masks[member] = masks.get(member, 0) | (release_mask(span) if span else whole)
        return masks

    def has(self, span: str, release: int) -> bool:
        """True if a span such as `0-3,5` includes the number `release`."""
        if span not in self._spans:
            self._spans[span] = release_mask(span)
        return bool(self._spans[span] >> release & 1)


def block_of(module: str) -> str:
    """Return the block of a dotted module: `models.clip` for `models.clip.modeling_clip`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "models" else parts[0] or "@"


@cache
def release_mask(span: str) -> int:
    """Return a span of release numbers as a bit mask: 0b101111 for `0-3,5`."""
    ends = (part.partition("-") for part in span.split(","))
    return sum((2 << int(last or first)) - (1 << int(first)) for first, _, last in ends)


class ReleaseDescription(dict[str, Any]):
    """The description of a release with the keys of `release_files.describe`, read on access."""

    def __init__(self, table: ReleaseTable, version: str) -> None:
        super().__init__(version=version)
        self._table, self._number = table, table.versions.index(version)

    def __missing__(self, part: str) -> Any:
        rows = self._table.group("@tasks", part, self._number) or {}
        match part:
            case "classes":
                self[part] = self._classes()
            case "auto":
                self[part] = self._auto()
            case "aliases":
                self[part] = rows
            case "suffixes":
                self[part] = list(rows)
            case _:
                self[part] = {key: text.split() for key, text in rows.items()}
        return self[part]

    def _classes(self) -> dict[str, str]:
        folders = {}
        for block in self._table.blocks:
            if block.startswith(EXPORTS):
                for name, text in (self._table.group(block, "", self._number) or {}).items():
                    parts = text.rpartition(" ")[2].replace(".deprecated", "").split(".")
                    folders[name] = parts[1] if parts[0] == "models" and len(parts) > 1 else ""
        return folders

    def _auto(self) -> dict[str, dict[str, list[str]]]:
        tables = {}
        for lines in self._table.groups("@auto"):
            if (rows := self._table.members(lines, self._number)) is not None:
                name = lines[: lines.index(SPAN)]
                tables[name] = {key: text.split() for key, text in rows.items()}
        return tables

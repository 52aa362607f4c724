"""The table of what releases of transformers have: names, classes, members, mappings.

One file holds all releases. A row is a member of a group (a class, a module, a mapping) and its
text; where it is not in all releases of its group, its line ends with those that have it. Rows
stand in blocks, a folder of models each, so that what one file of code asks for is read alone: each
block is deflated, with lines that many have in common as a shared dictionary.

    size of the index, 4 bytes, and of the dictionary; both, deflated; the blocks, one by one

`tools/describe_releases.py` writes the table.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

TABLE = "releases.table"
DICTIONARY_BYTES = 32_000
LEAST_SHARED = 8
"""Lines that fewer blocks have are no gain in the dictionary."""
TEXT, SPAN, GROUP = "\x01", "\t", "\n>"
NUMBER_BYTES = 4
GROUPS_KEPT = 256
EXPORTS = "@exports."
"""How the names of blocks begin that hold what stands at the top of the library."""


class TableRow(NamedTuple):
    """A member of a group, in the block that holds the group, and what is known of it."""

    block: str
    group: str
    member: str
    text: str


class ReleaseTable:
    """The table, read on demand."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with file.open("rb") as stream:
            sizes = [int.from_bytes(stream.read(NUMBER_BYTES), "big") for _ in range(2)]
            index = json.loads(zlib.decompress(stream.read(sizes[0])))
            self._dictionary = zlib.decompress(stream.read(sizes[1]))
            self._start = stream.tell()
        self.versions: list[str] = index["releases"]
        """Oldest first."""
        self._places: dict[str, tuple[int, int]] = index["blocks"]
        self._blocks: dict[str, str] = {}
        self._spans: dict[str, int] = {}
        self._masks: dict[tuple[str, str], dict[str, int]] = {}
        self._group = lru_cache(maxsize=GROUPS_KEPT)(self._read_group)

    @cached_property
    def exported(self) -> frozenset[str]:
        """What some release has at its top: names of classes and functions."""
        blocks = (block for block in self.blocks if block.startswith(EXPORTS))
        return frozenset(name for block in blocks for name in self.masks(block, ""))

    @property
    def blocks(self) -> list[str]:
        """The names of all blocks."""
        return list(self._places)

    def block(self, name: str) -> str:
        """Return the lines of a block, "" where there is none; it begins as groups do."""
        if name not in self._blocks:
            text = ""
            if name in self._places:
                offset, size = self._places[name]
                with self.file.open("rb") as stream:
                    stream.seek(self._start + offset)
                    data = stream.read(size)
                inflated = zlib.decompressobj(-zlib.MAX_WBITS, self._dictionary).decompress(data)
                text = inflated.decode()
            self._blocks[name] = text
        return self._blocks[name]

    def forget(self, block: str) -> None:
        """Let go of the lines of a block, which are read again where somebody asks for them."""
        self._blocks.pop(block, None)

    def groups(self, block: str) -> Iterable[str]:
        """Return the lines of each group of a block, its name first."""
        return self.block(block)[len(GROUP) :].split(GROUP) if self.block(block) else ()

    def group(self, block: str, name: str, release: int) -> Mapping[str, str] | None:
        """Return the members of a group with their texts in one release; None where it has none.

        What many classes inherit from is asked for again and again.
        """
        return self._group(block, name, release)

    def _read_group(self, block: str, name: str, release: int) -> dict[str, str] | None:
        text = self.block(block)
        start = text.find(f"{GROUP}{name}{SPAN}")
        if start < 0:
            return None
        end = text.find(GROUP, start + 1)
        return self.members(text[start + len(GROUP) : end if end >= 0 else len(text)], release)

    def members(self, lines: str, release: int) -> dict[str, str] | None:
        """Return the members in the lines of a group, as they are in one release."""
        head, *rows = lines.split("\n")
        if not self.has(head.partition(SPAN)[2], release):
            return None
        found = {}
        for row in rows:
            line, _, span = row.partition(SPAN)
            if not span or self.has(span, release):
                member, _, text = line.partition(TEXT)
                found[member] = text
        return found

    def masks(self, block: str, group: str) -> dict[str, int]:
        """Return the members of a group with the releases that have them, as bits."""
        if (block, group) not in self._masks:
            self._masks[block, group] = self._members_masks(block, group)
        return self._masks[block, group]

    def _members_masks(self, block: str, group: str) -> dict[str, int]:
        text = self.block(block)
        start = text.find(f"{GROUP}{group}{SPAN}")
        if start < 0:
            return {}
        end = text.find(GROUP, start + 1)
        head, *rows = text[start + len(GROUP) : end if end >= 0 else len(text)].split("\n")
        whole = _mask(head.partition(SPAN)[2])
        masks: dict[str, int] = {}
        for row in rows:  # a member has a row for each of its texts
            line, _, span = row.partition(SPAN)
            member = line.partition(TEXT)[0]
            masks[member] = masks.get(member, 0) | (_mask(span) if span else whole)
        return masks

    def has(self, span: str, release: int) -> bool:
        """True where a release is among those that a span such as `0-3,5` names."""
        if span not in self._spans:
            self._spans[span] = _mask(span)
        return bool(self._spans[span] >> release & 1)


def block_of(module: str) -> str:
    """Return the block that a module of the library stands in."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "models" else parts[0] or "@"


@cache
def _mask(span: str) -> int:
    ends = (part.partition("-") for part in span.split(","))
    return sum((2 << int(last or first)) - (1 << int(first)) for first, _, last in ends)


def _span(mask: int) -> str:
    parts, number = [], 0
    while mask >> number:
        if mask >> number & 1:
            first = number
            while mask >> (number + 1) & 1:
                number += 1
            parts.append(f"{first}-{number}" if number > first else f"{first}")
        number += 1
    return ",".join(parts)


def read_rows(file: Path) -> tuple[list[str], dict[TableRow, int]]:
    """Return the releases of a table, and its rows with the releases that have them, as bits."""
    table, rows = ReleaseTable(file), {}
    for block in table.blocks:
        for lines in table.groups(block):
            head, *members = lines.split("\n")
            group, _, whole = head.partition(SPAN)
            for one in members:
                line, _, span = one.partition(SPAN)
                member, _, text = line.partition(TEXT)
                rows[TableRow(block, group, member, text)] = _mask(span or whole)
    return table.versions, rows


def with_release(
    versions: list[str], rows: Mapping[TableRow, int], version: str, added: Iterable[TableRow]
) -> tuple[list[str], dict[TableRow, int]]:
    """Return releases and rows with one release more, or with that anew where it was there."""
    order = sorted({*versions, version}, key=lambda one: tuple(map(int, one.split("."))))
    place = order.index(version)
    low, shift = (1 << place) - 1, version not in versions
    merged: dict[TableRow, int] = defaultdict(int)
    for row, mask in rows.items():
        moved = mask & low | (mask & ~low) << 1 if shift else mask & ~(1 << place)
        if moved:
            merged[row] = moved
    for row in added:
        merged[row] |= 1 << place
    return order, merged


def table_bytes(versions: list[str], rows: Mapping[TableRow, int]) -> bytes:
    """Return the table of releases and rows."""
    return _packed(versions, _texts(rows))


def _texts(rows: Mapping[TableRow, int]) -> dict[str, str]:
    """The lines of each block."""
    blocks: dict[str, dict[str, list[tuple[str, str, int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row, mask in rows.items():
        blocks[row.block][row.group].append((row.member, row.text, mask))
    texts = {}
    for block, groups in sorted(blocks.items()):
        lines = []
        for group, members in sorted(groups.items()):
            whole = 0
            for *_, mask in members:
                whole |= mask
            lines.append(f"{GROUP}{group}{SPAN}{_span(whole)}")
            for member, text, mask in sorted(members):
                span = "" if mask == whole else f"{SPAN}{_span(mask)}"
                lines.append(f"\n{member}{f'{TEXT}{text}' if text else ''}{span}")
        texts[block] = "".join(lines)
    return texts


def _packed(versions: list[str], texts: Mapping[str, str]) -> bytes:
    shared = _dictionary(texts.values())
    places, parts, offset = {}, [], 0
    for block, text in texts.items():
        packer = zlib.compressobj(
            9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, shared
        )
        parts.append(packer.compress(text.encode()) + packer.flush())
        places[block] = (offset, len(parts[-1]))
        offset += len(parts[-1])
    index = json.dumps({"releases": versions, "blocks": places}, separators=(",", ":"))
    heads = [zlib.compress(index.encode(), 9), zlib.compress(shared, 9)]
    sizes = (len(head).to_bytes(NUMBER_BYTES, "big") for head in heads)
    return b"".join((*sizes, *heads, *parts))


def _dictionary(texts: Iterable[str]) -> bytes:
    """The lines that most blocks have, the commonest last, where deflate reaches them cheapest."""
    counts = Counter(line for text in texts for line in set(text.split("\n")))
    weight = {line: n * len(line) for line, n in counts.items() if n > LEAST_SHARED}
    lines, size = [], 0
    for line in sorted(weight, key=lambda one: (-weight[one], one)):
        size += len(line) + 1
        if size > DICTIONARY_BYTES:
            break
        lines.append(line)
    return "\n".join(reversed(lines)).encode()

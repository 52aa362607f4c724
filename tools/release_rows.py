"""The rows of the table of releases: read, given one release more, and written."""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from advisor.catalogue.release_table import GROUP, SPAN, TEXT, ReleaseTable, release_mask

DICTIONARY_BYTES = 32_000
LEAST_SHARED = 8
"""Lines that fewer blocks have are no gain in the dictionary."""


class TableRow(NamedTuple):
    """A member of a group, in the block that holds the group, and what is known of it."""

    block: str
    group: str
    member: str
    text: str


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
                rows[TableRow(block, group, member, text)] = release_mask(span or whole)
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


def write_table(file: Path, versions: list[str], rows: Mapping[TableRow, int]) -> None:
    """Write the table of releases and rows, whole or not at all."""
    texts = _texts(rows)
    shared = _dictionary(texts.values())
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        scratch = Path(folder) / file.name
        connection = sqlite3.connect(scratch)
        connection.execute(
            "PRAGMA page_size = 1024"
        )  # blocks are small: larger pages stay half empty
        with connection:
            connection.execute("CREATE TABLE releases (place INTEGER PRIMARY KEY, version TEXT)")
            connection.execute("CREATE TABLE dictionary (lines BLOB)")
            connection.execute("CREATE TABLE blocks (name TEXT PRIMARY KEY, lines BLOB)")
            connection.executemany("INSERT INTO releases VALUES (?, ?)", enumerate(versions))
            connection.execute("INSERT INTO dictionary VALUES (?)", (zlib.compress(shared, 9),))
            deflated = ((block, _deflated(text, shared)) for block, text in texts.items())
            connection.executemany("INSERT INTO blocks VALUES (?, ?)", deflated)
        connection.execute("VACUUM")
        connection.close()
        scratch.replace(file)


def _deflated(text: str, shared: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, shared)
    return packer.compress(text.encode()) + packer.flush()


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

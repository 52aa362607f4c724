"""What image files say of the work that they ask for, where Pillow leaves it to its libraries."""

from __future__ import annotations

import math
import re
import struct
from typing import IO

MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""What begins a part of a JPEG; those without a length, and what stands within a scan, left out."""
SCAN, END = 0xDA, 0xD9
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
TILE_WIDTH, TILE_LENGTH = 322, 323
LARGE = 43
"""The number by which a TIFF is known whose addresses have eight bytes."""
NUMBERS = {3: "H", 4: "I"}
"""How the types of numbers are read that sides of tiles have."""


def scans_of_jpeg(file: IO[bytes]) -> int:
    """Return how often a JPEG goes over its image; a progressive one does for each detail."""
    here = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(here)
    scans = components = 0
    progressive = False
    found = MARKER.search(data)
    while found and (kind := found[0][1]) != END:
        start = found.end()
        if kind in FRAMES:
            progressive = kind in PROGRESSIVE
            components = int.from_bytes(data[start + 7 : start + 8])
        elif kind == SCAN:
            scans += 1
            if not progressive and int.from_bytes(data[start + 2 : start + 3]) >= components:
                break  # all that there is, at once
        found = MARKER.search(data, start + int.from_bytes(data[start : start + 2]))
    return scans


def tile_of_tiff(file: IO[bytes]) -> float:
    """Return the pixels of a tile of a TIFF, 1 where it has none, infinite where none can tell.

    Of several sides in one directory the largest counts: who reads them may take any.
    """
    here = file.tell()
    file.seek(0)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    large = struct.unpack_from(f"{order}H", head, 2)[0] == LARGE
    where, count, entry, value = ("8xQ", "Q", 20, 12) if large else ("4xI", "H", 12, 8)
    file.seek(struct.unpack_from(order + where, head)[0])
    (entries,) = struct.unpack(order + count, file.read(struct.calcsize(count)))
    rows = file.read(entry * min(entries, 0xFFFF))
    file.seek(here)
    sides = {TILE_WIDTH: 1.0, TILE_LENGTH: 1.0}
    for start in range(0, len(rows) - entry + 1, entry):
        tag, kind = struct.unpack_from(f"{order}HH", rows, start)
        if tag in sides:
            form = NUMBERS.get(kind)
            side = struct.unpack_from(order + form, rows, start + value)[0] if form else math.inf
            sides[tag] = max(sides[tag], side)
    return math.prod(sides.values())

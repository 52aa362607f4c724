"""Members that classes of transformers once had, and have no more in the newest release."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from advisor.catalogue.release import described_releases, members_of, release_table
from advisor.catalogue.release_members import BASES
from advisor.catalogue.release_table import SPAN, TEXT, ReleaseTable, block_of

INHERITED = ("modeling_utils", "image_processing_utils", "image_processing_base")
"""Blocks with what classes of all folders of models inherit from."""


def lost_members() -> Callable[[str], frozenset[str]]:
    """Return what tells, of a class, the members that it or a class beside it has lost.

    There may be more than those of the class itself. None are told of what is not described.
    """
    table, described = release_table(), described_releases()
    newest = members_of(described[-1])

    @cache
    def of_block(block: str) -> frozenset[str]:
        lost = _lost(table, block, len(described) - 1)
        table.forget(block)  # most are of models whose members no rule asks for
        return lost

    @cache
    def lost(name: str) -> frozenset[str]:
        module, at = newest.module_of(name), newest.of(name)
        if module is None or at is None:
            return frozenset()
        return of_block(block_of(module)).union(*map(of_block, INHERITED)) - at.texts.keys()

    return lost


def _lost(table: ReleaseTable, block: str, release: int) -> frozenset[str]:
    """The public members of classes of a block that an earlier release has and one has not."""
    lost: set[str] = set()
    for lines in table.groups(block):
        head, *rows = lines.split("\n")
        if ":" not in head or head.partition(SPAN)[0].endswith(":"):
            continue  # no class
        if not table.has(head.partition(SPAN)[2], release):
            continue
        ended, there = set[str](), set[str]()
        for row in rows:
            line, _, span = row.partition(SPAN)
            (there if not span or table.has(span, release) else ended).add(line.partition(TEXT)[0])
        lost |= {name for name in ended - there if name[:1] not in ("_", "?", "-", BASES)}
    return frozenset(lost)

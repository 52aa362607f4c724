"""What rule files define and nothing else in them names: sources, and figures that rank nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.model.columns import record
from advisor.model.file_kinds import ENTITIES

if TYPE_CHECKING:
    from advisor.rulebase.entries import Entries


def report_unused(entries: Entries) -> None:
    """Remark on each source that nothing cites, and each protocol that no yardstick names."""
    cited = set(_named(entries, "source"))
    for id, entry in entries["source"].items():
        if id not in cited:
            entry.remark(("id",), f"nothing cites the source `{id}`")
    yardsticks = (entry.value for entry in entries["yardstick"].values())
    tables = (table for yardstick in yardsticks for table in yardstick.get("tables", ()))
    ranking = {id for table in tables for id in ([table] if isinstance(table, str) else table)}
    for id, entry in entries["protocol"].items():
        if id not in ranking and not entry.value.get("ranks_nothing"):
            message = f"no yardstick names the protocol `{id}`, so its results rank nothing"
            entry.remark(("id",), f"{message}; name it in one, or say `ranks_nothing: true`")


def _named(entries: Entries, kind: str) -> Iterator[str]:
    """Yield the names of a kind that entries of all kinds refer to."""
    for holder, entity in ENTITIES.items():
        shape = record(entity.declared)
        for entry in entries[holder].values():
            yield from (name for _, of, name in shape.references(entry.value) if of == kind)

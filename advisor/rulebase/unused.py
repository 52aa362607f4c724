"""What rule files define and nothing else in them names: sources, and figures that rank nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.rulebase.entries import Entries


def report_unused(entries: Entries, named: Collection[tuple[str, str]]) -> None:
    """Remark on each source that nothing cites, and each protocol that no yardstick names.

    `named` are the kinds and names that entries refer to.
    """
    for id, entry in entries["source"].items():
        if ("source", id) not in named:
            entry.remark(("id",), f"nothing cites the source `{id}`")
    yardsticks = (entry.value for entry in entries["yardstick"].values())
    tables = (table for yardstick in yardsticks for table in yardstick.get("tables", ()))
    ranking = {id for table in tables for id in ([table] if isinstance(table, str) else table)}
    for id, entry in entries["protocol"].items():
        if id not in ranking and not entry.value.get("ranks_nothing"):
            message = f"no yardstick names the protocol `{id}`, so its results rank nothing"
            entry.remark(("id",), f"{message}; name it in one, or say `ranks_nothing: true`")

"""Stated facts without a source: what an entry states, it has to say where it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.rulebase.short_forms import FACTS, cited

if TYPE_CHECKING:
    from advisor.rulebase.assemble import Entries


def report_uncited(entries: Entries) -> None:
    """Remark in each document which facts its checkpoints state without a source.

    What a series states may be cited there or by the member. What a member states itself has to be
    cited by the member: a page that others were read on may never have heard of it.
    """
    for entry in entries["checkpoint"].values():
        listed, index = entry.path
        own = entry.document.value[listed][index]
        series = entries["series"].get(own.get("series", ""))
        for field, message in _uncited(own, series.value if series else {}):
            path = (field,) if field in own else ("series",)
            entry.document.remark((*entry.path, *path), message)


def _uncited(own: Mapping[str, Any], series: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each fact of a checkpoint that lacks a source, and what is to be done."""
    by_member = {field for field, *_ in cited(own.get("sources", {}))}
    by_series = {field for field, *_ in cited(series.get("sources", {}))}
    for field in FACTS:
        if {**series, **own}.get(field) is None or field in by_member:
            continue
        if field in own and field in by_series:
            yield field, f"`{field}` is not of the series; cite where it was read"
        elif field in own:
            yield field, f"`{field}` cites no source; say under `sources` where it was read"
        elif field not in by_series:
            yield field, f"`{field}` of the series cites no source; cite one there or here"

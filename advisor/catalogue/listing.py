"""What advisor knows of a kind as a table and as JSON; checkpoints narrowed down and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.catalogue.filters import Matches
from advisor.catalogue.knowledge import KINDS, SINGULAR, fields_of
from advisor.decide.memory import memory_gb
from advisor.decide.ranking import Yardstick
from advisor.draw.blocks import Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.model import Checkpoint
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

NAMED = 3


def things_json(rulebase: RuleBase, kind: str, things: Sequence[Any]) -> dict[str, Any]:
    """Return things of one kind as JSON."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": rulebase.digest,
        kind: [fields_of(rulebase, one) for one in things],
    }


def things_page(rulebase: RuleBase, kind: str, things: Sequence[Any]) -> Page:
    """Return a table of things of one kind (the plural, such as `tasks`)."""
    entry = KINDS[kind]
    noun = SINGULAR[kind]
    rows = tuple(entry.row(one, rulebase) for one in things)
    if not rows:
        return [Text(f"no {noun} fits", "warn")]
    return [
        Table(entry.columns, rows, wide=len(entry.columns) - 1),
        Text(count(len(rows), noun) if noun != "criterion" else f"{len(rows)} criteria", "quiet"),
    ]


def checkpoints_json(rulebase: RuleBase, found: Matches) -> dict[str, Any]:
    """Return the JSON document of `advisor list checkpoints --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": rulebase.digest,
        "checkpoints": [
            {**fields_of(rulebase, one), "memory_gb": memory_gb(one)} for one in found.checkpoints
        ],
        "unverified": [one.id for one in found.unverified],
    }


def checkpoints_page(rulebase: RuleBase, found: Matches, task: str | None, sort: str) -> Page:
    """Return the table; sorted by quality, it names the benchmark that each figure is of."""
    page: Page = []
    if not found.checkpoints:
        page.append(Text("no checkpoint fits", "warn"))
    elif sort == "quality":
        page += [_by_quality(rulebase, found.checkpoints, task), _count(found)]
    else:
        page += [_table(found.checkpoints), _count(found)]
    if found.unverified:
        first = ", ".join(one.id for one in found.unverified[:NAMED])
        number = count(len(found.unverified), "checkpoint")
        text = f"{number} more may fit, but a field you ask for is not verified: {first}"
        page.append(Text(text if len(found.unverified) <= NAMED else f"{text} ...", "quiet"))
    return page


def _count(found: Matches) -> Text:
    return Text(count(len(found.checkpoints), "checkpoint"), "quiet")


def _table(checkpoints: Sequence[Checkpoint]) -> Table:
    rows = tuple(
        (
            one.id,
            _number(one.parameters_millions),
            _number(memory_gb(one)),
            "?" if one.released is None else str(one.released),
            one.licence or "?",
        )
        for one in checkpoints
    )
    return Table(("checkpoint", "million", "GB", "year", "licence"), rows, wide=0)


def _by_quality(rulebase: RuleBase, checkpoints: Sequence[Checkpoint], task: str | None) -> Table:
    yardstick = Yardstick(rulebase, task)
    rows = []
    for one in checkpoints:
        figures = yardstick.figures(yardstick.objectives(one, None))
        benchmark, value = figures[0] if figures else (None, None)
        rows.append(
            (
                one.id,
                "" if value is None else f"{value:g}",
                "not measured" if benchmark is None else benchmark.benchmark,
                "" if benchmark is None else benchmark.metric,
            )
        )
    return Table(("checkpoint", "figure", "benchmark", "metric"), tuple(rows), wide=0)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"

"""Tables of what advisor knows: all of a kind, checkpoints narrowed down, things side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.catalogue.checkpoint_page import GATED
from advisor.catalogue.entry import value_text
from advisor.catalogue.filters import Matches
from advisor.catalogue.knowledge import KINDS, fields_of, thing_json
from advisor.decide.memory import memory_gb
from advisor.decide.ranking import Yardstick
from advisor.draw.blocks import Heading, Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.model import Checkpoint, Family
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

NAMED = 3
COMPARED_SECTIONS = ("inputs", "outputs", "training", "limits", "choose_when")


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
    noun = entry.noun
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


def compared_json(rulebase: RuleBase, kind: str, compared: list[Any]) -> dict[str, Any]:
    """Return the JSON document of `advisor compare --format json`."""
    skip = ("schema_version", "rule_base", "kind")
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": rulebase.digest,
        kind: [
            {k: v for k, v in thing_json(rulebase, kind, one).items() if k not in skip}
            for one in compared
        ],
    }


def compared_page(rulebase: RuleBase, kind: str, compared: list[Any]) -> Page:
    """Return the page: one table a theme, one column a thing."""
    if kind == "checkpoints":
        return _compared_checkpoints(compared)
    return _compared_families(rulebase, compared)


def _compared_families(rulebase: RuleBase, families: list[Family]) -> Page:
    ids = [family.id for family in families]
    page: Page = [Heading(" or ".join(ids), 1)]
    rows = []
    for section in COMPARED_SECTIONS:
        first = [rulebase.descriptions[id].get(section, []) for id in ids]
        rows.append(
            (section.replace("_", " "), *(found[0].text if found else "" for found in first))
        )
    page.append(Table(("", *ids), tuple(rows), wide=-1))
    fits = [
        (task.id, *(_fit(family, task.id) for family in families))
        for task in rulebase.tasks
        if any(task.id in family.tasks for family in families)
    ]
    page += [Heading("Fit by task"), Table(("task", *ids), tuple(fits), wide=-1)]
    return page


def _fit(family: Family, task: str) -> str:
    return family.tasks[task].fit if task in family.tasks else "cannot"


def _compared_checkpoints(checkpoints: list[Checkpoint]) -> Page:
    ids = [checkpoint.id for checkpoint in checkpoints]

    def row(name: str, values: list[Any]) -> tuple[str, ...]:
        return (name, *(value_text(value) for value in values))

    rows = [
        row("family", [c.family for c in checkpoints]),
        row("does", [c.tasks if c.checked else None for c in checkpoints]),
        row("class", [c.model_class for c in checkpoints]),
        row("licence", [c.licence for c in checkpoints]),
        row("commercial use", [c.commercial_use for c in checkpoints]),
        row("gated", [None if c.gated is None else GATED[c.gated] for c in checkpoints]),
        row("languages", [c.languages for c in checkpoints]),
        row("million parameters", [c.parameters_millions for c in checkpoints]),
        row("memory in GB", [memory_gb(c) for c in checkpoints]),
        row("text context", [c.text_context for c in checkpoints]),
        row("image size", [c.image_size for c in checkpoints]),
        row("released", [c.released for c in checkpoints]),
    ]
    page: Page = [Heading(" or ".join(ids), 1), Table(("", *ids), tuple(rows), wide=-1)]
    shared = _shared_benchmarks(checkpoints)
    if shared:
        page += [
            Heading("Measured on the same benchmark"),
            Table(("", *ids), tuple(shared), wide=-1),
        ]
    else:
        page.append(Text("measured on no benchmark in common, so no figures to compare", "quiet"))
    return page


def _shared_benchmarks(checkpoints: list[Checkpoint]) -> list[tuple[str, ...]]:
    """Rows for the benchmarks that all of them were measured on; others are not comparable."""
    tables = [{(m.benchmark, m.metric): m.value for m in c.measurements} for c in checkpoints]
    common = [key for key in tables[0] if all(key in table for table in tables)]
    return [
        (f"{benchmark}, {metric}", *(f"{table[benchmark, metric]:g}" for table in tables))
        for benchmark, metric in common
    ]

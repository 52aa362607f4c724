"""Families or checkpoints side by side, as JSON and as a page."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.checkpoint_page import GATED
from advisor.catalogue.knowledge import thing_json
from advisor.decide.memory import memory_gb
from advisor.draw.blocks import Heading, Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.model import Checkpoint, Family
from advisor.rulebase.base import RuleBase

COMPARED_SECTIONS = ("inputs", "outputs", "training", "limits", "choose_when")


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
        return _checkpoints(compared)
    return _families(rulebase, compared)


def _families(rulebase: RuleBase, families: list[Family]) -> Page:
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


def _checkpoints(checkpoints: list[Checkpoint]) -> Page:
    ids = [checkpoint.id for checkpoint in checkpoints]

    def row(name: str, values: list[Any]) -> tuple[str, ...]:
        return (name, *(_known(value) for value in values))

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


def _known(value: Any) -> str:
    if value is None:
        return "not verified"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)

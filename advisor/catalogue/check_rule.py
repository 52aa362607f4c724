"""A rule of the check as a page: what it finds, why, a bad and a good example, sources."""

from __future__ import annotations

from typing import Any

from advisor.draw.blocks import Code, Heading, Item, Items, Page, Text
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import check_name
from advisor.model.library import CheckRule
from advisor.rulebase.base import RuleBase


def rule_report(rulebase: RuleBase, id: str) -> Report:
    """Return what a rule of the check is about. Raises UsageError where there is none."""
    check_name("rule of the check", id, rulebase.checks, "rules")
    return Report(
        lambda: {"schema_version": SCHEMA_VERSION, **_json(rulebase.checks[id])},
        lambda: _page(rulebase, id),
    )


def _json(rule: CheckRule) -> dict[str, Any]:
    file, bad, good, beside, options = rule.example
    return rule._asdict() | {"example": [file, bad, good], "beside": beside, "options": options}


def _page(rulebase: RuleBase, id: str) -> Page:
    """Return the page of a rule of the check: what, why, examples, sources."""
    rule = rulebase.checks[id]
    file, bad, good, *_ = rule.example
    language = "yaml" if file.endswith(".yaml") else "python"
    page: Page = [
        Heading(f"{rule.id} ({rule.level})"),
        Text(rule.summary),
        Text(rule.because),
        Text(rule.page),
        Heading("Found", 3),
        Code(bad.rstrip(), language),
        Heading("Not found", 3),
        Code(good.rstrip(), language),
    ]
    sources = [rulebase.source(source) for source in rule.sources]
    if rows := tuple(Item("", source.title, note=source.url or source.read) for source in sources):
        page += [Heading("Sources", 3), Items(rows)]
    return page

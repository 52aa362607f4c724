"""What scenarios cover, as JSON, as a page and as findings at their places."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from advisor.audit.coverage import Coverage, RuleCoverage
from advisor.audit.located import Placed, lead
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.findings import Finding, RuleText, Sheet
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count

TEXTS = {
    "undecided-rule": "a rule that decides no scenario",
    "silent-rule": "a supporting rule that fires in no scenario",
    "task-without-scenario": "a task that no scenario is about",
    "family-without-scenario": "a family that is the answer to no scenario",
}


def as_json(coverage: Coverage, digest: str, placed: Placed) -> dict[str, Any]:
    """Return the JSON document of `advisor rules coverage --format json`."""
    rules = []
    for one in coverage.rules:
        path, line = placed(one.rule.place)
        rules.append(
            {
                "rule": one.rule.id,
                "path": path,
                "line": line,
                "supporting": one.rule.supporting,
                "covered": one.covered,
                "decisive": list(one.decisive),
                "pivotal": list(one.pivotal),
                "fires": list(one.fires),
            }
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "scenarios": coverage.scenarios,
        "complete": coverage.complete,
        "rules": rules,
        "tasks": {id: list(found) for id, found in coverage.tasks.items()},
        "families": {id: list(found) for id, found in coverage.families.items()},
    }


def as_sheet(
    coverage: Coverage, place: Callable[[str, str], str], placed: Placed, *, strict: bool
) -> Sheet:
    """Return what is not covered as findings: warnings with `strict`, else notes.

    `place` gives the place of an entry by kind and id.
    """
    level = "warning" if strict else "note"
    found = [
        *((_lack(one), "rule", one.rule.id) for one in coverage.rules if not one.covered),
        *(("task-without-scenario", "task", id) for id in _bare(coverage.tasks)),
        *(("family-without-scenario", "family", id) for id in _bare(coverage.families)),
    ]
    findings = tuple(
        Finding(text, level, *placed(place(kind, id)), None, f"`{id}` is {TEXTS[text]}")
        for text, kind, id in found
    )
    checked = len(coverage.rules) + len(coverage.tasks) + len(coverage.families)
    texts = {id: RuleText(id, text, "docs/audit.md") for id, text in TEXTS.items()}
    return Sheet(texts, findings, checked, ("error", "warning"))


def as_page(coverage: Coverage, placed: Placed) -> Page:
    """Return the page: what no scenario covers, then the counts."""
    rows = [
        Item("-", f"{lead(placed(one.rule.place))}`{one.rule.id}` is {TEXTS[_lack(one)]}")
        for one in coverage.rules
        if not one.covered
    ]
    rows += [
        Item("-", f"`{id}` is {TEXTS[text]}")
        for text, covered in (
            ("task-without-scenario", coverage.tasks),
            ("family-without-scenario", coverage.families),
        )
        for id in _bare(covered)
    ]
    page: Page = [Items(tuple(rows))] if rows else []
    deciding = [one for one in coverage.rules if not one.rule.supporting]
    supporting = [one for one in coverage.rules if one.rule.supporting]
    said = [
        f"{_share([one.covered for one in deciding])} rules decide one",
        f"{_share([one.covered for one in supporting])} supporting rules fire in one",
        f"{_share(coverage.tasks.values())} tasks and {_share(coverage.families.values())} "
        "families are covered",
    ]
    page.append(
        Text(
            f"{count(coverage.scenarios, 'scenario')}: {', '.join(said)}",
            "good" if coverage.complete else "warn",
        )
    )
    unmissed = [one.rule.id for one in coverage.rules if one.covered and not one.missed]
    if unmissed:
        page.append(Text(f"no scenario gets another family without {', '.join(unmissed)}", "quiet"))
    return page


def _lack(rule: RuleCoverage) -> str:
    return "silent-rule" if rule.rule.supporting else "undecided-rule"


def _bare(covered: dict[str, tuple[str, ...]]) -> list[str]:
    return [id for id, found in covered.items() if not found]


def _share(covered: Collection[object]) -> str:
    return f"{sum(map(bool, covered))} of {len(covered)}"

"""A judged choice as JSON, as a page and as rows."""

from __future__ import annotations

from typing import Any

from advisor.check.as_document import finding
from advisor.check.judgement import Judgement
from advisor.check.problem import LEVELS
from advisor.check.rows import row, rule_texts
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.findings import Sheet
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

MARKS = {"error": "-", "warning": "!", "note": ""}


def as_json(judgement: Judgement, rulebase: RuleBase, transformers: str | None) -> dict[str, Any]:
    """Return the JSON document of `advisor check --checkpoint ... --format json`."""
    id = judgement.checkpoint.id
    levels = [problem.level for problem in judgement.problems]
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": rulebase.digest,
        "transformers": transformers,
        "findings": [finding(problem) for problem in judgement.problems],
        "choices": [
            {
                "name": id,
                "checkpoint": id,
                "family": judgement.checkpoint.family,
                "outcome": judgement.decision.outcome,
                "verdict": judgement.verdict,
                "possible_verdicts": list(judgement.possible_verdicts),
                "settled_by": judgement.settles,
            }
        ],
        "usages": [],
        "counts": {level: levels.count(level) for level in LEVELS},
    }


def as_sheet(judgement: Judgement, rulebase: RuleBase) -> Sheet:
    """Return the findings as rows without a place."""
    rows = tuple(row(rulebase, problem) for problem in judgement.problems)
    failing = ("error", "warning") if judgement.strict else ("error",)
    return Sheet(rule_texts(rulebase, judgement.problems), rows, 1, failing)


def as_page(judgement: Judgement) -> Page:
    """Return the page: the judgement in a line, then what there is to say."""
    checkpoint = judgement.checkpoint
    task = judgement.decision.profile["task"].options[0]
    page: Page = [Heading(f"{checkpoint.id} for {task}")]
    page.append(_verdict(judgement))
    rows: list[Item] = []
    for problem in judgement.problems:
        rows.append(
            Item(MARKS[problem.level], f"{problem.level} {problem.rule}: {problem.message}")
        )
        if problem.because:
            rows.append(Item("", problem.because, sources=problem.sources))
        if problem.fix:
            rows.append(Item(">", problem.fix))
    if rows:
        page.append(Items(tuple(rows)))
    levels = [problem.level for problem in judgement.problems]
    counts = ", ".join(count(levels.count(level), level) for level in LEVELS)
    page.append(Text(counts, "quiet"))
    return page


def _verdict(judgement: Judgement) -> Text:
    family = judgement.checkpoint.family
    if judgement.exit_code == 1:
        return Text("Not a valid choice.", "bad")
    if judgement.exit_code == 3:
        asked = f"; --{judgement.settles} would tell" if judgement.settles else ""
        return Text(
            f"Undetermined: {family} may be {' or '.join(judgement.possible_verdicts)}{asked}.",
            "warn",
        )
    return Text(f"A valid choice ({family} is {judgement.verdict}).", "good")

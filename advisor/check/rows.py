"""A run of the check as rows with a place, for GitHub, SARIF and JUnit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.check.problem import Problem
from advisor.draw.findings import Finding, RuleText, Sheet
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.check.inspection import Inspection


def as_sheet(inspection: Inspection) -> Sheet:
    """Return all findings of a run, with the rules they name."""
    rulebase = inspection.case.rulebase
    return Sheet(
        rule_texts(rulebase, inspection.problems),
        tuple(row(rulebase, problem) for problem in inspection.problems),
        len(inspection.choices) + len(inspection.case.scan.usages),
        inspection.failing,
    )


def rule_texts(rulebase: RuleBase, problems: tuple[Problem, ...]) -> dict[str, RuleText]:
    """Return what the rules of some problems say of themselves."""
    named = dict.fromkeys(problem.rule for problem in problems)
    checks = rulebase.checks
    return {
        id: RuleText(id, checks[id].summary, f"advisor check --explain {id}")
        for id in named
        if id in checks
    }


def row(rulebase: RuleBase, problem: Problem) -> Finding:
    """Return one problem as a row; sources as addresses where they have one."""
    place = problem.place
    return Finding(
        problem.rule,
        problem.level,
        place.path if place else "",
        place.line if place else None,
        place.column if place else None,
        problem.message,
        problem.because,
        tuple(_address(rulebase, id) for id in problem.sources),
        problem.fix,
    )


def _address(rulebase: RuleBase, id: str) -> str:
    source = rulebase.sources.get(id)
    return source.url if source and source.url else id

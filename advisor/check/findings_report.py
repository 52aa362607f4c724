"""A check in every format: as JSON, as a page, and as rows for GitHub, SARIF and JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.check.declaration import DeclaredChoice
from advisor.check.finding import Finding
from advisor.check.inspection import Inspection
from advisor.check.judgement import Judgement
from advisor.check.page import judgement_page, project_page, rule_page
from advisor.draw import findings as rows
from advisor.draw.formats import Report
from advisor.draw.version import SCHEMA_VERSION
from advisor.errors import unknown_name
from advisor.rulebase.base import RuleBase

WORST = ("excluded", "discouraged", "allowed", "recommended")


def project_report(inspection: Inspection, *, statistics: bool = False) -> Report:
    """Return what a check of a project found."""
    return Report(
        lambda: _project_json(inspection),
        lambda: project_page(inspection, statistics=statistics),
        lambda: _rows(inspection),
    )


def judgement_report(inspection: Inspection) -> Report:
    """Return how a single checkpoint was judged."""
    return Report(
        lambda: _judgement_json(inspection),
        lambda: judgement_page(inspection),
        lambda: _rows(inspection),
    )


def rule_report(rulebase: RuleBase, id: str) -> Report:
    """Return what a rule of the check is about. Raises UsageError where there is none."""
    if id not in rulebase.checks:
        known = list(rulebase.checks)
        raise unknown_name("rule of the check", id, known, f"rules: {', '.join(known)}")
    return Report(
        lambda: {"schema_version": SCHEMA_VERSION, **rulebase.checks[id]._asdict()},
        lambda: rule_page(rulebase, id),
    )


def _project_json(inspection: Inspection) -> dict[str, Any]:
    case = inspection.case
    return {
        **_document(inspection),
        "choices": [_choice(choice, case.judgements_of(choice)) for choice in case.choices],
        "usages": [
            {
                "path": usage.place.path,
                "line": usage.place.line,
                "checkpoint": usage.checkpoint,
                "class": usage.class_name,
                "task": usage.task,
            }
            for usage in case.scan.usages
        ],
        "counts": inspection.counts,
        "files": case.scan.files,
        "suppressed": {
            "ignored": inspection.ignored,
            "waived": inspection.waived,
            "baseline": inspection.known,
        },
    }


def _judgement_json(inspection: Inspection) -> dict[str, Any]:
    (judgement,) = inspection.case.judgements
    id = judgement.checkpoint.id
    choice = {"name": id, "checkpoint": id, **_verdict(judgement, judgement.decision.outcome)}
    return {
        **_document(inspection),
        "choices": [choice],
        "usages": [],
        "counts": inspection.counts,
    }


def _document(inspection: Inspection) -> dict[str, Any]:
    release = inspection.case.judged_by
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": inspection.case.rulebase.digest,
        "transformers": release.version if release else None,
        "findings": [_finding(finding) for finding in inspection.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    """Return one finding with the keys of the contract."""
    place = finding.place
    return {
        "rule": finding.rule,
        "level": finding.level,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "checkpoint": finding.checkpoint,
        "message": finding.message,
        "because": finding.because,
        "sources": list(finding.sources),
        **({"fix": finding.fix} if finding.fix else {}),
        **({"choice": finding.choice} if finding.choice else {}),
    }


def _choice(choice: DeclaredChoice, judgements: Sequence[Judgement]) -> dict[str, Any]:
    """Return a declared choice with the worst of its judgements."""
    head = {"name": choice.name, "checkpoint": choice.checkpoint}
    if not judgements:
        return {**head, "family": None, "outcome": "undetermined", "verdict": None}
    worst = min(judgements, key=lambda judgement: WORST.index(judgement.verdict))
    undetermined = any(judgement.undetermined for judgement in judgements)
    return {**head, **_verdict(worst, "undetermined" if undetermined else worst.decision.outcome)}


def _verdict(judgement: Judgement, outcome: str) -> dict[str, Any]:
    return {
        "family": judgement.checkpoint.family,
        "outcome": outcome,
        "verdict": judgement.verdict,
        "possible_verdicts": list(judgement.possible_verdicts),
        "settled_by": judgement.settles,
    }


def _rows(inspection: Inspection) -> rows.FindingsReport:
    """Return the findings as rows, with the rules they name."""
    case, checks = inspection.case, inspection.case.rulebase.checks
    named = dict.fromkeys(finding.rule for finding in inspection.findings)
    return rows.FindingsReport(
        rules={
            id: rows.RuleText(id, checks[id].summary, f"advisor check --explain {id}")
            for id in named
        },
        findings=tuple(_row(case.rulebase, finding) for finding in inspection.findings),
        checked=len(case.choices or case.judgements) + len(case.scan.usages),
        failing=inspection.failing,
    )


def _row(rulebase: RuleBase, finding: Finding) -> rows.FindingRow:
    """Return a finding as a row; sources as addresses where they have one."""
    place = finding.place
    return rows.FindingRow(
        rule=finding.rule,
        level=finding.level,
        path=place.path if place else "",
        line=place.line if place else None,
        column=place.column if place else None,
        message=finding.message,
        because=finding.because,
        sources=tuple(_address(rulebase, id) for id in finding.sources),
        fix=finding.fix,
    )


def _address(rulebase: RuleBase, id: str) -> str:
    source = rulebase.sources.get(id)
    return source.url if source and source.url else id

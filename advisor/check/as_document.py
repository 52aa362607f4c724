"""A run of the check as the JSON document of `advisor check --format json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.check.problem import Problem
from advisor.draw.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from advisor.check.choices import Judged
    from advisor.check.inspection import Inspection

WORST = ("excluded", "discouraged", "allowed", "recommended")


def as_json(inspection: Inspection) -> dict[str, Any]:
    """Return the document: findings, choices, usages and counts."""
    case = inspection.case
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": case.rulebase.digest,
        "transformers": case.release.version,
        "findings": [finding(problem) for problem in inspection.problems],
        "choices": [_choice(judged) for judged in inspection.choices],
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


def finding(problem: Problem) -> dict[str, Any]:
    """Return one finding with the keys of the contract."""
    place = problem.place
    return {
        "rule": problem.rule,
        "level": problem.level,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "checkpoint": problem.checkpoint,
        "message": problem.message,
        "because": problem.because,
        "sources": list(problem.sources),
        **({"fix": problem.fix} if problem.fix else {}),
        **({"choice": problem.choice} if problem.choice else {}),
    }


def _choice(judged: Judged) -> dict[str, Any]:
    choice = judged.choice
    head = {"name": choice.name, "checkpoint": choice.checkpoint}
    if not judged.judgements:
        return {**head, "family": None, "outcome": "undetermined", "verdict": None}
    worst = min(judged.judgements, key=lambda one: WORST.index(one.verdict))
    return {
        **head,
        "family": worst.checkpoint.family,
        "outcome": "undetermined" if judged.undetermined else worst.decision.outcome,
        "verdict": worst.verdict,
        "possible_verdicts": list(worst.possible_verdicts),
        "settled_by": worst.settles,
    }

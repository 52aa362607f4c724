"""Findings as SARIF 2.1.0, which code-scanning services read."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from typing import Any
from urllib.parse import quote

from advisor import __version__
from advisor.distribution import address
from advisor.draw.findings import FindingRow, FindingsReport, RuleText, names_in, sentence

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
"""Begins a link, which a message of SARIF may hold as it stands (3.11.6)."""


def sarif(report: FindingsReport) -> dict[str, Any]:
    """Return one run of SARIF 2.1.0; columns count characters."""
    rules = dict(report.rules)
    for finding in report.findings:
        rules.setdefault(finding.rule, RuleText(finding.rule, finding.rule))
    index = {id: place for place, id in enumerate(rules)}
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": _driver([_rule(rule) for rule in rules.values()]),
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index, seen) for finding in report.findings],
                **({"properties": dict(report.counted)} if report.counted else {}),
            }
        ],
    }


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what says it: with an address to read more at where the project has one."""
    named = {"name": "advisor", "version": __version__}
    published = {"informationUri": address()} if address() else {}
    return {**named, **published, "rules": rules}


def _rule(rule: RuleText) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": rule.id, "shortDescription": {"text": rule.summary or rule.id}}
    if rule.page.startswith(("https://", "http://")):
        entry["helpUri"] = rule.page
    elif rule.page:
        entry["help"] = {"text": rule.page}
    return entry


def _result(finding: FindingRow, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.level,
        "message": {"text": _LINK.sub(r"\[", sentence(finding))},
        "locations": [_location(finding)] if finding.path else [],
        "partialFingerprints": {"advisor/v2": _fingerprint(finding, seen)},
    }


def _location(finding: FindingRow) -> dict[str, Any]:
    uri = quote(finding.path.replace(os.sep, "/").encode("utf-8", "surrogateescape"))
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
        if finding.column:
            place["region"]["startColumn"] = finding.column
    return {"physicalLocation": place}


def _fingerprint(finding: FindingRow, seen: Counter[str]) -> str:
    """Stay the same when lines and words move: rule, file, names, and which of several it is."""
    same = f"{finding.rule}\0{finding.path}\0{names_in(finding.message)}"
    seen[same] += 1
    return hashlib.sha256(f"{same}\0{seen[same]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]

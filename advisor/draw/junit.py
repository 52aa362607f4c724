"""Findings as JUnit XML, which Jenkins and GitLab show as test results."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from advisor.draw.findings import FindingRow, FindingsReport, place, sentence
from advisor.foreign import visible_lines

_NOT_XML = re.compile("[\ufffe\uffff]")


def junit(report: FindingsReport) -> str:
    """Return one test suite: a failure where the run fails, else a passed case with its text.

    Without findings one passed case says that something was checked, because an empty suite
    counts as a broken one.
    """
    cases = [_case(finding, failing=report.fails(finding)) for finding in report.findings]
    failures = sum(map(report.fails, report.findings))
    if not cases:
        name = quoteattr(f"no findings ({report.checked} checked)")
        cases = [f'    <testcase name={name} classname="advisor"/>\n']
    text = escape(_clean(report.closing))
    closing = f"    <system-out>{text}</system-out>\n" if text else ""
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="advisor" {counts}>\n  <testsuite name="advisor" {counts}>\n'
        f"{''.join(cases)}{closing}  </testsuite>\n</testsuites>\n"
    )


def _case(finding: FindingRow, *, failing: bool) -> str:
    where = place(finding)
    name = _attribute(f"{finding.rule} at {where}" if where else finding.rule)
    head = f"    <testcase name={name} classname={_attribute(finding.path or 'advisor')}>\n"
    text = _clean(f"{where}: {sentence(finding)}" if where else sentence(finding))
    if failing:
        message = _attribute(finding.message)
        kind = _attribute(finding.rule)
        body = f"      <failure type={kind} message={message}>{escape(text)}</failure>\n"
    else:
        body = f"      <system-out>{escape(f'{finding.level}: {text}')}</system-out>\n"
    return f"{head}{body}    </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text).replace("\n", " "))


def _clean(text: str) -> str:
    """Write out what nobody would see, and leave out what XML 1.0 cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", visible_lines(text))

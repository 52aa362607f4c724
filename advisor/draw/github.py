"""Findings as GitHub annotations: what a workflow shows at the lines of a pull request."""

from __future__ import annotations

from itertools import chain

from advisor.draw.findings import LEVELS, FindingRow, FindingsReport, place, sentence
from advisor.foreign import inert, visible
from advisor.phrasing import count

SHOWN_A_STEP = 10
"""GitHub shows ten annotations of each level a step, and drops the others without a word."""

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def workflow_commands(report: FindingsReport) -> str:
    """Return workflow commands, at most ten of each level; the last says how many are left."""
    return "".join(
        f"{line}\n" for line in chain.from_iterable(_of_level(report, x) for x in LEVELS)
    )


def github(report: FindingsReport) -> str:
    """Return the annotations, then every finding in full for the log."""
    lines = [_log_line(finding) for finding in report.findings]
    counts = ", ".join(
        count(sum(finding.level == level for finding in report.findings), level) for level in LEVELS
    )
    lines.append(inert(visible(report.closing or counts)))
    return workflow_commands(report) + "".join(f"{line}\n" for line in lines)


def _of_level(report: FindingsReport, level: str) -> list[str]:
    finding_rows = [finding for finding in report.findings if finding.level == level]
    if len(finding_rows) <= SHOWN_A_STEP:
        return [_command(finding) for finding in finding_rows]
    shown = finding_rows[: SHOWN_A_STEP - 1]
    rest = len(finding_rows) - len(shown)
    more = f"{count(rest, f'more {level}')} are listed in the log of this step"
    return [*(_command(finding) for finding in shown), f"::{COMMANDS[level]}::{_data(more)}"]


def _command(finding: FindingRow) -> str:
    properties = {
        "file": finding.path,
        "line": finding.line,
        "col": finding.column,
        "title": finding.rule,
    }
    text = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{COMMANDS[finding.level]} {text}::{_data(sentence(finding))}"


def _log_line(finding: FindingRow) -> str:
    """One line, which no runner takes for a command of a workflow."""
    where = place(finding)
    fix = f" ({finding.fix})" if finding.fix else ""
    text = f"{finding.level} {finding.rule}: {finding.message}{fix}"
    return inert(visible(" ".join(f"{where}: {text}".split()).lstrip(": ")))


def _data(text: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return inert(visible(text))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

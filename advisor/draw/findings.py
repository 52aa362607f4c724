"""Findings of any command as rows with a place, and the formats of services that show them.

GitHub shows annotations at the lines of a pull request, code-scanning services read SARIF 2.1.0,
and Jenkins and GitLab show JUnit XML as test results.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

from advisor import __version__
from advisor.distribution import address
from advisor.foreign import inert, visible, visible_lines
from advisor.phrasing import count

LEVELS = ("error", "warning", "note")
_NAME = re.compile(r"`([^`]+)`|([\w.-]*[/_][\w./-]*\w)")
SHOWN_A_STEP = 10
"""GitHub shows ten annotations of each level a step, and drops the others without a word."""
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
"""The start of a link, which a message of SARIF may contain (3.11.6) and which is escaped here."""
_NOT_XML = re.compile("[\ufffe\uffff]")


class FindingRow(NamedTuple):
    """One finding at one place. `level` is error, warning or note; lines and columns start at 1.

    `path` is relative to the working folder, empty if the finding has no place. `sources` are
    addresses or source ids; `fix` is the smallest fix in words.
    """

    rule: str
    level: str
    path: str
    line: int | None
    column: int | None
    message: str
    because: str = ""
    sources: tuple[str, ...] = ()
    fix: str | None = None


class FindingsReport(NamedTuple):
    """All findings of one run. `checked` is how many things were checked.

    `rules` has the summary of each rule that they name, and the address or path of its page or "".
    `failing` are the levels and rules at which the run fails, so that every format says the same.
    `counted` says what was not looked at, by reason, ready for JSON; `closing` says so in words,
    with what was.
    """

    rules: dict[str, tuple[str, str]]
    findings: tuple[FindingRow, ...]
    checked: int = 0
    failing: tuple[str, ...] = ("error",)
    counted: Mapping[str, Any] = MappingProxyType({})
    closing: str = ""

    def fails(self, finding: FindingRow) -> bool:
        """True for a finding that fails the run."""
        return finding.level in self.failing or finding.rule in self.failing


def place(finding: FindingRow) -> str:
    """Return file:line:column of a finding, as far as they are known."""
    parts = [finding.path or "", finding.line, finding.column]
    return ":".join(str(part) for part in parts if part)


def names_in(message: str) -> str:
    """Return the quoted code and the ids in a message, which stay if a later version rewords it."""
    return " ".join(sorted({code or id for code, id in _NAME.findall(message)}))


def sentence(finding: FindingRow) -> str:
    """Return a finding as plain text: message, reason, smallest fix and sources, a line each."""
    lines = [finding.message]
    if finding.because:
        lines.append(finding.because)
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    if finding.sources:
        lines.append(f"sources: {', '.join(finding.sources)}")
    return "\n".join(lines)


def workflow_commands(report: FindingsReport) -> str:
    """Return GitHub workflow commands, at most ten of each level; the last may count the rest."""
    lines: list[str] = []
    for level in LEVELS:
        shown = [finding for finding in report.findings if finding.level == level]
        rest = len(shown) - (SHOWN_A_STEP - 1)
        if rest > 1:
            shown = shown[:-rest]
        lines += map(_command, shown)
        if rest > 1:
            more = f"{count(rest, f'more {level}')} are listed in the log of this step"
            lines.append(f"::{COMMANDS[level]}::{_data(more)}")
    return "".join(f"{line}\n" for line in lines)


def github(report: FindingsReport) -> str:
    """Return the annotations, then every finding in full for the log."""
    lines = []
    for row in report.findings:  # a line each, which no runner takes for a command of a workflow
        text = f"{row.level} {row.rule}: {row.message}{f' ({row.fix})' if row.fix else ''}"
        lines.append(inert(visible(" ".join(f"{place(row)}: {text}".split()).lstrip(": "))))
    counts = ", ".join(
        count(sum(finding.level == level for finding in report.findings), level) for level in LEVELS
    )
    lines.append(inert(visible(report.closing or counts)))
    return workflow_commands(report) + "".join(f"{line}\n" for line in lines)


def _command(finding: FindingRow) -> str:
    properties = {
        "file": finding.path,
        "line": finding.line,
        "col": finding.column,
        "title": finding.rule,
    }
    written = {key: _data(str(value)) for key, value in properties.items() if value}
    text = ",".join(
        f"{key}={value.replace(':', '%3A').replace(',', '%2C')}" for key, value in written.items()
    )
    return f"::{COMMANDS[finding.level]} {text}::{_data(sentence(finding))}"


def _data(text: str) -> str:
    """Escape text for the data of a workflow command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return inert(visible(text))


def sarif(report: FindingsReport) -> dict[str, Any]:
    """Return one run of SARIF 2.1.0; columns count characters."""
    rules = dict(report.rules)
    for finding in report.findings:
        rules.setdefault(finding.rule, (finding.rule, ""))
    index = {id: place for place, id in enumerate(rules)}
    published = {"informationUri": address()} if address() else {}
    driver = {"name": "advisor", "version": __version__, **published}
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {**driver, "rules": [_rule(id, *of) for id, of in rules.items()]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index, seen) for finding in report.findings],
                **({"properties": dict(report.counted)} if report.counted else {}),
            }
        ],
    }


def _rule(id: str, summary: str, page: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": id, "shortDescription": {"text": summary or id}}
    if page.startswith(("https://", "http://")):
        entry["helpUri"] = page
    elif page:
        entry["help"] = {"text": page}
    return entry


def _result(finding: FindingRow, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    # by rule, file, names, and which of several it is: it stays when lines and words move
    same = f"{finding.rule}\0{finding.path}\0{names_in(finding.message)}"
    seen[same] += 1
    digest = hashlib.sha256(f"{same}\0{seen[same]}".encode("utf-8", "surrogatepass"))
    uri = quote(finding.path.replace(os.sep, "/").encode("utf-8", "surrogateescape"))
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
        if finding.column:
            place["region"]["startColumn"] = finding.column
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.level,
        "message": {"text": _LINK.sub(r"\[", sentence(finding))},
        "locations": [{"physicalLocation": place}] if finding.path else [],
        "partialFingerprints": {"advisor/v2": digest.hexdigest()[:32]},
    }


def junit(report: FindingsReport) -> str:
    """Return one test suite: a failure if the run fails by a finding, else a passed case.

    Without findings one passed case says that something was checked, because an empty suite counts
    as a broken one.
    """
    cases = [_case(finding, failing=report.fails(finding)) for finding in report.findings]
    failures = sum(map(report.fails, report.findings))
    if not cases:
        name = _attribute(f"no findings ({report.checked} checked)")
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
    return f'"{escape(_clean(text))}"'.replace("\n", " ")


def _clean(text: str) -> str:
    """Write out hidden characters, and replace those that XML 1.0 cannot hold by U+FFFD."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", visible_lines(text))

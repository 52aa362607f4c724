"""Pages of the check: findings at their lines, a single checkpoint judged, and a rule."""

from __future__ import annotations

from collections import Counter

from advisor.check.finding import LEVELS, Finding
from advisor.check.inspection import Inspection
from advisor.check.judgement import Judgement
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Table, Text
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

TONES = {"error": "bad", "warning": "warn", "note": "quiet"}
MARKS = {"error": "-", "warning": "!", "note": ""}
WIDEST = 72
"""Longer lines of code are cut around the place they are shown for."""


def project_page(inspection: Inspection, *, statistics: bool = False) -> Page:
    """Return a check of a project: errors and warnings in full, notes in a line each, counts."""
    if statistics:
        return [_statistics(inspection), *_closing(inspection)]
    page: Page = []
    for finding in inspection.findings:
        if finding.level != "note":
            page += _block(inspection, finding)
    if notes := [finding for finding in inspection.findings if finding.level == "note"]:
        page += [Heading("Notes", 3), Items(tuple(_note(finding) for finding in notes))]
    return [*page, *_closing(inspection)]


def _block(inspection: Inspection, finding: Finding) -> Page:
    where = _where(finding)
    head = (
        f"{where}: {finding.level} {finding.rule}" if where else f"{finding.level} {finding.rule}"
    )
    page: Page = [Heading(head, 3), Text(finding.message, TONES[finding.level])]
    if snippet := _snippet(inspection, finding):
        page.append(Code(snippet))
    if reasons := _reasons(finding):
        page.append(Items(tuple(reasons)))
    return page


def _where(finding: Finding) -> str:
    place = finding.place
    if place is None:
        return finding.checkpoint or ""
    cell = f" (cell {place.cell}, line {place.cell_line})" if place.cell is not None else ""
    path = place.path.replace("\n", "\\n")  # a name with one must not begin a line of its own
    return f"{path}:{place.line}:{place.column}{cell}"


def _note(finding: Finding) -> Item:
    where = _where(finding)
    fix = f"; {finding.fix}" if finding.fix else ""
    text = f"{finding.rule}: {finding.message}{fix}"
    return Item("", f"{where}: {text}" if where else text)


def _snippet(inspection: Inspection, finding: Finding) -> str:
    place = finding.place
    if place is None:
        return ""
    lines = inspection.case.source(place.path).split("\n")
    if place.line > len(lines) or not lines[place.line - 1].strip():
        return ""
    line = lines[place.line - 1].rstrip("\r").replace("\t", " ")
    first = place.column - 1
    same_line = place.end_line == place.line and place.end_column > place.column
    length = place.end_column - place.column if same_line else 1
    cut = len(line) - len(line.lstrip())
    if first + length - cut > WIDEST:
        cut = max(cut, first - WIDEST // 3)
    before = "... " if cut > len(line) - len(line.lstrip()) else ""
    shown = before + line[cut : cut + WIDEST]
    number = str(place.line)
    start = len(before) + first - cut
    caret = " " * start + "^" * max(1, min(length, len(shown) - start))
    return f"{number} | {shown}\n{' ' * len(number)} | {caret}"


def _statistics(inspection: Inspection) -> Table:
    counted = Counter((finding.rule, finding.level) for finding in inspection.findings)
    rows = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    checks = inspection.case.rulebase.checks
    return Table(
        ("count", "level", "rule", "about"),
        tuple((str(n), level, rule, checks[rule].summary) for (rule, level), n in rows),
        3,
    )


def _closing(inspection: Inspection) -> Page:
    counts = ", ".join(count(number, level) for level, number in inspection.counts.items())
    scan = inspection.case.scan
    looked = f"{count(scan.files, 'file')}, {count(len(scan.usages), 'usage')}"
    if choices := inspection.case.choices:
        looked += f", {count(len(choices), 'choice')}"
    away = [
        f"{number} {word}"
        for number, word in (
            (inspection.ignored, "ignored"),
            (inspection.waived, "waived"),
            (inspection.known, "in the baseline"),
            (inspection.gone, "gone since the baseline"),
        )
        if number
    ]
    suppressed = f" ({', '.join(away)})" if away else ""
    version = inspection.case.release.version
    tone = {0: "good", 1: "bad", 3: "warn"}[inspection.exit_code]
    return [Text(f"{counts}{suppressed} in {looked}; transformers {version}", tone)]


def judgement_page(inspection: Inspection) -> Page:
    """Return how a single checkpoint was judged, in a line, then what there is to say."""
    (judgement,) = inspection.case.judgements
    rows: list[Item] = []
    for finding in inspection.findings:
        text = f"{finding.level} {finding.rule}: {finding.message}"
        rows += [Item(MARKS[finding.level], text), *_reasons(finding)]
    counts = ", ".join(count(inspection.counts[level], level) for level in LEVELS)
    return [
        Heading(f"{judgement.checkpoint.id} for {judgement.task}"),
        _verdict(inspection, judgement),
        *([Items(tuple(rows))] if rows else []),
        Text(counts, "quiet"),
    ]


def _verdict(inspection: Inspection, judgement: Judgement) -> Text:
    family = judgement.checkpoint.family
    if inspection.exit_code == 1:
        return Text("Not a valid choice.", "bad")
    if inspection.exit_code == 3:
        may = " or ".join(judgement.possible_verdicts)
        asked = f"; --{judgement.settles} would tell" if judgement.settles else ""
        return Text(f"Undetermined: {family} may be {may}{asked}.", "warn")
    return Text(f"A valid choice ({family} is {judgement.verdict}).", "good")


def _reasons(finding: Finding) -> list[Item]:
    """Return why it matters, and how to fix it."""
    certain = " (--fix does it)" if finding.edits else ""
    because = [Item("", finding.because, sources=finding.sources)] if finding.because else []
    return [*because, *([Item(">", finding.fix + certain)] if finding.fix else [])]


def rule_page(rulebase: RuleBase, id: str) -> Page:
    """Return the page of a rule of the check: what, why, examples, sources."""
    rule = rulebase.checks[id]
    file, bad, good = rule.example
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
    if rule.sources:
        rows = []
        for source_id in rule.sources:
            source = rulebase.source(source_id)
            rows.append(Item("", source.title, note=source.url or source.read))
        page += [Heading("Sources", 3), Items(tuple(rows))]
    return page

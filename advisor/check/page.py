"""A run of the check as a page: each finding at its line with a caret, then the counts."""

from __future__ import annotations

from collections import Counter

from advisor.check.inspection import Inspection
from advisor.check.problem import Problem
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Table, Text
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

TONES = {"error": "bad", "warning": "warn", "note": "quiet"}
WIDEST = 72
"""Longer lines of code are cut around the place they are shown for."""


def as_page(inspection: Inspection, *, statistics: bool = False) -> Page:
    """Return the page: errors and warnings in full, notes in a line each, and the counts."""
    if statistics:
        return [_statistics(inspection), *_closing(inspection)]
    page: Page = []
    for problem in inspection.problems:
        if problem.level != "note":
            page += _block(inspection, problem)
    if notes := [problem for problem in inspection.problems if problem.level == "note"]:
        page += [Heading("Notes", 3), Items(tuple(_note(problem) for problem in notes))]
    return [*page, *_closing(inspection)]


def _block(inspection: Inspection, problem: Problem) -> Page:
    where = _where(problem)
    head = (
        f"{where}: {problem.level} {problem.rule}" if where else f"{problem.level} {problem.rule}"
    )
    page: Page = [Heading(head, 3), Text(problem.message, TONES[problem.level])]
    if snippet := _snippet(inspection, problem):
        page.append(Code(snippet))
    rows = []
    if problem.because:
        rows.append(Item("", problem.because, sources=problem.sources))
    if problem.fix:
        certain = " (--fix does it)" if problem.edits else ""
        rows.append(Item(">", problem.fix + certain))
    if rows:
        page.append(Items(tuple(rows)))
    return page


def _where(problem: Problem) -> str:
    place = problem.place
    if place is None:
        return problem.checkpoint or ""
    cell = f" (cell {place.cell}, line {place.cell_line})" if place.cell is not None else ""
    path = place.path.replace("\n", "\\n")  # a name with one must not begin a line of its own
    return f"{path}:{place.line}:{place.column}{cell}"


def _note(problem: Problem) -> Item:
    where = _where(problem)
    fix = f"; {problem.fix}" if problem.fix else ""
    text = f"{problem.rule}: {problem.message}{fix}"
    return Item("", f"{where}: {text}" if where else text)


def _snippet(inspection: Inspection, problem: Problem) -> str:
    place = problem.place
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
    counted = Counter((problem.rule, problem.level) for problem in inspection.problems)
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
    if inspection.choices:
        looked += f", {count(len(inspection.choices), 'choice')}"
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

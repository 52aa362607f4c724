"""A check in every format: as pages, as JSON, and as rows for GitHub, SARIF and JUnit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

from advisor.check.case import Case
from advisor.check.finding import Finding, joined
from advisor.check.judged_files import JudgedFiles
from advisor.check.judgement import Judgement
from advisor.check.project import LEFT_OUT, Inspection, left_out_shown
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Text
from advisor.draw.findings import FindingRow, FindingsReport
from advisor.draw.formats import Report, document
from advisor.engine.decision import VERDICTS
from advisor.foreign import visible
from advisor.phrasing import count, first_named

TONES = {"error": "bad", "warning": "warn", "note": "quiet"}
MARKS = {"error": "-", "warning": "!", "note": ""}
EXIT_TONES = {0: "good", 1: "bad", 2: "bad", 3: "warn"}
USAGE = ("path", "line", "checkpoint", "class", "task")
RELEASE = ("transformers", "requirement", "path", "line", "files")
MOST_PLACES = 4
TOLD = ("file-not-checked", "outdated-choice", "choice-not-compared", "undetermined")
"""Rules whose notes are always shown: what was not checked, and better checkpoints."""
MOST_RELEASES = 2
"""Number of releases with their pins that are named; more are counted."""
WIDEST = 72
"""Characters of a line of code that are shown; a longer one is cut around the finding."""


def project_report(inspection: Inspection, *, verbose: bool = False) -> Report:
    """Return the report on a project; its page has one finding for each cause, all if `verbose`."""
    return Report(
        lambda: _project_json(inspection),
        lambda: _project_page(inspection, verbose=verbose),
        lambda: _rows(inspection)._replace(
            counted=_counted(inspection), closing=_closing(inspection).text
        ),
    )


def judgement_report(inspection: Inspection) -> Report:
    """Return the report on a single checkpoint."""
    (judgement,) = inspection.case.judgements
    outcome = judgement.decision.outcome
    choice = _choice_json(judgement.checkpoint.id, judgement.checkpoint.id, [judgement], outcome)
    page = partial(_judgement_page, inspection, judgement)
    return Report(partial(_json, inspection, [choice]), page, partial(_rows, inspection))


def _project_json(inspection: Inspection) -> dict[str, Any]:
    case = inspection.case
    choices = [
        _choice_json(choice.name, choice.checkpoint, case.judgements_of(choice))
        for choice in case.choices
    ]
    hidden = [(*value.place[:2], value.text) for value in case.scan.unreached]
    unreached = [dict(zip(USAGE, value, strict=False)) for value in hidden]
    judged = (
        (it.release.version, it.pin.written, it.pin.path, it.pin.line, len(it.paths))
        for it in case.judged
    )
    releases = [dict(zip(RELEASE, files, strict=True)) for files in judged]
    body = {**_json(inspection, choices), "unreached": unreached, "releases": releases}
    return {**body, "files": case.scan.files, **_counted(inspection)}


def _json(inspection: Inspection, choices: list[dict[str, Any]]) -> dict[str, Any]:
    case = inspection.case
    usages = [
        (*load.place[:2], load.checkpoint, load.class_name, load.task) for load in case.scan.loading
    ]
    return document(
        case.rulebase.digest,
        transformers=case.judged_by.version if case.judged_by else None,
        findings=[_finding_json(finding) for finding in inspection.findings],
        choices=choices,
        usages=[dict(zip(USAGE, usage, strict=True)) for usage in usages],
        counts=inspection.counts,
    )


def _finding_json(finding: Finding) -> dict[str, Any]:
    keys = ("path", "line", "column")
    places = [dict(zip(keys, place, strict=False)) for place in finding.places]
    return {
        "rule": finding.rule,
        "level": finding.level,
        **dict(zip(keys, finding.place or (None,) * 3, strict=False)),
        "checkpoint": finding.checkpoint,
        "message": finding.message,
        "because": finding.because,
        "sources": list(finding.sources),
        **{key: text for key in ("fix", "choice", "upgrade") if (text := getattr(finding, key))},
        **({"places": places} if places else {}),
    }


def _choice_json(
    name: str, checkpoint: str, judgements: list[Judgement], outcome: str = ""
) -> dict[str, Any]:
    """Return a declared model as JSON, with the worst of its judgements."""
    head = {"name": name, "checkpoint": checkpoint}
    if not judgements:
        return {**head, "family": None, "outcome": "undetermined", "verdict": None}
    worst = max(judgements, key=lambda judgement: VERDICTS.index(judgement.assessment.verdict))
    undetermined = any(judgement.undetermined for judgement in judgements)
    return {
        **head,
        "family": worst.checkpoint.family,
        "outcome": outcome or ("undetermined" if undetermined else worst.decision.outcome),
        "verdict": worst.assessment.verdict,
        "possible_verdicts": list(worst.assessment.possible_verdicts),
        "settled_by": worst.settles and worst.settles.id,
    }


def _counted(inspection: Inspection) -> dict[str, Any]:
    """Return as JSON what was not checked or not shown, counted by reason, and `fail_on`."""
    suppression = inspection.case.suppression
    ignored, waived = len(suppression.ignored), len(suppression.waived)
    suppressed = {"ignored": ignored, "waived": waived, "baseline": inspection.known}
    suppressed |= {reason: inspection.left_out[reason] for reason in LEFT_OUT}
    suppressed["unreached"] = len(inspection.case.scan.unreached)
    return {"suppressed": suppressed, "fail_on": inspection.fail_on}


def _rows(inspection: Inspection) -> FindingsReport:
    """Return the findings as rows, with the rules they name; sources are URLs if they have one."""
    case, sources = inspection.case, inspection.case.rulebase.sources
    rows = []
    for finding in inspection.findings:
        row = {k: v for k, v in _finding_json(finding).items() if k in FindingRow._fields}
        addresses = tuple(sources[id].url or id if id in sources else id for id in finding.sources)
        rows.append(FindingRow(**{**row, "path": row["path"] or "", "sources": addresses}))
    checks = case.rulebase.checks
    ids = dict.fromkeys(row.rule for row in rows)
    return FindingsReport(
        rules={id: (checks[id].summary, f"advisor check --explain {id}") for id in ids},
        findings=tuple(rows),
        checked=len(case.choices or case.judgements) + len(case.scan.loading),
        failing=inspection.failing,
    )


def _project_page(inspection: Inspection, *, verbose: bool) -> Page:
    """Return the page of a project: errors and warnings, some notes, and counts.

    Unless `verbose`, one finding stands for all of one cause, and notes outside `TOLD` are counted.
    """
    page: Page = []
    serious = [finding for finding in inspection.findings if finding.level != "note"]
    notes = [finding for finding in inspection.findings if finding.level == "note"]
    always = [finding for finding in notes if finding.rule in TOLD]
    for finding in serious if verbose else _by_cause(serious):
        head = _placed(finding, f"{finding.level} {finding.rule}")
        page += [Heading(head, 3), Text(finding.message, TONES[finding.level])]
        if snippet := _snippet(inspection, finding):
            page.append(Code(snippet))
        if reasons := _reasons(finding):
            page.append(Items(reasons))
    rows = []
    for finding in notes if verbose else _by_cause(always):  # each in a line
        others = f" (and {count(len(finding.places), 'other place')})" if finding.places else ""
        fix = f"; {finding.fix}" if finding.fix else ""
        rows.append(Item("", _placed(finding, f"{finding.rule}: {finding.message}{fix}{others}")))
    page += [Heading("Notes", 3), Items(tuple(rows))] if rows else []
    ways = [f"`advisor show {finding.rule}` explains the rule." for finding in serious[:1]]
    if hidden := 0 if verbose else len(notes) - len(always):
        ways.append(f"`-v` shows {count(hidden, 'note')}.")
    return [*page, _closing(inspection), *(Text(way, "quiet") for way in ways)]


def _by_cause(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding for each level, rule and message, with the places of the others."""
    return joined(findings, lambda finding: (finding.level, finding.rule, finding.message))


def _placed(finding: Finding, text: str) -> str:
    """Return a text behind the location of a finding, or behind its checkpoint."""
    where, place = finding.checkpoint, finding.place
    if place:
        cell = f" (cell {place.cell}, line {place.cell_line})" if place.cell is not None else ""
        path = visible(place.path)  # a name must not begin a line of its own
        where = f"{path}:{place.line}:{place.column}{cell}"
    return f"{where}: {text}" if where else text


def _snippet(inspection: Inspection, finding: Finding) -> str:
    """Return the line of a finding with a caret below its column; "" if the line is not known."""
    place = finding.place
    lines = _lines_of(inspection.case.source(place.path)) if place else ()
    line = lines[place.line - 1] if place and place.line <= len(lines) else ""
    if place is None or not line or line.isspace():
        return ""
    first, indent = place.column - 1, len(line) - len(line.lstrip())
    length = max(1, place.end_column - place.column) if place.end_line == place.line else 1
    cut = max(indent, first - WIDEST // 3) if first + length - indent > WIDEST else indent
    before = "... " if cut > indent else ""
    shown = before + line[cut : cut + WIDEST].rstrip("\r").replace("\t", " ")
    start = len(before) + first - cut
    caret = " " * start + "^" * max(1, min(length, len(shown) - start))
    return f"{place.line} | {shown}\n{' ' * len(str(place.line))} | {caret}"


@lru_cache(maxsize=4)
def _lines_of(text: str) -> tuple[str, ...]:
    return tuple(text.removeprefix("\ufeff").split("\n"))


def _closing(inspection: Inspection) -> Text:
    case, scan = inspection.case, inspection.case.scan
    looked = f"{count(scan.files, 'file')}, {count(len(scan.loading), 'usage')}"
    if unknown := sum(case.identity(usage) is None for usage in scan.loading):
        looked += f" ({unknown} of a checkpoint outside the catalog)"
    if case.choices:
        looked += f", {count(len(case.choices), 'declared model')}"
    _, ignored, waived = case.suppression
    numbers = len(ignored), len(waived), inspection.known
    words = "ignored", "waived", "in the baseline"
    away = ", ".join(f"{n} {word}" for n, word in zip(numbers, words, strict=True) if n)
    counts = _counts(inspection) + (f" ({away})" if away else "")
    text = f"{counts} in {looked}; {_releases(inspection.case)}"
    if not (scan.loading or case.choices):
        text += "; no vision-language model that advisor knows is loaded"
    if not_seen := ", ".join(left_out_shown(inspection.left_out)):
        text += f"; not checked: {not_seen}"
    if hidden := scan.unreached:
        are = "are" if len(hidden) > 1 else "is"
        where = count(len({value.place.path for value in hidden}), "file")
        text += f"; {count(len(hidden), 'known id')} in {where} {are} not passed to a loading call"
    if not inspection.failing:
        text += ". Findings do not fail this run (fail_on: never)"
    return Text(text, EXIT_TONES[inspection.exit_code])


def _releases(case: Case) -> str:
    """Return the target releases as text, each with the requirement that asks for it."""
    judged: dict[str, list[JudgedFiles]] = {}
    for files in sorted(case.judged, key=lambda files: -len(files.paths)):
        judged.setdefault(files.release.version, []).append(files)
    pinned = {path for files in case.judged for path in files.paths}
    releases = []
    for version, asking in judged.items():
        pin, more, doubt = asking[0].pin, len(asking) - 1, ""
        others = f" and {count(more, 'more place')}" if more else ""
        if any(own.pin.is_commit for own in asking):
            doubt = ", a commit of an unknown release"
        elif named := next((own.asked for own in asking if own.asked), ""):
            doubt = f", advisor has no data on {named}"
        elif any(own.below for own in asking):
            doubt = ", older than every release that advisor knows"
        where = f"{visible(pin.written)} in {visible(pin.path)}"
        releases.append(f"{version} ({where}{others}{doubt})")
    unpinned = not judged or any(path not in pinned for path in case.scan.paths())
    if unpinned and case.release.version not in judged:
        releases.append(case.release.version)
    return f"transformers {first_named(releases, MOST_RELEASES)}"


def _counts(inspection: Inspection) -> str:
    return ", ".join(count(number, level) for level, number in inspection.counts.items())


def _judgement_page(inspection: Inspection, judgement: Judgement) -> Page:
    """Return the page of a single checkpoint: the verdict in a line, then the findings."""
    rows: list[Item] = []
    for finding in inspection.findings:
        text = f"{finding.level} {finding.rule}: {finding.message}"
        rows += [Item(MARKS[finding.level], text), *_reasons(finding)]
    family = judgement.checkpoint.family
    flag = judgement.settles and judgement.settles.typed
    hint = f". Pass --{flag} (see `advisor show {flag}`)" if flag else ""
    verdict = {
        0: f"This checkpoint fits ({family} is {judgement.assessment.verdict}).",
        1: "This checkpoint does not fit.",
        3: f"A missing answer decides whether {family} fits{hint}.",
    }[inspection.exit_code]
    head = Heading(f"{judgement.checkpoint.id} for {judgement.task}")
    fits, counts = Text(verdict, EXIT_TONES[inspection.exit_code]), _counts(inspection)
    return [head, fits, *([Items(tuple(rows))] if rows else []), Text(counts, "quiet")]


def _reasons(finding: Finding) -> tuple[Item, ...]:
    certain = " (run with --fix to apply)" if finding.fixes else ""
    because = Item("", finding.because, sources=tuple(finding.sources)) if finding.because else None
    others = list(dict.fromkeys(f"{visible(place.path)}:{place.line}" for place in finding.places))
    also = Item("", f"also at {first_named(others, MOST_PLACES)}") if others else None
    fix = Item(">", finding.fix + certain) if finding.fix else None
    return tuple(filter(None, (because, also, fix)))

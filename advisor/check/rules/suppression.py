"""Suppression: findings that comments and waivers take away, and reports on these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from advisor.check.case import Case, Suppression, rule
from advisor.check.finding import Finding
from advisor.check.judgement import DeclaredChoice, Waiver
from advisor.phrasing import count
from advisor.scan.usage import Location


def suppress(case: Case, findings: list[Finding], not_run: set[str]) -> Suppression:
    """Sort findings into those left, ignored by a comment, and waived until today or later."""
    today = case.today
    agreed = {(choice.name, entry.rule) for choice, entry in _waivers(case) if entry.until >= today}
    reported = {"", *(finding.rule for finding in findings)}
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    for ignore in case.scan.ignores:
        for id in reported.intersection(ignore.rules or ("",)):
            lines[ignore.place.path, id].update(range(ignore.first, ignore.last + 1))
    left, ignored, waived = [], [], []
    for finding in findings:
        at, ids = finding.place, ("", finding.rule)
        if at and any(at.line in lines[at.path, id] for id in ids):
            ignored.append(finding)
        elif (finding.choice, finding.rule) in agreed:
            waived.append(finding)
        else:
            left.append(finding)
    return Suppression(tuple(left), tuple(ignored), tuple(waived), frozenset(not_run))


def _waivers(case: Case) -> Iterator[tuple[DeclaredChoice, Waiver]]:
    return ((choice, waiver) for choice in case.choices for waiver in choice.waivers)


@rule("unused-ignore")
def unused_ignore(case: Case) -> Iterator[Finding]:
    """Find ignore comments that take no finding away."""
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    for finding in case.suppression.ignored:
        if at := finding.place:
            lines[at.path, ""].add(at.line)
            lines[at.path, finding.rule].add(at.line)
    for ignore in case.scan.ignores:
        for id in ignore.rules or ("",):
            if lines[ignore.place.path, id].isdisjoint(range(ignore.first, ignore.last + 1)):
                what = f"`{id}`" if id else "any rule"
                message = f"this line has no finding of {what}"
                yield Finding(message, ignore.place, fix="remove the entry")


@rule("unused-waiver", "expired-waiver", each=_waivers)
def idle_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """Find waivers that have expired, or that match no finding of a rule that ran."""
    waived = {finding.rule for finding in case.suppression.waived if finding.choice == choice.name}
    if waiver.until < case.today:
        message = f"the suppression of `{waiver.rule}` expired on {waiver.until}"
        yield Finding(message, waiver.place, choice=choice.name, rule="expired-waiver")
    elif waiver.rule not in waived | case.suppression.not_run:
        message = f"the model `{choice.name}` has no finding of `{waiver.rule}`"
        yield Finding(message, waiver.place, choice=choice.name, fix="remove the entry")


@rule("file-not-checked")
def file_not_checked(case: Case) -> Iterator[Finding]:
    """Find files, or parts of files, that could not be read.

    A strict check warns of them, and of folders skipped as environments by their name if git does
    not show that they are outside the project.
    """
    level = "warning" if case.strict else ""
    for note in case.scan.notes:
        line = note.line or 1
        yield Finding(note.message, Location(note.path, line, 1, line, 1), level=level)
    number = case.scan.left_out.get("environments", 0)
    if case.strict and number and not case.scan.vouched:
        what = f"{count(number, 'folder')} with the name of a virtual environment were skipped"
        message = f"{what}, but they may contain code of the project"
        yield Finding(message, level=level)

"""Suppression: findings that somebody agreed to, and what is said of such comments and waivers."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from advisor.check.case import Case, Suppression, rule
from advisor.check.finding import Finding, Stretches
from advisor.check.judgement import DeclaredChoice, Waiver
from advisor.phrasing import count
from advisor.scan.usage import Ignore, Location


def suppress(case: Case, findings: list[Finding], not_run: set[str]) -> Suppression:
    """Take away what is ignored or waived."""
    today = case.today
    agreed = {(choice.name, entry.rule) for choice, entry in _waivers(case) if entry.until >= today}
    covered = Stretches(
        ((ignore.place.path, id), ignore.first, ignore.last)
        for ignore in case.scan.ignores
        for id in ignore.rules or ("",)
    )
    left, ignored, waived = [], [], []
    for finding in findings:
        at, ids = finding.place, ("", finding.rule)
        if at and any(covered.hold((at.path, id), at.line) for id in ids):
            ignored.append(finding)
        elif (finding.choice, finding.rule) in agreed:
            waived.append(finding)
        else:
            left.append(finding)
    return Suppression(tuple(left), tuple(ignored), tuple(waived), frozenset(not_run))


def _ignores(case: Case) -> Iterator[tuple[set[str], Ignore]]:
    """Yield each comment with the rules of which it takes findings away."""
    lines: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for finding in case.suppression.ignored:
        if finding.place:
            lines[finding.place.path].append((finding.place.line, finding.rule))
    for of_file in lines.values():
        of_file.sort()

    @cache
    def rules(path: str, first: int, last: int) -> set[str]:
        ignored = lines.get(path, [])
        begin = bisect.bisect_left(ignored, (first, ""))
        end = bisect.bisect_left(ignored, (last + 1, ""))
        return {rule for _, rule in ignored[begin:end]}

    for ignore in case.scan.ignores:
        used = rules(ignore.place.path, ignore.first, ignore.last)
        yield used & {*ignore.rules} if ignore.rules else used, ignore


def _waivers(case: Case) -> Iterator[tuple[DeclaredChoice, Waiver]]:
    return ((choice, waiver) for choice in case.choices for waiver in choice.waivers)


@rule("unused-ignore")
def unused_ignore(case: Case) -> Iterator[Finding]:
    """A comment that takes no finding away."""
    message, fix = "this line has no finding of ", "remove the entry"
    for used, ignore in _ignores(case):
        if not ignore.rules and not used:
            yield Finding(f"{message}any rule", ignore.place, fix=fix)
        for id in (id for id in ignore.rules if id not in used):
            yield Finding(f"{message}`{id}`", ignore.place, fix=fix)


@rule("unused-waiver", each=_waivers)
def unused_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """A waiver that holds and waives no finding, of a rule that ran."""
    waived = {finding.rule for finding in case.suppression.waived if finding.choice == choice.name}
    if waiver.until >= case.today and waiver.rule not in waived | case.suppression.not_run:
        message = f"the model `{choice.name}` has no finding of `{waiver.rule}`"
        yield Finding(message, waiver.place, choice=choice.name, fix="remove the entry")


@rule("expired-waiver", each=_waivers)
def expired_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """A waiver after its last day."""
    if waiver.until < case.today:
        message = f"the suppression of `{waiver.rule}` expired on {waiver.until}"
        yield Finding(message, waiver.place, choice=choice.name)


@rule("file-not-checked")
def file_not_checked(case: Case) -> Iterator[Finding]:
    """A file, or a part of one, that could not be read.

    A strict check fails on it, and on what is left out by the name of its folder where git does not
    say that it is no part of the project.
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

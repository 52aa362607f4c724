"""Suppression: findings that somebody agreed to, and what is said of such comments and waivers."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, Suppression
from advisor.check.finding import Finding
from advisor.check.rules import rule
from advisor.errors import nearest
from advisor.scan.usage import Ignore, Location


def suppress(case: Case, findings: list[Finding], not_run: frozenset[str]) -> Suppression:
    """Take away what is ignored or waived.

    Of rules in `not_run` nobody can say whether there would be something to waive.
    """
    active = {
        (choice.name, waiver.rule)
        for choice in case.choices
        for waiver in choice.waivers
        if waiver.until >= case.today
    }
    left: list[Finding] = []
    ignores: set[tuple[int, str]] = set()
    waivers = {(choice.name, rule) for choice in case.choices for rule in not_run}
    ignored = 0
    for finding in findings:
        covering = [
            (number, finding.rule if ignore.rules else "")
            for number, ignore in enumerate(case.scan.ignores)
            if _covers(ignore, finding)
        ]
        waiver = (finding.choice or "", finding.rule)
        if covering:
            ignored += 1
            ignores.update(covering)
        elif waiver in active:
            waivers.add(waiver)
        else:
            left.append(finding)
    return Suppression(
        left=tuple(left),
        ignored=ignored,
        waived=len(findings) - ignored - len(left),
        ignores=frozenset(ignores),
        waivers=frozenset(waivers),
    )


def _covers(ignore: Ignore, finding: Finding) -> bool:
    place = finding.place
    if place is None or place.path != ignore.place.path:
        return False
    named = not ignore.rules or finding.rule in ignore.rules
    return named and ignore.first <= place.line <= ignore.last


@rule("unused-ignore", after_suppression=True)
def unused_ignore(case: Case) -> Iterator[Finding]:
    """A comment that takes no finding away."""
    used = case.suppression.ignores
    for number, ignore in enumerate(case.scan.ignores):
        for id in ignore.rules or ("",):
            if (number, id) not in used:
                what = f"`{id}`{_meant(case, id)}" if id else "anything"
                message = f"nothing to ignore here: the line has no finding of {what}"
                yield case.finding(message, ignore.place, fix="remove it")


@rule("ignore-without-reason", after_suppression=True)
def ignore_without_reason(case: Case) -> Iterator[Finding]:
    """A comment that takes a finding away and does not say why."""
    used = {number for number, _ in case.suppression.ignores}
    for number, ignore in enumerate(case.scan.ignores):
        if number in used and not ignore.reason:
            message = "the comment does not say why"
            yield case.finding(message, ignore.place, fix="add the reason after it")


@rule("unused-waiver", after_suppression=True)
def unused_waiver(case: Case) -> Iterator[Finding]:
    """A waiver that holds and waives no finding."""
    used = case.suppression.waivers
    for choice in case.choices:
        for waiver in choice.waivers:
            if waiver.until >= case.today and (choice.name, waiver.rule) not in used:
                what = f"`{waiver.rule}` to waive{_meant(case, waiver.rule)}"
                message = f"choice `{choice.name}` has no finding of {what}"
                found = case.finding(message, waiver.place, fix="remove it")
                yield found._replace(choice=choice.name)


@rule("expired-waiver", after_suppression=True)
def expired_waiver(case: Case) -> Iterator[Finding]:
    """A waiver after its last day."""
    for choice in case.choices:
        for waiver in choice.waivers:
            if waiver.until < case.today:
                message = f"the waiver of `{waiver.rule}` ended on {waiver.until}"
                yield case.finding(message, waiver.place)._replace(choice=choice.name)


@rule("file-not-checked", after_suppression=True)
def file_not_checked(case: Case) -> Iterator[Finding]:
    """A file, or a part of one, that could not be read."""
    for note in case.scan.notes:
        line = note.line or 1
        yield case.finding(note.message, Location(note.path, line, 1, line, 1))


def _meant(case: Case, id: str) -> str:
    """Return what a rule that does not exist may have been meant to be."""
    known = tuple(case.rulebase.checks)
    close = nearest(id, known) if id not in known else None
    return f"; did you mean `{close}`?" if close else ""

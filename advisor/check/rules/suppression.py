"""Suppression: findings that somebody agreed to, and what is said of such comments and waivers."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, Suppression, rule
from advisor.check.declaration import DeclaredChoice, Waiver
from advisor.check.finding import Finding
from advisor.errors import nearest
from advisor.scan.usage import Ignore, Location


def suppress(case: Case, findings: list[Finding], not_run: set[str]) -> Suppression:
    """Take away what is ignored or waived.

    Of rules in `not_run` nobody can say whether there would be something to waive.
    """
    active = {
        (choice.name, waiver.rule)
        for choice, waiver in _waivers(case)
        if waiver.until >= case.today
    }
    left: list[Finding] = []
    ignores: set[tuple[int, str]] = set()
    waivers = {(choice.name, rule) for choice in case.choices for rule in not_run}
    ignored = 0
    for finding in findings:
        covering = {
            (number, finding.rule if ignore.rules else "")
            for number, ignore in _ignores(case)
            if _covers(ignore, finding)
        }
        waiver = (finding.choice or "", finding.rule)
        if covering:
            ignored += 1
            ignores |= covering
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


def _ignores(case: Case) -> Iterator[tuple[int, Ignore]]:
    return enumerate(case.scan.ignores)


def _waivers(case: Case) -> Iterator[tuple[DeclaredChoice, Waiver]]:
    return ((choice, waiver) for choice in case.choices for waiver in choice.waivers)


def _covers(ignore: Ignore, finding: Finding) -> bool:
    place, named = finding.place, not ignore.rules or finding.rule in ignore.rules
    return (
        place is not None
        and named
        and place.path == ignore.place.path
        and ignore.first <= place.line <= ignore.last
    )


@rule("unused-ignore", each=_ignores)
def unused_ignore(case: Case, number: int, ignore: Ignore) -> Iterator[Finding]:
    """A comment that takes no finding away."""
    for id in ignore.rules or ("",):
        if (number, id) not in case.suppression.ignores:
            what = f"`{id}`{_meant(case, id)}" if id else "anything"
            message = f"nothing to ignore here: the line has no finding of {what}"
            yield Finding(message, ignore.place, fix="remove it")


@rule("ignore-without-reason", each=_ignores)
def ignore_without_reason(case: Case, number: int, ignore: Ignore) -> Iterator[Finding]:
    """A comment that takes a finding away and does not say why."""
    if not ignore.reason and number in {used for used, _ in case.suppression.ignores}:
        message = "the comment does not say why"
        yield Finding(message, ignore.place, fix="add the reason after it")


@rule("unused-waiver", each=_waivers)
def unused_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """A waiver that holds and waives no finding."""
    idle = (choice.name, waiver.rule) not in case.suppression.waivers
    if idle and waiver.until >= case.today:
        what = f"`{waiver.rule}` to waive{_meant(case, waiver.rule)}"
        message = f"choice `{choice.name}` has no finding of {what}"
        yield Finding(message, waiver.place, choice=choice.name, fix="remove it")


@rule("expired-waiver", each=_waivers)
def expired_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """A waiver after its last day."""
    if waiver.until < case.today:
        message = f"the waiver of `{waiver.rule}` ended on {waiver.until}"
        yield Finding(message, waiver.place, choice=choice.name)


@rule("file-not-checked")
def file_not_checked(case: Case) -> Iterator[Finding]:
    """A file, or a part of one, that could not be read."""
    for note in case.scan.notes:
        line = note.line or 1
        yield Finding(note.message, Location(note.path, line, 1, line, 1))


def _meant(case: Case, id: str) -> str:
    """Return what a rule that does not exist may have been meant to be."""
    known = tuple(case.rulebase.checks)
    close = nearest(id, known) if id not in known else None
    return f"; did you mean `{close}`?" if close else ""

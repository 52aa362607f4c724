"""Findings that somebody agreed to: comments in code and waivers in advisor.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.check.case import Case
from advisor.check.declared import Choice, Waiver
from advisor.check.problem import Problem
from advisor.errors import nearest
from advisor.scan.usage import Ignore

UNUSED_IGNORE = "unused-ignore"
NO_REASON = "ignore-without-reason"
UNUSED_WAIVER = "unused-waiver"
EXPIRED = "expired-waiver"


class Kept(NamedTuple):
    """What is left to say, and how many findings comments and waivers took away."""

    problems: list[Problem]
    ignored: int
    waived: int


def suppress(
    case: Case,
    choices: tuple[Choice, ...],
    found: list[Problem],
    today: str,
    *,
    not_run: frozenset[str] = frozenset(),
) -> Kept:
    """Take away what is ignored or waived, and report what ignores or waives in vain.

    Of rules in `not_run` nobody can say whether there would be something to waive.
    """
    kept, used = [], set()
    for problem in found:
        covering = [
            (place, rule)
            for place, ignore in enumerate(case.scan.ignores)
            for rule in _covers(ignore, problem)
        ]
        used.update(covering)
        if not covering:
            kept.append(problem)
    left, waived = [], 0
    active = {(choice.name, waiver.rule) for choice, waiver in _waivers(choices, today)}
    spent = set()
    for problem in kept:
        key = (problem.choice or "", problem.rule)
        if key in active:
            spent.add(key)
            waived += 1
        else:
            left.append(problem)
    left += _ignores_in_vain(case, used)
    spent |= {(choice.name, rule) for choice in choices for rule in not_run}
    left += _waivers_in_vain(case, choices, spent, today)
    return Kept(left, len(found) - len(kept), waived)


def _covers(ignore: Ignore, problem: Problem) -> Iterator[str]:
    """The words of a comment that take a problem away; "" for one without brackets."""
    place = problem.place
    if place is None or place.path != ignore.place.path:
        return
    if ignore.first <= place.line <= ignore.last:
        if not ignore.rules:
            yield ""
        elif problem.rule in ignore.rules:
            yield problem.rule


def _ignores_in_vain(case: Case, used: set[tuple[int, str]]) -> Iterator[Problem]:
    known = tuple(case.rulebase.checks)
    for place, ignore in enumerate(case.scan.ignores):
        for rule in ignore.rules or ("",):
            if (place, rule) in used:
                continue
            close = nearest(rule, known) if rule and rule not in known else None
            hint = f"; did you mean `{close}`?" if close else ""
            what = f"`{rule}`" if rule else "anything"
            message = f"nothing to ignore here: the line has no finding of {what}{hint}"
            yield case.problem(UNUSED_IGNORE, message, ignore.place, fix="remove it")
        if not ignore.reason and any(number == place for number, _ in used):
            message = "the comment does not say why"
            yield case.problem(NO_REASON, message, ignore.place, fix="write why behind it")


def _waivers(choices: tuple[Choice, ...], today: str) -> Iterator[tuple[Choice, Waiver]]:
    for choice in choices:
        for waiver in choice.waivers:
            if waiver.until >= today:
                yield choice, waiver


def _waivers_in_vain(
    case: Case, choices: tuple[Choice, ...], spent: set[tuple[str, str]], today: str
) -> Iterator[Problem]:
    known = tuple(case.rulebase.checks)
    for choice in choices:
        for waiver in choice.waivers:
            if waiver.until < today:
                message = f"the waiver of `{waiver.rule}` ended on {waiver.until}"
                found = case.problem(EXPIRED, message, waiver.place)
                yield found._replace(choice=choice.name)
            elif (choice.name, waiver.rule) not in spent:
                close = nearest(waiver.rule, known) if waiver.rule not in known else None
                hint = f"; did you mean `{close}`?" if close else ""
                message = f"choice `{choice.name}` has no finding of `{waiver.rule}` to waive{hint}"
                found = case.problem(UNUSED_WAIVER, message, waiver.place, fix="remove it")
                yield found._replace(choice=choice.name)

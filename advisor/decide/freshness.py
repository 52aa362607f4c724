"""How old what an answer rests on is: when its checkpoints were checked, its sources read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisor.decide.requirements import required
from advisor.decide.selection import Pick
from advisor.engine.decision import Decision
from advisor.rulebase.base import RuleBase


class Span(NamedTuple):
    """The first and the last of some months or days, as written: 2026-11 or 2026-11-24."""

    oldest: str
    newest: str


class Freshness(NamedTuple):
    """`checked` spans the entries that are shown, `decided` the sources of the facts that decided.

    Those are the sources of the decisive findings, and of the fields that answers put a requirement
    on. None where there are none.
    """

    checked: Span | None
    decided: Span | None


def freshness(rulebase: RuleBase, decision: Decision, shown: Sequence[Pick]) -> Freshness:
    """Return how fresh an answer is."""
    findings = [
        source
        for assessment in decision.assessments
        for found in assessment.findings
        if found.decisive
        for source in found.rule.sources
    ]
    fields = required(rulebase, decision.profile)
    facts = [
        source
        for pick in shown
        for field in fields
        for source in pick.checkpoint.sources.get(_source_field(field), [])
    ]
    dates = rulebase.source_dates
    read = [dates[source] for source in {*findings, *facts} if source in dates]
    return Freshness(_span(pick.checkpoint.checked for pick in shown), _span(read))


def _source_field(field: str) -> str:
    return "parameters_millions" if field == "memory_gb" else field


def _span(dates: Iterable[str]) -> Span | None:
    known = sorted(dates)
    return Span(known[0], known[-1]) if known else None


def months_between(earlier: str, later: str) -> int:
    """Return the whole months from one month or day to a later one; never less than 0."""
    first, last = (date.split("-") for date in (earlier, later))
    months = (int(last[0]) - int(first[0])) * 12 + int(last[1]) - int(first[1])
    if len(first) == len(last) == 3 and int(last[2]) < int(first[2]):
        months -= 1
    return max(months, 0)

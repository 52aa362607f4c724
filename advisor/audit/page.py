"""The audit of a rule base as JSON, as a page and as findings at their places."""

from __future__ import annotations

from typing import Any

from advisor.audit.claim import FAILS, KINDS, NOT_PROVED, Claim, Defect
from advisor.audit.context import Answered
from advisor.audit.effects import Effect, in_words
from advisor.audit.patterns import Pattern
from advisor.audit.places import GUIDE, Places
from advisor.audit.report import Audit
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.findings import LEVELS, FindingRow, FindingsReport, RuleText
from advisor.draw.version import SCHEMA_VERSION, plain
from advisor.phrasing import count, share

SHOWN_PATTERNS = 4
MARKS = {"error": "-", "warning": "!", "note": ""}


def as_json(audit: Audit, digest: str, places: Places) -> dict[str, Any]:
    """Return the JSON document of `advisor rules audit --format json`."""
    answered = audit.answered
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "proved": audit.proved,
        "sound": audit.sound,
        "profiles": answered and answered.profiles,
        "answers": answered and answered.by_family,
        "declared_none": answered and answered.declared_none,
        "claims": [
            {"id": claim.id, "state": claim.state, "text": claim.text} for claim in audit.claims
        ],
        "rules": [_effect_json(effect, places) for effect in audit.effects],
        "findings": [_defect_json(defect, places) for defect in audit.defects],
        "counts": {level: _number(audit, level) for level in LEVELS},
    }


def _effect_json(effect: Effect, places: Places) -> dict[str, Any]:
    path, line = places.locate(effect.rule.place)
    pair, shadow = effect.pair, effect.overshadowed
    return {
        "rule": effect.rule.id,
        "path": path,
        "line": line,
        "supporting": effect.rule.supporting,
        "fires": effect.fires,
        "pivotal": effect.pivotal,
        "witness": pair
        and {
            "profile": pair.answers,
            "given": pair.given,
            "with": pair.with_rule,
            "without": pair.without_rule,
        },
        "implied_by": effect.implied_by,
        "overshadowed": shadow
        and {
            "reasons": plain(shadow.reasons),
            "rules": shadow.rules,
            "profile": shadow.answers,
        },
    }


def _defect_json(defect: Defect, places: Places) -> dict[str, Any]:
    path, line = places.locate(defect.place)
    kind = KINDS[defect.kind]
    return {
        "rule": kind.id,
        "level": kind.level,
        "path": path,
        "line": line,
        "about": defect.about,
        "message": defect.message,
        "because": kind.summary,
        "fix": kind.fix,
        "patterns": [{"options": p.options, "profiles": p.profiles} for p in defect.patterns],
    }


def audit_findings(audit: Audit, places: Places) -> FindingsReport:
    """Return the defects as findings, and a finding for each claim that was not proved."""
    findings = [_finding(defect, places) for defect in audit.defects]
    findings += [
        places.finding("not-proved", "error", "", f"not proved: {claim.text}")
        for claim in audit.claims
        if claim.state == NOT_PROVED
    ]
    texts = {kind.id: RuleText(kind.id, kind.summary, GUIDE) for kind in KINDS.values()}
    texts["not-proved"] = RuleText("not-proved", "a proof that the budget ended", GUIDE)
    return FindingsReport(texts, tuple(findings), len(audit.claims), ("error", "warning"))


def _finding(defect: Defect, places: Places) -> FindingRow:
    kind = KINDS[defect.kind]
    message = "; ".join([defect.message, *map(_pattern, defect.patterns[:SHOWN_PATTERNS])])
    return places.finding(kind.id, kind.level, defect.place, message, kind.summary, kind.fix)


def as_page(audit: Audit, places: Places) -> Page:
    """Return the page: over what was proved, what was claimed, each rule's share, the defects."""
    page: Page = [Text(_over(audit)), Items(tuple(_claim(claim) for claim in audit.claims))]
    if audit.effects:
        ordered = sorted(audit.effects, key=lambda effect: -(effect.pivotal or 0))
        effects = tuple(_effect(effect, audit.answered) for effect in ordered)
        page += [Heading("Rules, by how many profiles they decide", 3), Items(effects)]
    if audit.defects:
        rows = tuple(row for defect in audit.defects for row in _rows(defect, places))
        page += [Heading("Findings", 3), Items(rows)]
    page.append(_verdict(audit))
    return page


def _over(audit: Audit) -> str:
    if audit.answered is None:
        return "The complete profiles of these rules could not be counted."
    return (
        f"{count(audit.answered.profiles, 'complete profile')}, all judged and none sampled: "
        "one option of every question, as `ask_if`, implied answers and `never` admit; "
        "criteria in declared order."
    )


def _claim(claim: Claim) -> Item:
    if claim.state == NOT_PROVED:
        return Item("!", f"not proved: {claim.text}")
    if claim.state == FAILS:
        return Item("-", claim.text)
    return Item("" if claim.defects else "+", claim.text)


def _effect(effect: Effect, answered: Answered | None) -> Item:
    rule = effect.rule
    if not effect.fires:
        return Item("-", f"{rule.id}: cannot fire")
    fires = f"fires in {effect.fires:,}"
    if effect.about_checkpoints:
        return Item("", f"{rule.id}: {fires}, speaks of checkpoints alone")
    if effect.pivotal is None:
        return Item("!", f"{rule.id}: {fires}, not proved where it is pivotal")
    if effect.pair is None:
        supporting = ", supporting" if rule.supporting else ""
        why = in_words(effect.overshadowed, effect.fires) if effect.overshadowed else ""
        return Item("", f"{rule.id}: {fires}, pivotal in none{supporting}", why)
    of_all = f", {share(effect.pivotal, answered.profiles)} of all" if answered else ""
    pair = effect.pair
    given = ", ".join(f"{id}: {option}" for id, option in pair.given.items())
    change = f"{{{given}}}: {pair.with_rule}, without it {pair.without_rule}"
    return Item("+", f"{rule.id}: {fires}, pivotal in {effect.pivotal:,}{of_all}", change)


def _rows(defect: Defect, places: Places) -> list[Item]:
    kind = KINDS[defect.kind]
    text = f"{places.lead(defect.place)}{kind.level} {kind.id}: {defect.message}"
    rows = [Item(MARKS[kind.level], text, kind.fix)]
    rows += [Item(">", _pattern(pattern)) for pattern in defect.patterns[:SHOWN_PATTERNS]]
    if (more := len(defect.patterns) - SHOWN_PATTERNS) > 0:
        rows.append(Item(">", f"{more} more patterns, in JSON"))
    return rows


def _pattern(pattern: Pattern) -> str:
    options = ", ".join(f"{id}: {' or '.join(kept)}" for id, kept in pattern.options.items())
    return f"{{{options}}}: {count(pattern.profiles, 'profile')}"


def _verdict(audit: Audit) -> Text:
    levels = ", ".join(count(_number(audit, level), level) for level in LEVELS)
    if not audit.proved:
        unproved = sum(claim.state == NOT_PROVED for claim in audit.claims)
        return Text(f"not proved: {count(unproved, 'claim')}; {levels}", "bad")
    verdict = "sound" if audit.sound else "not sound"
    return Text(f"{verdict}: {levels}", "good" if audit.sound else "bad")


def _number(audit: Audit, level: str) -> int:
    return sum(defect.level == level for defect in audit.defects)

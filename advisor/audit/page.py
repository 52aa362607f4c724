"""The audit of a rule base as JSON, as a page and as findings at their places."""

from __future__ import annotations

from typing import Any

from advisor.audit.claim import FAILS, NOT_PROVED, Claim
from advisor.audit.defect import KINDS, Defect
from advisor.audit.effects import Effect
from advisor.audit.located import Placed, lead
from advisor.audit.outcomes import Answered, share
from advisor.audit.patterns import Pattern
from advisor.audit.report import Audit
from advisor.audit.shadow import in_words
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.findings import Finding, RuleText, Sheet
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count

GUIDE = "docs/audit.md"
SHOWN_PATTERNS = 4


def as_json(audit: Audit, digest: str, placed: Placed) -> dict[str, Any]:
    """Return the JSON document of `advisor rules audit --format json`."""
    found = audit.answered
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "proved": audit.proved,
        "sound": audit.sound,
        "profiles": found.profiles if found else None,
        "answers": found.by_family if found else None,
        "declared_none": found.declared_none if found else None,
        "claims": [
            {"id": claim.id, "state": claim.state, "text": claim.text} for claim in audit.claims
        ],
        "rules": [_effect(effect, placed) for effect in audit.effects],
        "findings": [_defect(defect, placed) for defect in audit.defects],
        "counts": {level: _number(audit, level) for level in ("error", "warning", "note")},
    }


def as_sheet(audit: Audit, placed: Placed) -> Sheet:
    """Return the defects as findings, and a finding for each claim that was not proved."""
    open_claims = tuple(
        Finding("not-proved", "error", "", None, None, f"not proved: {claim.text}")
        for claim in audit.claims
        if claim.state == NOT_PROVED
    )
    texts = {kind.id: RuleText(kind.id, kind.summary, GUIDE) for kind in KINDS.values()}
    texts["not-proved"] = RuleText("not-proved", "a proof that the budget ended", GUIDE)
    findings = tuple(_finding(defect, placed) for defect in audit.defects)
    return Sheet(texts, findings + open_claims, len(audit.claims), ("error", "warning"))


def as_page(audit: Audit, placed: Placed) -> Page:
    """Return the page: over what was proved, what was claimed, each rule's share, the defects."""
    page: Page = [Text(_over(audit))]
    page.append(Items(tuple(_claim(claim) for claim in audit.claims)))
    if audit.effects:
        page += [Heading("Rules, by how many profiles they decide", 3), _effects(audit)]
    if audit.defects:
        page.append(Heading("Findings", 3))
        page.append(Items(tuple(row for d in audit.defects for row in _rows(d, placed))))
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


def _effects(audit: Audit) -> Items:
    ordered = sorted(audit.effects, key=lambda effect: -(effect.pivotal or 0))
    return Items(tuple(_does(effect, audit.answered) for effect in ordered))


def _does(effect: Effect, answered: Answered | None) -> Item:
    rule = effect.rule
    if not effect.fires:
        return Item("-", f"{rule.id}: cannot fire")
    fires = f"fires in {effect.fires:,}"
    if effect.about_checkpoints:
        return Item("", f"{rule.id}: {fires}, speaks of checkpoints alone")
    if effect.pivotal is None:
        return Item("!", f"{rule.id}: {fires}, not proved where it is pivotal")
    if effect.pair is None:
        said = ", supporting" if rule.supporting else ""
        why = in_words(effect.overshadowed, effect.fires) if effect.overshadowed else ""
        return Item("", f"{rule.id}: {fires}, pivotal in none{said}", why)
    of_all = f", {share(effect.pivotal, answered.profiles)} of all" if answered else ""
    pair = effect.pair
    given = ", ".join(f"{id}: {option}" for id, option in pair.given.items())
    change = f"{{{given}}}: {pair.with_rule}, without it {pair.without_rule}"
    return Item("+", f"{rule.id}: {fires}, pivotal in {effect.pivotal:,}{of_all}", change)


def _rows(defect: Defect, placed: Placed) -> list[Item]:
    kind = KINDS[defect.kind]
    where = lead(placed(defect.place))
    mark = {"error": "-", "warning": "!"}.get(kind.level, "")
    rows = [Item(mark, f"{where}{kind.level} {kind.id}: {defect.message}", kind.fix)]
    shown = defect.patterns[:SHOWN_PATTERNS]
    rows += [Item(">", f"{_pattern(one)}: {count(one.profiles, 'profile')}") for one in shown]
    if len(defect.patterns) > len(shown):
        rows.append(Item(">", f"{len(defect.patterns) - len(shown)} more patterns, in JSON"))
    return rows


def _pattern(pattern: Pattern) -> str:
    named = [f"{id}: {' or '.join(options)}" for id, options in pattern.options.items()]
    return f"{{{', '.join(named)}}}"


def _verdict(audit: Audit) -> Text:
    levels = [count(_number(audit, level), level) for level in ("error", "warning", "note")]
    if not audit.proved:
        open_claims = sum(claim.state == NOT_PROVED for claim in audit.claims)
        return Text(f"not proved: {count(open_claims, 'claim')}; {', '.join(levels)}", "bad")
    said = "sound" if audit.sound else "not sound"
    return Text(f"{said}: {', '.join(levels)}", "good" if audit.sound else "bad")


def _number(audit: Audit, level: str) -> int:
    return sum(defect.level == level for defect in audit.defects)


def _finding(defect: Defect, placed: Placed) -> Finding:
    path, line = placed(defect.place)
    kind = KINDS[defect.kind]
    patterns = [f"{_pattern(one)}: {count(one.profiles, 'profile')}" for one in defect.patterns]
    message = "; ".join([defect.message, *patterns[:SHOWN_PATTERNS]])
    return Finding(kind.id, kind.level, path, line, None, message, kind.summary, (), kind.fix)


def _defect(defect: Defect, placed: Placed) -> dict[str, Any]:
    path, line = placed(defect.place)
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


def _effect(effect: Effect, placed: Placed) -> dict[str, Any]:
    path, line = placed(effect.rule.place)
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
        "implied_by": {family: list(ids) for family, ids in effect.implied_by.items()},
        "overshadowed": shadow
        and {
            "reasons": [reason._asdict() for reason in shadow.reasons],
            "rules": list(shadow.rules),
            "profile": shadow.answers,
        },
    }

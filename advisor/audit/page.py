"""Results of an audit, of scenarios and of a comparison of rule bases, as JSON and as pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from advisor.audit.claim import LEVELS
from advisor.audit.difference import Changes, EntryChanges, RuleBaseDifference, Side
from advisor.audit.named_rules import Places
from advisor.audit.proofs import Audit
from advisor.audit.scenarios import Coverage, Proof
from advisor.decide.recommendation_json import some
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Text
from advisor.draw.formats import SCHEMA_VERSION, document, plain
from advisor.phrasing import count, first_named, share

MARKS = {"error": "-", "warning": "!", "note": ""}


def as_json(audit: Audit, places: Places) -> dict[str, Any]:
    """Return the JSON document of `advisor rules audit --format json`."""
    answered = audit.answered
    return document(
        places.rulebase.digest,
        proved=True,  # of earlier releases: a proof that does not end is an error
        sound=audit.sound,
        profiles=answered.profiles,
        answers=answered.by_family,
        declared_none=answered.declared_none,
        endings=audit.endings,
        never_first=plain(audit.never_first),
        claims=[
            {"id": claim.id, "state": "holds" if claim.holds else "fails", "text": claim.text}
            for claim in audit.claims
        ],
        rules=[
            {
                "rule": effect.rule.id,
                **places.stands(effect.rule.place),
                "supporting": effect.rule.supporting,
                **some(effect, "fires", "pivotal", "witness", "implied_by"),
            }
            for effect in audit.effects
        ],
        findings=[
            {
                "rule": defect.kind,
                "level": defect.level,
                **places.stands(defect.place),
                **some(defect, "about", "message", "fix", "example"),
            }
            for defect in audit.defects
        ],
        counts=_counts(audit),
    )


def as_page(audit: Audit, places: Places) -> Page:
    """Return the page: the number of profiles checked, the claims, then the defects."""
    over = (
        f"All {count(audit.answered.profiles, 'answer combination')} are checked, without "
        "sampling. The criteria have their declared order."
    )
    claims = [
        Item("" if claim.defects and claim.holds else "+" if claim.holds else "-", claim.text)
        for claim in audit.claims
    ]
    page: Page = [Text(over), Items(tuple(claims)), *_never_first(audit)]
    rows = []
    for defect in audit.defects:
        text = f"{places.lead(defect.place)}{defect.level} {defect.kind}: {defect.message}"
        rows.append(Item(MARKS[defect.level], text, defect.fix))
        if defect.example is not None:
            answers = ", ".join(f"{id}: {option}" for id, option in defect.example.items())
            rows.append(Item(">", f"{{{answers}}}" if answers else "every answer combination"))
    page += [Heading("Findings"), Items(tuple(rows))] if rows else []
    levels = ", ".join(count(number, level) for level, number in _counts(audit).items())
    sound = Text(f"sound: {levels}", "good")
    return [*page, sound if audit.sound else Text(f"rules fail: {levels}", "bad")]


def _never_first(audit: Audit) -> Page:
    """Return the checkpoints that never come first, by the checkpoint that ranks above them."""
    behind: dict[str, list[str]] = {}
    for never_first in audit.never_first:
        if never_first.cases:
            behind.setdefault(never_first.before, []).append(never_first.checkpoint)
    if not behind:
        return []
    ordered = sorted(behind.items(), key=lambda item: -len(item[1]))
    rows = tuple(Item("", f"behind {before}: {', '.join(ids)}") for before, ids in ordered)
    title = "Checkpoints that never rank first, by the checkpoint above them"
    return [Heading(title), Items(rows)]


def _counts(audit: Audit) -> dict[str, int]:
    return {level: sum(defect.level == level for defect in audit.defects) for level in LEVELS}


UNCOVERED = (
    "a rule without effect on any scenario",
    "a supporting rule that does not fire in any scenario",
)
"""Descriptions of a deciding and of a supporting rule that no scenario covers."""


def checked_page(numbers: Mapping[str, int], overlays: Iterable[str]) -> Page:
    """Return the page of `advisor rules check`: what an overlay changes, then the counts."""
    counts = ", ".join(f"{number} {name}" for name, number in numbers.items())
    changes = tuple(Item("", f"overlay: {change}") for change in overlays)
    return [*([Items(changes)] if changes else []), Text(f"{counts}: no problems")]


def proof_page(proof: Proof) -> Page:
    """Return the page of `advisor rules test`: failures at file:line, then the counts."""
    rows = tuple(Item("-", f"{f.place}: {f.id} {f.message}") for f in proof.failures)
    page: Page = [Items(rows)] if rows else []
    ran = f"{count(proof.examples, 'example')} of rules, {count(proof.scenarios, 'scenario')}, "
    ran += f"{count(proof.relations, 'relation')} of checkpoints"
    tone = "good" if proof.passed else "bad"
    page.append(Text(f"{ran}: {count(len(proof.failures), 'failure')}", tone))
    if proof.differing:
        page.append(Text(f"scenarios marked `differs`: {', '.join(proof.differing)}", "quiet"))
    return page


def coverage_json(coverage: Coverage, places: Places) -> dict[str, Any]:
    """Return the JSON document of `advisor rules coverage --format json`."""
    return document(
        places.rulebase.digest,
        scenarios=coverage.scenarios,
        complete=coverage.complete,
        rules=[
            {
                "rule": rule.rule.id,
                **places.stands(rule.rule.place),
                "supporting": rule.rule.supporting,
                **some(rule, "covered", "decisive", "pivotal", "fires"),
            }
            for rule in coverage.rules
        ],
        tasks=coverage.tasks,
        families=coverage.families,
        leaves={
            task: {"reached": reached, "leaves": leaves}
            for task, (reached, leaves) in coverage.leaves.items()
        },
    )


def coverage_page(coverage: Coverage, places: Places) -> Page:
    """Return the page of `advisor rules coverage`: what no scenario covers, then the counts."""
    rows = [
        f"{places.lead(rule.rule.place)}`{rule.rule.id}` is {UNCOVERED[rule.rule.supporting]}"
        for rule in coverage.rules
        if not rule.covered
    ]
    rows += [f"`{id}` is a task without a scenario" for id in _bare(coverage.tasks)]
    rows += [f"`{id}` is a family that no scenario expects" for id in _bare(coverage.families)]
    page: Page = [Items(tuple(Item("-", text) for text in rows))] if rows else []
    deciding = [rule.covered for rule in coverage.rules if not rule.rule.supporting]
    supporting = [rule.covered for rule in coverage.rules if rule.rule.supporting]
    text = (
        f"{count(coverage.scenarios, 'scenario')} cover {_part(deciding)} deciding rules, "
        f"{_part(supporting)} supporting rules, {_part(coverage.tasks.values())} tasks and "
        f"{_part(coverage.families.values())} families"
    )
    page.append(Text(text, "good" if coverage.complete else "warn"))
    reached, leaves = (sum(leaf[n] for leaf in coverage.leaves.values()) for n in (0, 1))
    results = f"{reached:,} of {leaves:,} possible results (family, checkpoint and mode)"
    return [*page, Text(f"The scenarios reach {results}.", "quiet")]


def _bare(covered: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [id for id, scenarios in covered.items() if not scenarios]


def _part(covered: Collection[object]) -> str:
    return f"{sum(map(bool, covered))} of {len(covered)}"


ABSENT = "nothing"
SHOWN_IDS = 6
SIDE = ("tasks", "questions", "options", "cases")

Names = tuple[str, str]
"""The names of the old and the new rule base."""


def difference_json(difference: RuleBaseDifference, names: Names) -> dict[str, Any]:
    """Return the JSON document of `advisor rules diff --format json`."""
    (old, new), families, first = names, difference.families, difference.checkpoints
    return {
        "schema_version": SCHEMA_VERSION,
        "old": {"name": old, "rule_base": difference.old.rulebase.digest},
        "new": {"name": new, "rule_base": difference.new.rulebase.digest},
        **some(families, "compared", "changed"),
        "share": families.changed / families.compared,
        **plain(families),
        "lost": some(difference.old, *SIDE),
        "gained": some(difference.new, *SIDE),
        "entries": plain(difference.entries),
        "checkpoints": difference.typical,
        "first_checkpoints": {**some(first, "compared", "changed"), **plain(first)},
    }


def difference_page(difference: RuleBaseDifference, names: Names) -> Page:
    """Return the page: how many answers change, which, and what changed in the files."""
    old, new = names
    return [
        Heading(f"Rules: {old} → {new}"),
        *_summary(difference),
        *_moves("Another family", difference.families),
        *_moves("Another first checkpoint", difference.checkpoints),
        *_side(old, difference.old),
        *_side(new, difference.new),
        *_entries(difference.entries),
    ]


def _summary(difference: RuleBaseDifference) -> Page:
    families, first = difference.families, difference.checkpoints
    compared = f"{families.compared:,} compared answer combinations, at every memory size"
    text = f"The family and the first checkpoint are the same in all {compared}."
    if families.changed:
        part = share(families.changed, families.compared)
        text = f"The family differs in {part} of the answers: {families.changed:,} of {compared}."
    elif first.changed:
        text = f"The family is the same in all {compared}."
    page: Page = [Text(text, "warn" if families.changed or first.changed else "good")]
    if first.changed:
        part = share(first.changed, first.compared)
        text = f"The first checkpoint differs in {part} of the answers ({first.changed:,})."
        page.append(Text(text, "warn"))
    if lost := difference.old.cases:
        page.append(Text(f"{count(lost, 'case')} are no longer possible.", "warn"))
    return page


def _moves(title: str, changes: Changes) -> Page:
    """Return the largest changes under a heading; empty if there are none."""
    if not changes.moves:
        return []
    rows = tuple(
        Item(
            ">",
            " · ".join([move.task, *(f"{id}: {option}" for id, option in move.need.items())]),
            f"{move.old or ABSENT} → {move.new or ABSENT}; {count(move.cases, 'case')}",
        )
        for move in changes.moves
    )
    heading = f"{title}: the most common changes, each with a typical example"
    return [Heading(heading, 3), Items(rows)]


def _side(name: str, side: Side) -> Page:
    """Return one line about what only one rule base has; empty if it has nothing of its own."""
    options = tuple(f"{id}: {option}" for id, ids in side.options.items() for option in ids)
    named = {"tasks": side.tasks, "questions": side.questions, "options": options}
    parts = [f"{kind} {first_named(ids, SHOWN_IDS)}" for kind, ids in named.items() if ids]
    return [Text(f"Only in {name}: {'; '.join(parts)}.", "warn")] if parts else []


def _entries(entries: tuple[EntryChanges, ...]) -> Page:
    if not entries:
        return [Text("No rule, question, task, family, checkpoint or source differs.", "quiet")]
    rows = {
        what: [
            f"{entry.kind} {first_named(ids, SHOWN_IDS)}"
            for entry in entries
            if (ids := getattr(entry, what))
        ]
        for what in ("added", "removed", "changed")
    }
    rows["reordered"] = [entry.kind for entry in entries if entry.reordered]
    pairs = tuple((what, "; ".join(texts)) for what, texts in rows.items() if texts)
    return [Heading("Changed entries", 3), Pairs(pairs)]

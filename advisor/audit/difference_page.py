"""The difference of two rule bases as JSON and as a page, fit for a pull-request comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.audit.compared_rules import ComparedRules
from advisor.audit.difference import EntryChanges, Move, RuleBaseDifference, Side
from advisor.audit.patterns import PatternCover
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.version import SCHEMA_VERSION, plain
from advisor.model import NOT_APPLICABLE
from advisor.phrasing import NO_FAMILY, count, family_text, share
from advisor.rulebase.base import RuleBase

NOTHING = "nothing"
SHOWN_IDS = 6
FEW, MANY = 2, 4
"""Of a list of at least `MANY` options that lacks at most `FEW`, those that it lacks are named."""


def as_json(compared: ComparedRules) -> dict[str, Any]:
    """Return the JSON document of `advisor rules diff --format json`."""
    difference = compared.difference
    document = {
        "schema_version": SCHEMA_VERSION,
        "old": {"name": compared.names[0], "rule_base": difference.old.rule_base},
        "new": {"name": compared.names[1], "rule_base": difference.new.rule_base},
        "compared": difference.compared,
        "changed": difference.changed,
        "share": difference.changed / difference.compared,
        "moves": [
            {"from": move.old, "to": move.new, "tasks": move.tasks, **plain(move.cover)}
            for move in difference.moves
        ],
        "tasks": plain(difference.tasks),
        "lost": _side_json(difference.old),
        "gained": _side_json(difference.new),
        "entries": plain(difference.entries),
    }
    if compared.picks is not None:
        document["checkpoints"] = plain(compared.picks)
    return document


def _side_json(side: Side) -> dict[str, Any]:
    fields = plain(side)
    return {name: fields[name] for name in ("questions", "options", "beyond", "alone")}


def as_page(compared: ComparedRules) -> Page:
    """Return the page: how many answers change, which, per task, and what changed in the files."""
    difference = compared.difference
    old, new = compared.names
    page: Page = [Heading(f"Rules: {old} → {new}"), *_summary(difference)]
    for move in difference.moves:
        page += _move(move, compared)
    page += _tasks(difference)
    page += _side(difference.old, old, "what is no longer possible", compared)
    page += _side(difference.new, new, "what only the new rules know", compared)
    page += _picks(compared)
    page += _entries(difference.entries)
    return page


def _summary(difference: RuleBaseDifference) -> Page:
    compared = f"{difference.compared:,} complete profiles compared"
    if difference.changed:
        part = share(difference.changed, difference.compared)
        text = f"This changes {part} of answers: {difference.changed:,} of {compared}."
        page: Page = [Text(text, "warn")]
    else:
        page = [Text(f"This changes no answer: {compared}, each of them the same.", "good")]
    if difference.lost:
        lost = count(difference.lost, "profile")
        page.append(Text(f"{lost} are no longer possible.", "warn"))
    return page


def _move(move: Move, compared: ComparedRules) -> Page:
    part = share(move.cover.profiles, compared.difference.compared)
    return [
        Heading(f"{family_text(move.old, NO_FAMILY)} → {family_text(move.new, NO_FAMILY)}", 3),
        Text(f"{part} of answers: {move.cover.profiles:,} profiles"),
        *_patterns(move.cover, compared.rule_bases[0]),
    ]


def _patterns(cover: PatternCover, rulebase: RuleBase) -> Page:
    rows = []
    for pattern in cover.patterns:
        profiles = count(pattern.profiles, "profile")
        if pattern.fresh < pattern.profiles:
            profiles += f", {pattern.fresh:,} not named above"
        rows.append(Item(">", pattern_text(pattern.options, rulebase), profiles))
    if cover.left:
        rows.append(Item("", f"{count(cover.left, 'other profile')}; --all shows every pattern"))
    return [Items(tuple(rows))] if rows else []


def pattern_text(options: Mapping[str, Sequence[str]], rulebase: RuleBase) -> str:
    """Return `output: free-text, fields · training: anything but ready-made`."""
    if not options:
        return "every profile"
    return " · ".join(_condition(id, chosen, rulebase) for id, chosen in options.items())


def _condition(id: str, chosen: Sequence[str], rulebase: RuleBase) -> str:
    question = rulebase.question(id)
    known = [option.id for option in question.options]
    known += [NOT_APPLICABLE] if question.ask_if else []
    lacking = [option for option in known if option not in chosen]
    if len(chosen) >= MANY and 0 < len(lacking) <= FEW:
        return f"{id}: anything but {' and '.join(lacking)}"
    return f"{id}: {', '.join(chosen)}"


def _tasks(difference: RuleBaseDifference) -> Page:
    rows = tuple(
        (one.task, share(one.changed, one.compared), f"{one.changed:,}", f"{one.compared:,}")
        for one in sorted(difference.tasks, key=lambda one: -one.changed / max(one.compared, 1))
        if one.changed
    )
    if not rows:
        return []
    return [Heading("By task", 3), Table(("task", "share", "changed", "compared"), rows)]


def _side(side: Side, name: str, what: str, compared: ComparedRules) -> Page:
    facts = []
    if side.questions:
        facts.append(("questions that only it asks", ", ".join(side.questions)))
    for question, options in side.options.items():
        facts.append((f"options of {question} that only it has", ", ".join(options)))
    if side.beyond:
        facts.append(("profiles with such options", f"{side.beyond:,} of {side.profiles:,}"))
    if side.alone.profiles:
        facts.append(("profiles that only it admits", f"{side.alone.profiles:,}"))
    if not facts:
        return []
    page: Page = [Heading(f"Only in {name}: {what}", 3), Pairs(tuple(facts))]
    if side.questions:
        page.append(Text("Such questions are filled with their typical answers there.", "quiet"))
    return page + _patterns(side.alone, compared.rule_bases[0])


def _picks(compared: ComparedRules) -> Page:
    if compared.picks is None:
        return []
    if not compared.picks:
        return [Text("No typical profile of a task gets another checkpoint first.", "good")]
    rows = tuple((one.task, one.old or NOTHING, one.new or NOTHING) for one in compared.picks)
    return [
        Heading("First checkpoint of a task's typical profile", 3),
        Table(("task", "before", "after"), rows, wide=2),
    ]


def _entries(entries: tuple[EntryChanges, ...]) -> Page:
    if not entries:
        return [Text("No rule, question, task, family, checkpoint or source differs.", "quiet")]
    rows = (
        ("added", [_ids(entry.kind, entry.added) for entry in entries]),
        ("removed", [_ids(entry.kind, entry.removed) for entry in entries]),
        ("changed", [_ids(entry.kind, entry.changed) for entry in entries]),
        ("reordered", [entry.kind for entry in entries if entry.reordered]),
    )
    pairs = ((what, "; ".join(text for text in texts if text)) for what, texts in rows)
    return [Heading("In the files", 3), Pairs(tuple(pair for pair in pairs if pair[1]))]


def _ids(kind: str, ids: tuple[str, ...]) -> str:
    """Return `rule a, b, c and 7 more`; JSON names all."""
    if not ids:
        return ""
    more = len(ids) - SHOWN_IDS
    shown = ", ".join(ids[:SHOWN_IDS])
    return f"{kind} {shown}" + (f" and {more} more" if more > 0 else "")

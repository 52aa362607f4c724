"""The difference of two rule bases as JSON and as a page, fit for a pull-request comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.audit.checkpoint_changes import CheckpointDifference, TaskChange
from advisor.audit.difference import EntryChanges, RuleBaseDifference, Side
from advisor.audit.patterns import PatternCover
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.model import NOT_APPLICABLE
from advisor.phrasing import NO_FAMILY, count, family_text, first_named, options_text, share
from advisor.rulebase.base import RuleBase

NOTHING = "nothing"
SHOWN_IDS = 6
SHOWN_TASKS = 5
MANY = 4
"""Of so many options, those that they lack are named where these are few."""

Names = tuple[str, str]
"""What the old and the new rule base are called."""


def as_json(difference: RuleBaseDifference, names: Names) -> dict[str, Any]:
    """Return the JSON document of `advisor rules diff --format json`."""
    (old, new), first = names, difference.checkpoints
    return {
        "schema_version": SCHEMA_VERSION,
        "old": {"name": old, "rule_base": difference.old.rulebase.digest},
        "new": {"name": new, "rule_base": difference.new.rulebase.digest},
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
        "checkpoints": plain(first.typical),
        "first_checkpoints": {
            "compared": first.compared,
            "changed": first.changed,
            "tasks": plain(first.tasks),
            "moves": plain(first.moves),
        },
    }


def _side_json(side: Side) -> dict[str, Any]:
    fields = plain(side)
    return {name: fields[name] for name in ("questions", "options", "beyond", "alone")}


def as_page(difference: RuleBaseDifference, names: Names) -> Page:
    """Return the page: how many answers change, which, per task, and what changed in the files."""
    (old, new), before = names, difference.old.rulebase
    page: Page = [Heading(f"Rules: {old} → {new}"), *_summary(difference)]
    for move in difference.moves:
        part = share(move.cover.profiles, difference.compared)
        page += [
            Heading(" → ".join(family_text(one, NO_FAMILY) for one in (move.old, move.new)), 3),
            Text(f"{part} of answers: {move.cover.profiles:,} profiles"),
            *_patterns(move.cover, before),
        ]
    return [
        *page,
        *_tasks(difference),
        *_side(difference.old, f"Only in {old}: what is no longer possible", before),
        *_side(difference.new, f"Only in {new}: what only the new rules know", before),
        *_checkpoints(difference.checkpoints),
        *_entries(difference.entries),
    ]


def _summary(difference: RuleBaseDifference) -> Page:
    first = difference.checkpoints
    compared = f"{difference.compared:,} complete profiles compared"
    if difference.changed:
        part = share(difference.changed, difference.compared)
        text = (
            f"This changes the family of {part} of answers: {difference.changed:,} of {compared}."
        )
    elif first.changed:
        text = f"This changes no family: {compared}."
    else:
        text = f"This changes no answer: {compared}, family and first checkpoint of each the same."
    page: Page = [Text(text, "warn" if difference.changed or first.changed else "good")]
    if first.changed:
        part = share(first.changed, first.compared)
        text = f"It changes the first checkpoint of {part}: {first.changed:,} of {first.compared:,}"
        page.append(Text(f"{text} cases, with every size of memory and every kind.", "warn"))
    if lost := difference.old.unshared:
        page.append(Text(f"{count(lost, 'profile')} are no longer possible.", "warn"))
    return page


def _patterns(cover: PatternCover, rulebase: RuleBase) -> Page:
    rows = []
    for pattern in cover.patterns:
        profiles = count(pattern.profiles, "profile")
        if pattern.fresh < pattern.profiles:
            profiles += f", {pattern.fresh:,} not named above"
        rows.append(Item(">", _options(pattern.options, rulebase) or "every profile", profiles))
    if cover.left:
        rows.append(Item("", f"{count(cover.left, 'other profile')}; --all shows every pattern"))
    return [Items(tuple(rows))] if rows else []


def _options(options: Mapping[str, Sequence[str]], rulebase: RuleBase) -> str:
    """Return `output: free-text, fields · training: anything but ready-made`."""
    conditions = []
    for id, chosen in options.items():
        question = rulebase.question(id)
        known = [option.id for option in question.options]
        known += [NOT_APPLICABLE] if question.ask_if else []
        conditions.append(f"{id}: {options_text(chosen, known, MANY)}")
    return " · ".join(conditions)


def _tasks(difference: RuleBaseDifference) -> Page:
    """Return for each task with a change the share of profiles, and of cases, that change."""
    firsts = {one.task: one for one in difference.checkpoints.tasks}
    pairs = [(one, firsts.get(one.task, TaskChange(one.task, 0, 0))) for one in difference.tasks]
    changed = [pair for pair in pairs if any(one.changed for one in pair)]
    changed.sort(key=lambda pair: [-one.changed / max(one.compared, 1) for one in pair])
    rows = tuple(
        (family.task, *(share(one.changed, one.compared) for one in (family, first)))
        for family, first in changed
    )
    if not rows:
        return []
    return [Heading("By task", 3), Table(("task", "family", "first checkpoint"), rows)]


def _side(side: Side, heading: str, rulebase: RuleBase) -> Page:
    beyond = f"{side.beyond:,} of {side.profiles:,}" if side.beyond else ""
    alone = f"{side.alone.profiles:,}" if side.alone.profiles else ""
    facts = {
        "questions that only it asks": ", ".join(side.questions),
        **{f"options of {id} that only it has": ", ".join(ids) for id, ids in side.options.items()},
        "profiles with such options": beyond,
        "profiles that only it admits": alone,
    }
    rows = tuple((name, fact) for name, fact in facts.items() if fact)
    if not rows:
        return []
    typical = Text("Such questions are filled with their typical answers there.", "quiet")
    page: Page = [Heading(heading, 3), Pairs(rows), *([typical] if side.questions else [])]
    return page + _patterns(side.alone, rulebase)


def _checkpoints(first: CheckpointDifference) -> Page:
    """Return the changes of most cases, and those of tasks of which nothing else is said."""
    page: Page = []
    if first.moves:
        rows = tuple(
            Item(
                ">",
                " · ".join([one.task, *(f"{id}: {option}" for id, option in one.need.items())]),
                f"{one.old or NOTHING} → {one.new or NOTHING}; {count(one.cases, 'case')}",
            )
            for one in first.moves
        )
        title = "Another first checkpoint: the changes of most cases, each by its most typical need"
        page += [Heading(title, 3), Items(rows)]
    if first.typical:
        shown = first.typical[:SHOWN_TASKS]
        cells = tuple((one.task, one.old or NOTHING, one.new or NOTHING) for one in shown)
        page += [
            Heading("First checkpoint where the task alone is said, the most often asked first", 3),
            Table(("task", "before", "after"), cells, wide=2),
        ]
    if more := [one.task for one in first.typical[SHOWN_TASKS:]]:
        page.append(Text(f"so do {', '.join(more)}; --format json has theirs", "quiet"))
    return page


def _entries(entries: tuple[EntryChanges, ...]) -> Page:
    if not entries:
        return [Text("No rule, question, task, family, checkpoint or source differs.", "quiet")]
    rows = {
        what: [
            f"{one.kind} {first_named(ids, SHOWN_IDS)}"
            for one in entries
            if (ids := getattr(one, what))
        ]
        for what in ("added", "removed", "changed")
    }
    rows["reordered"] = [one.kind for one in entries if one.reordered]
    pairs = tuple((what, "; ".join(texts)) for what, texts in rows.items() if texts)
    return [Heading("In the files", 3), Pairs(pairs)]

"""The difference of two rule bases as JSON and as a page, fit for a pull-request comment."""

from __future__ import annotations

from typing import Any

from advisor.audit.difference import Changes, EntryChanges, RuleBaseDifference, Side
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.phrasing import count, first_named, share

NOTHING = "nothing"
SHOWN_IDS = 6
SHOWN_TASKS = 5

Names = tuple[str, str]
"""What the old and the new rule base are called."""


def as_json(difference: RuleBaseDifference, names: Names) -> dict[str, Any]:
    """Return the JSON document of `advisor rules diff --format json`."""
    (old, new), families, first = names, difference.families, difference.checkpoints
    return {
        "schema_version": SCHEMA_VERSION,
        "old": {"name": old, "rule_base": difference.old.rulebase.digest},
        "new": {"name": new, "rule_base": difference.new.rulebase.digest},
        "compared": families.compared,
        "changed": families.changed,
        "share": families.changed / families.compared,
        **plain(families),
        "lost": _side_json(difference.old),
        "gained": _side_json(difference.new),
        "entries": plain(difference.entries),
        "checkpoints": plain(difference.typical),
        "first_checkpoints": {
            "compared": first.compared,
            "changed": first.changed,
            **plain(first),
        },
    }


def _side_json(side: Side) -> dict[str, Any]:
    fields = plain(side)
    return {name: fields[name] for name in ("tasks", "questions", "options", "cases")}


def as_page(difference: RuleBaseDifference, names: Names) -> Page:
    """Return the page: how many answers change, which, per task, and what changed in the files."""
    old, new = names
    return [
        Heading(f"Rules: {old} → {new}"),
        *_summary(difference),
        *_tasks(difference),
        *_moves("Another family", difference.families),
        *_moves("Another first checkpoint", difference.checkpoints),
        *_typical(difference),
        *_side(difference.old, f"Only in {old}: combinations that are no longer possible"),
        *_side(difference.new, f"Only in {new}: tasks, questions and options"),
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


def _tasks(difference: RuleBaseDifference) -> Page:
    """Return for each task with a change the share of cases that change."""
    pairs = zip(difference.families.tasks, difference.checkpoints.tasks, strict=True)
    changed = [pair for pair in pairs if any(task_change.changed for task_change in pair)]
    changed.sort(key=lambda pair: [-side.changed / max(side.compared, 1) for side in pair])
    rows = tuple(
        (pair[0].task, *(share(side.changed, side.compared) for side in pair)) for pair in changed
    )
    if not rows:
        return []
    return [Heading("By task", 3), Table(("task", "family", "first checkpoint"), rows)]


def _moves(title: str, changes: Changes) -> Page:
    """Return the changes of most cases."""
    if not changes.moves:
        return []
    rows = tuple(
        Item(
            ">",
            " · ".join([move.task, *(f"{id}: {option}" for id, option in move.need.items())]),
            f"{move.old or NOTHING} → {move.new or NOTHING}; {count(move.cases, 'case')}",
        )
        for move in changes.moves
    )
    heading = f"{title}: the most common changes, each with a typical example"
    return [Heading(heading, 3), Items(rows)]


def _typical(difference: RuleBaseDifference) -> Page:
    """Return the first checkpoints of tasks of which nothing else is said."""
    page: Page = []
    if difference.typical:
        shown = difference.typical[:SHOWN_TASKS]
        cells = tuple((move.task, move.old or NOTHING, move.new or NOTHING) for move in shown)
        page += [
            Heading("First checkpoint for the default answers, by how frequent the task is", 3),
            Table(("task", "before", "after"), cells, wide=2),
        ]
    if more := [pick_change.task for pick_change in difference.typical[SHOWN_TASKS:]]:
        page.append(Text(f"{', '.join(more)} also change (--json lists the changes)", "quiet"))
    return page


def _side(side: Side, heading: str) -> Page:
    facts = {
        "unshared tasks": ", ".join(side.tasks),
        "unshared questions": ", ".join(side.questions),
        **{f"unshared options of {id}": ", ".join(ids) for id, ids in side.options.items()},
        "unshared cases": f"{side.cases:,}" if side.cases else "",
    }
    rows = tuple((name, fact) for name, fact in facts.items() if fact)
    if not rows:
        return []
    typical = Text("The other rule base uses default answers for these questions.", "quiet")
    return [Heading(heading, 3), Pairs(rows), *([typical] if side.questions else [])]


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

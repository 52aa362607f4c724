"""The difference of two rule bases as JSON and as a page, fit for a pull-request comment."""

from __future__ import annotations

from typing import Any

from advisor.audit.difference import Changes, EntryChanges, RuleBaseDifference, Side
from advisor.decide.recommendation_json import some
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.phrasing import count, first_named, share

NOTHING = "nothing"
SHOWN_IDS = 6
SHOWN_TASKS = 5
SIDE = ("tasks", "questions", "options", "cases")

Names = tuple[str, str]
"""What the old and the new rule base are called."""


def as_json(difference: RuleBaseDifference, names: Names) -> dict[str, Any]:
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
        "checkpoints": plain(difference.typical),
        "first_checkpoints": {**some(first, "compared", "changed"), **plain(first)},
    }


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
    texts = [text]
    if first.changed:
        part = share(first.changed, first.compared)
        texts.append(f"The first checkpoint differs in {part} of the answers ({first.changed:,}).")
    if lost := difference.old.cases:
        texts.append(f"{count(lost, 'case')} are no longer possible.")
    good = not (families.changed or first.changed)
    return [
        Text(text, "good" if good and place == 0 else "warn") for place, text in enumerate(texts)
    ]


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
    if not difference.typical:
        return []
    shown, more = difference.typical[:SHOWN_TASKS], difference.typical[SHOWN_TASKS:]
    cells = tuple((move.task, move.old or NOTHING, move.new or NOTHING) for move in shown)
    title = "First checkpoint for the default answers, by how frequent the task is"
    page: Page = [Heading(title, 3), Table(("task", "before", "after"), cells, wide=2)]
    if more:
        names = ", ".join(change.task for change in more)
        page.append(Text(f"{names} also change (--json lists the changes)", "quiet"))
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

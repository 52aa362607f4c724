"""The difference of two rule bases as JSON and as a page, fit for a pull-request comment."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.audit.difference import Difference, Move, Side
from advisor.audit.inventory import EntryChanges
from advisor.audit.pattern_words import pattern_text
from advisor.audit.patterns import Cover
from advisor.decide.recommendation import recommend
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.model.entities import NONE, TASK
from advisor.phrasing import count, share
from advisor.rulebase.base import RuleBase

NOTHING = "nothing"
SHOWN_IDS = 6


class PickChange(NamedTuple):
    """A task whose typical profile gets another checkpoint first; None where there is none."""

    task: str
    old: str | None
    new: str | None


class Compared(NamedTuple):
    """Two rule bases, what they are called, and what differs."""

    names: tuple[str, str]
    rule_bases: tuple[RuleBase, RuleBase]
    difference: Difference
    picks: tuple[PickChange, ...] | None = None


def pick_changes(old: RuleBase, new: RuleBase) -> tuple[PickChange, ...]:
    """Return the tasks of both whose typical profile gets another checkpoint first."""
    known = {task.id for task in new.tasks}
    found = [
        PickChange(task.id, _first_pick(old, task.id), _first_pick(new, task.id))
        for task in old.tasks
        if task.id in known
    ]
    return tuple(one for one in found if one.old != one.new)


def _first_pick(rulebase: RuleBase, task: str) -> str | None:
    (advice,) = recommend(rulebase, {TASK: task}).advice
    picks = advice.selection.picks
    return picks[0].checkpoint.id if picks else None


def as_json(compared: Compared) -> dict[str, Any]:
    """Return the JSON document of `advisor rules diff --format json`."""
    found = compared.difference
    return {
        "schema_version": SCHEMA_VERSION,
        "old": {"name": compared.names[0], "rule_base": found.old.rule_base},
        "new": {"name": compared.names[1], "rule_base": found.new.rule_base},
        "compared": found.compared,
        "changed": found.changed,
        "share": found.changed / found.compared,
        "moves": [
            {
                "from": move.old,
                "to": move.new,
                "tasks": move.tasks,
                **_cover_json(move.cover),
            }
            for move in found.moves
        ],
        "tasks": [task._asdict() for task in found.tasks],
        "lost": _side_json(found.old),
        "gained": _side_json(found.new),
        "entries": [entry._asdict() for entry in found.entries],
        **(
            {}
            if compared.picks is None
            else {"checkpoints": [pick._asdict() for pick in compared.picks]}
        ),
    }


def _cover_json(cover: Cover) -> dict[str, Any]:
    return {
        "profiles": cover.profiles,
        "patterns": [pattern._asdict() for pattern in cover.patterns],
        "left": cover.left,
    }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "questions": list(side.questions),
        "options": side.options,
        "beyond": side.beyond,
        "alone": _cover_json(side.alone),
    }


def as_page(compared: Compared) -> Page:
    """Return the page: how many answers change, which, per task, and what changed in the files."""
    found = compared.difference
    page: Page = [
        Heading(f"Rules: {compared.names[0]} → {compared.names[1]}"),
        *_summary(found),
    ]
    for move in found.moves:
        page += _move(move, compared)
    page += _tasks(found)
    page += _side(found.old, compared.names[0], "what is not possible any more", compared)
    page += _side(found.new, compared.names[1], "what only the new rules know", compared)
    page += _picks(compared)
    page += _entries(found.entries)
    return page


def _summary(found: Difference) -> Page:
    compared = f"{found.compared:,} complete profiles compared"
    if found.changed:
        part = share(found.changed, found.compared)
        text = f"This changes {part} of answers: {found.changed:,} of {compared}."
        page: Page = [Text(text, "warn")]
    else:
        page = [Text(f"This changes no answer: {compared}, each of them the same.", "good")]
    if found.lost:
        page.append(Text(f"{count(found.lost, 'profile')} are not possible any more.", "warn"))
    return page


def _move(move: Move, compared: Compared) -> Page:
    whole = compared.difference.compared
    return [
        Heading(f"{_name(move.old)} → {_name(move.new)}", 3),
        Text(f"{share(move.cover.profiles, whole)} of answers: {move.cover.profiles:,} profiles"),
        *_patterns(move.cover, compared.rule_bases[0]),
    ]


def _patterns(cover: Cover, rulebase: RuleBase) -> Page:
    rows = [
        Item(
            ">",
            pattern_text(pattern.options, rulebase),
            f"{count(pattern.profiles, 'profile')}"
            + (f", {pattern.fresh:,} not named above" if pattern.fresh < pattern.profiles else ""),
        )
        for pattern in cover.patterns
    ]
    if cover.left:
        rows.append(Item("", f"{count(cover.left, 'profile')} besides; --all shows every pattern"))
    return [Items(tuple(rows))] if rows else []


def _tasks(found: Difference) -> Page:
    rows = tuple(
        (one.task, share(one.changed, one.compared), f"{one.changed:,}", f"{one.compared:,}")
        for one in sorted(found.tasks, key=lambda one: -one.changed / max(one.compared, 1))
        if one.changed
    )
    if not rows:
        return []
    return [
        Heading("By task", 3),
        Table(("task", "share", "changed", "compared"), rows),
    ]


def _side(side: Side, name: str, what: str, compared: Compared) -> Page:
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


def _picks(compared: Compared) -> Page:
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


def _name(family: str) -> str:
    return "none of the families" if family == NONE else family

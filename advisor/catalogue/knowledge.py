"""What advisor knows, by kind: look-ups by id, and each thing as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from advisor.catalogue.checkpoint_page import checkpoint_page
from advisor.catalogue.page import (
    criterion_page,
    family_page,
    question_page,
    rule_page,
    source_page,
    task_page,
)
from advisor.catalogue.uncatalogued import as_checkpoint, find_uncatalogued
from advisor.decide.memory import memory_gb
from advisor.decide.programs import snippet
from advisor.draw.blocks import Page
from advisor.draw.version import SCHEMA_VERSION, plain
from advisor.errors import UsageError, nearest, unknown_name
from advisor.model import Task
from advisor.rulebase.base import RuleBase


class Kind(NamedTuple):
    """One kind of thing: its noun, all of it by id, a row of a listing, and a page."""

    noun: str
    all: Callable[[RuleBase], dict[str, Any]]
    columns: tuple[str, ...]
    row: Callable[[Any, RuleBase], tuple[str, ...]]
    page: Callable[[Any, RuleBase], Page]


def plural(kind: str) -> str:
    """Return a kind's plural, whichever was given. Raises UsageError for others."""
    found = next((many for many, one in KINDS.items() if kind in (many, one.noun)), None)
    if found is None:
        raise unknown_name("kind", kind, list(KINDS), f"kinds: {', '.join(KINDS)}")
    return found


def find(rulebase: RuleBase, id: str, kind: str | None = None) -> tuple[str, Any]:
    """Return the kind and the thing with this id or alias, searching all kinds.

    Raises UsageError with the nearest known id.
    """
    kinds = [plural(kind)] if kind else list(KINDS)
    known: list[str] = []
    for name in kinds:
        things = KINDS[name].all(rulebase)
        aliases = _aliases(rulebase, name)
        found = things.get(id) or aliases.get(id)
        if found is not None:
            return name, found
        known += [*things, *aliases]
    if "tasks" in kinds and id in rulebase.words:
        return "tasks", rulebase.meant(id)[0]
    close = nearest(id, known)
    noun = KINDS[plural(kind)].noun if kind else "thing"
    raise unknown_name(
        noun, id, [close] if close else [], "`advisor list KIND` prints what is known"
    )


def find_comparable(rulebase: RuleBase, ids: list[str], cache: Path) -> tuple[str, list[Any]]:
    """Return what is to be compared, and its kind: families or checkpoints.

    A checkpoint outside the catalogue may be a folder, or lie in the hub cache at `cache`. Raises
    UsageError where there are fewer than two, or of two kinds.
    """
    if len(set(ids)) < 2:
        raise UsageError(
            "two things are needed to compare", hint="advisor compare clip unified-vlp"
        )
    found = [_comparable(rulebase, id, cache) for id in ids]
    if len({thing.id for _, thing in found}) < len(found):
        raise UsageError(
            f"{' and '.join(ids)} are one and the same", hint="name two different things"
        )
    kinds = {kind for kind, _ in found}
    if len(kinds) > 1:
        raise UsageError(
            "families compare with families, checkpoints with checkpoints", hint="name one kind"
        )
    return kinds.pop(), [thing for _, thing in found]


def _comparable(rulebase: RuleBase, id: str, cache: Path) -> tuple[str, Any]:
    known = rulebase.checkpoints.get(id)
    if known is not None:
        return "checkpoints", known
    if id in rulebase.family_names:
        return "families", rulebase.family(id)
    uncatalogued = find_uncatalogued(rulebase, id, cache)
    if uncatalogued is not None:
        return "checkpoints", as_checkpoint(uncatalogued)
    if "/" in id:
        return find(rulebase, id, "checkpoints")
    named = [*rulebase.family_names, *rulebase.checkpoints]
    raise unknown_name("thing", id, named, "`advisor list checkpoints` prints them")


def _aliases(rulebase: RuleBase, kind: str) -> dict[str, Any]:
    named: dict[str, dict[str, Any]] = {
        "tasks": dict(rulebase.task_names),
        "families": dict(rulebase.family_names),
    }
    return named.get(kind, {})


def page(rulebase: RuleBase, kind: str, thing: Any) -> Page:
    """Return the page of one thing."""
    return KINDS[kind].page(thing, rulebase)


def thing_json(rulebase: RuleBase, kind: str, thing: Any) -> dict[str, Any]:
    """Return one thing as JSON."""
    body = fields_of(rulebase, thing)
    if kind == "families":
        body |= {
            "description": plain(rulebase.descriptions[thing.id]),
            "claims": plain(rulebase.claims[thing.id]),
        }
    if kind == "checkpoints":
        body |= {
            "memory_gb": memory_gb(thing),
            "snippet": snippet(thing, None, rulebase.programs),
        }
    if "kind" in body:
        body["type"] = body.pop("kind")  # a source is of a type: paper, code, results
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": rulebase.digest,
        "kind": KINDS[kind].noun,
        **body,
    }


def fields_of(rulebase: RuleBase, thing: Any) -> dict[str, Any]:
    """Return the fields of a thing as JSON, under the names that files have for them."""
    fields: dict[str, Any] = plain(thing)
    for field, key in rulebase.keys_of(type(thing)).items():
        fields[key] = fields.pop(field)
    return fields


KINDS: dict[str, Kind] = {
    "families": Kind(
        "family",
        lambda r: {f.id: f for f in r.families},
        ("family", "name"),
        lambda f, _: (f.id, f.name),
        family_page,
    ),
    "tasks": Kind(
        "task",
        lambda r: {t.id: t for t in r.tasks},
        ("task", "best done by", "what it is"),
        lambda t, r: (t.id, _best(t, r), t.name),
        task_page,
    ),
    "questions": Kind(
        "question",
        lambda r: {q.id: q for q in r.questions},
        ("question", "options", "asked as"),
        lambda q, _: (q.id, str(len(q.options)), q.ask),
        question_page,
    ),
    "criteria": Kind(
        "criterion",
        lambda r: {c.id: c for c in r.criteria},
        ("criterion", "name"),
        lambda c, _: (c.id, c.name),
        criterion_page,
    ),
    "rules": Kind(
        "rule",
        lambda r: {x.id: x for x in r.rules},
        ("rule", "effect"),
        lambda x, _: (x.id, f"{x.effect} {', '.join(x.candidates)}"),
        rule_page,
    ),
    "sources": Kind(
        "source",
        lambda r: r.sources,
        ("source", "read", "title"),
        lambda s, _: (s.id, s.read, s.title),
        source_page,
    ),
    "checkpoints": Kind(
        "checkpoint",
        lambda r: r.checkpoints,
        ("checkpoint", "million", "licence"),
        lambda c, _: (
            c.id,
            "?" if c.parameters_millions is None else f"{c.parameters_millions:g}",
            c.licence or "unknown",
        ),
        checkpoint_page,
    ),
}


def _best(task: Task, rulebase: RuleBase) -> str:
    by_fit = {
        fit: [f.id for f in rulebase.families if task.id in f.tasks and f.tasks[task.id].fit == fit]
        for fit in ("best", "good")
    }
    return ", ".join(by_fit["best"] or by_fit["good"]) or ("none" if task.elsewhere else "")

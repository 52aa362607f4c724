"""Checked entries to compiled parts: plain lists that load fast, in the order of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.model import (
    Criterion,
    Declaration,
    Elsewhere,
    Family,
    Fit,
    NameChange,
    Never,
    Option,
    Question,
    Rule,
    Task,
)
from advisor.model.scenario import Example, Scenario, Tie
from advisor.model.source import Source
from advisor.reader.terms import EFFECTS, SECTIONS
from advisor.rulebase.compile_catalogue import catalogue_parts, pick
from advisor.rulebase.derive import derived_never, derived_rules

Entries = Mapping[str, Mapping[str, Any]]


def compile_parts(entries: Entries, changes: list[str], digest: str) -> dict[str, dict[str, Any]]:
    """Return all parts of a rule base as values that JSON can hold."""
    criteria = [
        Criterion(*pick(e.value, "id", "name", "because")) for e in _all(entries, "criterion")
    ]
    tasks = [_task(e.value) for e in _all(entries, "task")]
    questions = [_question(e.value, tasks) for e in _all(entries, "question")]
    families = sorted(
        (_family(e.value) for e in _all(entries, "family")), key=lambda f: (f.rank, f.id)
    )
    judges = {e.value.get("judges"): e.value["id"] for e in _all(entries, "criterion")}
    declarations = judges.get("declarations", criteria[0].id)
    fits = judges.get("fits", criteria[-1].id)
    written = [_rule(e.value, e.place) for e in _all(entries, "rule")]
    derived = derived_rules(families, questions, tasks, declarations, fits)
    never = [
        Never(v.value["id"], v.value["when"], v.value["because"], "never")
        for v in _all(entries, "never")
    ]
    return {
        "core": {
            "digest": digest,
            "overlays": changes,
            "criteria": criteria,
            "questions": questions,
            "tasks": tasks,
            "families": families,
            "rules": written + derived,
            "never": never + derived_never(questions, tasks),
        },
        "detail": {
            "sources": [_source(e.value) for e in _all(entries, "source")],
            "descriptions": {e.value["id"]: _description(e.value) for e in _all(entries, "family")},
            "claims": {
                e.value["id"]: [
                    pick(claim, "claim", "status", "truth", "sources")
                    for claim in e.value.get("claims", [])
                ]
                for e in _all(entries, "family")
            },
        },
        **catalogue_parts(
            {kind: [entry.value for entry in found.values()] for kind, found in entries.items()}
        ),
        "drift": {
            "changes": [
                NameChange(*pick(e.value, *NameChange._fields))
                for e in entries.get("change", {}).values()
            ]
        },
        "checks": {"checks": [_check(e.value) for e in entries.get("check", {}).values()]},
        "proof": {
            "examples": [x for e in _all(entries, "rule") for x in _examples(e)],
            "scenarios": [_scenario(e.value, e.place) for e in _all(entries, "scenario")],
            "ties": [_tie(e.value, e.place) for e in entries.get("tie", {}).values()],
            "places": {
                kind: {id: entry.place for id, entry in of_kind.items()}
                for kind, of_kind in entries.items()
            },
        },
    }


def _all(entries: Entries, kind: str) -> list[Any]:
    return list(entries[kind].values())


def _question(value: dict[str, Any], tasks: list[Task]) -> Question:
    if value.get("options_from") == "tasks":
        options = tuple(
            Option(task.id, task.name, task.aliases, None, {}, [], []) for task in tasks
        )
    else:
        options = tuple(
            Option(
                o["id"],
                o["label"],
                o.get("aliases", []),
                o.get("up_to"),
                o.get("requires", {}),
                o.get("uses", []),
                o.get("keeps", []),
                o.get("dtype"),
                o.get("order"),
            )
            for o in value["options"]
        )
    return Question(
        value["id"],
        value["ask"],
        value["why"],
        options,
        value.get("many", False),
        value.get("unit"),
        value.get("declared_by"),
        value.get("ask_if", {}),
    )


def _task(value: dict[str, Any]) -> Task:
    found = value.get("elsewhere")
    elsewhere = found and Elsewhere(
        found["task"], found["because"], found["sources"], found.get("checkpoints", [])
    )
    return Task(
        value["id"],
        value["name"],
        value["description"],
        value.get("aliases", []),
        value.get("hub_tasks", []),
        value.get("implies", {}),
        value.get("note"),
        value.get("sources", []),
        value.get("words", {}),
        value.get("example", {}),
        elsewhere,
    )


def _family(value: dict[str, Any]) -> Family:
    def reasons(part: dict[str, Any]) -> dict[str, Declaration]:
        return {key: Declaration(v["because"], v["sources"]) for key, v in part.items()}

    return Family(
        value["id"],
        value["name"],
        value.get("aliases", []),
        value["rank"],
        value.get("composable", False),
        value["summary"],
        reasons(value["takes"]),
        reasons(value["gives"]),
        {k: Fit(v["fit"], v["because"], v["sources"]) for k, v in value["tasks"].items()},
        reasons(value.get("cannot", {})),
    )


def _description(value: dict[str, Any]) -> dict[str, Any]:
    found = value.get("description", {})
    return {
        section: [[s["text"], s["sources"], s.get("inferred", False)] for s in found[section]]
        for section in SECTIONS
        if section in found
    }


def _rule(value: dict[str, Any], place: str) -> Rule:
    effect = next(effect for effect in EFFECTS if effect in value)
    candidates = value[effect] if isinstance(value[effect], list) else [value[effect]]
    return Rule(
        value["id"],
        value["criterion"],
        value["when"],
        effect,
        candidates,
        value["because"],
        value["sources"],
        value.get("supporting", False),
        derived="",
        place=place,
    )


def _source(value: dict[str, Any]) -> Source:
    return Source(*pick(value, "id", "title", "kind", "url", "version", "read", "note"))


def _examples(entry: Any) -> list[Example]:
    id = entry.value["id"]
    return [Example(id, e["given"], e["fires"], entry.place) for e in entry.value["examples"]]


def _tie(value: dict[str, Any], place: str) -> Tie:
    return Tie._make([*pick(value, "id", "between", "when", "because", "sources"), place])


def _check(value: dict[str, Any]) -> list[Any]:
    example = value["example"]
    return [
        *pick(value, "id", "level", "summary", "because"),
        value.get("sources", []),
        value["page"],
        value.get("knowledge", {}),
        [example.get("file", "app.py"), example["bad"], example["good"]],
        example.get("beside", {}),
        example.get("options", []),
    ]


def _scenario(value: dict[str, Any], place: str) -> Scenario:
    family = value["family"]
    return Scenario(
        value["id"],
        value.get("need"),
        value.get("source"),
        value["profile"],
        value.get("outcome"),
        family if isinstance(family, list) else [family],
        value.get("never", []),
        value.get("because", []),
        value.get("differs"),
        place,
    )

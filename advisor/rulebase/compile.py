"""Checked entries to compiled parts: declared values, what follows from them, what is joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from advisor.model import (
    ANY_TYPE,
    Checkpoint,
    Family,
    Option,
    Program,
    Question,
    Rule,
    RunnerUse,
    Task,
)
from advisor.model.columns import besides, build, plan
from advisor.model.evidence import ArticleClaim, Example, Scenario, Source, Statement, Tie
from advisor.model.family import EFFECTS, SECTIONS
from advisor.model.file_kinds import ENTITIES
from advisor.model.library import Architecture, CheckExample, CheckRule
from advisor.model.value import encode
from advisor.rulebase.derive import derived_never, derived_rules

if TYPE_CHECKING:
    from advisor.rulebase.assemble import Entries, Entry

    Found = Mapping[str, Sequence[Entry]]


def compile_parts(entries: Entries, changes: list[str], digest: str) -> dict[str, dict[str, Any]]:
    """Return all parts of a rule base as values that JSON can hold."""
    found = {kind: list(entries.get(kind, {}).values()) for kind in ENTITIES}
    architectures: list[Architecture] = _built("architecture", found)
    sources: list[Source] = _built("source", found)
    declared = (*ENTITIES.values(), Example, Statement, ArticleClaim)
    parts = {
        "core": {"digest": digest, "overlays": changes, "plan": plan(declared), **_core(found)},
        "detail": {"sources": sources, **_said_of_families(found["family"])},
        "catalogue": {
            "checkpoints": _checkpoints(found["checkpoint"], architectures),
            "benchmarks": _built("benchmark", found),
            "read": {source.id: source.read for source in sources},
        },
        "architectures": {"architectures": architectures},
        "programs": {
            "programs": _programs(found),
            "acts": _built("act", found),
            "uses": _built("use", found),
        },
        "drift": {"changes": _built("change", found)},
        "checks": {"checks": [_check_rule(entry.value) for entry in found["check"]]},
        "proof": {
            "examples": [
                build(Example, value, rule=entry.value["id"], place=entry.place)
                for entry in found["rule"]
                for value in entry.value["examples"]
            ],
            "scenarios": [_scenario(entry) for entry in found["scenario"]],
            "ties": [build(Tie, entry.value, place=entry.place) for entry in found["tie"]],
            "places": {
                kind: {id: entry.place for id, entry in of_kind.items()}
                for kind, of_kind in entries.items()
            },
        },
    }
    return {name: encode(part) for name, part in parts.items()}


def _built(kind: str, found: Found) -> list[Any]:
    """Return the values of a kind of which nothing is computed."""
    return [build(ENTITIES[kind], entry.value) for entry in found[kind]]


def _core(found: Found) -> dict[str, Any]:
    criteria = _built("criterion", found)
    tasks = _built("task", found)
    questions = [_question(entry.value, tasks) for entry in found["question"]]
    families: list[Family] = sorted(
        _built("family", found), key=lambda family: (family.rank, family.id)
    )
    judges = {entry.value.get("judges"): entry.value["id"] for entry in found["criterion"]}
    declarations = judges.get("declarations", criteria[0].id)
    fits = judges.get("fits", criteria[-1].id)
    derived = derived_rules(families, questions, tasks, declarations, fits)
    return {
        "criteria": criteria,
        "questions": questions,
        "tasks": tasks,
        "families": families,
        "rules": [_rule(entry) for entry in found["rule"]] + derived,
        "never": _built("never", found) + derived_never(questions, tasks),
    }


def _question(value: dict[str, Any], tasks: Iterable[Task]) -> Question:
    question = build(Question, value)
    if value.get("options_from") != "tasks":
        return question
    return question._replace(
        options=tuple(Option(task.id, task.name, task.aliases) for task in tasks)
    )


def _said_of_families(families: Sequence[Entry]) -> dict[str, Any]:
    """Return descriptions, in the order of their sections, and claims, both by family."""
    descriptions, claims = {}, {}
    for entry in families:
        id, said = entry.value["id"], entry.value.get("description", {})
        descriptions[id] = {
            section: [build(Statement, one) for one in said[section]]
            for section in SECTIONS
            if section in said
        }
        claims[id] = [build(ArticleClaim, one) for one in entry.value.get("claims", [])]
    return {"descriptions": descriptions, "claims": claims}


def _rule(entry: Entry) -> Rule:
    effect = next(effect for effect in EFFECTS if effect in entry.value)
    return build(
        Rule,
        entry.value,
        effect=effect,
        candidates=one_or_more(entry.value[effect]),
        place=entry.place,
    )


def _scenario(entry: Entry) -> Scenario:
    scenario = build(Scenario, entry.value, place=entry.place)
    return scenario._replace(families=one_or_more(scenario.families))


def one_or_more(value: Any) -> list[Any]:
    """Return the list that stands in a file as a list, or as its only member."""
    return value if isinstance(value, list) else [value]


def _check_rule(value: dict[str, Any]) -> CheckRule:
    example = build(CheckExample, value["example"])
    return build(
        CheckRule,
        value,
        example=[example.file, example.bad, example.good],
        beside=example.beside,
        options=example.options,
    )


def _checkpoints(
    entries: Sequence[Entry], architectures: Sequence[Architecture]
) -> dict[str, list[Checkpoint]]:
    """Return the checkpoints by family, each with what its architecture says of its decoder."""
    writers = {id: one.writer for one in architectures for id in one.checkpoints}
    notes = [key.rstrip("?") for key in besides(Checkpoint)]
    families: dict[str, list[Checkpoint]] = {}
    for entry in entries:
        value = entry.value
        checkpoint = build(
            Checkpoint,
            value,
            family=value["family"],
            writer=writers.get(value["id"]),
            notes={key: value[key] for key in notes if key in value},
        )
        families.setdefault(checkpoint.family, []).append(checkpoint)
    return families


def _programs(found: Found) -> list[Program]:
    code = {entry.value["id"]: entry.value["code"].strip("\n") for entry in found["part"]}
    called = {use.id: _called_alike(use) for use in _built("use", found)}
    return [
        program._replace(
            code=_joined([code[part] for part in entry.value["parts"]]),
            classes=[*(name for id in program.runners for name in called[id]), *program.classes],
        )
        for entry in found["program"]
        for program in (build(Program, entry.value),)
    ]


def _called_alike(use: RunnerUse) -> list[str]:
    """Return the classes that a runner calls, and others that programs call in the same way."""
    return [*(name for type, name in use.loads.items() if type != ANY_TYPE), *use.classes]


def _joined(parts: list[str]) -> str:
    """Parts of a program one after the other, functions two lines apart as Python has it."""
    text = parts[0]
    for before, after in pairwise(parts):
        apart = any(part.startswith("def ") for part in (before, after))
        text += ("\n\n\n" if apart else "\n\n") + after
    return text

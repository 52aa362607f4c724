"""Checked entries to compiled parts: declared values, what follows from them, what is joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from advisor.model import (
    EFFECTS,
    SECTIONS,
    Checkpoint,
    Family,
    Option,
    Question,
    Rule,
    Task,
)
from advisor.model.columns import EXTRA_KEYS, build, plan
from advisor.model.evidence import ArticleClaim, Example, Scenario, Source, Statement, Tie
from advisor.model.file_kinds import ENTITIES
from advisor.model.library import (
    ANY_TYPE,
    Architecture,
    CheckExample,
    CheckRule,
    Program,
    RunnerUse,
)
from advisor.model.value import encode
from advisor.rulebase.derive import derived_never, derived_rules

if TYPE_CHECKING:
    from advisor.rulebase.assemble import Entries, Entry

    EntriesByKind = Mapping[str, Sequence[Entry]]


def compile_parts(entries: Entries, changes: list[str], digest: str) -> dict[str, dict[str, Any]]:
    """Return all parts of a rule base as values that JSON can hold."""
    by_kind = {kind: list(entries.get(kind, {}).values()) for kind in ENTITIES}
    architectures: list[Architecture] = _built("architecture", by_kind)
    sources: list[Source] = _built("source", by_kind)
    declared = (*ENTITIES.values(), Example, Statement, ArticleClaim)
    parts = {
        "core": {"digest": digest, "overlays": changes, "plan": plan(declared), **_core(by_kind)},
        "detail": {"sources": sources, **_family_texts(by_kind["family"])},
        "catalogue": {
            "checkpoints": _checkpoints(by_kind["checkpoint"], architectures),
            "benchmarks": _built("benchmark", by_kind),
            "read": {source.id: source.read for source in sources},
        },
        "architectures": {"architectures": architectures},
        "programs": {
            "programs": _programs(by_kind),
            "acts": _built("act", by_kind),
            "uses": _built("use", by_kind),
        },
        "drift": {"changes": _built("change", by_kind)},
        "checks": {"checks": [_check_rule(entry.value) for entry in by_kind["check"]]},
        "proof": {
            "examples": [
                build(Example, value, rule=entry.value["id"], place=entry.place)
                for entry in by_kind["rule"]
                for value in entry.value["examples"]
            ],
            "scenarios": [_scenario(entry) for entry in by_kind["scenario"]],
            "ties": [build(Tie, entry.value, place=entry.place) for entry in by_kind["tie"]],
            "places": {
                kind: {id: entry.place for id, entry in of_kind.items()}
                for kind, of_kind in entries.items()
            },
        },
    }
    return {name: encode(part) for name, part in parts.items()}


def _built(kind: str, by_kind: EntriesByKind) -> list[Any]:
    """Return the values of a kind of which nothing is computed."""
    return [build(ENTITIES[kind], entry.value) for entry in by_kind[kind]]


def _core(by_kind: EntriesByKind) -> dict[str, Any]:
    criteria = _built("criterion", by_kind)
    tasks = _built("task", by_kind)
    questions = [_question(entry.value, tasks) for entry in by_kind["question"]]
    families: list[Family] = sorted(
        _built("family", by_kind), key=lambda family: (family.rank, family.id)
    )
    judges = {entry.value.get("judges"): entry.value["id"] for entry in by_kind["criterion"]}
    declarations = judges.get("declarations", criteria[0].id)
    fits = judges.get("fits", criteria[-1].id)
    derived = derived_rules(families, questions, tasks, declarations, fits)
    return {
        "criteria": criteria,
        "questions": questions,
        "tasks": tasks,
        "families": families,
        "rules": [_rule(entry) for entry in by_kind["rule"]] + derived,
        "never": _built("never", by_kind) + derived_never(questions, tasks),
    }


def _question(value: dict[str, Any], tasks: Iterable[Task]) -> Question:
    question = build(Question, value)
    if value.get("options_from") != "tasks":
        return question
    return question._replace(
        options=tuple(Option(task.id, task.name, task.aliases) for task in tasks)
    )


def _family_texts(families: Sequence[Entry]) -> dict[str, Any]:
    """Return descriptions, in the order of their sections, and claims, both by family."""
    descriptions, claims = {}, {}
    for entry in families:
        id, sections = entry.value["id"], entry.value.get("description", {})
        descriptions[id] = {
            section: [build(Statement, statement) for statement in sections[section]]
            for section in SECTIONS
            if section in sections
        }
        claims[id] = [build(ArticleClaim, claim) for claim in entry.value.get("claims", [])]
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
    writers = {id: network.writer for network in architectures for id in network.checkpoints}
    notes = [key.rstrip("?") for key in EXTRA_KEYS[Checkpoint]]
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


def _programs(by_kind: EntriesByKind) -> list[Program]:
    code = {entry.value["id"]: entry.value["code"].strip("\n") for entry in by_kind["part"]}
    called = {use.id: _called_alike(use) for use in _built("use", by_kind)}
    return [
        program._replace(
            code=_joined([code[part] for part in entry.value["parts"]]),
            classes=[*(name for id in program.runners for name in called[id]), *program.classes],
        )
        for entry in by_kind["program"]
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

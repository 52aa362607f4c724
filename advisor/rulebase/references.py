"""Checks that every name used in the rule files is defined, with the place of each that is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.model import NONE, NOT_APPLICABLE, TASK
from advisor.reader.document import Path as Place
from advisor.reader.terms import EFFECTS
from advisor.rulebase.names import Checker, Entries, Located, Names

JUDGED_FIELDS = (
    "languages",
    "commercial_use",
    "memory_gb",
    "parameters_millions",
    "text_context",
    "image_size",
    "licence",
    "gated",
    "stage",
    "takes",
)
"""Fields of a checkpoint that an option may put a requirement on."""


def check_references(entries: Entries) -> None:
    """Report into each entry's document what refers to nothing."""
    names = Names(entries)
    checks = {
        "question": _question,
        "never": _never,
        "tie": _tie,
        "task": _task,
        "family": _family,
        "rule": _rule,
        "benchmark": _benchmark,
        "checkpoint": _checkpoint,
        "architecture": _architecture,
        "program": _program,
        "change": _change,
        "scenario": _scenario,
        "check": _check,
    }
    for kind, check in checks.items():
        for entry in entries[kind].values():
            check(Checker(entry, names), entry.value)
    _measured_once(entries["benchmark"], entries["unranked"])
    _aliases(entries["task"], "task")
    _aliases(entries["family"], "family")
    if TASK not in entries["question"]:
        for entry in entries["question"].values():
            entry.document.report((), f"the question `{TASK}` is missing")
            break


def _question(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    if ("options" in value) == ("options_from" in value):
        checker.report((), "exactly one of `options` or `options_from` has to stand here")
    ids = names.options[value["id"]]
    for index, option in enumerate(value.get("options", [])):
        if option["id"] == NOT_APPLICABLE or ids.count(option["id"]) > 1:
            checker.report(("options", index, "id"), f"the option `{option['id']}` is taken")
        for field in option.get("requires", {}):
            where = ("options", index, "requires", field)
            checker.name(where, "checkpoint field", field, JUDGED_FIELDS)
        for number, field in enumerate(option.get("keeps", [])):
            where = ("options", index, "keeps", number)
            checker.name(where, "checkpoint field", field, JUDGED_FIELDS)
    if value.get("unit") and sum("up_to" not in o for o in value.get("options", [])) != 1:
        checker.report(("unit",), "of a number's options exactly one has no `up_to`: the topmost")
    _ask_if(checker, value)


def _ask_if(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    if not value.get("ask_if"):
        return
    checker.condition(("ask_if",), value["ask_if"])
    place = names.questions.index(value["id"])
    for other in value["ask_if"]:
        if other in names.many:
            checker.report(("ask_if", other), f"`{other}` can have several answers at once")
        if other in names.questions[place:]:
            checker.report(("ask_if", other), f"`{other}` has to stand before `{value['id']}`")


def _never(checker: Checker, value: dict[str, Any]) -> None:
    checker.condition(("when",), value["when"])


def _tie(checker: Checker, value: dict[str, Any]) -> None:
    checker.condition(("when",), value["when"])
    for index, family in enumerate(value["between"]):
        checker.name(("between", index), "family", family, checker.names.families)
    checker.sources(("sources",), value["sources"])


def _task(checker: Checker, value: dict[str, Any]) -> None:
    checker.condition(("implies",), value.get("implies", {}))
    for word, answers in value.get("words", {}).items():
        checker.condition(("words", word), {id: [option] for id, option in answers.items()})
        if word in checker.names.task_names:
            checker.report(("words", word), f"`{word}` names a task already")
    checker.every_source(value)
    elsewhere = value.get("elsewhere", {})
    for index, id in enumerate(elsewhere.get("checkpoints", [])):
        where = ("elsewhere", "checkpoints", index)
        checker.name(where, "checkpoint", id, checker.names.checkpoints)


def _family(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    for part in ("takes", "gives"):
        for option in value[part]:
            checker.name(
                (part, option), f"option that a family {part}", option, names.declared[part]
            )
    for task in value["tasks"]:
        checker.name(("tasks", task), "task", task, names.tasks)
    known = [*names.tasks, *names.declared["takes"], *names.declared["gives"]]
    for key in value.get("cannot", {}):
        if checker.name(("cannot", key), "task or option", key, known):
            for part in ("takes", "gives", "tasks"):
                if key in value[part]:
                    checker.report(("cannot", key), f"`{key}` is declared under `{part}` as well")
    checker.every_source(value)


def _rule(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    checker.name(("criterion",), "criterion", value["criterion"], names.criteria)
    checker.condition(("when",), value["when"])
    checker.sources(("sources",), value["sources"])
    effect = next(effect for effect in EFFECTS if effect in value)
    candidates = value[effect] if isinstance(value[effect], list) else [value[effect]]
    for candidate in candidates:
        known = names.checkpoints if "/" in candidate else names.families
        kind = "checkpoint" if "/" in candidate else "family"
        checker.name((effect,), kind, candidate, known)
    for index, example in enumerate(value["examples"]):
        _answers(checker, ("examples", index, "given"), example["given"])
    if {example["fires"] for example in value["examples"]} != {True, False}:
        checker.report(("examples",), "one example has to fire and one must not")


def _benchmark(checker: Checker, value: dict[str, Any]) -> None:
    for index, task in enumerate(value["tasks"]):
        checker.name(("tasks", index), "task", task, checker.names.tasks)
    checker.sources(("sources",), value["sources"])


def _measured_once(ranked: Mapping[str, Located], unranked: Mapping[str, Located]) -> None:
    """One measurement belongs to one benchmark, or nobody knew which way is better."""
    taken: dict[tuple[str, str], str] = {}
    for id, entry in (*ranked.items(), *unranked.items()):
        if entry is unranked.get(id) and id in ranked:
            message = f"the benchmark `{id}` stands at {ranked[id].place} already"
            entry.document.report((*entry.path, "id"), message)
        key = entry.value["benchmark"], entry.value["metric"]
        if key in taken:
            message = f"`{key[0]}`, {key[1]} is the benchmark `{taken[key]}` already"
            entry.document.report((*entry.path, "benchmark"), message)
        taken[key] = id


def _checkpoint(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    checker.name((), "family", value["family"], names.families)
    for part in ("tasks", "fine_tune"):
        for index, task in enumerate(value.get(part, [])):
            checker.name((part, index), "task", task, names.tasks)
    own = [*value["tasks"], *value.get("fine_tune", [])]
    for index, task in enumerate(value.get("typical", [])):
        checker.name(("typical", index), "task of this checkpoint", task, own)
    for index, taken in enumerate(value.get("takes", [])):
        checker.name(("takes", index), "option that families take", taken, names.declared["takes"])
    for field, sources in value["sources"].items():
        checker.sources(("sources", field), sources)
    for index, measurement in enumerate(value.get("measurements", [])):
        where = ("measurements", index, "source")
        checker.name(where, "source", measurement["source"], names.sources)
        split = measurement.get("split")
        if split and not measurement["benchmark"].endswith(f"({split})"):
            place = ("measurements", index, "split")
            checker.report(place, f"the benchmark has to end with `({split})`")


def _check(checker: Checker, value: dict[str, Any]) -> None:
    checker.sources(("sources",), value.get("sources", []))


def _program(checker: Checker, value: dict[str, Any]) -> None:
    for index, id in enumerate(value["parts"]):
        checker.name(("parts", index), "part", id, checker.names.parts)
    for index, task in enumerate(value.get("tasks", [])):
        checker.name(("tasks", index), "task", task, checker.names.tasks)
    for task in value.get("prompts", {}):
        checker.name(("prompts", task), "task", task, value.get("tasks", []))
    for question, said in value.get("says", {}).items():
        if checker.name(("says", question), "question", question, checker.names.questions):
            for option in said:
                where = ("says", question, option)
                known = checker.names.options[question]
                checker.name(where, f"option of `{question}`", option, known)


def _architecture(checker: Checker, value: dict[str, Any]) -> None:
    for index, id in enumerate(value["checkpoints"]):
        checker.name(("checkpoints", index), "checkpoint", id, checker.names.checkpoints)
    checker.sources(("sources",), value["sources"])


def _change(checker: Checker, value: dict[str, Any]) -> None:
    checker.sources(("sources",), value["sources"])
    if value["name"].count("*") > 1:
        checker.report(("name",), "a name may hold one `*` at most")


def _scenario(checker: Checker, value: dict[str, Any]) -> None:
    names = checker.names
    _answers(checker, ("profile",), value["profile"])
    families = value["family"] if isinstance(value["family"], list) else [value["family"]]
    for family in families + value.get("never", []):
        checker.name(("family",), "family", family, [*names.families, NONE])
    for rule in value.get("because", []):
        checker.name(("because",), "rule", rule, names.rules)


def _answers(checker: Checker, path: Place, given: dict[str, Any]) -> None:
    """Names of questions are checked here; options may be aliases or numbers."""
    for question in given:
        checker.name((*path, question), "question", question, checker.names.questions)


def _aliases(entries: Mapping[str, Located], kind: str) -> None:
    taken = dict.fromkeys(entries, "")
    for id, entry in entries.items():
        for index, alias in enumerate(entry.value.get("aliases", [])):
            if alias in taken:
                owner = taken[alias] or alias
                where = (*entry.path, "aliases", index)
                entry.document.report(where, f"`{alias}` names the {kind} `{owner}` already")
            taken[alias] = id

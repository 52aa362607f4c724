"""Checks that every name used in the rule files is defined, with the place of each that is not.

Most names are declared where the field is; what remains here depends on more than one field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.errors import nearest
from advisor.model import EFFECTS, NONE, NOT_APPLICABLE, TASK
from advisor.model.columns import record
from advisor.model.file_kinds import ENTITIES
from advisor.rulebase.compile import one_or_more

if TYPE_CHECKING:
    from advisor.reader.document import Document, KeyPath
    from advisor.rulebase.assemble import Entries, Entry

JUDGED_FIELDS = (
    *("languages", "commercial_use", "memory_gb", "parameters_millions", "text_context"),
    *("image_size", "licence", "gated", "stage", "takes"),
)
"""Fields of a checkpoint that an option may put a requirement on."""


def check_references(entries: Entries) -> None:
    """Report into each entry's document what refers to nothing."""
    known = _known(entries)
    for kind, entity in ENTITIES.items():
        shape, check_more = record(entity.declared), MORE.get(kind)
        for entry in entries[kind].values():
            checker = Checker(entry, entries, known)
            for path, of, name in shape.references(entry.value, ()):
                checker.name(path, of, name)
            if check_more:
                check_more(checker, entry.value)
    _measured_once(entries["benchmark"], entries["unranked"])
    _aliases(entries["task"], "task")
    _aliases(entries["family"], "family")
    if TASK not in entries["question"]:
        for entry in entries["question"].values():
            entry.document.report((), f"the question `{TASK}` is missing")
            break


def _known(entries: Entries) -> dict[str, list[str]]:
    """Return every name that may be referred to, by what it is the name of."""
    known = {kind: list(of_kind) for kind, of_kind in entries.items()}
    declared: dict[str | None, list[str]] = {"takes": [], "gives": []}
    for id, entry in entries["question"].items():
        own = [option["id"] for option in entry.value.get("options", [])]
        options = known["task"] if entry.value.get("options_from") == "tasks" else own
        builtin = [NOT_APPLICABLE] if entry.value.get("ask_if") else []
        known[f"option of `{id}`"] = [*options, *builtin]
        declared.setdefault(entry.value.get("declared_by"), []).extend(own)
    return known | {
        "checkpoint field": list(JUDGED_FIELDS),
        "option that a family takes": declared["takes"],
        "option that a family gives": declared["gives"],
        "option that families take": declared["takes"],
        "task or option": [*known["task"], *declared["takes"], *declared["gives"]],
    }


def is_known(document: Document, path: KeyPath, of: str, name: str, known: Iterable[str]) -> bool:
    """Report a name that is not known, with the nearest one; return whether it is."""
    listed = list(known)
    if name in listed:
        return True
    close = nearest(name, listed)
    hint = f"; did you mean `{close}`?" if close else ""
    document.report(path, f"unknown {of} `{name}`{hint}")
    return False


class Checker(NamedTuple):
    """Looks up the names that one entry uses, and reports into its document those not defined."""

    entry: Entry
    entries: Entries
    known: dict[str, list[str]]

    def report(self, path: KeyPath, message: str) -> None:
        """Report a problem at a path inside the entry."""
        self.entry.document.report((*self.entry.path, *path), message)

    def name(self, path: KeyPath, of: str, name: str, known: Iterable[str] | None = None) -> None:
        """Report a name that is not known; the options of an unknown question are not judged."""
        listed = self.known.get(of, [name]) if known is None else known
        is_known(self.entry.document, (*self.entry.path, *path), of, name, listed)


def _question(checker: Checker, value: dict[str, Any]) -> None:
    if ("options" in value) == ("options_from" in value):
        checker.report((), "exactly one of `options` or `options_from` has to stand here")
    ids = checker.known[f"option of `{value['id']}`"]
    for index, option in enumerate(value.get("options", [])):
        if option["id"] == NOT_APPLICABLE or ids.count(option["id"]) > 1:
            checker.report(("options", index, "id"), f"the option `{option['id']}` is taken")
    if value.get("unit") and sum("up_to" not in o for o in value.get("options", [])) != 1:
        checker.report(("unit",), "of a number's options exactly one has no `up_to`: the topmost")
    questions = checker.entries["question"]
    later = checker.known["question"][checker.known["question"].index(value["id"]) :]
    for other in value.get("ask_if", {}):
        if other in questions and questions[other].value.get("many"):
            checker.report(("ask_if", other), f"`{other}` can have several answers at once")
        if other in later:
            checker.report(("ask_if", other), f"`{other}` has to stand before `{value['id']}`")


def _task(checker: Checker, value: dict[str, Any]) -> None:
    tasks = checker.entries["task"]
    aliases = {alias for task in tasks.values() for alias in task.value.get("aliases", [])}
    for word in value.get("words", {}):
        if word in tasks or word in aliases:
            checker.report(("words", word), f"`{word}` names a task already")


def _family(checker: Checker, value: dict[str, Any]) -> None:
    for key in value.get("cannot", {}):
        for part in ("takes", "gives", "tasks"):
            if key in value[part]:
                checker.report(("cannot", key), f"`{key}` is declared under `{part}` as well")


def _rule(checker: Checker, value: dict[str, Any]) -> None:
    effect = next(effect for effect in EFFECTS if effect in value)
    for candidate in one_or_more(value[effect]):
        checker.name((effect,), "checkpoint" if "/" in candidate else "family", candidate)
    if {example["fires"] for example in value["examples"]} != {True, False}:
        checker.report(("examples",), "one example has to fire and one must not")


def _checkpoint(checker: Checker, value: dict[str, Any]) -> None:
    checker.name((), "family", value["family"])
    own = [*value["tasks"], *value.get("fine_tune", [])]
    for index, task in enumerate(value.get("typical", [])):
        checker.name(("typical", index), "task of this checkpoint", task, own)
    for index, measurement in enumerate(value.get("measurements", [])):
        split = measurement.get("split")
        if split and not measurement["benchmark"].endswith(f"({split})"):
            place = ("measurements", index, "split")
            checker.report(place, f"the benchmark has to end with `({split})`")


def _program(checker: Checker, value: dict[str, Any]) -> None:
    for task in value.get("prompts", {}):
        checker.name(("prompts", task), "task", task, value.get("tasks", []))


def _change(checker: Checker, value: dict[str, Any]) -> None:
    if value["name"].count("*") > 1:
        checker.report(("name",), "a name may hold one `*` at most")


def _scenario(checker: Checker, value: dict[str, Any]) -> None:
    families = [*checker.known["family"], NONE]
    for family in [*one_or_more(value["family"]), *value.get("never", [])]:
        checker.name(("family",), "family", family, families)
    for rule in value.get("because", []):
        checker.name(("because",), "rule", rule)


MORE: dict[str, Callable[[Checker, dict[str, Any]], None]] = {
    "question": _question,
    "task": _task,
    "family": _family,
    "rule": _rule,
    "checkpoint": _checkpoint,
    "program": _program,
    "change": _change,
    "scenario": _scenario,
}
"""What names of a kind have to fulfil besides being defined."""


def _measured_once(ranked: Mapping[str, Entry], unranked: Mapping[str, Entry]) -> None:
    """One measurement belongs to one benchmark, or nobody knew which way is better."""
    known: dict[tuple[str, str], str] = {}
    for id, entry in (*ranked.items(), *unranked.items()):
        if entry is unranked.get(id) and id in ranked:
            message = f"the benchmark `{id}` stands at {ranked[id].place} already"
            entry.document.report((*entry.path, "id"), message)
        key = entry.value["benchmark"], entry.value["metric"]
        if key in known:
            message = f"`{key[0]}`, {key[1]} is the benchmark `{known[key]}` already"
            entry.document.report((*entry.path, "benchmark"), message)
        known[key] = id


def _aliases(entries: Mapping[str, Entry], kind: str) -> None:
    known = dict.fromkeys(entries, "")
    for id, entry in entries.items():
        for index, alias in enumerate(entry.value.get("aliases", [])):
            if alias in known:
                owner = known[alias] or alias
                where = (*entry.path, "aliases", index)
                entry.document.report(where, f"`{alias}` names the {kind} `{owner}` already")
            known[alias] = id

"""Checks that every name used in the rule files is defined, with the place of each that is not.

Most names are declared where the field is; what remains here depends on more than one field.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from advisor.errors import nearest
from advisor.model import EFFECTS, NONE, NOT_APPLICABLE, TASK, Checkpoint
from advisor.model.columns import columns, record
from advisor.model.file_kinds import ENTITIES
from advisor.model.phrase_kinds import NUMBER_OF, QUOTED, QUOTED_QUESTION
from advisor.reader.document import Document, KeyPath
from advisor.reader.shape import Faults
from advisor.rulebase.compile import aimed_by, one_or_more
from advisor.rulebase.entries import Entries, Entry

Known = Mapping[str, list[str]]
"""Kind of reference -> every name that it may use."""

JUDGED_FIELDS = (
    *("languages", "commercial_use", "memory_gb", "parameters_millions", "text_context"),
    *("image_size", "licence", "gated", "stage", "takes", "precision"),
)
"""Fields of a checkpoint that an option may put a requirement on."""


class _Open(list[str]):
    """Names of a kind with an unreadable file: unknown names may be defined there."""


def check_references(entries: Entries, doubtful: Collection[str] = ()) -> set[tuple[str, str]]:
    """Report each reference to an unknown name; return the kind and name of all references.

    Problems go into the documents of the entries. `doubtful` are kinds of files of which some could
    not be read in full: names that these may define are not reported.
    """
    named: set[tuple[str, str]] = set()
    valid = _known(entries)
    valid = {of: _Open(names) if _homes(of) & {*doubtful} else names for of, names in valid.items()}
    defined = {of: frozenset(names) for of, names in valid.items()}
    for kind in ENTITIES:
        for entry in entries[kind].values():
            references = [*record(ENTITIES[kind].declared).references(entry.value)]
            named.update((of, name) for _, of, name in references)
            faults = [
                fault
                for path, of, name in references
                if name not in defined.get(of, ())
                for fault in _unknown(path, of, name, _names(kind, entry.value, valid, (of, name)))
            ]
            faults += MORE[kind](entry.value, valid) if kind in MORE else ()
            for path, message in faults:
                entry.report(path, message)
    _aliases(entries["task"], "task")
    _aliases(entries["family"], "family")
    _circular(entries["checkpoint"])
    questions = entries["question"]
    if questions and TASK not in questions and "questions" not in doubtful:
        first = next(iter(questions.values()))
        first.document.report((), f"the question `{TASK}` is missing")
    return named


def _names(kind: str, value: dict[str, Any], valid: Known, named: tuple[str, str]) -> list[str]:
    """Return the names that a reference may use: what options cover, too, if no family is meant."""
    of, name = named
    names = valid.get(of, [name])
    covered = valid.get(f"covered {of}", ())
    if not covered or kind not in ("rule", "detour"):
        return names
    aim: Any = next((value[effect] for effect in EFFECTS if effect in value), [])
    families = [] if aimed_by(aim) else [id for id in one_or_more(aim) if "/" not in id]
    return names if families else [*names, *covered]


def _homes(of: str) -> set[str]:
    """Return the kinds of files that define the names of a kind."""
    if of in ENTITIES:
        return {ENTITIES[of].file}
    if of == "family or none":
        return {"family"}
    if "option" in of or "task" in of or "question" in of:
        return {"tasks", "questions"}
    return {"benchmarks"} if " of `" in of else set()


def _known(entries: Entries) -> Known:
    valid = {kind: list(of_kind) for kind, of_kind in entries.items()}
    declared: dict[str, list[str]] = {"takes": [], "gives": []}
    for id, entry in entries["question"].items():
        own = [option["id"] for option in entry.value.get("options", ())]
        options = valid["task"] if entry.value.get("options_from") else own
        builtin = [NOT_APPLICABLE] if entry.value.get("ask_if") else []
        valid[f"option of `{id}`"] = [*options, *builtin]
        covered = [name for row in entry.value.get("options", ()) for name in row.get("covers", ())]
        valid[f"covered option of `{id}`"] = covered
        if by := entry.value.get("declared_by"):
            declared[by] += own
    for id, entry in entries["benchmark"].items():
        for word in ("metric", "version", "split", "language"):
            valid[f"{word} of `{id}`"] = list(entry.value.get(f"{word}s", ()))
    tasks = [entry.value for entry in entries["task"].values()]
    return valid | {
        "concept": [
            *(*valid["concept"], QUOTED, QUOTED_QUESTION),
            *(f"{NUMBER_OF}{id}" for id in valid["measure"]),
        ],
        "task or alias": [
            name for task in tasks for name in (task["id"], *task.get("aliases", ()))
        ],
        "question with several answers": [
            id for id, entry in entries["question"].items() if entry.value.get("many")
        ],
        "checkpoint field": list(JUDGED_FIELDS),
        "targeted field": [
            column.key
            for column in columns(Checkpoint)
            if column.inner is None and column.hint.how != "map"
        ],
        "option that a family supports": declared["takes"],
        "option that a family outputs": declared["gives"],
        "option that families take": declared["takes"],
        "family or none": [*valid["family"], NONE],
        "task or option": [*valid["task"], *declared["takes"], *declared["gives"]],
    }


def is_known(document: Document, path: KeyPath, of: str, name: str, names: Iterable[str]) -> bool:
    """Report a name that is not known, with the nearest one; return whether it is."""
    faults = list(_unknown(path, of, name, list(names)))
    document.report_all(faults)
    return not faults


def _unknown(path: KeyPath, of: str, name: str, names: list[str]) -> Faults:
    if name not in names and not isinstance(names, _Open):
        close = nearest(name, names)
        hint = f". Did you mean `{close}`?" if close else ""
        yield path, f"unknown {of} `{name}`{hint}"


def _question(value: dict[str, Any], valid: Known) -> Faults:
    if ("options" in value) == ("options_from" in value):
        yield (), "exactly one of `options` or `options_from` is required here"
    options = value.get("options", [])
    ids = valid[f"option of `{value['id']}`"]
    for index, option in enumerate(options):
        if option["id"] == NOT_APPLICABLE or ids.count(option["id"]) > 1:
            yield ("options", index, "id"), f"the option `{option['id']}` is already defined"
    yield from _called_twice(value.get("groups", {}), options)
    if value.get("unit") and sum("up_to" not in option for option in options) != 1:
        yield (
            ("unit",),
            "exactly one option of a numeric question, the largest, must have no `up_to`",
        )
    later = valid["question"][valid["question"].index(value["id"]) :]
    for other in value.get("ask_if", {}):
        if other in valid["question with several answers"]:
            yield (
                ("ask_if", other),
                f"`ask_if` cannot use `{other}`, because that question allows several answers",
            )
        if other in later:
            yield (
                ("ask_if", other),
                f"the question `{other}` must be defined before `{value['id']}`",
            )


def _called_twice(groups: Mapping[str, list[str]], options: list[dict[str, Any]]) -> Faults:
    """Report groups and covered things that have a name of another option, group or thing.

    Members of groups that are no options are reported as well.
    """
    called = [name for option in options for name in _called(option)]
    ids = [option["id"] for option in options]
    for name, members in groups.items():
        if name in called:
            yield ("groups", name), f"the group `{name}` has the same name as an option"
        for index, member in enumerate(members):
            yield from _unknown(("groups", name, index), f"option in `{name}`", member, ids)
    for index, option in enumerate(options):
        for name, names in option.get("covers", {}).items():
            if any(called.count(alias) > 1 for alias in (name, *names)):
                path = ("options", index, "covers", name)
                yield path, f"the name or an alias of `{name}` is already used"


def _called(option: dict[str, Any]) -> list[str]:
    """Return all that names an option, or a thing that it covers."""
    covered = [name for key, names in option.get("covers", {}).items() for name in (key, *names)]
    names = [option["id"], option.get("word", option["id"]), *option.get("aliases", ())]
    return [*dict.fromkeys(names), *covered]


def _task(value: dict[str, Any], valid: Known) -> Faults:
    for word in value.get("words", {}):
        if word in valid["task or alias"]:
            yield ("words", word), f"`{word}` is already the name of a task"


def _family(value: dict[str, Any], _known: Known) -> Faults:
    for key in value.get("cannot", {}):
        for part in ("takes", "gives", "tasks"):
            if key in value[part]:
                yield ("cannot", key), f"`{key}` is also declared under `{part}`"


def _rule(value: dict[str, Any], valid: Known) -> Faults:
    effect = next(effect for effect in EFFECTS if effect in value)
    if aimed_by(value[effect]):
        for field in value[effect]:
            yield from _unknown((effect, field), "targeted field", field, valid["targeted field"])
    for candidate in () if aimed_by(value[effect]) else one_or_more(value[effect]):
        of = "checkpoint" if "/" in candidate else "family"
        yield from _unknown((effect,), of, candidate, valid[of])
    if {example["fires"] for example in value["examples"]} != {True, False}:
        yield ("examples",), "the rule needs one example that fires and one that does not"


def _checkpoint(value: dict[str, Any], valid: Known) -> Faults:
    yield from _unknown((), "family", value["family"], valid["family or none"])
    for field in ("languages_inferred", "languages_poor"):
        for index, language in enumerate(value.get(field) or ()):
            listed = list(value.get("languages") or ())
            yield from _unknown((field, index), "language of this checkpoint", language, listed)
    own = [*value["tasks"], *value.get("fine_tune", [])]
    for index, task in enumerate(value.get("typical", [])):
        yield from _unknown(("typical", index), "task of this checkpoint", task, own)


def _program(value: dict[str, Any], _known: Known) -> Faults:
    for task in value.get("prompts", {}):
        yield from _unknown(("prompts", task), "task", task, value.get("tasks", []))


def _change(value: dict[str, Any], _known: Known) -> Faults:
    if value["name"].count("*") > 1:
        yield ("name",), "a name can have at most one `*`"


def _scenario(value: dict[str, Any], valid: Known) -> Faults:
    for family in [*one_or_more(value["family"]), *value.get("never", [])]:
        yield from _unknown(("family",), "family", family, valid["family or none"])
    for rule in value.get("because", []):
        yield from _unknown(("because",), "rule", rule, valid["rule"])


def _said(value: dict[str, Any], valid: Known) -> Faults:
    """Report unknown options in `says` and `denied`."""
    rows = [(key, *item) for key in ("says", "denied") for item in value.get(key, {}).items()]
    for key, question, option in rows:
        options = valid.get(f"option of `{question}`")
        if options is not None and isinstance(option, str):
            of = f"option of `{question}`"
            names = [*options, *valid.get(f"covered {of}", ())]
            yield from _unknown((key, question), of, option, names)


def _protocol(value: dict[str, Any], valid: Known) -> Faults:
    """Report words of tables that their benchmark lacks, and a metric or language left open."""
    for index, table in enumerate(value["tables"]):
        benchmark = table["benchmark"]
        for word in ("metric", "version", "split", "language"):
            of, stated = f"{word} of `{benchmark}`", table.get(word)
            listed = valid.get(of)
            if listed is None:
                continue
            if stated is not None:
                yield from _unknown(("tables", index, word), of, stated, listed)
            elif word in ("metric", "language") and len(listed) > 1:
                yield ("tables", index), f"`{benchmark}` has several {word}s. Set one of them"


def _yardstick(value: dict[str, Any], valid: Known) -> Faults:
    if ("benchmarks" in value) == ("mean_of" in value):
        yield (), "exactly one of `benchmarks` or `mean_of` is required here"
    if ("tie_threshold" in value) == ("tie_threshold_share" in value):
        yield (), "exactly one of `tie_threshold` or `tie_threshold_share` is required here"
    for benchmark in value.get("benchmarks", ()):
        for word in ("metric", "split"):
            for index, stated in enumerate(value.get(f"{word}s", ())):
                listed = valid.get(f"{word} of `{benchmark}`", [stated])
                yield from _unknown((f"{word}s", index), f"{word} of `{benchmark}`", stated, listed)


def _order(value: dict[str, Any], _known: Known) -> Faults:
    listed = [*value["yardsticks"], *value.get("others", ())]
    listed += [id for ids in value.get("languages", {}).values() for id in ids]
    for index, id in enumerate(value.get("rest", ())):
        yield from _unknown(("rest", index), "ranking benchmark of this order", id, listed)


MORE: dict[str, Callable[[dict[str, Any], Known], Faults]] = {
    "question": _question,
    "task": _task,
    "family": _family,
    "rule": _rule,
    "checkpoint": _checkpoint,
    "protocol": _protocol,
    "yardstick": _yardstick,
    "order": _order,
    "program": _program,
    "change": _change,
    "scenario": _scenario,
    "concept": _said,
    "implication": _said,
}
"""Kind -> the function that reports further problems of its entries."""


def _circular(checkpoints: Mapping[str, Entry]) -> None:
    """Report relations that lead from a checkpoint back to itself."""
    for id, entry in checkpoints.items():
        for field in ("larger_than", "succeeds"):
            seen: set[str] = {id}
            linked: str | None = entry.value.get(field)
            while linked is not None and linked in checkpoints and linked not in seen:
                seen.add(linked)
                linked = checkpoints[linked].value.get(field)
            if linked == id:
                entry.report((field,), f"following `{field}` from `{id}` leads back to `{id}`")


def _aliases(entries: Mapping[str, Entry], kind: str) -> None:
    owners = dict.fromkeys(entries, "")
    for id, entry in entries.items():
        for index, alias in enumerate(entry.value.get("aliases", [])):
            if alias in owners:
                owner = owners[alias] or alias
                entry.report(
                    ("aliases", index), f"`{alias}` is already a name of the {kind} `{owner}`"
                )
            owners[alias] = id

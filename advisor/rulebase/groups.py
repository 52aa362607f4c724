"""Other names in rules: keys of earlier releases, what people type, and groups of options.

Each is written out wherever rules name it. So an option that joins a group is meant by all
conditions that name the group, and beyond this module rules know ids and keys of today alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.model.columns import columns, record
from advisor.model.file_kinds import ENTITIES, LISTS
from advisor.phrasing import joined
from advisor.reader.document import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.reader.document import Document, KeyPath
    from advisor.rulebase.entries import Entry

    Groups = Mapping[str, Sequence[str]]

DECLARING = {
    "takes": ("option that a family supports", "option that families take", "task or option"),
    "gives": ("option that a family outputs", "task or option"),
}
"""What the options of a question are called where families declare them."""
CONDITION = {"question": "ask_if"}
"""The field in which an entry has its condition; `when` for all other kinds."""
NEIGHBORS = 2
"""Who lists so many options of a group may have forgotten the others."""


def write_keys_out(document: Document, kind: str) -> None:
    """Replace keys of earlier releases in a file; one warning names all, at the first."""
    value = document.value if isinstance(document.value, dict) else {}
    entries: list[tuple[KeyPath, Any, str]] = [((), value, kind)] if kind == "family" else []
    for key, of in LISTS.get(kind, {}).items():
        rows = value.get(key)
        entries += [((key, n), row, of) for n, row in enumerate(rows if type(rows) is list else ())]
    renamed: dict[str, KeyPath] = {}
    for path, entry, of in entries:
        for column in columns(ENTITIES[of].declared) if of in ENTITIES else ():
            if type(entry) is dict and column.was in entry and column.key not in entry:
                entry[column.key] = entry.pop(column.was)
                document.rename((*path, column.was), column.key)
                renamed.setdefault(f"`{column.was}` is `{column.key}` now", (*path, column.key))
    if renamed:
        message = f"{', '.join(renamed)}. Earlier keys still work."
        place = min(map(document.place, renamed.values()))
        document.warnings.append(Problem(document.file, *place, message))


def write_words_out(entries: Mapping[str, dict[str, Entry]]) -> None:
    """Replace what people type for questions and options, earlier flags too, by their ids."""
    questions = [entry.value for entry in entries["question"].values()]
    ids = {question["id"]: question["id"] for question in questions}
    named = [(name, q) for q in questions for name in (q.get("flag"), *q.get("was", ()))]
    ids = {name: question["id"] for name, question in named if name} | ids
    words: dict[str, dict[str, str]] = {}
    for question in questions:
        options = question.get("options", ())
        own = {alias: option["id"] for option in options for alias in option.get("aliases", ())}
        own |= {option["word"]: option["id"] for option in options if "word" in option}
        own |= {option["id"]: option["id"] for option in options}
        words |= {f"option of `{name}`": own for name, id in ids.items() if id == question["id"]}
        for of in DECLARING.get(question.get("declared_by", ""), ()):
            words[of] = words.get(of, {}) | own
    words["question"] = ids
    for kind, of_kind in entries.items():
        for id, entry in of_kind.items() if kind in ENTITIES else ():
            refs = record(ENTITIES[kind].declared).references(entry.value)
            meant = [(path, name, words.get(of, {}).get(name, name)) for path, of, name in refs]
            if others := {path: id for path, name, id in meant if id != name}:
                of_kind[id] = entry._replace(value=_renamed(entry, entry.value, (), (), others))


def _renamed(
    entry: Entry, value: Any, path: KeyPath, now: KeyPath, others: Mapping[KeyPath, str]
) -> Any:
    """Return a part of an entry with `others` in place of some names; each keeps its place."""
    if isinstance(value, dict):
        for key in value:
            if (*path, key) in others:
                place = (*entry.path, *now, others[*path, key])
                entry.document.moved[place] = (*entry.path, *path, key)
        keys = {key: others.get((*path, key), key) for key in value}
        return {
            key: _renamed(entry, value[before], (*path, before), (*now, key), others)
            for before, key in keys.items()
        }
    if isinstance(value, list):
        return [
            _renamed(entry, part, (*path, place), (*now, place), others)
            for place, part in enumerate(value)
        ]
    return others.get(path, others.get((*path, 0), value)) if isinstance(value, str) else value


def write_groups_out(entries: Mapping[str, dict[str, Entry]]) -> None:
    """Replace each name of a group in a condition by its options.

    A condition that lists some of a group one by one, and not the others, is remarked on.
    """
    groups: dict[str, Groups] = {
        id: question.value["groups"]
        for id, question in entries["question"].items()
        if "groups" in question.value
    }
    for kind, of_kind in entries.items() if groups else ():
        field = CONDITION.get(kind, "when")
        for id, entry in of_kind.items():
            condition = entry.value.get(field)
            if isinstance(condition, dict) and not groups.keys().isdisjoint(condition):
                full = {
                    question: _full(entry, (field, question), options, groups.get(question, {}))
                    for question, options in condition.items()
                }
                of_kind[id] = entry._replace(value=entry.value | {field: full})


def kept_groups(before: Entry, after: Entry) -> Groups:
    """Return the groups of a question that an overlay asks otherwise: its own, and those before.

    Of the latter it has what is still an option.
    """
    options = {option["id"] for option in after.value.get("options", ())}
    earlier = {
        name: [member for member in members if member in options]
        for name, members in before.value.get("groups", {}).items()
    }
    own: Groups = after.value.get("groups", {})
    return {name: members for name, members in earlier.items() if members} | dict(own)


def _full(entry: Entry, path: tuple[str, str], options: Sequence[str], groups: Groups) -> list[str]:
    """Return the options of a condition without names of groups, each with its place."""
    full: list[str] = []
    for place, option in enumerate(options):
        for member in groups.get(option, (option,)):
            if member not in full or member == option:
                if len(full) != place:
                    where = (*entry.path, *path)
                    entry.document.moved[(*where, len(full))] = (*where, place)
                full.append(member)
    for name, members in groups.items():
        listed = [member for member in members if member in full]
        if name not in options and NEIGHBORS <= len(listed) < len(members):
            missing = joined(f"`{member}`" for member in members if member not in full)
            text = f"lists {joined(f'`{id}`' for id in listed)} of `{path[1]}`, but not {missing}"
            entry.document.remark((*entry.path, *path), f"{text}. Write the group `{name}` instead")
    return full

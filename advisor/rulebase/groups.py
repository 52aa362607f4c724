"""Groups of options: a name for several, written out wherever a condition has it.

So an option that joins a group is meant by all conditions that name the group, and no others have
to be edited. Beyond this module nothing knows of groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.phrasing import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.rulebase.entries import Entry

    Groups = Mapping[str, Sequence[str]]

CONDITION = {"question": "ask_if"}
"""The field in which an entry has its condition; `when` for all other kinds."""
NEIGHBORS = 2
"""Who lists so many options of a group may have forgotten the others."""


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
    known = {
        name: [member for member in members if member in options]
        for name, members in before.value.get("groups", {}).items()
    }
    own: Groups = after.value.get("groups", {})
    return {name: members for name, members in known.items() if members} | dict(own)


def _full(entry: Entry, path: tuple[str, str], options: Sequence[str], groups: Groups) -> list[str]:
    """Return the options of a condition without names of groups, each with its place."""
    full: list[str] = []
    for place, option in enumerate(options):
        for one in groups.get(option, (option,)):
            if one not in full or one == option:
                if len(full) != place:
                    where = (*entry.path, *path)
                    entry.document.moved[(*where, len(full))] = (*where, place)
                full.append(one)
    for name, members in groups.items():
        listed = [member for member in members if member in full]
        if name not in options and NEIGHBORS <= len(listed) < len(members):
            missing = joined(f"`{member}`" for member in members if member not in full)
            text = f"lists {joined(f'`{one}`' for one in listed)} of `{path[1]}`, and not {missing}"
            entry.document.remark((*entry.path, *path), f"{text}; name the group `{name}`")
    return full

"""Short ways and other names in rule files, written out in full where they were written.

A series gives its members what they share, one level deep: what a member says itself wins. Under
`sources` a field may name its pages, or a page its fields; sources that share their kind and month
may stand in a group. Keys of earlier releases, what people type for options, and groups of options
are written out wherever rules name them: beyond this module rules know ids and keys of today alone.
What is written out has the places of what was written, so that later problems are reported there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.model import Checkpoint
from advisor.model.columns import cited_keys, columns, record
from advisor.model.evidence import Source
from advisor.model.file_kinds import ENTITIES, LISTS
from advisor.phrasing import joined
from advisor.reader.document import Document, KeyPath, Problem
from advisor.rulebase.entries import Entries, Entry
from advisor.rulebase.references import is_known

Groups = Mapping[str, Sequence[str]]

FACTS = cited_keys(Checkpoint)
ORDER = {field: place for place, field in enumerate(record(Checkpoint).fields)}
"""The position of each field of a checkpoint; pages are listed in this order."""


Citations = dict[str, dict[str, KeyPath]]
"""Field of a checkpoint -> page that it was read on -> path where that is written."""


class Spoilt(NamedTuple):
    """The `paths` of a file's values that have the wrong shape.

    `series` are the ids of such series in all files; their members are left out.
    """

    paths: list[KeyPath]
    series: set[str]

    def listed(self, document: Document, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield index and value of the entries of a list that have the right shape."""
        if (key,) not in self.paths and () not in self.paths:
            spoilt = {path[1] for path in self.paths if len(path) > 1 and path[0] == key}
            for index, value in enumerate(document.value.get(key, ())):
                if index not in spoilt:
                    yield index, value
                elif key == "series" and isinstance(value, dict):
                    self.series.add(str(value.get("id")))


def written_out(
    key: str, document: Document, entries: Entries, spoilt: Spoilt
) -> list[tuple[int, dict[str, Any]]]:
    """Return index and value of the entries that a file lists under `key`, without short forms.

    Problems are reported, and entries of the wrong shape left out. `entries` are those read so far,
    with the series of this file.
    """
    declared: type
    if key == "checkpoints":
        declared, full = Checkpoint, _checkpoints(document, entries, spoilt)
    elif key == "sources":
        declared, full = Source, _sources(document, spoilt)
    else:
        return list(spoilt.listed(document, key))
    right = []
    for index, value in full:
        faults = list(record(declared).problems(value, (key, index)))
        document.report_all(faults)
        right += [] if faults else [(index, value)]
    return right


def _checkpoints(
    document: Document, entries: Entries, spoilt: Spoilt
) -> list[tuple[int, dict[str, Any]]]:
    checkpoints = []
    listed = document.value.get("checkpoints")
    rows = listed if isinstance(listed, list) else ()
    named = {row.get("series") for row in rows if isinstance(row, dict)}
    for index, value in spoilt.listed(document, "checkpoints"):
        path = ("checkpoints", index)
        full = value
        if name := value.get("series"):
            if name in spoilt.series:
                continue
            if is_known(document, (*path, "series"), "series", name, entries["series"]):
                full = _member(document, path, value, entries["series"][name])
        elif not value.get("sources", {}).keys() <= ORDER.keys():
            citations = _citations(document, (*path, "sources"), value["sources"])
            full = value | {"sources": _by_field(document, path, citations)}
        checkpoints.append((index, full))
    for id, series in entries["series"].items():
        if series.document is document and id not in named:
            document.report(series.path, f"no checkpoint in this file belongs to the series `{id}`")
    return checkpoints


def _member(
    document: Document, path: KeyPath, value: dict[str, Any], series: Entry
) -> dict[str, Any]:
    """Return a checkpoint with the fields of its series; its own fields take precedence."""
    shared = {key: each for key, each in series.value.items() if key not in ("id", "sources")}
    given = _citations(series.document, (*series.path, "sources"), series.value.get("sources", {}))
    own = _citations(document, (*path, "sources"), value.get("sources", {}))
    for key, each in value.items():
        if each is None and key not in shared:  # empty is what nobody verified for this member
            message = f"the series does not set `{key}`. Remove the empty key here"
            document.report((*path, key), message)
    for field in given.keys() & shared.keys() & value.keys():
        if field not in own and value[field] is not None:
            message = f"`{field}` differs from the series. Cite a source in this checkpoint"
            document.report((*path, field), message)
    here = series.document is document
    for key in shared.keys() - value.keys():
        document.moved[*path, key] = (*series.path, key) if here else (*path, "series")
    merged = {"id": value["id"], **shared, **value}
    full = {key: each for key, each in merged.items() if each is not None}
    given = {
        field: pages if here else dict.fromkeys(pages, (*path, "series"))
        for field, pages in given.items()
        if field in full
    }
    return full | {"sources": _by_field(document, path, given | own)}


def cited(written: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, KeyPath]]:
    """Yield field, page and path below `sources`; a line may begin with the field or the page."""
    for key, listed in written.items():
        by_field = key in ORDER or not ("-" in key or ORDER.keys() >= {*listed})
        for index, each in enumerate(listed):
            yield (key, each, (key, index)) if by_field else (each, key, (key,))


def _citations(document: Document, path: KeyPath, written: dict[str, list[str]]) -> Citations:
    """Return the pages of each field; report unknown fields and repeated citations."""
    citations: Citations = {}
    for field, page, place in cited(written):
        if place[0] == page:
            where = (*path, page, written[page].index(field))
            is_known(document, where, "field of a checkpoint", field, ORDER)
        pages = citations.setdefault(field, {})
        if page in pages:
            document.report((*path, *place), f"`{field}` cites `{page}` already")
        pages[page] = (*path, *place)
    return citations


def _by_field(document: Document, path: KeyPath, citations: Citations) -> dict[str, list[str]]:
    """Return field -> pages, in the order of the fields; record where each was written."""
    fields = sorted(citations, key=lambda field: ORDER.get(field, len(ORDER)))
    for field in fields:
        for index, place in enumerate(citations[field].values()):
            document.moved[*path, "sources", field, index] = place
    return {field: list(citations[field]) for field in fields}


def _sources(document: Document, spoilt: Spoilt) -> list[tuple[int, dict[str, Any]]]:
    """Return the sources of a file, those of its groups after the others."""
    sources = list(spoilt.listed(document, "sources"))
    number = len(document.value.get("sources") or ())
    for index, group in spoilt.listed(document, "groups"):
        path = ("groups", index)
        shared = {key: each for key, each in group.items() if key not in ("pages", "sources")}
        if "pages" in group and "{page}" not in group.get("title", ""):
            document.report((*path, "title"), "the title of a group of pages must contain `{page}`")
        for where, value in _of_group(path, group):
            place = ("sources", number)
            document.moved[place] = where
            for key in shared.keys() - value.keys():
                document.moved[*place, key] = (*path, key)
            sources.append((number, {"id": value["id"], **shared, **value}))
            number += 1
    return sources


def _of_group(path: KeyPath, group: dict[str, Any]) -> Iterable[tuple[KeyPath, dict[str, Any]]]:
    """Yield path and value of each member of a group: those listed, then one for each page."""
    for index, value in enumerate(group.get("sources", ())):
        yield (*path, "sources", index), value
    for id, page in group.get("pages", {}).items():
        words = [key for key in ("title", "url") if key in group]
        filled = {key: group[key].replace("{page}", page) for key in words}
        yield (*path, "pages", id), filled | {"id": id}


def report_uncited(entries: Entries) -> None:
    """Remark in each document on facts that its checkpoints state without a source.

    A fact of a series may be cited there or by the member. A fact of the member itself has to be
    cited by the member, as the pages of its series may be about others. Checkpoints of a base that
    was compiled before are skipped, unless an overlay sets their series.
    """
    for entry in entries["checkpoint"].values():
        series = entries["series"].get(entry.value.get("series", ""))
        if entry.document.settled and (series is None or series.document.settled):
            continue
        listed, index = entry.path
        own = entry.document.whole().value[listed][index]
        shared = series.value if series else {}
        by_member = {field for field, *_ in cited(own.get("sources", {}))}
        by_series = {field for field, *_ in cited(shared.get("sources", {}))}
        for field in FACTS:
            if {**shared, **own}.get(field) is None or field in by_member:
                continue
            if field in own and field in by_series:
                text = f"the series cites `{field}` without setting it. Cite it in the checkpoint"
                entry.remark((field,), text)
            elif field in own:
                entry.remark((field,), f"`{field}` has no source. Add one under `sources`")
            elif field not in by_series:
                text = f"`{field}` of the series has no source. Add one to the series or here"
                entry.remark(("series",), text)


DECLARING = {
    "takes": ("option that a family supports", "option that families take", "task or option"),
    "gives": ("option that a family outputs", "task or option"),
}
"""Key of a family -> the kinds of name under which references mean the question's options."""
CONDITION = {"question": "ask_if"}
"""The field in which an entry has its condition; `when` for all other kinds."""
NEIGHBORS = 2
"""If a condition lists this many options of a group, those that it lacks are remarked on."""


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
    """Replace aliases and words of options and flags of questions by their ids in all entries."""
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
            references = record(ENTITIES[kind].declared).references(entry.value)
            meant = ((path, name, words.get(of, {}).get(name)) for path, of, name in references)
            if others := {path: id for path, name, id in meant if id and id != name}:
                of_kind[id] = entry._replace(value=_renamed(entry, entry.value, (), (), others))


def _renamed(
    entry: Entry, value: Any, path: KeyPath, now: KeyPath, others: Mapping[KeyPath, str]
) -> Any:
    """Return a value with names replaced; `others` is path of a name -> new name.

    `path` leads to the value before, `now` after the replacement; moved places are recorded.
    """
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
    """Return the groups of a question in an overlay: its own, and earlier ones.

    Earlier groups have only members that are still options.
    """
    options = {option["id"] for option in after.value.get("options", ())}
    earlier = {
        name: [member for member in members if member in options]
        for name, members in before.value.get("groups", {}).items()
    }
    own: Groups = after.value.get("groups", {})
    return {name: members for name, members in earlier.items() if members} | dict(own)


def _full(entry: Entry, path: tuple[str, str], options: Sequence[str], groups: Groups) -> list[str]:
    """Return the options of a condition, groups replaced by members; record their places."""
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

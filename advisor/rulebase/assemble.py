"""Rule files to compiled parts: reads, lays overlays over, checks every reference, derives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from advisor.errors import BrokenFileError
from advisor.model.file_kinds import ENTITIES, LISTS, file_shape
from advisor.phrasing import count
from advisor.reader.document import Document, KeyPath, read_bytes
from advisor.reader.shape import check_shape
from advisor.rulebase.compile import compile_parts
from advisor.rulebase.folder import RuleFile
from advisor.rulebase.references import check_references
from advisor.rulebase.short_forms import written_out

Parts = dict[str, dict[str, Any]]


class Entry(NamedTuple):
    """One thing defined in a rule file: its value, and where."""

    value: dict[str, Any]
    document: Document
    path: KeyPath

    @property
    def place(self) -> str:
        """Where it stands, as file:line."""
        return f"{self.document.file}:{self.document.place(self.path)[0]}"


Entries = Mapping[str, Mapping[str, Entry]]
"""Everything that rule files define, by kind and id."""


class Collection:
    """All entries by kind and id, base first, then what overlays add or change."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Entry]] = {kind: {} for kind in (*ENTITIES, "series")}
        self.documents: list[Document] = []
        self.changes: list[str] = []
        self._own: dict[tuple[str, str], Entry] = {}

    def begin_folder(self) -> None:
        """Say that what is added from now on stands in another folder."""
        self._own.clear()

    def add(self, kind: str, entry: Entry, overlay: str | None) -> None:
        """Add an entry; within one folder an id may stand once, an overlay may replace it."""
        known = self.entries[kind]
        id = entry.value["id"]
        twin = self._own.setdefault((kind, id), entry)
        if twin is not entry:
            entry.document.report(
                (*entry.path, "id"), f"the {kind} `{id}` stands at {twin.place} already"
            )
            return
        before = known.get(id)
        if overlay is not None:
            self.changes.append(f"{overlay} {'changes' if before else 'adds'} {kind} {id}")
            if before is not None and kind == "family":
                entry = entry._replace(value=_extend(before.value, entry.value))
        known[id] = entry


def assemble(
    base: list[RuleFile], overlays: list[tuple[str, list[RuleFile]]], digest: str
) -> Parts:
    """Return the compiled parts of a rule base.

    Raises BrokenFileError with every problem at file:line:column.
    """
    collection = Collection()
    for file in base:
        _collect(collection, file, None)
    for name, files in overlays:
        collection.begin_folder()
        for file in files:
            _collect(collection, file, name)
    _stop_at_problems(collection.documents)
    _stop_where_nothing_is(collection)
    check_references(collection.entries)
    _stop_at_problems(collection.documents)
    return compile_parts(collection.entries, collection.changes, digest)


def _collect(collection: Collection, file: RuleFile, overlay: str | None) -> None:
    name = file.name if overlay is None else f"{overlay}/{file.name}"
    document = _document(file, name)
    collection.documents.append(document)
    kind = file.kind
    if kind == "family" and overlay is not None and _known_family(collection, document):
        kind = "family-extension"
    if not check_shape(document, file_shape(kind)):
        return
    if file.kind == "family":
        if document.value["id"] != file.path.stem:
            document.report(
                ("id",), f"the file is called `{file.path.name}`; use the id as its name"
            )
        collection.add("family", Entry(document.value, document, ()), overlay)
        return
    before = list(collection.entries["criterion"])
    for key, entry_kind in LISTS[file.kind].items():
        for index, value in enumerate(written_out(key, document, collection.entries)):
            if entry_kind == "checkpoint":
                value = value | {"family": file.path.stem}
            collection.add(entry_kind, Entry(value, document, (key, index)), overlay)
    if overlay is not None and file.kind == "criteria":
        named = list(dict.fromkeys(value["id"] for value in document.value["criteria"]))
        fresh = [id for id in named if id not in before]
        collection.entries["criterion"] = _reordered(collection.entries["criterion"], named, fresh)


def _document(file: RuleFile, name: str) -> Document:
    if not file.refused:
        return read_bytes(file.data, name)
    document = Document(name)
    document.report((), f"cannot be read: {file.refused}")
    return document


def _known_family(collection: Collection, document: Document) -> bool:
    value = document.value
    return isinstance(value, dict) and value.get("id") in collection.entries["family"]


def _reordered(known: dict[str, Entry], named: list[str], fresh: list[str]) -> dict[str, Entry]:
    """Return the criteria in the order of an overlay.

    Each criterion that it names follows the one named before it. The first one keeps its place;
    a `fresh` one comes before all others.
    """
    order = [id for id in known if id not in named[1:]]
    if named[0] in fresh:
        order = [named[0], *(id for id in order if id != named[0])]
    for before, id in pairwise(named):
        order.insert(order.index(before) + 1, id)
    return {id: known[id] for id in order}


def _extend(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """A family as an overlay changes it: mappings grow key by key, the rest is replaced."""
    merged = before | after
    for key in ("takes", "gives", "tasks", "cannot"):
        if key in before and key in after:
            merged[key] = before[key] | after[key]
    declared = {key for part in ("takes", "gives", "tasks") for key in after.get(part, {})}
    if "cannot" in merged:
        merged["cannot"] = {k: v for k, v in merged["cannot"].items() if k not in declared}
    return merged


def _stop_where_nothing_is(collection: Collection) -> None:
    for kind, name in (("criterion", "criteria"), ("question", "questions")):
        if not collection.entries[kind]:
            raise BrokenFileError(
                f"the rules hold no {name}",
                hint="a folder of its own has criteria.yaml, questions.yaml and so on; "
                "--rules DIR lays one over the shipped rules",
            )


def _stop_at_problems(documents: list[Document]) -> None:
    problems = sorted({p for document in documents for p in document.problems})
    if problems:
        raise BrokenFileError(
            f"the rules cannot be used: {count(len(problems), 'problem')}",
            problems=tuple(str(problem) for problem in problems),
            hint="fix the places above and run the command again",
        )

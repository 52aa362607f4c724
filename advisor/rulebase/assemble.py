"""Assembles rule files into compiled parts: reads them, adds overlays, checks every reference."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from advisor.errors import BrokenFileError
from advisor.model.file_kinds import ENTITIES, LISTS, file_shape
from advisor.model.phrase_kinds import NUMBER_WORD
from advisor.phrasing import count
from advisor.reader.document import Document, KeyPath, read_bytes, unreadable
from advisor.reader.shape import report_shape
from advisor.rulebase import short_forms
from advisor.rulebase.base import Part
from advisor.rulebase.compile import CompiledParts
from advisor.rulebase.entries import Entries, Entry, RuleFile
from advisor.rulebase.references import check_references
from advisor.rulebase.settled import Rows, entries_in, rows_of, unchanged_parts


class Collection:
    """All entries by kind and id, base first, then what overlays add or change."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Entry]] = {kind: {} for kind in (*ENTITIES, "series")}
        self.documents: list[Document] = []
        self.changes: list[str] = []
        self.doubtful: set[str] = set()
        """Kinds of files with problems: any name that is unknown may be defined in them."""
        self._spoilt_series: set[str] = set()
        self._own: dict[tuple[str, str], Entry] = {}

    def take(self, rows: Rows, files: list[RuleFile]) -> None:
        """Add the entries of the base from rows that were compiled from these files."""
        entries, documents = entries_in(rows, files)
        self.entries |= entries
        self.documents += documents

    def read(self, files: list[RuleFile], overlay: str | None) -> None:
        """Read the files of one folder: of the base (`overlay` is None) or of the overlay named."""
        self._own.clear()
        for file in files:
            name = file.name if overlay is None else f"{overlay}/{file.name}"
            refused = file.refused
            document = unreadable(name, refused) if refused else read_bytes(file.data, name)
            kind, value = file.kind, document.value
            if kind == "family" and overlay is not None and isinstance(value, dict):
                kind = "family-extension" if value.get("id") in self.entries[kind] else kind
            short_forms.write_keys_out(document, file.kind)
            faults = report_shape(document, file_shape(kind))
            if kind == "programs" and overlay is not None:
                document.report((), "overlays cannot change programs")
            self.documents.append(document)
            if document.problems:
                self.doubtful.add(file.kind)
            if faults is not None:
                self._collect(file, document, faults, overlay)

    def _collect(
        self, file: RuleFile, document: Document, faults: list[KeyPath], overlay: str | None
    ) -> None:
        """Add the entries of a document, except those with `faults`: paths of wrong shape.

        A family with any fault is left out. An overlay's criteria reorder those before.
        """
        if file.kind == "family" and faults:
            return
        if file.kind == "family":
            if document.value["id"] != file.path.stem:
                document.report(
                    ("id",), f"the file has the name `{file.path.name}`. Rename the file to its id"
                )
            self._add("family", Entry(document.value, document, ()), overlay)
            return
        criteria = list(self.entries["criterion"])
        for key, kind in LISTS[file.kind].items():
            full = short_forms.written_out(
                key, document, self.entries, short_forms.Spoilt(faults, self._spoilt_series)
            )
            for index, value in full:
                if kind == "checkpoint":
                    value = value | {"family": file.path.stem}
                self._add(kind, Entry(value, document, (key, index)), overlay)
        if overlay is not None and file.kind == "criteria" and not faults:
            named = list(dict.fromkeys(value["id"] for value in document.value["criteria"]))
            entries = self.entries["criterion"]
            self.entries["criterion"] = {id: entries[id] for id in _reordered(criteria, named)}

    def _add(self, kind: str, entry: Entry, overlay: str | None) -> None:
        """Add an entry, or replace an earlier folder's; report an id repeated within one folder."""
        entries, id = self.entries[kind], entry.value["id"]
        twin = self._own.setdefault((kind, id), entry)
        if twin is not entry:
            entry.report(("id",), f"the {kind} `{id}` is already defined at {twin.place}")
            return
        before = entries.get(id)
        if overlay is not None:
            self.changes.append(f"{overlay} {'changes' if before else 'adds'} {kind} {id}")
            if (
                before is not None
                and kind == "question"
                and (groups := short_forms.kept_groups(before, entry))
            ):
                entry = entry._replace(value=entry.value | {"groups": groups})
            if before is not None and kind == "family":
                value = _extend(before.value, entry.value)
                entry = entry._replace(value=value, extended=before)
        entries[id] = entry


def assemble(
    base: list[RuleFile],
    overlays: list[tuple[str, list[RuleFile]]],
    digest: str,
    before: Part | None = None,
) -> CompiledParts:
    """Return the compiled parts of a rule base; without overlays also a part with its entries.

    `before` returns the parts of the base alone, if it was compiled before. Raises BrokenFileError
    with every problem at file:line:column, and for a base without criteria or questions.
    """
    collection = Collection()
    settled = before("entries") if before else {}
    if settled.get("entries"):
        collection.take(settled["entries"], base)
    else:
        collection.read(base, None)
    for name, files in overlays:
        collection.read(files, name)
    if not any(document.problems for document in collection.documents):
        for kind, name in (("criterion", "criteria"), ("question", "questions")):
            if not collection.entries[kind]:  # no whole rule base
                raise BrokenFileError(
                    f"the rule folder has no {name}",
                    hint="pass a complete rule folder, with criteria.yaml, questions.yaml and "
                    "tasks.yaml, or add an overlay with --rules DIR",
                )
    collected = {kind: {**of_kind} for kind, of_kind in collection.entries.items()}
    short_forms.write_words_out(collection.entries)
    short_forms.write_groups_out(collection.entries)
    named = check_references(collection.entries, collection.doubtful)
    short_forms.report_uncited(collection.entries)
    documents = collection.documents
    if any(document.problems for document in documents):
        reported = (problem for each in documents for problem in (*each.problems, *each.remarks))
        problems = sorted(set(reported))
        raise BrokenFileError(
            f"the rules cannot be used: {count(len(problems), 'problem')}",
            problems=tuple(str(problem) for problem in problems),
            hint="fix the problems above and run the command again",
        )
    report_unused(collection.entries, named)
    remarks = sorted({remark for document in documents for remark in document.remarks})
    warnings = [str(warning) for document in documents for warning in document.warnings]
    head = {"digest": digest, "overlays": collection.changes, "warnings": warnings}
    parts = CompiledParts(collection.entries, head, remarks)
    if overlays:
        parts.makers["unchanged"] = lambda: {
            "parts": unchanged_parts(settled, collection.entries),
        }
        return parts
    rows = rows_of(collected, collection.entries, documents)
    parts.makers["entries"] = lambda: {
        "entries": {} if remarks or warnings else rows,  # those have to be told again
        "made_of": parts.made_of(),
    }
    return parts


def _reordered(ids: list[str], named: list[str]) -> list[str]:
    """Return the criteria in the order of an overlay.

    Each criterion that it names follows the one named before it. The first one keeps its place;
    one that is not known comes before all others.
    """
    order = [id for id in ids if id not in named[1:]]
    if named[0] not in ids:
        order.insert(0, named[0])
    for before, id in pairwise(named):
        order.insert(order.index(before) + 1, id)
    return order


def _extend(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return a family as an overlay changes it: declarations merge by key, others are replaced.

    An entry under `cannot` is dropped if the overlay declares its key elsewhere.
    """
    merged = before | after
    for key in ("takes", "gives", "tasks", "cannot"):
        if key in before and key in after:
            merged[key] = before[key] | after[key]
    declared = {key for part in ("takes", "gives", "tasks") for key in after.get(part, {})}
    if "cannot" in merged:
        merged["cannot"] = {k: v for k, v in merged["cannot"].items() if k not in declared}
    return merged


def _reads_numbers(language: str) -> bool:
    """True if text2num supports the language, so that words for numbers are read."""
    from text_to_num import alpha2digit  # only for a language that a file adds with such words

    try:
        alpha2digit("", language)
    except ValueError:
        return False
    return True


def report_unused(entries: Entries, named: set[tuple[str, str]]) -> None:
    """Remark on uncited sources, protocols that rank nothing, and number words that are not read.

    `named` are the kinds and names that entries refer to.
    """
    for id, entry in entries["source"].items():
        if ("source", id) not in named:
            entry.remark(("id",), f"no entry cites the source `{id}`")
    for id, entry in entries["sentence-language"].items():
        if NUMBER_WORD in entry.value.get("particles", {}) and not _reads_numbers(id):
            message = (
                f"words for numbers in `{id}` are not read, since text2num has no such language"
            )
            entry.remark(("particles", NUMBER_WORD), f"{message}. Leave them out")
    yardsticks = (entry.value for entry in entries["yardstick"].values())
    tables = (table for yardstick in yardsticks for table in yardstick.get("tables", ()))
    ranking = {id for table in tables for id in ([table] if isinstance(table, str) else table)}
    for id, entry in entries["protocol"].items():
        if id not in ranking and not entry.value.get("ranks_nothing"):
            message = (
                f"no ranking benchmark uses the protocol `{id}`, so its results affect no ranking"
            )
            entry.remark(("id",), f"{message}. Add it to a benchmark, or set `ranks_nothing: true`")

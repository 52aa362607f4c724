"""Every name that rule files define, and the look-up of those that an entry uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from advisor.errors import nearest
from advisor.model import NOT_APPLICABLE
from advisor.reader.document import Document
from advisor.reader.document import Path as Place


class Located(Protocol):
    """A value with the document and place it came from."""

    @property
    def value(self) -> dict[str, Any]:
        """What stands there."""

    @property
    def document(self) -> Document:
        """The file it stands in."""

    @property
    def path(self) -> Place:
        """Where in that file."""

    @property
    def place(self) -> str:
        """Where it stands, as file:line."""


Entries = Mapping[str, Mapping[str, Located]]


class Names:
    """Every name that may be referred to."""

    def __init__(self, entries: Entries) -> None:
        self.questions = list(entries["question"])
        self.many = [id for id, entry in entries["question"].items() if entry.value.get("many")]
        self.tasks = list(entries["task"])
        self.task_names = {
            name
            for id, entry in entries["task"].items()
            for name in (id, *entry.value.get("aliases", []))
        }
        self.families = list(entries["family"])
        self.checkpoints = list(entries["checkpoint"])
        self.sources = list(entries["source"])
        self.criteria = list(entries["criterion"])
        self.rules = list(entries["rule"])
        self.parts = list(entries.get("part", {}))
        self.options: dict[str, list[str]] = {}
        self.declared: dict[str, list[str]] = {"takes": [], "gives": []}
        for id, entry in entries["question"].items():
            value = entry.value
            own = [option["id"] for option in value.get("options", [])]
            options = self.tasks if value.get("options_from") == "tasks" else own
            self.options[id] = options + ([NOT_APPLICABLE] if value.get("ask_if") else [])
            if value.get("declared_by"):
                self.declared[value["declared_by"]] += own


class Checker:
    """Looks up the names that one entry uses, and reports into its document those not defined."""

    def __init__(self, entry: Located, names: Names) -> None:
        self.entry = entry
        self.names = names

    def report(self, path: Place, message: str) -> None:
        """Report a problem at a path inside the entry."""
        self.entry.document.report((*self.entry.path, *path), message)

    def name(self, path: Place, kind: str, name: str, known: Iterable[str]) -> bool:
        """Report a name that is not known, with the nearest one; return whether it is."""
        listed = list(known)
        if name in listed:
            return True
        close = nearest(name, listed)
        hint = f"; did you mean `{close}`?" if close else ""
        self.report(path, f"unknown {kind} `{name}`{hint}")
        return False

    def sources(self, path: Place, sources: list[str]) -> None:
        """Check the ids of sources."""
        for index, source in enumerate(sources):
            self.name((*path, index), "source", source, self.names.sources)

    def condition(self, path: Place, when: dict[str, list[str]]) -> None:
        """Check the questions of a condition and their options."""
        for question, options in when.items():
            if self.name((*path, question), "question", question, self.names.questions):
                for index, option in enumerate(options):
                    where = (*path, question, index)
                    self.name(
                        where, f"option of `{question}`", option, self.names.options[question]
                    )

    def every_source(self, value: Any, path: Place = ()) -> None:
        """Check `sources:` wherever it stands inside a value."""
        if isinstance(value, dict):
            for key, member in value.items():
                if key == "sources" and isinstance(member, list):
                    self.sources((*path, key), member)
                else:
                    self.every_source(member, (*path, key))
        elif isinstance(value, list):
            for index, member in enumerate(value):
                self.every_source(member, (*path, index))

"""What configuration files of the project hold, as code that reads them sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from advisor.files import read_bounded
from advisor.scan.abstract import (
    NOTHING,
    Constant,
    DictLiteral,
    ListLiteral,
    String,
    Values,
    bounded,
    item,
)
from advisor.scan.configuration import Written, documents_in
from advisor.scan.source import UnreadableError, decode_utf8, writable
from advisor.scan.usage import Location
from advisor.scan.walk import SourceFile

_MOST_BYTES = 200_000
_ENDINGS = ("", ".yaml", ".yml")


class Documents:
    """The configuration files among the scanned ones; each is read when it is first asked for."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._files = {file.name: file for file in files if file.kind == "configuration"}
        self._known: dict[str, Values] = {}

    def of(self, importer: str, path: str) -> Values:
        """Return what the file holds that code in another one reads from a path.

        The path is that from the folder of the code, or from one above.
        """
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        folders = importer.split("/")[:-1]
        for end in range(len(folders), -1, -1) if parts else ():
            for ending in _ENDINGS:
                if file := self._files.get("/".join([*folders[:end], *parts]) + ending):
                    return self._document(file)
        return NOTHING

    def _document(self, file: SourceFile) -> Values:
        if file.name not in self._known:
            self._known[file.name] = NOTHING
            with suppress(UnreadableError, OSError, RecursionError):
                text = decode_utf8(read_bounded(file.path, _MOST_BYTES), file.name)
                first = next(iter(documents_in(text, file.name)), None)
                held = _values(first, Written(text), file.name)
                self._known[file.name] = self._composed(file, held)
        return self._known[file.name]

    def _composed(self, file: SourceFile, held: Values) -> Values:
        """A document with those that its `defaults` name, as hydra puts them together."""
        folder = file.name.rpartition("/")[0]
        added: list[tuple[String, Values]] = []
        for default in item(held, "defaults") if folder else ():
            for group in default.groups if isinstance(default, ListLiteral) else ():
                added.extend(self._groups(folder, group))
        match held:
            case (DictLiteral(entries),) if added:
                return bounded(DictLiteral((*added, *entries)))
        return held

    def _groups(self, folder: str, group: Values) -> Iterator[tuple[String, Values]]:
        for choice in group:
            for key, values in choice.entries if isinstance(choice, DictLiteral) else ():
                for value in values:
                    if isinstance(key, String) and isinstance(value, String):
                        path = f"{folder}/{key.text.split(' ')[-1]}/{value.text}"
                        yield key, self.of("", path)


def _values(value: Any, written: Written, name: str) -> Values:
    """What was read, as code sees it, each text with its place."""
    match value:
        case str():
            line, column = written.next_place(value) if "/" in value else (1, 1)
            return (String(value, Location(name, line, column, line, column + len(value))),)
        case dict():
            entries = (
                (String(str(key), Location(name, 1, 1, 1, 1)), _values(inner, written, name))
                for key, inner in value.items()
            )
            return bounded(DictLiteral(tuple(entries)))
        case list():
            return bounded(ListLiteral(tuple(_values(inner, written, name) for inner in value)))
    return (Constant(writable(value)),)

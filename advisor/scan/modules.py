"""The files of a project as modules that import each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from advisor.scan.source import UnreadableError, parse_python
from advisor.scan.statement import module_names
from advisor.scan.study import Study
from advisor.scan.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Items,
    Loaded,
    Made,
    Namespace,
    Other,
    Table,
    Values,
)
from advisor.scan.walk import SourceFile

LIBRARIES = frozenset(["clip", "open_clip", "sentence_transformers", "torch", "transformers"])
"""Looked for under their own names, even in a project that holds a copy."""
MAX_BYTES = 1_000_000
DEEPEST_IMPORTS = 12


class Project:
    """Gives what modules of the scanned files define; each is read when it is first asked for."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._defined: dict[str, dict[str, Values]] = {}
        self._under_way: list[str] = []

    def exports(self, importer: str, module: str) -> dict[str, Values] | None:
        """Return what `module`, as imported in a file, defines; None where it is no file of ours.

        Modules that import each other in a circle, or cannot be read, define nothing.
        """
        if module.partition(".")[0] in LIBRARIES:
            return None
        file = self._find(importer, module)
        if file is None:
            return None
        if file.name not in self._defined:
            if file.name in self._under_way or len(self._under_way) >= DEEPEST_IMPORTS:
                return {}
            self._under_way.append(file.name)
            try:
                self._defined[file.name] = self._read(file)
            finally:
                self._under_way.pop()
        return self._defined[file.name]

    def _find(self, importer: str, module: str) -> SourceFile | None:
        level = len(module) - len(module.lstrip("."))
        parts = [part for part in module[level:].split(".") if part]
        folders = importer.split("/")[:-1]
        if level:
            if level - 1 > len(folders):
                return None
            return self._module([*folders[: len(folders) - level + 1], *parts])
        for folder in _upwards(folders):
            if parts and (found := self._module([*folder, *parts])) is not None:
                return found
        return None

    def _module(self, parts: list[str]) -> SourceFile | None:
        path = "/".join(parts)
        package = f"{path}/__init__.py" if path else "__init__.py"
        return self._files.get(f"{path}.py") or self._files.get(package)

    def _read(self, file: SourceFile) -> dict[str, Values]:
        if file.size > MAX_BYTES:
            return {}
        try:
            with Path(file.path).open("rb") as stream:
                parsed = parse_python(stream.read(), file.name)
            study = Study(parsed, lambda module: self.exports(file.name, module))
            names = module_names(study)
        except (UnreadableError, OSError, RecursionError):
            return {}
        return {name: _outside(study, values, 0) for name, values in names.items()}


def _upwards(folders: list[str]) -> Iterator[list[str]]:
    for end in range(len(folders), -1, -1):
        yield folders[:end]


def _outside(study: Study, values: Values, depth: int) -> Values:
    """Return values as another file sees them: functions and loads mean nothing there."""
    if depth > 3:
        return NOTHING
    found: list[Values] = []
    for value in values:
        if isinstance(value, Items):
            found.append((Items(tuple(_outside(study, v, depth + 1) for v in value.items)),))
        elif isinstance(value, Table):
            entries = tuple((k, _outside(study, v, depth + 1)) for k, v in value.entries)
            found.append((Table(entries),))
        elif isinstance(value, (Class, Instance)):
            facts = study.classes.get(value.name if isinstance(value, Class) else value.of)
            attributes = facts.attributes.items() if facts else ()
            inner = tuple((name, _outside(study, v, depth + 1)) for name, v in attributes)
            found.append((Namespace(inner),))
        elif isinstance(value, (Function, Loaded, Made)):
            found.append((Other(),))
        else:
            found.append((value,))
    return tuple(dict.fromkeys(one for group in found for one in group))

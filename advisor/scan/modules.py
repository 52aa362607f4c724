"""The files of a project as modules that import each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from advisor.scan.libraries import LIBRARIES
from advisor.scan.source import Parsed, UnreadableError, parse_python
from advisor.scan.statement import module_names
from advisor.scan.study import Study
from advisor.scan.values import (
    NOTHING,
    Abstract,
    DictLiteral,
    ForeignObject,
    Function,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Namespace,
    Other,
    Values,
)
from advisor.scan.vocabulary import Vocabulary
from advisor.scan.walk import SourceFile

MAX_BYTES = 1_000_000
DEEPEST_IMPORTS = 12
_DEEPEST_VALUES = 3


class Modules:
    """Gives what modules of the scanned files define; each is read when it is first asked for."""

    def __init__(self, files: Iterable[SourceFile], vocabulary: Vocabulary) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._vocabulary = vocabulary
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
        """The file of a module: beside the importer, as Python finds it, or in a folder above."""
        name = module.lstrip(".")
        level = len(module) - len(name)
        parts = [part for part in name.split(".") if part]
        folders = importer.split("/")[:-1]
        if level:
            above = len(folders) - level + 1
            return self._module([*folders[:above], *parts]) if above >= 0 else None
        above_it = range(len(folders), -1, -1) if parts else ()
        found = (self._module([*folders[:end], *parts]) for end in above_it)
        return next((file for file in found if file is not None), None)

    def _module(self, parts: list[str]) -> SourceFile | None:
        path = "/".join(parts)
        return self._files.get(f"{path}.py") or self._files.get("/".join([*parts, "__init__.py"]))

    def _read(self, file: SourceFile) -> dict[str, Values]:
        if file.size > MAX_BYTES:
            return {}
        try:
            parsed = parse_python(Path(file.path).read_bytes(), file.name)
            study = self.study(parsed)
            names = module_names(study)
        except (UnreadableError, OSError, RecursionError):
            return {}
        return {name: _outside(study, values) for name, values in names.items()}

    def study(self, parsed: Parsed) -> Study:
        """Return a study of a file that knows what the others define."""
        return Study(parsed, self._vocabulary, lambda name: self.exports(parsed.name, name))


def _outside(study: Study, values: Values, depth: int = 0) -> Values:
    """Return values as another file sees them: functions and loads mean nothing there."""
    if depth > _DEEPEST_VALUES:
        return NOTHING
    return tuple(dict.fromkeys(_seen_outside(study, value, depth + 1) for value in values))


def _seen_outside(study: Study, value: Abstract, depth: int) -> Abstract:
    if isinstance(value, ListLiteral):
        return ListLiteral(tuple(_outside(study, group, depth) for group in value.items))
    if isinstance(value, DictLiteral):
        entries = ((key, _outside(study, group, depth)) for key, group in value.entries)
        return DictLiteral(tuple(entries))
    if isinstance(value, (LocalClass, LocalObject)):
        attributes = study.attributes(value.name).items()
        return Namespace(tuple((name, _outside(study, v, depth)) for name, v in attributes))
    return Other() if isinstance(value, (Function, Loaded, ForeignObject)) else value

"""The modules of a project, which import each other: where each stands, and what it defines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from advisor.scan.abstract import Values
from advisor.scan.imports import Imports
from advisor.scan.source import Parsed
from advisor.scan.study import Study
from advisor.scan.usage import Load
from advisor.scan.vocabulary import LIBRARIES, Vocabulary
from advisor.scan.walk import SourceFile

_LIBRARIES = LIBRARIES | {"torch"}
"""Looked for under their own names, even in a project that holds a copy."""
_DEEPEST_IMPORTS = 12

Follow = Callable[[SourceFile], "Mapping[str, Values]"]
"""Studies a file, and gives what it defines."""


class Modules:
    """Gives what modules of the scanned files define; each is studied when it is first asked for.

    `loads` are those of all files, by their numbers.
    """

    def __init__(self, files: Sequence[SourceFile], vocabulary: Vocabulary, follow: Follow) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._words = {part.removesuffix(".py") for name in self._files for part in name.split("/")}
        self._vocabulary = vocabulary
        self._follow = follow
        self._defined: dict[str, Mapping[str, Values]] = {}
        self._under_way: list[str] = []
        self.loads: list[Load] = []

    def exports(self, importer: str, module: str) -> Mapping[str, Values] | None:
        """Return what `module`, as imported in a file, defines; None where it is no file of ours.

        Modules that import each other in a circle, or cannot be read, define nothing.
        """
        if module.partition(".")[0] in _LIBRARIES:
            return None
        file = self.file(importer, module)
        if file is None:
            return None
        if file.name not in self._defined:
            if file.name in self._under_way or len(self._under_way) >= _DEEPEST_IMPORTS:
                return {}
            self._under_way.append(file.name)
            try:
                self._defined[file.name] = self._follow(file)
            finally:
                self._under_way.pop()
        return self._defined[file.name]

    def file(self, importer: str, module: str) -> SourceFile | None:
        """Return the file of a module: beside the importer, as Python finds it, or above."""
        return next(filter(None, map(self._files.get, self._paths(importer, module))), None)

    def _paths(self, importer: str, module: str) -> Iterator[str]:
        """Yield where a module may stand."""
        name = module.lstrip(".")
        parts = [part for part in name.split(".") if part]
        if parts and parts[-1] not in self._words:
            return  # as nearly all are that come from elsewhere
        folders = importer.split("/")[:-1]
        ends = range(len(folders), -1, -1) if parts else range(0)
        if level := len(module) - len(name):
            above = len(folders) - level + 1
            ends = range(max(above, 0), above + 1)
        for end in ends:
            path = "/".join([*folders[:end], *parts])
            yield f"{path}.py"
            yield f"{path}/__init__.py" if path else "__init__.py"

    def study(self, parsed: Parsed) -> Study:
        """Return a study of a file that knows what the others define."""
        name = parsed.name  # the tree is not kept
        imports = Imports(lambda module: self.exports(name, module))
        return Study(parsed, self._vocabulary, imports, self.loads)

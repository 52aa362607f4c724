"""The modules of a project, which import each other: what each defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor.files import read_bounded
from advisor.scan.abstract import Values
from advisor.scan.deadline import OutOfTimeError
from advisor.scan.documents import Documents
from advisor.scan.exported import exported
from advisor.scan.imports import Imports
from advisor.scan.source import Parsed, UnreadableError, parse_python
from advisor.scan.study import Homes, Study
from advisor.scan.vocabulary import LIBRARIES, Vocabulary
from advisor.scan.walk import SourceFile

_LIBRARIES = LIBRARIES | {"torch"}
"""Looked for under their own names, even in a project that holds a copy."""
_MOST_BYTES = 1_000_000
_DEEPEST_IMPORTS = 12


class Modules:
    """Gives what modules of the scanned files define; each is read when it is first asked for."""

    def __init__(self, files: Sequence[SourceFile], vocabulary: Vocabulary) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._documents = Documents(files)
        folders = {name.rpartition("/")[0] for name in self._files}
        self._folders = {outer for inner in folders for outer in _outward(inner)}
        self.words = {part.removesuffix(".py") for name in self._files for part in name.split("/")}
        self._vocabulary = vocabulary
        self._defined: dict[str, Mapping[str, Values]] = {}
        self._homes: Homes = {}
        self._under_way: list[str] = []

    def has(self, importer: str, module: str) -> bool:
        """True where a module, as imported in a file, is a file whose names can be told."""
        return module.partition(".")[0] not in _LIBRARIES and bool(self.file(importer, module))

    def home(self, importer: str, module: str) -> str | None:
        """Return the file of a module, as imported in a file; None where it is none of ours."""
        if module.partition(".")[0] in _LIBRARIES:
            return None
        file = self.file(importer, module)
        return file and file.name

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
            too_deep = file.name in self._under_way or len(self._under_way) >= _DEEPEST_IMPORTS
            if too_deep:
                return {}
            self._under_way.append(file.name)
            try:
                data = read_bounded(file.path, _MOST_BYTES)
                parsed = parse_python(data, file.name)
                self._defined[file.name] = exported(self.study(parsed))
            except (UnreadableError, OSError, RecursionError):
                self._defined[file.name] = {}
            except OutOfTimeError:  # for the next file that imports it, too
                self._defined[file.name] = {}
                raise
            finally:
                self._under_way.pop()
        return self._defined[file.name]

    def is_ours(self, importer: str, module: str) -> bool:
        """True where a module, as imported in a file, is a file or a folder of the project."""
        if module.partition(".")[0] in _LIBRARIES:
            return False
        paths = self._paths(importer, module)
        return module[:1] == "." or any(
            path in self._folders or one in self._files or other in self._files
            for path, one, other in paths
        )

    def file(self, importer: str, module: str) -> SourceFile | None:
        """Return the file of a module: beside the importer, as Python finds it, or above."""
        for _, *files in self._paths(importer, module):
            for file in files:
                if file in self._files:
                    return self._files[file]
        return None

    def _paths(self, importer: str, module: str) -> Iterator[tuple[str, str, str]]:
        """Yield where a module may stand: its folder, and the two files that it may be."""
        name = module.lstrip(".")
        parts = [part for part in name.split(".") if part]
        if parts and parts[-1] not in self.words:
            return  # as nearly all are that come from elsewhere
        folders = importer.split("/")[:-1]
        ends = range(len(folders), -1, -1) if parts else range(0)
        if level := len(module) - len(name):
            above = len(folders) - level + 1
            ends = range(max(above, 0), above + 1)
        for end in ends:
            path = "/".join([*folders[:end], *parts])
            yield path, f"{path}.py", f"{path}/__init__.py" if path else "__init__.py"

    def study(self, parsed: Parsed) -> Study:
        """Return a study of a file that knows what the others define."""
        return Study(parsed, self._vocabulary, self.imports(parsed.name), self._homes)

    def imports(self, importer: str) -> Imports:
        """Return what the imports of a file give it."""
        return Imports(
            lambda module: self.exports(importer, module),
            lambda path: self._documents.of(importer, path),
        )


def _outward(folder: str) -> Iterator[str]:
    """Yield a folder and those that it stands in."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]

"""The modules of a project, which import each other: where each stands, and what it defines."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    ForeignObject,
    Function,
    FunctionNode,
    ImportedClass,
    ListLiteral,
    LocalClass,
    LocalObject,
    Other,
    Partial,
    Ready,
    Values,
)
from advisor.scan.classes import RESULT
from advisor.scan.scope import Imports, last_name, parameters
from advisor.scan.source import Parsed, descendants
from advisor.scan.study import Study
from advisor.scan.usage import Load
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS, LIBRARIES, Vocabulary
from advisor.scan.walk import SourceFile

_DEEPEST_VALUES = 3


def exported(study: Study) -> dict[str, Values]:
    """Return what the module of a study defines, as another file sees it, by its names.

    Nothing of its tree is kept: functions are what they give, and classes what stands in them.
    """
    return {name: _values(study, values) for name, values in study.names.items()}


def _values(study: Study, values: Values, depth: int = 0) -> Values:
    """Return all values as they are seen; of what is nested too deeply, nothing."""
    return tuple(dict.fromkeys(_seen(study, v, depth) for v in values if depth <= _DEEPEST_VALUES))


def _seen(study: Study, value: Abstract, depth: int) -> Abstract:
    match value:
        case ListLiteral(groups):
            return ListLiteral(tuple(_values(study, group, depth + 1) for group in groups))
        case DictLiteral(entries):
            seen = ((key, _values(study, group, depth + 1)) for key, group in entries)
            return DictLiteral(tuple(seen))
        case LocalClass(label) | LocalObject(label) if depth == 0:
            own = f"{study.parsed.name}:{label}"
            return ImportedClass(own, study.built_as(label), study.loads_as(label))
        case Function(node, None):
            given = _values(study, study.told(node, RESULT), depth + 1)
            names = (*parameters(node), *(argument.arg for argument in node.args.kwonlyargs))
            reaching = _reaching(node)
            numbered = tuple((n, name) for n, name in enumerate(names) if name in reaching)
            return Ready(given, node.name if numbered else None, numbered)
        case Ready(values):
            return value._replace(values=_values(study, values, depth + 1))
        case Function() | ForeignObject() | Partial() | LocalClass() | LocalObject():
            return Other()
    return value


def _reaching(node: FunctionNode) -> set[str]:
    """Return the names that a function passes to a load, as what is to be loaded."""
    given: set[str] = set()
    for call in descendants(node):
        if isinstance(call, ast.Call) and (name := last_name(call.func)) in CHECKPOINT_ARGUMENTS:
            position, keywords = CHECKPOINT_ARGUMENTS[name]
            passed = [*call.args[position : position + 1]]
            passed += [keyword.value for keyword in call.keywords if keyword.arg in keywords]
            given |= {argument.id for argument in passed if isinstance(argument, ast.Name)}
    return given


_LIBRARIES = LIBRARIES | {"torch"}
"""Looked for under their own names, even in a project that holds a copy."""


class Modules:
    """Gives what modules of the scanned files define, by its names, as `follow` finds it.

    `loads` are those of all files, by their numbers.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        vocabulary: Vocabulary,
        follow: Callable[[SourceFile], Mapping[str, Values]],
        loads: list[Load],
    ) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._words = {part.removesuffix(".py") for name in self._files for part in name.split("/")}
        self._vocabulary = vocabulary
        self._follow = follow
        self.loads = loads
        self.imports = Imports(self.exports)

    def exports(self, importer: str, module: str) -> Mapping[str, Values] | None:
        """Return what `module`, as imported in a file, defines; None where none of ours does."""
        library = module.partition(".")[0] in _LIBRARIES
        file = None if library else self.file(importer, module)
        return self._follow(file) if file else None

    def file(self, importer: str, module: str) -> SourceFile | None:
        """Return the file of a module: beside the importer, as Python finds it, or above."""
        name = module.lstrip(".")
        parts = [part for part in name.split(".") if part]
        if parts and parts[-1] not in self._words:
            return None  # as nearly all are that come from elsewhere
        folders = importer.split("/")[:-1]
        ends = range(len(folders), -1, -1) if parts else range(0)
        if level := len(module) - len(name):
            above = len(folders) - level + 1
            ends = range(max(above, 0), above + 1)
        for end in ends:
            path = "/".join([*folders[:end], *parts])
            within = self._files.get(f"{path}/__init__.py" if path else "__init__.py")
            if file := self._files.get(f"{path}.py") or within:
                return file
        return None

    def study(self, parsed: Parsed) -> Study:
        """Return a study of a file that knows what the others define."""
        return Study(parsed, self._vocabulary, self.imports, self.loads)

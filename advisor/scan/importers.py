"""Files that name no model themselves, and may use one that a file they import loads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    Function,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Values,
)
from advisor.scan.learned import RESULT
from advisor.scan.node import loads_something
from advisor.scan.study import Study
from advisor.scan.walk import SourceFile

_PACKAGE = "__init__.py"
_MOST_PACKAGES = 3
"""Packages, one inside the other, that pass on a name."""
_FROM = re.compile(rb"from(?<!\wfrom)[ \t]+(\.*[\w.]*)[ \t]+import\b[ \t]*(\([^()]*\)?|[^\n;#\\]*)")
_IMPORT = re.compile(rb"\nimport[ \t]+([\w., \t]+)")
_COMMENT = re.compile(rb"#[^\n]*")

Find: TypeAlias = "Callable[[str, str], str | None]"
"""Gives the file of a module of the project, by the name of a file and the module it imports."""


class Import(NamedTuple):
    """A module of the project, and the names imported from it; of the module itself, none."""

    module: str
    names: tuple[str, ...] = ()


class Importer(NamedTuple):
    """A file that imports modules of the project; `left` where it was not followed."""

    file: SourceFile
    imports: tuple[Import, ...]
    left: bool


class Importers:
    """The files of a project that import others, and what those may give them."""

    def __init__(self, find: Find, words: Iterable[str]) -> None:
        self._find = find
        self._words = {word.encode("utf-8", "surrogatepass") for word in words}
        self._foreign: set[bytes] = set()
        """What is written of modules that are none of the project."""
        self._importers: dict[str, Importer] = {}
        self._given: dict[str, set[str]] = defaultdict(set)

    @property
    def wanted(self) -> bool:
        """True once some file has something to give."""
        return bool(self._given)

    def keep(self, file: SourceFile, code: bytes, *, left: bool) -> None:
        """Keep a file that imports modules of the project."""
        found = [one for one in _FROM.findall(code) if one[0] not in self._foreign]
        whole = [one for one in _IMPORT.findall(b"\n" + code) if one not in self._foreign]
        if (found or whole) and (imports := tuple(self._imports(found, whole))):
            self._importers[file.name] = Importer(file, imports, left)

    def give(self, name: str, given: Collection[str]) -> None:
        """Learn what a file may give to others, by the names that it defines."""
        if given:
            self._given[name].update(given)

    def using(self) -> dict[SourceFile, set[str]]:
        """Return the files left that import what others give, each once, with its names for it."""
        if not self._given:
            return {}
        packages = [one for one in self._importers.values() if one.file.name.endswith(_PACKAGE)]
        for _ in range(_MOST_PACKAGES):
            for one in packages:
                self.give(one.file.name, self._taken(one))
        found = {}
        for one in [one for one in self._importers.values() if one.left]:
            if taken := self._taken(one):
                found[one.file] = taken
                self._importers[one.file.name] = one._replace(left=False)
        return found

    def _taken(self, importer: Importer) -> set[str]:
        """What a file imports that another gives."""
        name, taken = importer.file.name, set[str]()
        for module, names in importer.imports:
            given = self._given.get(self._find(name, module) or "", set())
            taken |= given if not names or "*" in names else given.intersection(names)
            outer = module if module.endswith(".") else f"{module}."
            taken.update(
                one for one in names if (self._find(name, outer + one) or "") in self._given
            )
        return taken

    def _imports(
        self, found: Iterable[tuple[bytes, bytes]], whole: Iterable[bytes]
    ) -> Iterator[Import]:
        """Yield the imports among some of what may be a module of the project."""
        for module, names in found:
            if not (last := module.rpartition(b".")[2]) or last in self._words:
                parts = _COMMENT.sub(b"", names).strip(b"()").split(b",")
                called = tuple(part.split()[0].decode() for part in parts if part.strip())
                if called:
                    yield Import(module.decode(), called)
            else:
                self._foreign.add(module)
        for modules in whole:
            parts = [part.split()[0] for part in modules.split(b",") if part.strip()]
            ours = [module for module in parts if module.rpartition(b".")[2] in self._words]
            yield from (Import(module.decode()) for module in ours)
            if not ours:
                self._foreign.add(modules)


def uses(code: bytes, names: Iterable[str]) -> bool:
    """True where code calls what has one of these names, or takes something from it."""
    present = [name for name in map(str.encode, names) if name in code]
    if not present:
        return False
    return re.search(rb"\b(?:%b)\b[ \t]*[(.\[]" % b"|".join(present), code) is not None


def given_names(study: Study, ours: Collection[int]) -> frozenset[str]:
    """Return the names of a module by which others may have what it loads that is ours."""
    given = _Given(study, ours)
    return frozenset(name for name, values in study.names.items() if given.among(values))


class _Given(NamedTuple):
    """What a module may give of some loads; more than it does, rather than less."""

    study: Study
    ours: Collection[int]

    def among(self, values: Values) -> bool:
        """True where values are such a load, hold one or give one."""
        return any(map(self._is_one, values))

    def _is_one(self, value: Abstract) -> bool:
        match value:
            case Loaded(load):
                return load in self.ours
            case ListLiteral() | DictLiteral():
                return any(map(self.among, value.groups))
            case Function(node):
                return self.among(self.study.told(node, RESULT)) or loads_something(node)
            case LocalObject(label) | LocalClass(label):
                methods = self.study.methods(label).values()
                held = self.study.attributes(label).values()
                return any(map(self._loads, held)) or any(map(loads_something, methods))
        return False

    def _loads(self, values: Values) -> bool:
        return any(isinstance(value, Loaded) and value.load in self.ours for value in values)

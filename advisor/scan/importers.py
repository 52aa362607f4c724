"""Files that name no model themselves, and may use one that a file they import loads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
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
from advisor.scan.mention import FROM, begins_statement
from advisor.scan.node import loads_something
from advisor.scan.study import Study
from advisor.scan.walk import SourceFile

_MOST_IN_A_ROW = 3
"""Files that pass on a name, one to the other."""
_FROM = re.compile(rf"{FROM}[ \t]*+(\((?:[^()#]|#[^\n]*+)*+\)?|[^\n;#\\]*+)")
_IMPORT = re.compile(r"import(?<!\wimport)[ \t]++([\w., \t]++)")
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"\w+")
_FEW = 20
"""Names that are looked for one by one."""

Find: TypeAlias = "Callable[[str, str], str | None]"
"""Gives the file of a module of the project, by the name of a file and the module it imports."""


class Import(NamedTuple):
    """A module of the project, and the names imported from it; of the module itself, none.

    Each name comes with the one that it has in the file.
    """

    module: str
    names: tuple[tuple[str, str], ...] = ()


class Importer(NamedTuple):
    """A file that imports modules of the project; `left` where it was not followed."""

    file: SourceFile
    imports: tuple[Import, ...]
    left: bool


class Importers:
    """The files of a project that import others, and what those may give them."""

    def __init__(self, find: Find, words: Iterable[str]) -> None:
        self._find = cache(find)
        self._words = {*words}
        self._foreign: set[str] = set()
        """What is written of modules that are none of the project."""
        self._importers: dict[str, Importer] = {}
        self._given: dict[str, set[str]] = defaultdict(set)

    @property
    def wanted(self) -> bool:
        """True once some file has something to give."""
        return bool(self._given)

    def keep(self, file: SourceFile, code: str, *, left: bool) -> None:
        """Keep a file that imports modules of the project; `code` is as a search is to see it."""
        found = [one for one in _FROM.findall(code) if one[0] not in self._foreign]
        whole = []
        if not self._foreign.issuperset(_IMPORT.findall(code)):  # as nearly all are
            whole = [
                one[1]
                for one in _IMPORT.finditer(code)
                if one[1] not in self._foreign
                and begins_statement(code, one.start(), ("\n", ";", ":"))
            ]
        if (found or whole) and (imports := tuple(self._imports(found, whole))):
            self._importers[file.name] = Importer(file, imports, left)

    def give(self, name: str, given: Collection[str]) -> None:
        """Learn what a file may give to others, by the names that it defines."""
        if given:
            self._given[name].update(given)

    def may_take(self, data: bytes) -> bool:
        """True where the name of a file or folder stands in another that may give it something."""
        return any(one.encode("utf-8", "surrogatepass") in data for one in self._giving)

    @property
    def _giving(self) -> set[str]:
        paths = (name.removesuffix(".py").removesuffix("/__init__") for name in self._given)
        return {part for path in paths for part in path.split("/")}

    def using(self) -> dict[SourceFile, set[str]]:
        """Return the files left that import what others give, each once, with its names for it."""
        if not self._given:
            return {}
        for _ in range(_MOST_IN_A_ROW):
            before = sum(map(len, self._given.values()))
            for one in self._importers.values():
                self.give(one.file.name, self._taken(one))
            if sum(map(len, self._given.values())) == before:
                break
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
            taken |= given if not names or ("*", "*") in names else set()
            outer = module if module.endswith(".") else f"{module}."
            taken.update(
                own
                for one, own in names
                if one in given or (self._find(name, outer + one) or "") in self._given
            )
        return taken

    def _imports(self, found: Iterable[tuple[str, str]], whole: Iterable[str]) -> Iterator[Import]:
        """Yield the imports among some of what may be a module of the project."""
        for written, names in found:
            module = "".join(written.split())
            if not (last := module.rpartition(".")[2]) or last in self._words:
                parts = map(str.split, _COMMENT.sub("", names).strip("()").split(","))
                if both := tuple((part[0], part[-1]) for part in parts if part):
                    yield Import(module, both)
            else:
                self._foreign.add(written)
        for modules in whole:
            called = [part.split()[0] for part in modules.split(",") if part.strip()]
            ours = [module for module in called if module.rpartition(".")[2] in self._words]
            yield from map(Import, ours)
            if not ours:
                self._foreign.add(modules)


def imports_from(code: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what `from module import a, b` imports in a text of code, without what may be `*`."""
    for written, names in _FROM.findall(code):
        parts = map(str.split, _COMMENT.sub("", names).strip("()").split(","))
        yield "".join(written.split()), [part[0] for part in parts if part and part[0] != "*"]


def uses(code: str, names: Collection[str]) -> bool:
    """True where one of these names stands in code, beside where it is imported."""
    if len(names) <= _FEW and not any(name in code for name in names):
        return False
    return not {*names}.isdisjoint(_WORD.findall(_FROM.sub("", code)))


def given_names(study: Study, ours: Collection[int]) -> frozenset[str]:
    """Return the names of a module by which others may have what it loads that is ours."""
    given = _Given(study, ours, {})
    return frozenset(name for name, values in study.names.items() if given.among(values))


class _Given(NamedTuple):
    """What a module may give of some loads; more than it does, rather than less."""

    study: Study
    ours: Collection[int]
    known: dict[str, bool]
    """Of classes, whether they hold or load it themselves."""

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
                return any(map(self._is_class, self.study.lineage(label) or [label]))
        return False

    def _is_class(self, label: str) -> bool:
        if label not in self.known:
            own = self.study.classes.get(label)
            methods = own.methods.values() if own else ()
            held = self.study.told_of(label).values()
            self.known[label] = any(map(self._loads, held)) or any(map(loads_something, methods))
        return self.known[label]

    def _loads(self, values: Values) -> bool:
        return any(isinstance(value, Loaded) and value.load in self.ours for value in values)

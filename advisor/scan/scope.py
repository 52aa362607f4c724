"""The names of a module, class or function while it is walked, and what a node tells by itself.

What is imported stands for what another file defines, which is read where the name is used.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from advisor.scan.abstract import (
    NOTHING,
    Constant,
    DictLiteral,
    FunctionNode,
    Imported,
    Module,
    Other,
    String,
    Symbol,
    Values,
    doubted,
    elements,
    union,
)
from advisor.scan.usage import Location
from advisor.scan.vocabulary import LIBRARIES
from advisor.scan.walk import SourceFile

_LIBRARIES = LIBRARIES | {"torch"}
"""Looked for under their own names, even in a project that holds a copy."""
_NO_KIND = re.compile(
    r"(?:(?:cuda|cpu|mps|xpu|auto|none|bf?loat\d*|fp\d+|bf\d+|int\d+)(?::\d+)?|__main__)?\Z",
    re.IGNORECASE,
)


def decorators(function: FunctionNode) -> set[str]:
    """Return the plain names among the decorators of a function."""
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def parameters(function: FunctionNode) -> list[str]:
    """Return the names of the parameters that may be passed by place."""
    return [node.arg for node in (*function.args.posonlyargs, *function.args.args)]


def passes_on(builder: FunctionNode) -> bool:
    """True for a builder that takes any arguments, and only gives them to the one it extends."""
    taken, code = ast.unparse(builder.args).partition(", ")[2], ast.unparse(builder)
    names = re.findall(r"\w+", taken)
    alone = all(len(re.findall(rf"\b{name}\b", code)) == 2 for name in names)
    return taken.startswith("*") and f"super().__init__({taken})" in code and alone


def last_name(function: ast.expr) -> str:
    """Return the name of what is called, without what stands before its dot."""
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return last_name(function.func) if isinstance(function, ast.Call) else ""


def asks_kind(test: ast.expr, evaluate: Callable[[ast.expr], Values]) -> bool:
    """True where a condition asks which text something is, or what is in it.

    Devices and precisions are no kinds of things, and what a file is run as is none.
    """
    for node in ast.walk(test):
        match node:
            case ast.Compare(left, _, others):
                sought = [*others, *([left] if isinstance(left, ast.Constant) else [])]
            case ast.Call(ast.Attribute(_, "startswith" | "endswith"), sought):
                pass
            case _:
                continue
        values = union(*map(evaluate, sought))
        texts = (value.text for value in (*values, *elements(values)) if isinstance(value, String))
        if not all(map(_NO_KIND.match, texts)):
            return True
    return False


class Passed(NamedTuple):
    """An argument as it was passed: its name or number, what it may be, where it stands.

    `key` is where its name stands in the dictionary that it comes from.
    """

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None = None
    key: Location | None = None

    def later(self, places: int) -> Passed:
        """Return the same argument, as many places later if it has one."""
        return self._replace(name=str(int(self.name) + places)) if self.name.isdigit() else self


def spread(values: Values, node: ast.expr) -> list[Passed]:
    """Return the arguments that `**table` gives: what its entries name, and "**" if there is more.

    What only some of several tables hold may be missing, so that its value is not known. A key that
    is no name, such as a number, is none of an argument.
    """
    tables = [value for value in values if isinstance(value, DictLiteral)]
    whole = bool(values) and len(tables) == len(values)
    named: dict[str, list[tuple[Values, Location]]] = {}
    for table in tables:
        texts = [(key, inner) for key, inner in table.entries if isinstance(key, String)]
        whole &= len(texts) == len(table.entries)
        names = {key.text: (key, inner) for key, inner in texts if key.text.isidentifier()}
        for key, inner in names.values():
            named.setdefault(key.text, []).append((inner, key.location))
    passed = [] if whole else [Passed("**", values, node)]
    for name, entries in named.items():
        others: Values = () if len(entries) == len(values) else (Other(),)
        inner = union(*(value for value, _ in entries), others)
        passed.append(Passed(name, inner, node, key=entries[0][1]))
    return passed


@dataclass(eq=False)
class Scope:
    """The names of a module, class or function, while it is walked.

    `trail` keeps, within a branch, what the names that it binds stood for before it; None for those
    that were not bound.
    """

    label: str = ""
    parent: Scope | None = None
    function: FunctionNode | None = None
    is_class: bool = False
    names: dict[str, Values] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    trail: dict[str, Values | None] | None = None

    def inner(self, name: str) -> str:
        """Return the label of what is defined in this scope under a name."""
        return f"{self.label}.{name}" if self.label else name

    def find(self, name: str) -> Values | None:
        """Return what a name may be, here or around; None where it is not bound."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return None

    def bind(self, name: str, values: Values) -> None:
        """Give a name its value from here on."""
        self.put(name, values)
        if name in self.shared:
            top = self
            while top.parent is not None:
                top = top.parent
            before = tuple(v for v in top.names.get(name, NOTHING) if not isinstance(v, Constant))
            top.put(name, union(before, values))

    def put(self, name: str, values: Values) -> None:
        """Set what a name stands for, whatever it stood for."""
        if self.trail is not None:
            self.trail.setdefault(name, self.names.get(name))
        self.names[name] = values

    def begin_branch(self) -> dict[str, Values | None] | None:
        """Remember from here on what names stood for; returns what `end_branch` is given."""
        around, self.trail = self.trail, {}
        return around

    def end_branch(self, around: dict[str, Values | None] | None) -> dict[str, Values]:
        """Undo what was bound since `begin_branch`, and return it."""
        trail, self.trail = self.trail or {}, around
        bound = {name: self.names[name] for name in trail}
        for name, values in trail.items():
            if values is None:
                del self.names[name]
            else:
                self.names[name] = values
        return bound


class Imports:
    """What files of a project import from each other; `follow` gives what one of them defines."""

    def __init__(
        self, files: Sequence[SourceFile], follow: Callable[[SourceFile], Mapping[str, Values]]
    ) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._words = {part.removesuffix(".py") for name in self._files for part in name.split("/")}
        self._follow = follow
        self._known: dict[tuple[str, str, str], Values] = {}

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

    def exports(self, importer: str, module: str) -> Mapping[str, Values] | None:
        """Return what `module`, as imported in a file, defines; None where none of ours does."""
        library = module.partition(".")[0] in _LIBRARIES
        file = None if library else self.file(importer, module)
        return self._follow(file) if file else None

    def begin(self) -> None:
        """Look anew for what is imported, since more of the project is read by now."""
        self._known.clear()

    def resolved(self, values: Values) -> Values:
        """Return values with what is imported in the place of its name."""
        for value in values:
            if isinstance(value, Imported):
                return union(*map(self._resolved, values))
        return values

    def _resolved(self, value: object) -> Values:
        if not isinstance(value, Imported):
            return (value,)  # type: ignore[return-value]
        key = file, module, name = value[:3]
        if key not in self._known:
            self._known[key] = NOTHING  # where it leads back to itself, or on without an end
            with contextlib.suppress(RecursionError):
                defined = self.exports(file, module)
                values = None if defined is None else defined.get(name)
                values = values and self.resolved(values)
                dotted = f"{module}{name}" if module.endswith(".") else f"{module}.{name}"
                if values is None and self.exports(file, dotted) is not None:
                    values = (Module(dotted),)
                own: Values = (Symbol(module, name),) if defined is None else NOTHING
                self._known[key] = own if values is None else values
        resolved = self._known[key]
        return resolved if value.certain else doubted(resolved)

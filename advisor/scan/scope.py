"""The names of a module, class or function while it is walked, and what a node tells by itself.

An imported name stands for a definition in another file, which is read when the name is used.
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
"""Libraries that an import means by their names, even if the project holds a copy."""
_NO_KIND = re.compile(
    r"(?:(?:cuda|cpu|mps|xpu|auto|none|bf?loat\d*|fp\d+|bf\d+|int\d+)(?::\d+)?|__main__)?\Z",
    re.IGNORECASE,
)


def decorators(function: FunctionNode) -> set[str]:
    """Return the plain names among the decorators of a function."""
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def parameters(function: FunctionNode) -> list[str]:
    """Return the names of the parameters that may be passed by position."""
    return [node.arg for node in (*function.args.posonlyargs, *function.args.args)]


def passes_on(builder: FunctionNode) -> bool:
    """True if an `__init__` takes `*args` or `**kwargs` alone, and passes them to its base's."""
    taken, code = ast.unparse(builder.args).partition(", ")[2], ast.unparse(builder)
    names = re.findall(r"\w+", taken)
    alone = all(len(re.findall(rf"\b{name}\b", code)) == 2 for name in names)
    return taken.startswith("*") and f"super().__init__({taken})" in code and alone


def last_name(function: ast.expr) -> str:
    """Return the name of the called function, without what stands before its dot; "" if none."""
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return last_name(function.func) if isinstance(function, ast.Call) else ""


def asks_kind(test: ast.expr, evaluate: Callable[[ast.expr], Values]) -> bool:
    """True if a condition compares texts, or tests how one begins or ends.

    Texts for devices and precisions (`cuda`, `fp16`), "" and `__main__` do not count.
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
    """An argument of a call: its name, possible values, and where it stands.

    `name` is the keyword, the position ("0", "1"), or "*", "**" if unknown; `key` is where the name
    stands in a dictionary that is passed as `**`.
    """

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None = None
    key: Location | None = None

    def later(self, places: int) -> Passed:
        """Return the same argument, moved by `places` if it is positional."""
        return self._replace(name=str(int(self.name) + places)) if self.name.isdigit() else self


def spread(values: Values, node: ast.expr) -> list[Passed]:
    """Return the arguments that `**table` passes: its named entries, and "**" if there may be more.

    An entry that only some of several dictionaries have may also be `Other`. A key that is not an
    identifier, such as a number, is left out.
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

    `shared` are its global and nonlocal names. `trail` keeps, within a branch, the values of
    rebound names before it; None for names that were not bound.
    """

    label: str = ""
    parent: Scope | None = None
    function: FunctionNode | None = None
    is_class: bool = False
    names: dict[str, Values] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    trail: dict[str, Values | None] | None = None

    def inner(self, name: str) -> str:
        """Return the dotted label of a function or class that is defined in this scope."""
        return f"{self.label}.{name}" if self.label else name

    def find(self, name: str) -> Values | None:
        """Return the possible values of a name, here or in scopes around; None if it is unbound."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return None

    def bind(self, name: str, values: Values) -> None:
        """Set the values of a name from here on; if it is global, add them to the module's."""
        self.put(name, values)
        if name in self.shared:
            top = self
            while top.parent is not None:
                top = top.parent
            before = tuple(v for v in top.names.get(name, NOTHING) if not isinstance(v, Constant))
            top.put(name, union(before, values))

    def put(self, name: str, values: Values) -> None:
        """Replace the values of a name in this scope."""
        if self.trail is not None:
            self.trail.setdefault(name, self.names.get(name))
        self.names[name] = values

    def begin_branch(self) -> dict[str, Values | None] | None:
        """Remember from here on the former values of names; return the argument of `end_branch`."""
        around, self.trail = self.trail, {}
        return around

    def end_branch(self, around: dict[str, Values | None] | None) -> dict[str, Values]:
        """Restore the names bound since `begin_branch`, and return their values."""
        trail, self.trail = self.trail or {}, around
        bound = {name: self.names[name] for name in trail}
        for name, values in trail.items():
            if values is None:
                del self.names[name]
            else:
                self.names[name] = values
        return bound


class Imports:
    """The imports between files of a project; `follow` returns the names that a file defines."""

    def __init__(
        self, files: Sequence[SourceFile], follow: Callable[[SourceFile], Mapping[str, Values]]
    ) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._words = {part.removesuffix(".py") for name in self._files for part in name.split("/")}
        self._follow = follow
        self._known: dict[tuple[str, str, str], Values] = {}

    def file(self, importer: str, module: str) -> SourceFile | None:
        """Return the file of a module, searched from the importer's folder upward; else None."""
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
        """Return the names that an imported module defines; None if it is not in the project."""
        library = module.partition(".")[0] in _LIBRARIES
        file = None if library else self.file(importer, module)
        return self._follow(file) if file else None

    def begin(self) -> None:
        """Forget what imports resolve to, since more of the project is read by now."""
        self._known.clear()

    def resolved(self, values: Values) -> Values:
        """Return values with each imported name replaced by the values that its module gives it."""
        for value in values:
            if isinstance(value, Imported):
                return union(*map(self._resolved, values))
        return values

    def _resolved(self, value: object) -> Values:
        """The values that an imported name stands for; empty while it is being resolved."""
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

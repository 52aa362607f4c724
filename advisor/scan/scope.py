"""The names of a module, class or function, and what they stand for while it is walked.

What is imported stands for what another file defines, which is read where the name is used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from advisor.scan.abstract import (
    NOTHING,
    Constant,
    FunctionNode,
    Imported,
    Loaded,
    Module,
    Symbol,
    Values,
    doubted,
    union,
)


@dataclass(eq=False)
class Scope:
    """The names of a module, class or function, while it is walked.

    `earlier` keeps loads that a name stood for before it was bound again: a function may have been
    called in between, as in a notebook. `trail` keeps, within a branch, what the names that it
    binds stood for before it; None for those that were not bound.
    """

    label: str = ""
    parent: Scope | None = None
    function: FunctionNode | None = None
    is_class: bool = False
    names: dict[str, Values] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    earlier: dict[str, Values] = field(default_factory=dict)
    trail: dict[str, Values | None] | None = None

    def inner(self, name: str) -> str:
        """Return the label of what is defined in this scope under a name."""
        return f"{self.label}.{name}" if self.label else name

    def find(self, name: str) -> Values | None:
        """Return what a name may be, here or around; None where it is not bound."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                values = scope.names[name]
                if scope is self or name not in scope.earlier:
                    return values
                return doubted(union(values, scope.earlier[name]))
            scope = scope.parent
        return None

    def bind(self, name: str, values: Values) -> None:
        """Give a name its value from here on."""
        before = self.names.get(name)
        if before and before != values and any(isinstance(v, Loaded) for v in before):
            self.earlier[name] = union(self.earlier.get(name, NOTHING), before)
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


Exports: TypeAlias = Callable[[str], "Exported | None"]
"""Gives what a module of the project defines, by its dotted name as imported; None elsewhere."""


class Imports:
    """The imports of one file, as far as modules of the project can be looked into."""

    def __init__(self, exports: Exports) -> None:
        self.exports = exports
        self._known: dict[tuple[str, str], Values] = {}

    def resolved(self, values: Values) -> Values:
        """Return values with what is imported in the place of its name."""
        for value in values:
            if isinstance(value, Imported):
                return union(*map(self._resolved, values))
        return values

    def _resolved(self, value: object) -> Values:
        if not isinstance(value, Imported):
            return (value,)  # type: ignore[return-value]
        key = value.module, value.name
        if key not in self._known:
            self._known[key] = NOTHING  # where it leads back to itself, or on without an end
            with contextlib.suppress(RecursionError):
                self._known[key] = self._imported(*key)
        found = self._known[key]
        return found if value.certain else doubted(found)

    def _imported(self, module: str, name: str) -> Values:
        defined = self.exports(module)
        if defined is not None and (values := defined.get(name)) is not None:
            return values
        dotted = f"{module}{name}" if module.endswith(".") else f"{module}.{name}"
        if self.exports(dotted) is not None:
            return (Module(dotted),)
        return (Symbol(module, name),) if defined is None else NOTHING


class Exported(NamedTuple):
    """What a module defines; what it imports itself is looked for when it is asked for."""

    names: Mapping[str, Values]
    imports: Imports

    def get(self, name: str) -> Values | None:
        """Return what a name stands for; None where it is not defined."""
        values = self.names.get(name)
        return values and self.imports.resolved(values)

"""The names of a module, class or function, and what they stand for while it is walked."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.scan.abstract import (
    NOTHING,
    Constant,
    FunctionNode,
    Loaded,
    Values,
    doubted,
    union,
)

_OWN = "self."


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
    aside: bool = False
    """True where the walk has come to what no known call reaches."""

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

    def conditions(self) -> dict[str, Values]:
        """Return what conditions around say of the attributes of the object at hand."""
        return {name: values for name, values in self.names.items() if name.startswith(_OWN)}

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

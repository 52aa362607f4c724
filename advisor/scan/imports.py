"""What the imports of a file stand for; another file is read where a name from it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from advisor.scan.abstract import (
    NOTHING,
    Imported,
    Module,
    Symbol,
    Values,
    doubted,
    union,
)

Exports: TypeAlias = Callable[[str], "Mapping[str, Values] | None"]
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
        if defined is not None and name in defined:
            return defined[name]
        dotted = f"{module}{name}" if module.endswith(".") else f"{module}.{name}"
        if self.exports(dotted) is not None:
            return (Module(dotted),)
        return (Symbol(module, name),) if defined is None else NOTHING


class Exported(Mapping[str, Values]):
    """What a module defines; what it imports itself is looked for when it is asked for."""

    def __init__(self, names: Mapping[str, Values], imports: Imports) -> None:
        self._names, self._imports = names, imports

    def __getitem__(self, name: str) -> Values:
        return self._imports.resolved(self._names[name])

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without looking for what it is

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

"""What an expression may stand for, as far as reading the code tells.

An expression has a tuple of possible values (`Values`); the empty tuple says that nothing is
known, and `Other` among them that there are possibilities besides the named ones.
"""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeAlias

from advisor.scan.usage import Location

MOST_VALUES = 24
"""More possibilities than this are as good as unknown."""

LONGEST_PATH = 8
"""Steps from a loaded object that are worth following."""


class Text(NamedTuple):
    """A known string, where it is written, and whether nothing else can stand here."""

    text: str
    place: Location
    certain: bool = True


class Pieces(NamedTuple):
    """A string with unknown parts: the known ones in order, None for each gap."""

    parts: tuple[str | None, ...]
    place: Location


class Constant(NamedTuple):
    """A number, boolean, None, or anything else written out that is not a string."""

    value: object


class Items(NamedTuple):
    """A list, tuple or set written out."""

    items: tuple[Values, ...]


class Table(NamedTuple):
    """A dictionary written out; entries whose key is unknown have the key None."""

    entries: tuple[tuple[object, Values], ...]


class Library(NamedTuple):
    """A module, by its dotted name."""

    name: str


class Symbol(NamedTuple):
    """A name imported from a module."""

    module: str
    name: str

    @property
    def root(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]


class Made(NamedTuple):
    """What calling a foreign class or function gave: `Made("argparse.ArgumentParser")`."""

    callee: str


class Function(NamedTuple):
    """A function of the scanned file; `owner` is the class it is a method of."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: str | None


class Class(NamedTuple):
    """A class of the scanned file, by its dotted name in it."""

    name: str


class Instance(NamedTuple):
    """An object of a class of the scanned file."""

    of: str


class Namespace(NamedTuple):
    """A class of another file of the project, or an object of it, by its attributes."""

    attributes: tuple[tuple[str, Values], ...]

    def find(self, name: str) -> Values:
        """Return what an attribute may be."""
        return next((values for known, values in self.attributes if known == name), NOTHING)


class Loaded(NamedTuple):
    """Something loaded, or reached from it: `load` is its number, `path` the steps from it."""

    load: int
    path: tuple[str, ...] = ()


class Other(NamedTuple):
    """Anything else."""


Abstract: TypeAlias = (
    Text
    | Pieces
    | Constant
    | Items
    | Table
    | Library
    | Symbol
    | Made
    | Function
    | Class
    | Instance
    | Namespace
    | Loaded
    | Other
)
Values: TypeAlias = tuple[Abstract, ...]

NOTHING: Values = ()


def union(*groups: Values) -> Values:
    """Return all possibilities, each once."""
    if len(groups) == 1:
        return groups[0]
    found = dict.fromkeys(value for group in groups for value in group)
    if len(found) > MOST_VALUES:
        return (Other(),)
    return tuple(found)


def branches(*groups: Values) -> Values:
    """Return what holds after branches that met: where they differ, no text is certain."""
    first = groups[0]
    if all(group == first for group in groups[1:]):
        return first
    merged = union(*groups, *((Other(),) for group in groups if not group))
    return doubted(merged) if len(merged) > 1 else merged


def doubted(values: Values) -> Values:
    """Return the same values, with no text among them certain."""
    return tuple(
        value._replace(certain=False) if isinstance(value, Text) else value for value in values
    )


def elements(values: Values) -> Values:
    """Return what iterating over the values, or unpacking them, may give."""
    found: list[Values] = []
    for value in values:
        if isinstance(value, Items):
            found.extend(value.items)
        elif isinstance(value, Table):
            found.extend(_key(key) for key, _ in value.entries)
        elif isinstance(value, Loaded):
            found.append((value,))
        else:
            found.append((Other(),))
    return union(*found) if found else NOTHING


def _key(key: object) -> Values:
    return (key,) if isinstance(key, Text) else (Other(),)


def item(values: Values, key: object) -> Values:
    """Return what `values[key]` may be; a key of None is an unknown one."""
    found: list[Values] = []
    for value in values:
        if isinstance(value, Items):
            if isinstance(key, int) and -len(value.items) <= key < len(value.items):
                found.append(value.items[key])
            elif key is None and value.items:
                found.append(doubted(union(*value.items)))
        elif isinstance(value, Table):
            found.append(_entry(value, key))
        elif isinstance(value, Loaded):
            found.append((value,))
    return union(*found) if found else NOTHING


def _entry(table: Table, key: object) -> Values:
    if key is not None:
        named = [values for name, values in table.entries if _plain(name) == key]
        if named:
            return named[-1]
    if key is None and table.entries:
        return doubted(union(*(values for _, values in table.entries)))
    return (Other(),)


def _plain(key: object) -> object:
    return key.text if isinstance(key, Text) else key


def constant(values: Values) -> object:
    """Return the one constant or text that the values are, else None."""
    if len(values) != 1:
        return None
    value = values[0]
    if isinstance(value, Text):
        return value.text
    return value.value if isinstance(value, Constant) else None

"""The values that an expression may have, as far as reading the code tells.

An expression has a tuple of possible values (`Values`). The empty tuple means that nothing is
known. `Other` in a tuple means that unknown values are possible besides the listed ones.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import chain, groupby, product
from math import prod
from typing import Any, NamedTuple, TypeAlias

from advisor.scan.usage import Location

MOST_VALUES = 24
"""More possible values than this are replaced by one `Other`."""
LONGEST_PATH = 8
"""Number of steps (attributes and calls) that the path from a loaded object keeps: the last."""

_MOST_STRINGS = 16
_MOST_INSIDE = 2_000
_MOST_PIECES = 200
_LONGEST_STRING = 2_000


class String(NamedTuple):
    """A known string and where it is written; `certain` is false if it may be another one."""

    text: str
    location: Location
    certain: bool = True


class PartialString(NamedTuple):
    """A string with unknown parts: the known ones in order, None for each gap."""

    parts: tuple[str | None, ...]
    location: Location


class Constant(NamedTuple):
    """A literal that is not a string: a number, bytes, a boolean, None or `...`."""

    value: object


class ListLiteral(NamedTuple):
    """A list, tuple or set; `groups` holds the possible values of each item."""

    groups: tuple[Values, ...]


class DictLiteral(NamedTuple):
    """A dictionary; `entries` pairs each key (None if unknown) with its possible values."""

    entries: tuple[tuple[String | Constant | None, Values], ...]

    @property
    def groups(self) -> tuple[Values, ...]:
        """The possible values of each entry."""
        return tuple(values for _, values in self.entries)


class Module(NamedTuple):
    """A module, by its dotted name."""

    name: str


class Symbol(NamedTuple):
    """A name in a module outside the project; `module` may end in a class (`transformers.Blip`)."""

    module: str
    name: str

    @property
    def root(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]


class Imported(NamedTuple):
    """A name that `file` imports from `module`, before it is known what that module defines."""

    file: str
    module: str
    name: str
    certain: bool = True


class ForeignObject(NamedTuple):
    """The result of calling a class, function or method of a library: `argparse.ArgumentParser`."""

    callee: str


class Function(NamedTuple):
    """A function of the scanned file; `owner` is the class if it is a method."""

    node: FunctionNode
    owner: str | None


class LocalClass(NamedTuple):
    """A class of the scanned file, by its dotted name in it."""

    name: str


class LocalObject(NamedTuple):
    """An object of the class of the scanned file with this dotted name."""

    name: str


class Ready(NamedTuple):
    """A function whose body is not followed: a call returns `values`.

    For a function of another file, `parameters` holds position and name of each parameter that it
    passes to a load as the checkpoint; `name` is the function's own name, if there are any.
    """

    values: Values
    name: str | None = None
    parameters: tuple[tuple[int, str], ...] = ()


class Partial(NamedTuple):
    """`functools.partial(callee, ...)`: a function with the arguments `passed`."""

    callee: Abstract
    passed: tuple[Any, ...]


class ImportedClass(NamedTuple):
    """A class of another file of the project, or an object of it; its members are not known.

    `name` is `file:class`. `extends` is the transformers class whose `__init__` builds its objects,
    `loads_as` the transformers class whose loader it inherits unchanged; None if there is none.
    """

    name: str
    extends: str | None = None
    loads_as: str | None = None


class Loaded(NamedTuple):
    """A loaded object, or a value reached from it by the attributes and calls in `path`.

    `load` is the index of the load among those of the whole project.
    """

    load: int
    path: tuple[str, ...] = ()

    def step(self, name: str) -> Loaded:
        """Return the value that one more attribute or call reaches."""
        return Loaded(self.load, (*self.path, name)[-LONGEST_PATH:])


class Other(NamedTuple):
    """An unknown value."""


Written: TypeAlias = String | PartialString | Constant | ListLiteral | DictLiteral
Local: TypeAlias = Function | LocalClass | LocalObject | ImportedClass | Ready | Partial
Foreign: TypeAlias = Module | Symbol | Imported | ForeignObject
Abstract: TypeAlias = Written | Local | Foreign | Loaded | Other
Values: TypeAlias = tuple[Abstract, ...]
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

NOTHING: Values = ()
_HOLDING = (ListLiteral, DictLiteral)


def union(*groups: Values) -> Values:
    """Return the values of all groups, each once; more than MOST_VALUES become one `Other`."""
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return filled[0] if filled else NOTHING
    values = dict.fromkeys(value for group in filled for value in group)
    return tuple(values) if len(values) <= MOST_VALUES else (Other(),)


def branches(*groups: Values) -> Values:
    """Return the values after branches join; each group has those of one branch.

    If the groups differ, an empty one counts as `Other`, and of several values no text is certain.
    """
    if groups.count(groups[0]) == len(groups):
        return groups[0]
    merged = union(*groups, *((Other(),) for group in groups if not group))
    return doubted(merged) if len(merged) > 1 else merged


def bounded(value: ListLiteral | DictLiteral) -> Values:
    """Return a list or dictionary as values; `Other` if it holds more than _MOST_INSIDE of them."""
    size, inside = 0, [value.groups]
    while inside:
        for group in inside.pop():
            size += len(group)
            inside.extend(held.groups for held in group if isinstance(held, _HOLDING))
        if size > _MOST_INSIDE:
            return (Other(),)
    return (value,)


def doubted(values: Values) -> Values:
    """Return the same values, with no text or import among them certain."""
    return tuple(
        value._replace(certain=False)
        if isinstance(value, (String, Imported)) and value.certain
        else value
        for value in values
    )


def elements(values: Values) -> Values:
    """Return what iterating over the values, or unpacking them, may yield; a load yields itself."""
    groups: list[Values] = []
    for value in values:
        match value:
            case ListLiteral(items):
                groups.extend(items)
            case DictLiteral(entries):
                groups.extend((k if isinstance(k, String) else Other(),) for k, _ in entries)
            case _:
                groups.append((value if isinstance(value, Loaded) else Other(),))
    return union(*groups)


def item(values: Values, key: object) -> Values:
    """Return the possible values of `values[key]` (None: of any key); a load gives itself."""
    groups: list[Values] = []
    for value in values:
        match value:
            case DictLiteral(()):
                continue  # it has nothing, whatever may be asked of it
            case ListLiteral(items) | DictLiteral(groups=items) if key is None and items:
                groups.append(doubted(union(*items)))
            case ListLiteral(items):
                if isinstance(key, int) and -len(items) <= key < len(items):
                    groups.append(items[key])
            case DictLiteral(entries):
                named = [inner for label, inner in entries if plain(label) == key]
                groups.append(named[-1] if named and key is not None else (Other(),))
            case Loaded():
                groups.append((value,))
    return union(*groups)


def known_key(values: Values) -> String | Constant | None:
    """Return the only value if it is a string or constant, as the key of an entry, else None."""
    return values[0] if len(values) == 1 and isinstance(values[0], (String, Constant)) else None


def plain(value: Abstract | None) -> object:
    """Return a string or constant as the Python value, else None."""
    return value[0] if isinstance(value, (String, Constant)) else None


def constant(values: Values) -> object:
    """Return the Python value if the only value is a string or constant, else None."""
    return plain(known_key(values))


def joined(groups: Sequence[Values], location: Location, between: str = "") -> Values:
    """Return the strings that the groups may form, joined with `between`, partial if need be."""
    choices = [[_parts(value) for value in group or (Other(),)] for group in groups]
    if prod(map(len, choices)) > _MOST_STRINGS:
        choices = [choice if len(choice) == 1 else [((None,), False)] for choice in choices]
    strings: dict[Abstract, None] = {}
    for combination in product(*choices):
        parts: list[str | None] = []
        for number, (part, _) in enumerate(combination):
            parts.extend([between, *part] if number and between else part)
        runs = groupby(parts, key=lambda part: part is not None)
        merged = ["".join(filter(None, run)) if textual else None for textual, run in runs]
        if len(merged) > _MOST_PIECES:
            merged = [None]
        text, certain = "".join(filter(None, merged)), all(sure for _, sure in combination)
        if None not in merged and len(text) <= _LONGEST_STRING:
            strings[String(text, location, certain)] = None
        else:
            texts = tuple(part and part[:_LONGEST_STRING] for part in merged)
            strings[PartialString(texts, location)] = None
    return tuple(strings)


def _parts(value: Abstract) -> tuple[tuple[str | None, ...], bool]:
    """The known parts of a value as a string (None for a gap), and whether it is certain."""
    match value:
        case String(text, _, certain):
            return (text,), certain
        case PartialString(parts):
            return parts, False
        case Constant(int() | float() as number):
            return (str(number),), True
    return (None,), False


def pieces(values: Values) -> tuple[str, ...]:
    """Return the known parts of the strings among the values and in lists among them, each once."""
    texts: list[str] = []
    for value in values:
        groups = value.groups if isinstance(value, ListLiteral) else ((value,),)
        for string in chain.from_iterable(groups):
            match string:
                case String(text):
                    texts.append(text)
                case PartialString(parts):
                    texts.extend(part for part in parts if part)
    return tuple(dict.fromkeys(texts))

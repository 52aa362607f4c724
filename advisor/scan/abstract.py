"""What an expression may stand for, as far as reading the code tells.

An expression has a tuple of possible values (`Values`); the empty tuple says that nothing is
known, and `Other` among them that there are possibilities besides the named ones.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import chain, groupby, product
from math import prod
from typing import Any, NamedTuple, TypeAlias

from advisor.scan.usage import Location

MOST_VALUES = 24
"""More possibilities than this are as good as unknown."""
LONGEST_PATH = 8
"""Steps from a loaded object that are worth following."""

_MOST_STRINGS = 16
_MOST_INSIDE = 2_000
_MOST_PIECES = 200
_LONGEST_STRING = 2_000


class String(NamedTuple):
    """A known string, where it is written, and whether nothing else can stand here."""

    text: str
    location: Location
    certain: bool = True


class PartialString(NamedTuple):
    """A string with unknown parts: the known ones in order, None for each gap."""

    parts: tuple[str | None, ...]
    location: Location


class Constant(NamedTuple):
    """A number, boolean, None, or anything else written out that is not a string."""

    value: object


class ListLiteral(NamedTuple):
    """A list, tuple or set written out: what each item may be."""

    groups: tuple[Values, ...]


class DictLiteral(NamedTuple):
    """A dictionary written out; entries whose key is unknown have the key None."""

    entries: tuple[tuple[String | Constant | None, Values], ...]

    @property
    def groups(self) -> tuple[Values, ...]:
        """What the value of each entry may be."""
        return tuple(values for _, values in self.entries)


class Module(NamedTuple):
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


class Imported(NamedTuple):
    """A name that a file imports from a module, one of the project maybe, before that is read."""

    file: str
    module: str
    name: str
    certain: bool = True


class ForeignObject(NamedTuple):
    """What calling a foreign class or function gave: of `argparse.ArgumentParser`."""

    callee: str


class Function(NamedTuple):
    """A function of the scanned file; `owner` is the class it is a method of."""

    node: FunctionNode
    owner: str | None


class LocalClass(NamedTuple):
    """A class of the scanned file, by its dotted name in it."""

    name: str


class LocalObject(NamedTuple):
    """An object of the class of the scanned file with this dotted name."""

    name: str


class Ready(NamedTuple):
    """A function that is followed no further: calling it gives one of these values.

    Where it is one of another file, `parameters` are those that it passes to a load as what is to
    be loaded, by their places and names, and `name` is its own, if it has any of them.
    """

    values: Values
    name: str | None = None
    parameters: tuple[tuple[int, str], ...] = ()


class Partial(NamedTuple):
    """A function with some of its arguments given: `functools.partial(callee, ...)`."""

    callee: Abstract
    passed: tuple[Any, ...]


class ImportedClass(NamedTuple):
    """A class of another file of the project, or an object of it; its members are not known.

    `extends` is the class of transformers whose builder builds it, if there is one; `loads_as` is
    the class of transformers whose loader it has unchanged.
    """

    name: str
    extends: str | None = None
    loads_as: str | None = None


class Loaded(NamedTuple):
    """Something loaded, or reached from it: `load` is its number, `path` the steps from it.

    Numbers are those of the whole project.
    """

    load: int
    path: tuple[str, ...] = ()

    def step(self, name: str) -> Loaded:
        """Return what is reached by one step more."""
        return Loaded(self.load, (*self.path, name)[-LONGEST_PATH:])


class Other(NamedTuple):
    """Anything else."""


Written: TypeAlias = String | PartialString | Constant | ListLiteral | DictLiteral
Local: TypeAlias = Function | LocalClass | LocalObject | ImportedClass | Ready | Partial
Foreign: TypeAlias = Module | Symbol | Imported | ForeignObject
Abstract: TypeAlias = Written | Local | Foreign | Loaded | Other
Values: TypeAlias = tuple[Abstract, ...]
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

NOTHING: Values = ()
_HOLDING = (ListLiteral, DictLiteral)


def union(*groups: Values) -> Values:
    """Return all possibilities, each once."""
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return filled[0] if filled else NOTHING
    values = dict.fromkeys(value for group in filled for value in group)
    return tuple(values) if len(values) <= MOST_VALUES else (Other(),)


def branches(*groups: Values) -> Values:
    """Return what holds after branches that met: where they differ, no text is certain."""
    if groups.count(groups[0]) == len(groups):
        return groups[0]
    merged = union(*groups, *((Other(),) for group in groups if not group))
    return doubted(merged) if len(merged) > 1 else merged


def bounded(value: ListLiteral | DictLiteral) -> Values:
    """Return what holds others as a value; too much to be followed is as good as unknown."""
    size, inside = 0, [value.groups]
    while inside:
        for group in inside.pop():
            size += len(group)
            inside.extend(held.groups for held in group if isinstance(held, _HOLDING))
        if size > _MOST_INSIDE:
            return (Other(),)
    return (value,)


def doubted(values: Values) -> Values:
    """Return the same values, with no text among them certain."""
    return tuple(
        value._replace(certain=False)
        if isinstance(value, (String, Imported)) and value.certain
        else value
        for value in values
    )


def elements(values: Values) -> Values:
    """Return what iterating over the values, or unpacking them, may give."""
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
    """Return what `values[key]` may be; a key of None is an unknown one."""
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
    """Return the one text or constant that the values are, as the key of an entry."""
    return values[0] if len(values) == 1 and isinstance(values[0], (String, Constant)) else None


def plain(value: Abstract | None) -> object:
    """Return the text or constant that a value is, as Python has it, else None."""
    return value[0] if isinstance(value, (String, Constant)) else None


def constant(values: Values) -> object:
    """Return the one constant or text that the values are, else None."""
    return plain(known_key(values))


def joined(groups: Sequence[Values], location: Location, between: str = "") -> Values:
    """Return what the parts, put together, may be: texts, or pieces where a part is unknown."""
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
    """The parts of the string that a value is, and whether it is certain."""
    match value:
        case String(text, _, certain):
            return (text,), certain
        case PartialString(parts):
            return parts, False
        case Constant(int() | float() as number):
            return (str(number),), True
    return (None,), False


def pieces(values: Values) -> tuple[str, ...]:
    """Return the known parts of the strings among the values, those in lists included."""
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

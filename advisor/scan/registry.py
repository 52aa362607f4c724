"""Tables that decorators fill: `@register("blip")` keeps what it stands at under that key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from advisor.scan.abstract import FunctionNode
from advisor.scan.node import remembered
from advisor.scan.source import descendants


class Registering(NamedTuple):
    """What a decorator does: the table that it fills, and the parameter for the key, if any.

    Where no key is given, that is the name of what is kept. `called` is true for a function that
    gives the decorator, and "" is the table of one that fills none.
    """

    table: str = ""
    parameter: str = ""
    position: int = 0
    called: bool = False


@remembered
def registers(function: FunctionNode) -> Registering:
    """Return what a function does as a decorator, or what the decorator does that it gives."""
    parameters = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
    for inner in _decorators(function):
        kept = inner.args.args[0].arg if inner.args.args else None
        for node in descendants(inner):
            match node:
                case ast.Assign([ast.Subscript(ast.Name(table), key)], ast.Name(value)):
                    if value != kept:
                        continue
                    names = {one.id for one in ast.walk(key) if isinstance(one, ast.Name)}
                    given = [(n, name) for n, name in enumerate(parameters) if name in names]
                    if inner is function:
                        return Registering(table)
                    position, parameter = given[0] if given else (0, "")
                    return Registering(table, parameter, position, called=True)
    return Registering()


def _decorators(function: FunctionNode) -> Iterator[FunctionNode]:
    """Yield the functions that a function defines, and itself where it defines none."""
    inner = [one for one in function.body if isinstance(one, FunctionNode)]
    yield from inner or [function]

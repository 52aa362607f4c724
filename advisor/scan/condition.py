"""Conditions that code asks more than once: what hangs on one of them belongs together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.scan.abstract import FunctionNode
from advisor.scan.node import loads_something, names_a_kind, remembered
from advisor.scan.source import descendants

_PURE = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp),
    *(ast.Tuple, ast.List, ast.Set, ast.Call),
    *(ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop),
)
_ANSWERING = {"lower", "upper", "strip", "startswith", "endswith", "is_available"}
"""What a condition may call, since it answers the same each time."""
_OPPOSITE: dict[type[ast.cmpop], ast.cmpop] = {
    ast.NotEq: ast.Eq(),
    ast.IsNot: ast.Is(),
    ast.NotIn: ast.In(),
}


class Assumed(NamedTuple):
    """A condition as code of one function, and whether it holds."""

    function: FunctionNode | None
    text: str
    holds: bool


@remembered
def condition(test: ast.expr) -> tuple[str, bool]:
    """Return a condition as code, without `not`, and whether that is to hold; "" for no other."""
    holds = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    for node in ast.walk(test):
        pure = isinstance(node, _PURE)
        if isinstance(node, ast.Call):
            pure = isinstance(node.func, ast.Attribute) and node.func.attr in _ANSWERING
        if not pure:
            return "", holds
    match test:
        case ast.Compare(left, [operator], rights) if type(operator) in _OPPOSITE:
            test = ast.Compare(left, [_OPPOSITE[type(operator)]], rights)
            holds = not holds
    return ast.unparse(test), holds


class _LastPlaces:
    """The last places among some statements where each condition is asked."""

    def __init__(self, statements: Sequence[ast.stmt]) -> None:
        self.last_two: dict[str, tuple[int, int]] = {}
        self.inside: dict[str, int] = {}
        self.pairs: dict[str, int] = {}
        self.bound: dict[str, int] = {}
        for number, one in enumerate(statements):
            self.bound.update(dict.fromkeys(_bound(one), number))
            for node in hangs(one):
                text, _ = condition(node.test)
                self.last_two[text] = self.last_two.get(text, (-1, -1))[1], number
                if isinstance(node, ast.IfExp):
                    self.inside[text] = number
                    if isinstance(node.body, ast.Tuple):
                        self.pairs[text] = number


class Sequel:
    """Some statements in a row: what stands behind each of them is looked for once."""

    def __init__(self, statements: Sequence[ast.stmt]) -> None:
        self.statements = statements
        self.places = {one: number for number, one in enumerate(statements)}

    def ends_in(self, statements: Sequence[ast.stmt]) -> bool:
        """True where other statements are these, or the last of them."""
        start = self.places.get(statements[0])
        return start is not None and len(self.statements) - start == len(statements)

    @cached_property
    def _asked(self) -> _LastPlaces:
        return _LastPlaces(self.statements)

    @cached_property
    def _last_load(self) -> int:
        backwards = range(len(self.statements) - 1, -1, -1)
        return next((n for n in backwards if loads_something(self.statements[n])), -1)

    def loads_behind(self, statement: ast.stmt) -> bool:
        """True where a statement, or one behind it, calls what loads."""
        return self.places[statement] <= self._last_load

    def asked_again(self, statement: ast.stmt) -> Iterator[ast.expr]:
        """Yield the conditions that a statement asks, and that more hangs on from there on.

        One of those that ask is a conditional expression, and nothing binds anew what is asked.
        """
        here, asked = self.places[statement], self._asked
        for node in hangs(statement):
            text, _ = condition(node.test)
            again = asked.last_two[text][0] >= here or asked.pairs.get(text, -1) >= here
            same = all(asked.bound.get(name, -1) < here for name in _names(node.test))
            if text and again and same and asked.inside.get(text, -1) >= here:
                yield node.test


@remembered
def hangs(statement: ast.stmt) -> Sequence[ast.IfExp | ast.If]:
    """Return what in a statement chooses by a condition what may be loaded, or loads it.

    Functions inside it stand apart.
    """
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return ()
    found: list[ast.IfExp | ast.If] = []
    for node in descendants(statement):
        match node:
            case ast.IfExp(_, body, orelse) if _may_be_loaded(body) and _may_be_loaded(orelse):
                found.append(node)
            case ast.If() if loads_something(node) or any(map(_chooses, node.body)):
                found.append(node)
    return found


def _chooses(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and _may_be_loaded(statement.value)


def _may_be_loaded(node: ast.expr) -> bool:
    """True where an expression may name a checkpoint, or a class that loads one."""
    match node:
        case ast.Tuple(parts):
            return any(map(_may_be_loaded, parts))
        case ast.IfExp(_, body, orelse):
            return _may_be_loaded(body) and _may_be_loaded(orelse)
        case ast.Attribute(_, name):
            return name[:1].isupper()
    return isinstance(node, (ast.Name, ast.JoinedStr)) or names_a_kind(node)


def _names(test: ast.expr) -> set[str]:
    """The names in a condition, and those behind dots."""
    found = ast.walk(test)
    return {n.id if isinstance(n, ast.Name) else n.attr for n in found if isinstance(n, _NAMED)}


@remembered
def _bound(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement binds, those behind dots and in functions included."""
    found = (n for n in descendants(statement) if isinstance(n, _NAMED))
    stored = (n for n in found if not isinstance(n.ctx, ast.Load))
    return frozenset(n.id if isinstance(n, ast.Name) else n.attr for n in stored)


_NAMED = (ast.Name, ast.Attribute)

"""Conditions that code asks more than once: what hangs on one of them belongs together."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
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


def asked_again(statements: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """Yield the conditions that the first of some statements asks, and that more hangs on.

    One of those that ask is a conditional expression, and nothing binds anew what is asked.
    """
    hanging = [node for one in statements for node in hangs(one)]
    times = Counter(condition(node.test)[0] for node in hanging)
    chosen = [node for node in hanging if isinstance(node, ast.IfExp)]
    inside = {condition(node.test)[0] for node in chosen}
    pairs = {condition(node.test)[0] for node in chosen if isinstance(node.body, ast.Tuple)}
    for node in hangs(statements[0]):
        text, _ = condition(node.test)
        if text and text in inside and (times[text] > 1 or text in pairs):
            names = _names(node.test)
            if not any(names & _bound(one) for one in statements):
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

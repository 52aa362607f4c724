"""What a node of code tells by itself: what it loads, which tables it asks, what is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence, Set
from functools import wraps
from itertools import islice
from typing import NamedTuple, TypeVar

from advisor.scan.abstract import FunctionNode
from advisor.scan.source import descendants, statements
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

Node = TypeVar("Node", bound=ast.AST)
Answer = TypeVar("Answer")

_OF_ANY_MODULE = {
    *("to", "eval", "train", "cuda", "cpu", "half", "float", "device", "dtype", "requires_grad_"),
    *("parameters", "named_parameters", "modules", "named_modules", "children"),
    *("state_dict", "load_state_dict"),
}
"""What every network has, so that nothing depends on which it is."""
_ASKING = {"hasattr", "isinstance", "len", "print", "type"}
"""What does nothing with a network but ask."""
_PROPERTIES = {"property", "cached_property"}
_NO_KIND = re.compile(
    r"(?:cuda|cpu|mps|xpu|auto|none|bf?loat\d*|fp\d+|bf\d+|int\d+)(?::\d+)?\Z", re.IGNORECASE
)
_FEW = 3
"""Statements of a function that is followed wherever it is called, those inside others apart."""
_FEW_IN_ALL = 12
"""Or else so many with them."""
_MANY = 200
"""Statements of the longest function of another file that is followed."""


def remembered(ask: Callable[[Node], Answer]) -> Callable[[Node], Answer]:
    """Remember what a function says of a node, at the node itself."""
    name = f"_{ask.__name__}"

    @wraps(ask)
    def answer(node: Node) -> Answer:
        told: dict[str, Answer] = node.__dict__
        if (known := told.get(name)) is None:
            known = told[name] = ask(node)
        return known

    return answer


class Asks(NamedTuple):
    """What a statement asks for, statements inside it apart.

    `loads` where it calls what loads, by its name; `tables` are those that it asks for what is no
    constant, each with that.
    """

    loads: bool
    tables: Sequence[tuple[ast.expr, ast.expr]]


@remembered
def asks(statement: ast.AST) -> Asks:
    """Return what a statement, or an expression, asks for."""
    loads, tables = False, list[tuple[ast.expr, ast.expr]]()
    for node in descendants(statement, own=True):
        match node:
            case ast.Call(
                ast.Attribute(ast.Name() | ast.Attribute() as table, "get"),
                [ast.Name() | ast.Attribute() as key, *_],
            ):
                tables.append((table, key))
            case ast.Call(called):
                loads = loads or last_name(called) in CHECKPOINT_ARGUMENTS
            case ast.Subscript(
                ast.Name() | ast.Attribute() as table, ast.Name() | ast.Attribute() as key
            ):
                tables.append((table, key))
    return Asks(loads, sorted(tables, key=lambda one: (one[0].lineno, one[0].col_offset)))


@remembered
def is_short(function: FunctionNode) -> bool:
    """True where a function does little more than give something back."""
    last = function.body[-1]
    if isinstance(last, ast.Raise) or not _gives_back(last):
        return False
    within = islice(statements(function), _FEW_IN_ALL + 2)  # the function is one itself
    return len(function.body) <= _FEW or sum(1 for _ in within) <= _FEW_IN_ALL + 1


def _gives_back(last: ast.stmt) -> bool:
    """True where a statement gives something back on each way through it that leads on."""
    match last:
        case ast.Return() | ast.Raise():
            return True
        case ast.With(body=body):
            return _gives_back(body[-1])
        case ast.If(body=body, orelse=[*_, other]):
            return _gives_back(body[-1]) and _gives_back(other)
        case ast.Match(cases=cases):
            return all(_gives_back(case.body[-1]) for case in cases)
    return False


@remembered
def chooses(function: FunctionNode) -> bool:
    """True for a short function that gives back one thing or another, as a condition tells."""
    return is_short(function) and any(
        isinstance(node, (ast.If, ast.IfExp, ast.Match)) for node in descendants(function)
    )


def asks_table(function: FunctionNode) -> bool:
    """True for a short function that asks a table for what is no constant."""
    return is_short(function) and any(asks(one).tables for one in function.body)


@remembered
def attributes_in(node: ast.AST) -> frozenset[str]:
    """Return the names that stand behind dots."""
    return frozenset(one.attr for one in descendants(node) if isinstance(one, ast.Attribute))


@remembered
def is_long(function: ast.AST) -> bool:
    """True where a function of another file has too many statements to be followed."""
    return sum(1 for _ in statements(function)) > _MANY


@remembered
def loads_something(node: ast.AST) -> bool:
    """True where something calls what loads, by its name."""
    parts = statements(node) if isinstance(node, (ast.stmt, ast.Module)) else (node,)
    return any(asks(part).loads for part in parts)


@remembered
def gives_class(function: FunctionNode) -> bool:
    """True where a function gives back what has the name of a class, or several of them."""
    found = (one.value for one in statements(function) if isinstance(one, ast.Return))
    parts = (one.elts if isinstance(one, ast.Tuple) else [one] for one in found)
    return any(_is_class_name(one) for each in parts for one in each)


def _is_class_name(node: ast.expr | None) -> bool:
    name = last_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    return name[:1].isupper() and not name.isupper()


def decorators(function: FunctionNode) -> set[str]:
    """Return the plain names among the decorators of a function."""
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


class Own(NamedTuple):
    """The names that a method asks its own object for, to do something with, and those it sets."""

    asked: Set[str]
    set: Set[str]


@remembered
def own_names(method: FunctionNode) -> Own:
    """Return the names of its own object that stand in a method."""
    parameters = (*method.args.posonlyargs, *method.args.args)
    own = parameters[0].arg if parameters else ""
    asked, given = set[str](), set[str]()
    for node in descendants(method):
        used: Iterable[ast.expr] = ()
        match node:
            case ast.Attribute(ast.Name(name), attribute, ast.Store()) if name == own:
                given.add(attribute)
            case ast.Attribute(ast.Attribute() as inner, name) if name not in _OF_ANY_MODULE:
                used = (inner,)
            case ast.Call(ast.Name(name)) if name in _ASKING:
                pass
            case ast.Call(called, arguments, keywords):
                used = (called, *arguments, *(one.value for one in keywords))
            case ast.Assign(value=ast.Attribute() as inner):
                used = (inner,)
        for one in used:
            match one:
                case ast.Attribute(ast.Name(name), attribute) if name == own:
                    asked.add(attribute)
    return Own(asked, given)


def is_open(method: FunctionNode) -> bool:
    """True for a method without a body of its own, which classes that extend its class give it."""
    return all(
        isinstance(one, (ast.Pass, ast.Raise))
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in method.body
    )


def is_property(method: FunctionNode) -> bool:
    """True for a method that is asked for as an attribute."""
    return any(last_name(one) in _PROPERTIES for one in method.decorator_list)


def is_super(node: ast.expr) -> bool:
    """True for `super()`, the object at hand as the classes behind have it."""
    match node:
        case ast.Call(ast.Name("super")):
            return True
    return False


def last_name(function: ast.expr) -> str:
    """Return the name of what is called, without what stands before its dot."""
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return last_name(function.func) if isinstance(function, ast.Call) else ""


def names_a_kind(node: ast.AST) -> bool:
    """True for a text written out, but for those that name a device or a precision."""
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(text) and not _NO_KIND.match(text)

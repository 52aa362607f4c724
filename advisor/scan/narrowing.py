"""What names can stand for where a condition holds, and where it does not."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from advisor.scan.abstract import (
    NOTHING,
    Abstract,
    Constant,
    DictLiteral,
    ListLiteral,
    Other,
    PartialString,
    String,
    Values,
    doubted,
    elements,
    plain,
    union,
)

Names: TypeAlias = Mapping[str, Values]
Evaluate: TypeAlias = "Callable[[ast.expr], Values]"

_ANYTHING: Values = (Other(),)
_SEEN_THROUGH = {"lower", "strip", "casefold", "value", "name"}
"""What a name is asked for whose text is meant, be it in other letters."""
_PARTS = {
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class Narrowed(NamedTuple):
    """What names stand for where a condition holds, and where it does not.

    `never` is true for a side on which nothing is left of what is known.
    """

    holds: Names
    fails: Names
    never_holds: bool = False
    never_fails: bool = False

    def turned(self) -> Narrowed:
        """Return the same of the opposite condition."""
        return Narrowed(self.fails, self.holds, self.never_fails, self.never_holds)


_SILENT = Narrowed({}, {})


def dotted(node: ast.expr) -> str | None:
    """Return a name, or names behind dots, as they are written; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (outer := dotted(node.value)):
        return f"{outer}.{node.attr}"
    return None


def narrowed(test: ast.expr, evaluate: Evaluate) -> Narrowed:
    """Return what a condition tells of the names in it."""
    match test:
        case ast.UnaryOp(ast.Not(), inner):
            return narrowed(inner, evaluate).turned()
        case ast.BoolOp(ast.And(), values):
            return _all([narrowed(value, evaluate) for value in values])
        case ast.BoolOp(ast.Or(), values):
            return _all([narrowed(value, evaluate).turned() for value in values]).turned()
        case ast.Compare(left, [operator], [right]):
            return _compared(left, operator, right, evaluate)
        case ast.Call(ast.Attribute(text, ("startswith" | "endswith") as how), [part]):
            return _holding(text, evaluate(part), _PARTS[how], evaluate)
    return _SILENT


def equal_to(subject: ast.expr, values: Values, evaluate: Evaluate) -> Narrowed:
    """Return what holds where an expression is one of some values, which are known."""
    name = dotted(subject)
    known = {plain(value) for value in values if isinstance(value, (String, Constant))}
    if not values or len(known) < len(set(values)) or known == {None}:
        return _SILENT
    if name is None and not isinstance(subject, ast.Subscript):
        return _SILENT
    before = evaluate(subject)
    same = tuple(value for value in before if plain(value) in known)
    others = tuple(value for value in before if plain(value) not in known)
    holds = same or doubted(values)
    unknown = any(isinstance(value, (Other, PartialString)) for value in before)
    never = bool(before) and not same and not unknown, bool(before) and not others
    if name is None:
        return Narrowed({}, {}, *never)
    return Narrowed({name: holds}, {name: others or _ANYTHING}, *never)


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr, evaluate: Evaluate) -> Narrowed:
    match operator:
        case ast.Eq() | ast.Is():
            return equal_to(left, evaluate(right), evaluate)
        case ast.NotEq() | ast.IsNot():
            return equal_to(left, evaluate(right), evaluate).turned()
        case ast.In() | ast.NotIn():
            given = evaluate(right)
            if given and all(isinstance(value, (ListLiteral, DictLiteral)) for value in given):
                found = equal_to(left, elements(given), evaluate)
            else:
                found = _holding(right, evaluate(left), str.__contains__, evaluate)
            return found if isinstance(operator, ast.In) else found.turned()
    return _SILENT


def _holding(
    text: ast.expr, parts: Values, asks: Callable[[str, str], bool], evaluate: Evaluate
) -> Narrowed:
    """Return what holds where a text has a part, as `asks` tells."""
    lowered = False
    while isinstance(text, (ast.Call, ast.Attribute)):
        inner = text.func if isinstance(text, ast.Call) else text
        if not isinstance(inner, ast.Attribute) or inner.attr not in _SEEN_THROUGH:
            break
        lowered |= inner.attr in ("lower", "casefold")
        text = inner.value
    name, part = dotted(text), plain(parts[0]) if len(parts) == 1 else None
    asked = isinstance(part, str) and (name or isinstance(text, ast.Subscript))
    before = evaluate(text) if asked else NOTHING
    if not isinstance(part, str) or not before:
        return _SILENT
    texts = [(value, _pieces(value, asks)) for value in before]
    having = [
        value
        for value, pieces in texts
        if any(asks(own.lower() if lowered else own, part) for own in pieces)
    ]
    known = [value for value in before if value in having or isinstance(plain(value), str)]
    unknown = tuple(value for value in before if value not in known)
    holds = (*having, *unknown)
    fails = (*(one for one in known if one not in having), *unknown)
    never = not holds, bool(known) and not fails
    if name is None:
        return Narrowed({}, {}, *never)
    return Narrowed({name: holds or _ANYTHING}, {name: fails or _ANYTHING}, *never)


def _pieces(value: Abstract, asks: Callable[[str, str], bool]) -> Sequence[str]:
    """The pieces of a text that are known: the whole of it, or of one with gaps those asked for."""
    if isinstance(value, PartialString):
        start = -1 if asks is str.endswith else 0
        end = 1 if asks is str.startswith else None
        parts = value.parts[start:end]
        return [part for part in parts if part]
    text = plain(value)
    return [text] if isinstance(text, str) else []


def _all(parts: Sequence[Narrowed]) -> Narrowed:
    """What holds where all of some conditions do; one of them alone tells what fails."""
    holds: dict[str, Values] = {}
    for part in parts:
        for name, values in part.holds.items():
            kept = tuple(value for value in holds.get(name, values) if value in values)
            holds[name] = kept or _ANYTHING
    never = any(part.never_holds for part in parts)
    names = {name for part in parts for name in part.fails}
    fails: dict[str, Values] = {}
    if len(names) == 1 and all(part.fails for part in parts):  # one of them fails
        failing = [part for part in parts if not part.never_fails] or parts
        fails = {name: union(*(part.fails[name] for part in failing)) for name in names}
    return Narrowed(holds, fails, never, all(part.never_fails for part in parts))

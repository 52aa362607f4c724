"""Texts put together: templates filled in, and what operators make of two values."""

from __future__ import annotations

import ast

from advisor.scan.strings import joined
from advisor.scan.study import Study
from advisor.scan.values import Items, Loaded, Other, Text, Values


def operation(study: Study, node: ast.BinOp, left: Values, right: Values) -> Values:
    """Return what an operator makes of two values."""
    if isinstance(node.op, ast.Add):
        if any(isinstance(value, Items) for value in left):
            return (Items((*_items_of(left), *_items_of(right))),)
        if _is_text(left) or _is_text(right):
            return joined([left, right], study.place(node))
    if isinstance(node.op, ast.Div) and _is_text(right):
        return joined([left, right], study.place(node), "/")
    if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and _is_text(left):
        return _formatted(str(node.left.value), "%s", right, study, node)
    through = [value for value in (*left, *right) if isinstance(value, Loaded)]
    return tuple(dict.fromkeys(through))


def _items_of(values: Values) -> list[Values]:
    """Return the items of a list that is known."""
    return [inner for value in values if isinstance(value, Items) for inner in value.items]


def _is_text(values: Values) -> bool:
    return any(isinstance(value, Text) for value in values)


def _formatted(template: str, mark: str, values: Values, study: Study, node: ast.AST) -> Values:
    """Return a template with its marks filled in, where they are plain."""
    parts = template.split(mark)
    fills = [values]
    if len(values) == 1 and isinstance(values[0], Items):
        fills = list(values[0].items)
    place = study.place(node)
    groups: list[Values] = [(Text(parts[0], place),)]
    for number, part in enumerate(parts[1:]):
        groups.append(fills[number] if number < len(fills) else (Other(),))
        groups.append((Text(part, place),))
    return joined(groups, place)

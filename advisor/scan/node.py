"""What a node of code tells by itself: names, decorators, what is called."""

from __future__ import annotations

import ast
import re

from advisor.scan.abstract import FunctionNode

_NO_KIND = re.compile(
    r"(?:cuda|cpu|mps|xpu|auto|none|bf?loat\d*|fp\d+|bf\d+|int\d+)(?::\d+)?\Z", re.IGNORECASE
)


def decorators(function: FunctionNode) -> set[str]:
    """Return the plain names among the decorators of a function."""
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def parameters(function: FunctionNode) -> list[str]:
    """Return the names of the parameters that may be passed by place."""
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


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

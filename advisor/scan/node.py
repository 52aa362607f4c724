"""What a node of code tells by itself: names, decorators, what is called and what is passed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from advisor.scan.abstract import (
    DictLiteral,
    FunctionNode,
    Other,
    String,
    Values,
    elements,
    plain,
    union,
)
from advisor.scan.usage import Location

_NO_KIND = re.compile(
    r"(?:(?:cuda|cpu|mps|xpu|auto|none|bf?loat\d*|fp\d+|bf\d+|int\d+)(?::\d+)?|__main__)?\Z",
    re.IGNORECASE,
)


def decorators(function: FunctionNode) -> set[str]:
    """Return the plain names among the decorators of a function."""
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def parameters(function: FunctionNode) -> list[str]:
    """Return the names of the parameters that may be passed by place."""
    return [node.arg for node in (*function.args.posonlyargs, *function.args.args)]


def passes_on(builder: FunctionNode) -> bool:
    """True for a builder that takes any arguments, and only gives them to the one it extends."""
    taken, code = ast.unparse(builder.args).partition(", ")[2], ast.unparse(builder)
    names = re.findall(r"\w+", taken)
    alone = all(len(re.findall(rf"\b{name}\b", code)) == 2 for name in names)
    return taken.startswith("*") and f"super().__init__({taken})" in code and alone


def last_name(function: ast.expr) -> str:
    """Return the name of what is called, without what stands before its dot."""
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return last_name(function.func) if isinstance(function, ast.Call) else ""


def asks_kind(test: ast.expr, evaluate: Callable[[ast.expr], Values]) -> bool:
    """True where a condition asks which text something is, or what is in it.

    Devices and precisions are no kinds of things, and what a file is run as is none.
    """
    for node in ast.walk(test):
        match node:
            case ast.Compare(left, _, others):
                asked = [*others, *([left] if isinstance(left, ast.Constant) else [])]
            case ast.Call(ast.Attribute(_, "startswith" | "endswith"), asked):
                pass
            case _:
                continue
        values = union(*map(evaluate, asked))
        texts = (value.text for value in (*values, *elements(values)) if isinstance(value, String))
        if not all(map(_NO_KIND.match, texts)):
            return True
    return False


def has_part(test: ast.expr, evaluate: Callable[[ast.expr], Values]) -> bool | None:
    """Return whether texts have a part, as `"llava" in name.lower()` asks; None if none tells."""
    match test:
        case ast.Compare(ast.Constant(str(part)), [ast.In()], [text]):
            match text:
                case ast.Call(ast.Attribute(inner, "lower")):
                    text = inner
            values = evaluate(text)
            texts = [known for known in map(plain, values) if isinstance(known, str)]
            answers = {part.lower() in known.lower() for known in texts}
            sure = all(value.certain for value in values if isinstance(value, String))
            return answers.pop() if sure and len(answers) == 1 else None
    return None


class Passed(NamedTuple):
    """An argument as it was passed: its name or number, what it may be, where it stands.

    `key` is where its name stands in the dictionary that it comes from.
    """

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None = None
    key: Location | None = None

    def later(self, places: int) -> Passed:
        """Return the same argument, as many places later if it has one."""
        return self._replace(name=str(int(self.name) + places)) if self.name.isdigit() else self


def spread(values: Values, node: ast.expr) -> list[Passed]:
    """Return the arguments that `**table` gives: what its entries name, and "**" if there is more.

    What only some of several tables hold may be missing, so that its value is not known. A key that
    is no name, such as a number, is none of an argument.
    """
    tables = [value for value in values if isinstance(value, DictLiteral)]
    whole = bool(values) and len(tables) == len(values)
    named: dict[str, list[tuple[Values, Location]]] = {}
    for table in tables:
        texts = [(key, inner) for key, inner in table.entries if isinstance(key, String)]
        whole &= len(texts) == len(table.entries)
        names = {key.text: (key, inner) for key, inner in texts if key.text.isidentifier()}
        for key, inner in names.values():
            named.setdefault(key.text, []).append((inner, key.location))
    passed = [] if whole else [Passed("**", values, node)]
    for name, found in named.items():
        others: Values = () if len(found) == len(values) else (Other(),)
        inner = union(*(one for one, _ in found), others)
        passed.append(Passed(name, inner, node, key=found[0][1]))
    return passed

"""Methods of transformers' own classes that classes of a file write anew, with what they take."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from advisor.scan.source import Parsed, statements
from advisor.scan.usage import Override

_LIBRARY = "transformers"
_HEAD = r"class(?<!\wclass)\s+\w+\s*\("
_EXTENDED = re.compile(rf"{_HEAD}(?:(?!{_HEAD})[^)])*Trainer\b")


def mentions_overrides(code: str) -> bool:
    """True where a class may extend one whose methods the library itself calls."""
    return "Trainer" in code and bool(_EXTENDED.search(code))


def overrides(parsed: Parsed) -> Iterator[Override]:
    """Yield the methods of classes that extend one of transformers directly."""
    named = dict(_imported(parsed.tree))
    for node in statements(parsed.tree) if named else ():
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [base for one in node.bases if (base := _base(one, named))]
        methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
        names = frozenset(one.name for one in methods)
        for method in methods if bases else ():
            given = method.args
            positional = [one.arg for one in (*given.posonlyargs, *given.args)]
            start = parsed.location(method)
            head = parsed.lines[method.lineno - 1]
            column = start.column + max(head.find(method.name) - method.col_offset, 0)
            yield Override(
                place=start._replace(
                    column=column, end_line=start.line, end_column=column + len(method.name)
                ),
                base=bases[0],
                name=method.name,
                positional=len(positional) - 1,
                named=(*positional[1:], *(one.arg for one in given.kwonlyargs)),
                many=given.vararg is not None,
                rest=given.kwarg is not None,
                beside=names,
            )


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names of a file that stand for the library, as "", and for classes of it."""
    for node in statements(tree):
        match node:
            case ast.Import(aliases):
                for one in aliases:
                    if one.name == _LIBRARY:
                        yield one.asname or one.name, ""
            case ast.ImportFrom(str() as module, aliases, 0) if (
                module.partition(".")[0] == _LIBRARY
            ):
                yield from ((one.asname or one.name, one.name) for one in aliases)


def _base(node: ast.expr, named: dict[str, str]) -> str | None:
    match node:
        case ast.Name(name):
            return named.get(name) or None
        case ast.Attribute(ast.Name(library), name) if named.get(library) == "":
            return name
    return None

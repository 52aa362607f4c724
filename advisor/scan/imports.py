"""The names of transformers that a file imports or reaches, whether or not it loads anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from advisor.scan.source import Parsed
from advisor.scan.usage import Name

_LIBRARY = "transformers"


def names_in(parsed: Parsed) -> list[Name]:
    """Return the names in order of place."""
    names: list[Name] = []
    modules: dict[str, str] = {}
    for node, optional in _imports(parsed.tree.body, optional=False):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == _LIBRARY:
                    modules[alias.asname or _LIBRARY] = alias.name if alias.asname else _LIBRARY
        elif node.level == 0 and (node.module or "").partition(".")[0] == _LIBRARY:
            names.extend(_imported(parsed, node, optional=optional))
    if modules:
        names.extend(_reached(parsed, modules))
    return sorted(names, key=lambda name: name.place[1:5])


def _imported(parsed: Parsed, node: ast.ImportFrom, *, optional: bool) -> Iterator[Name]:
    for alias in node.names:
        if alias.name != "*":
            place = parsed.location(alias)
            place = place._replace(end_line=place.line, end_column=place.column + len(alias.name))
            yield Name(place, node.module or "", alias.name, True, optional)


def _reached(parsed: Parsed, modules: dict[str, str]) -> Iterator[Name]:
    """Attributes of the library or of one of its modules: `transformers.BlipModel`."""
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Attribute) and (module := _module(node.value, modules)):
            place = parsed.location(node)
            column = place.end_column - len(node.attr)
            place = place._replace(line=place.end_line, column=column)
            yield Name(place, module, node.attr, False, False)


def _module(node: ast.expr, modules: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return modules.get(node.id)
    if isinstance(node, ast.Attribute) and node.attr[:1].islower():
        outer = _module(node.value, modules)
        return f"{outer}.{node.attr}" if outer else None
    return None


def _imports(
    statements: Sequence[ast.stmt], *, optional: bool
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield imports, each with whether the file is ready for it to fail."""
    for node in statements:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, optional
        elif isinstance(node, ast.Try | ast.TryStar):
            guarded = optional or any(_catches_imports(handler) for handler in node.handlers)
            inner = [*node.body, *node.orelse, *node.finalbody]
            inner.extend(statement for handler in node.handlers for statement in handler.body)
            yield from _imports(inner, optional=guarded)
        elif isinstance(node, ast.If):
            guarded = optional or _asks_what_is_installed(node.test)
            yield from _imports([*node.body, *node.orelse], optional=guarded)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from _imports(case.body, optional=optional)
        else:
            inner = [*getattr(node, "body", ()), *getattr(node, "orelse", ())]
            yield from _imports(inner, optional=optional)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {
        node.id if isinstance(node, ast.Name) else getattr(node, "attr", "") for node in caught
    }
    return bool(names & {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception"})


def _asks_what_is_installed(test: ast.expr) -> bool:
    """True where a condition speaks of a version, of what is available, or of type checking."""
    words = [
        part.id if isinstance(part, ast.Name) else part.attr
        for part in ast.walk(test)
        if isinstance(part, (ast.Name, ast.Attribute))
    ]
    return any(
        "version" in word.lower() or "available" in word.lower() or word == "TYPE_CHECKING"
        for word in words
    )

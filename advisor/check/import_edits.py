"""Imports from a module whose names have moved: the statement as it has to be written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache

from advisor.check.case import Case
from advisor.check.finding import Edit
from advisor.check.fixing import TEXTS_AT_ONCE
from advisor.scan.source import Parsed, UnreadableError, parse
from advisor.scan.usage import Name

WIDEST = 88
"""Signs of a line that formatters leave as it is."""
INDENT = "    "


def moved_import(case: Case, name: Name, home: Callable[[str], str | None]) -> tuple[Edit, ...]:
    """Return what imports all names of a statement from where they are; () if unsure.

    `home` gives the module that a name has moved to, None for one that stays. Statements of
    notebooks, with comments in them or that share a line with others are left alone.
    """
    text = case.source(name.place.path)
    parsed = None if name.place.cell is not None or "\r" in text else _parsed(name.place.path, text)
    node = parsed and _statement(parsed.tree, name)
    if parsed is None or not isinstance(node, ast.ImportFrom):
        return ()
    place = parsed.location(node)
    written = case.stands_at(place)
    first, last = parsed.lines[place.line - 1], parsed.lines[place.end_line - 1]
    indent, behind = first[: place.column - 1], last[place.end_column - 1 :]
    if "#" in written or "\\" in written or not indent.strip() == behind.strip() == "":
        return ()
    modules: dict[str, list[str]] = {}
    for alias in node.names:
        own = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        modules.setdefault(home(alias.name) or node.module or "", []).append(own)
    lines = (_line(module, names, indent) for module, names in modules.items())
    return (Edit(place, f"\n{indent}".join(lines), written),)


@lru_cache(maxsize=TEXTS_AT_ONCE)
def _parsed(path: str, text: str) -> Parsed | None:
    try:
        return Parsed(path, parse(text, path), text, text.split("\n"))
    except UnreadableError:
        return None


def _statement(tree: ast.Module, name: Name) -> ast.ImportFrom | None:
    """The import in which a name stands."""
    line = name.place.line
    return next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.lineno <= line <= (node.end_lineno or node.lineno)
            and any(alias.name == name.name for alias in node.names)
        ),
        None,
    )


def _line(module: str, names: list[str], indent: str) -> str:
    """One import, over several lines where it does not fit into one."""
    line = f"from {module} import {', '.join(names)}"
    if len(indent) + len(line) <= WIDEST:
        return line
    inner = "".join(f"{indent}{INDENT}{name},\n" for name in names)
    return f"from {module} import (\n{inner}{indent})"

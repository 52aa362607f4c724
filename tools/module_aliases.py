"""Module names that a package keeps for modules of other names, read from its `__init__`.

Two forms are known: a table `_LEGACY_MODULE_ALIASES`, and calls of a function that puts a module
of its first argument's name into `sys.modules`, alone or in a loop over files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from typing import Any

TABLE = "_LEGACY_MODULE_ALIASES"
STEM, FOLDER = "{stem}", "{folder}"
"""What stands in a name for the file that a loop is at, and for the folder the file is in."""


def aliases_of(body: Iterable[ast.stmt]) -> dict[str, Any]:
    """Return the `aliases`, old name to new, and the `looped` ones: files, old name, new name."""
    aliases: dict[str, str] = {}
    looped: list[list[str]] = []
    nodes = [inner for statement in body for inner in ast.walk(statement)]
    makers = {one.name for one in nodes if isinstance(one, ast.FunctionDef) and _registers(one)}
    inside: set[int] = set()
    for node in nodes:
        match node:
            case ast.For(target=ast.Name(loop), iter=files):
                values = {f"{loop}.stem": STEM, f"{loop}.parent.name": FOLDER}
                for inner in (one for part in node.body for one in ast.walk(part)):
                    inside.add(id(inner))
                    if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                        values[inner.targets[0].id] = _filled(inner.value, values)
                    elif names := _made(inner, makers, values):
                        looped.append([_files(files), *names])
            case ast.Call() if id(node) not in inside and (names := _made(node, makers, {})):
                aliases[names[0]] = names[1]
            case ast.Assign([ast.Name(name)], ast.Dict() as table) if name == TABLE:
                aliases |= ast.literal_eval(table)
    return {"aliases": aliases, "looped": looped}


def expanded(looped: Iterable[list[str]], modules: Iterable[str]) -> dict[str, str]:
    """Return the aliases that loops over files make, where these modules are."""
    found = {}
    names = [name.split(".") for name in modules]
    for files, old, new in looped:
        for *folders, stem in names:
            if folders and fnmatch("/".join([*folders, f"{stem}.py"]), files):
                at, to = (
                    text.replace(STEM, stem).replace(FOLDER, folders[-1]) for text in (old, new)
                )
                found[at] = to
    return found


def _registers(function: ast.FunctionDef) -> bool:
    """True where `sys.modules[first parameter] = ...` stands in a function."""
    parameters = [one.arg for one in function.args.args]
    return len(parameters) > 1 and any(
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == f"sys.modules[{parameters[0]}]"
        for node in ast.walk(function)
    )


def _made(node: ast.AST, makers: set[str], values: Mapping[str, str]) -> list[str]:
    """The two names in a call that makes an alias, dotted below the package."""
    match node:
        case ast.Call(ast.Name(name), [old, new]) if name in makers:
            return [_filled(one, values).lstrip(".") for one in (old, new)]
    return []


def _filled(node: ast.expr, values: Mapping[str, str]) -> str:
    """A text with what is known put in its places; `__name__` is the package, so nothing."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(_filled(part, values) for part in parts)
        case ast.FormattedValue(inner):
            return _filled(inner, values)
    return values.get(ast.unparse(node), "")


def _files(node: ast.expr) -> str:
    """What a loop over `(folder / "models").rglob("x_*.py")` goes over, as one pattern."""
    texts = [str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant)]
    pattern = next((text for text in texts if "*" in text), "")
    folders = [text for text in texts if re.fullmatch(r"\w+", text)]
    return "/".join([*folders, "*", pattern])

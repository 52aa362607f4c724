"""The flags of a file that tell of the version of a library by what could be tried."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from advisor.scan.node import last_name
from advisor.scan.source import descendants, statements

LIBRARIES = {"transformers", "huggingface_hub"}
"""What is asked for what it has, to tell its version by that."""
VERSION = re.compile(r"(?i)version|transformers_v?\d")
READY = {"ImportError", "ModuleNotFoundError", "AttributeError"}
_LOGGING = frozenset(
    ("critical", "debug", "error", "exception", "info", "log", "print", "print_exc", "warn")
) | {"warn_once", "warning", "warning_once", "write"}
"""Functions that say something, and after which code goes on."""
_REQUIREMENT = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)?\s*\S*\d")
"""A bound of a version, of a package if it is named: `transformers>=5.0`, `4.57`."""
_LONGEST = 200
"""Signs of a bound that is read."""

Attempt: TypeAlias = ast.Try | ast.TryStar


def told_by_trying(tree: ast.Module, modules: set[str]) -> Iterator[str]:
    """Yield the names of a file that tell whether an attempt failed for the version of a library.

    They are flags that are set there, and functions that return what came of it. `modules` are
    the names of libraries as a whole.
    """
    installed = any(map(_imports_library, tree.body))
    for node in statements(tree):
        match node:
            case ast.Try() | ast.TryStar() if _tells(node, modules, installed=installed):
                yield from _flags(node)
            case ast.FunctionDef(name, body=body):
                tries = (one for one in body if isinstance(one, ast.Try | ast.TryStar))
                told = (one for one in tries if _tells(one, modules, installed=installed))
                if any(map(_returns_answer, told)):
                    yield name


def _tells(node: Attempt, modules: set[str], *, installed: bool) -> bool:
    """True where it depends on the version of a library whether a block goes through.

    An import from a library tells of that where it is `installed` in any case.
    """
    if not handles(node, READY):
        return False
    imports = [one for one in node.body if isinstance(one, ast.Import | ast.ImportFrom)]
    asks = any(_requires_version(one) for part in node.body for one in descendants(part))
    if asks or imports:
        return asks or (installed and all(map(_imports_part, imports)))
    read = (one for part in node.body for one in descendants(part))
    return handles(node, {"AttributeError"}) and any(_is_member(one, modules) for one in read)


def _is_member(node: ast.AST, modules: set[str]) -> bool:
    match node:
        case ast.Attribute(ast.Name(owner)):
            return owner in modules
    return False


def handles(node: Attempt, errors: set[str]) -> bool:
    """True where a handler is ready for one of these errors by its name."""
    return any(one.type is not None and words(one.type) & errors for one in node.handlers)


def is_ready(tree: ast.Module, node: Attempt, errors: set[str], *, bare: bool = False) -> bool:
    """True where a handler for one of these errors makes up for what failed.

    One that only logs, or passes, does not where the file uses a name that is then not bound.
    Handlers of all errors count where they are `bare`.
    """
    meant = [h for h in node.handlers if (words(h.type) & errors if h.type else bare)]
    if not meant or not all(map(_goes_on, meant)):
        return bool(meant)
    names = set(_imported_in(node))
    if not names:
        return all(isinstance(one, ast.Pass) for handler in meant for one in handler.body)
    inside = set(descendants(node))
    rest = [one for one in descendants(tree) if one not in inside]
    used = {one.id for one in rest if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    bound = {
        one.id for one in rest if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
    }
    bound |= {one.asname or one.name for one in rest if isinstance(one, ast.alias)}
    return not names & used - bound


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """True where a handler does nothing but to log, or to pass."""
    return all(isinstance(one, ast.Pass) or _logs(one) for one in handler.body)


def _logs(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(ast.Call(called)):
            return last_name(called) in _LOGGING
    return False


def _imported_in(node: Attempt) -> Iterator[str]:
    """Yield the names that imports in a block which is tried bind."""
    for one in (inner for part in node.body for inner in descendants(part)):
        if isinstance(one, ast.alias):
            yield one.asname or one.name.partition(".")[0]


def _imports_library(node: ast.stmt) -> bool:
    match node:
        case ast.Import(names):
            return any(one.name.partition(".")[0] in LIBRARIES for one in names)
        case ast.ImportFrom(module, _, 0):
            return (module or "").partition(".")[0] in LIBRARIES
    return False


def _imports_part(node: ast.stmt) -> bool:
    """True for the import of something in a library, which not every version needs to have."""
    if isinstance(node, ast.Import) and not all("." in one.name for one in node.names):
        return False
    return _imports_library(node)


def _requires_version(node: ast.AST) -> bool:
    """True for `require_version("transformers>=5.0")` and `check_min_version("4.57")`."""
    match node:
        case ast.Call(called, [ast.Constant(str(text)), *_]) if VERSION.search(last_name(called)):
            least = _REQUIREMENT.match(text.strip()[:_LONGEST])
            return least is not None and (least[1] is None or least[1] in LIBRARIES)
    return False


def _branches(node: Attempt) -> Iterator[ast.stmt]:
    """Yield what stands directly in a block that is tried, behind it, and in its handlers."""
    yield from (*node.body, *node.orelse)
    for handler in node.handlers:
        yield from handler.body


def _flags(node: Attempt) -> Iterator[str]:
    """Yield the names that are told whether a block went through: `HAS = True`, `Name = None`."""
    for one in _branches(node):
        match one:
            case ast.Assign(targets, ast.Constant(True | False | None)):
                for target in targets:
                    yield from bound(target, attributes=True)
            case ast.AnnAssign(ast.Name(name), _, ast.Constant(True | False | None)):
                yield name


def bound(target: ast.expr, *, attributes: bool) -> Iterator[str]:
    """Yield the names that an assignment binds, those of attributes where they are asked for."""
    inner = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    yield from (one.id for one in inner if isinstance(one, ast.Name))
    if attributes and isinstance(target, ast.Attribute):
        yield target.attr


def _returns_answer(node: Attempt) -> bool:
    """True where a function returns whether a block went through."""
    returned = (one.value for one in _branches(node) if isinstance(one, ast.Return))
    return any(isinstance(one, ast.Constant) and isinstance(one.value, bool) for one in returned)


def words(expression: ast.expr) -> set[str]:
    """Return the names and attributes in an expression."""
    return words_of(descendants(expression))


def words_of(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names and attributes among nodes."""
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}

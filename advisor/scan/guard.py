"""Which stretches of a file are ready for another version of a library than the judged one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from itertools import chain

from advisor.scan.source import Parsed, descendants, statements
from advisor.scan.usage import Location

_MENTIONED = ("version", "transformers_v", "attributeerror", "importerror", "modulenotfounderror")
"""Code without any of these, or an underscore and a number behind the library, guards nothing."""
_NUMBERED = re.compile(r"transformers_\d")
_VERSION = re.compile(r"(?i)version|transformers_v?\d")
_READY = {"ImportError", "ModuleNotFoundError", "AttributeError"}


def mentions_guards(code: str) -> bool:
    """True where code has words of which one stands in each guard; never less than there is."""
    lowered = code.lower()
    return any(word in lowered for word in _MENTIONED) or bool(_NUMBERED.search(lowered))


def guarded(parsed: Parsed) -> Iterator[Location]:
    """Yield the stretches of a file that a test of a version, or a handler, stands before.

    Such a test is the condition of an `if` or of an expression, or stands in a decorator of a
    function or class (`skipif`); what runs on either side of it may be meant for another version.
    It may stand under a name, and where one side ends in `return`, all behind it is the other.
    """
    names = _names_of_versions(parsed.tree)
    for node in descendants(parsed.tree):
        if isinstance(node, ast.IfExp) and _asks_version(node.test, names):
            yield parsed.location(node)
    for node in (parsed.tree, *statements(parsed.tree)):
        yield from _behind(parsed, node, names)
        match node:
            case ast.If(test) if _asks_version(test, names):
                yield parsed.location(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if any(
                _asks_version(one, names) for one in node.decorator_list
            ):
                yield parsed.location(node)
            case ast.Try(body, handlers) | ast.TryStar(body, handlers) if any(
                one.type is not None and words(one.type) & _READY for one in handlers
            ):
                yield _from_to(parsed, body[0], body[-1])


def _names_of_versions(tree: ast.Module) -> frozenset[str]:
    """Return the names that something made of a version is given to: `V5 = __version__ >= "5"`."""
    names: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Assign) and _tells_version(node.value, names):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


def _tells_version(value: ast.expr, names: Set[str]) -> bool:
    """True for what is made of a version of a library, and for a comparison with that."""
    said = words(value)
    if "__version__" in said or (isinstance(value, ast.Compare) and said & names):
        return True
    if not any(map(_VERSION.search, said)):
        return False
    called = (words(node.func) for node in descendants(value) if isinstance(node, ast.Call))
    return any(map(_VERSION.search, chain(*called)))


def _behind(parsed: Parsed, node: ast.AST, names: Set[str]) -> Iterator[Location]:
    """Yield what stands behind a test of a version of which one side returns."""
    for part in ("body", "orelse"):
        block: list[ast.stmt] = getattr(node, part, [])
        for number, one in enumerate(block):
            if not isinstance(one, ast.If) or number + 1 == len(block):
                continue
            returns = any(_returns(side) for side in (one.body, one.orelse))
            if returns and _asks_version(one.test, names):
                yield _from_to(parsed, block[number + 1], block[-1])


def _returns(block: list[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], ast.Return | ast.Continue)


def _from_to(parsed: Parsed, first: ast.stmt, last: ast.stmt) -> Location:
    start, end = parsed.location(first), parsed.location(last)
    return start._replace(end_line=end.end_line, end_column=end.end_column)


def words(expression: ast.expr) -> set[str]:
    """Return the names and attributes in an expression."""
    return {
        getattr(node, "id", "") or getattr(node, "attr", "") for node in descendants(expression)
    }


def _asks_version(expression: ast.expr, names: Set[str]) -> bool:
    said = words(expression)
    return bool(said & names) or any(map(_VERSION.search, said))

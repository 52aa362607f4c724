"""Which stretches of a file are ready for another version of a library than the judged one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from advisor.scan.source import Parsed, statements
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

    Such a test is the condition of an `if`, or stands in a decorator of a function or class
    (`skipif`); what runs on either side of it may be meant for another version.
    """
    for node in statements(parsed.tree):
        match node:
            case ast.If(test) if _asks_version(test):
                yield parsed.location(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if any(
                map(_asks_version, node.decorator_list)
            ):
                yield parsed.location(node)
            case ast.Try(body, handlers) | ast.TryStar(body, handlers) if any(
                one.type is not None and words(one.type) & _READY for one in handlers
            ):
                first, last = parsed.location(body[0]), parsed.location(body[-1])
                yield first._replace(end_line=last.end_line, end_column=last.end_column)


def words(expression: ast.expr) -> set[str]:
    """Return the names and attributes in an expression."""
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in ast.walk(expression)}


def _asks_version(expression: ast.expr) -> bool:
    return any(map(_VERSION.search, words(expression)))

"""Which stretches of a file are ready for another version of a library than the judged one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor.scan.flag import (
    LIBRARIES,
    READY,
    VERSION,
    bound,
    handles,
    is_ready,
    told_by_trying,
    words,
    words_of,
)
from advisor.scan.node import last_name
from advisor.scan.source import Parsed, descendants, statements
from advisor.scan.usage import Location

_LOOKING = {"dir", "fields", "getfullargspec", "getmembers", "signature", "vars"}
"""Functions that tell what the first thing they are given has, or takes."""
_TABLES = {"__all__", "__annotations__", "__dataclass_fields__", "__dict__"}
"""Attributes that list what their owner has."""
_FINDING, _HAS = "find_spec", "hasattr"
_GATHERING = {"all", "any", "bool", "frozenset", "list", "set", "sorted", "tuple"}
"""Functions whose result tells what is in what they are given."""
_LOOKS = re.compile(
    rf"(?:get|has)attr|{_FINDING}|{'|'.join(sorted(_TABLES))}|\b(?:{'|'.join(sorted(_LOOKING))})\b"
)
"""Code without any of these looks into nothing."""
_MENTIONED = re.compile(
    r"version|transformers_v?\d|(?:attribute|import|key|lookup|modulenotfound|type)error|"
    + _LOOKS.pattern
)
"""Code without any of these guards nothing."""
_HINTS = ("version", "transformers_", "error", "attr", _FINDING, *_TABLES, *_LOOKING)
"""One of them stands in all that is mentioned, and is found faster."""
_EXPECTING = {"assertRaises", "raises", "suppress"}
"""Contexts that errors do not leave."""
_UNKNOWN_TASK, _PIPELINE = {"KeyError", "LookupError"}, "pipeline"
"""What a pipeline raises that is asked for a task which a release does not have."""
_REFUSED = "TypeError"
"""What a call raises that gives an argument which is not taken."""


def mentions_guards(code: str) -> bool:
    """True where code has words of which one stands in each guard; never less than there is."""
    lowered = code.lower()
    return any(hint in lowered for hint in _HINTS) and _MENTIONED.search(lowered) is not None


def guarded(parsed: Parsed) -> Iterator[Location]:
    """Yield the stretches of a file that a test of a version, or a handler, stands before.

    Such a test is the condition of an `if` or of an expression, or stands in a decorator of a
    function or class (`skipif`); what runs on either side of it may be meant for another version.
    It may stand under a name, and where one side ends in `return`, all behind it is the other.
    To ask what a library, a class or a function of it has is such a test as well, be it by trying.
    """
    code = parsed.text
    looks = _LOOKS.search(code) is not None or "AttributeError" in code
    asking = _asking(parsed.tree, looks=looks)
    for node in descendants(parsed.tree):
        match node:
            case ast.IfExp(test) if asking.version(test):
                yield parsed.location(node)
            case ast.BoolOp(values=[*tests, _]) if any(map(asking.version, tests)):
                yield parsed.location(node)
    for node in (parsed.tree, *statements(parsed.tree)):
        yield from _behind(parsed, node, asking)
        if isinstance(node, ast.Try | ast.TryStar):
            yield from _tried(parsed, node)
        elif isinstance(node, ast.With):
            if (ready := expected(node)) & READY:
                yield _from_to(parsed, node.body[0], node.body[-1])
            if ready & _UNKNOWN_TASK:
                yield from _pipelines(parsed, node.body)
        elif isinstance(node, ast.stmt) and any(map(asking.version, _tests(node))):
            yield parsed.location(node)


def _tests(node: ast.stmt) -> list[ast.expr]:
    """The conditions of which one may say that a statement is for one version."""
    match node:
        case ast.If(test):
            return [test]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.decorator_list
    return []


def _tried(parsed: Parsed, node: ast.Try | ast.TryStar) -> Iterator[Location]:
    """Yield what a handler is ready for: a name or task that is missing, an argument not taken."""
    if is_ready(parsed.tree, node, READY):
        yield _from_to(parsed, node.body[0], node.body[-1])
    if handles(node, _UNKNOWN_TASK):
        yield from _pipelines(parsed, node.body)
    if any(_tries_again(node.body, one) for one in node.handlers):
        yield parsed.location(node)


def _pipelines(parsed: Parsed, block: list[ast.stmt]) -> Iterator[Location]:
    """Yield the calls that make a pipeline."""
    for node in (inner for one in block for inner in descendants(one)):
        if isinstance(node, ast.Call) and last_name(node.func) == _PIPELINE:
            yield parsed.location(node)


def expected(node: ast.With) -> set[str]:
    """Return the errors that a context is ready for, by name: `contextlib.suppress(KeyError)`."""
    calls = (one.context_expr for one in node.items)
    ready = (one for one in calls if isinstance(one, ast.Call) and last_name(one) in _EXPECTING)
    return {word for call in ready for one in call.args for word in words(one)}


class _Asking(NamedTuple):
    """How a file may ask for a version: by names that tell it, and by names of a library.

    `marks` are private attributes that the file sets: to ask for one is to ask what it did itself.
    """

    telling: set[str]
    ours: set[str]
    marks: frozenset[str]

    def version(self, test: ast.expr) -> bool:
        """True where a condition asks for the version of a library, or for what it has."""
        said = words(test)
        told = bool(said & self.telling) or any(map(VERSION.search, said))
        return told or self._looks(said, test)

    def told_by(self, value: ast.expr) -> bool:
        """True for what is made of a version of a library, and for a comparison with that."""
        nodes = list(descendants(value))
        said = words_of(nodes)
        if "__version__" in said or (isinstance(value, ast.Compare) and said & self.telling):
            return True
        called = any(map(VERSION.search, said)) and any(
            any(map(VERSION.search, words(one.func))) for one in nodes if isinstance(one, ast.Call)
        )
        return called or (self._may_look(said) and self._keeps_look(value))

    def answers(self, value: ast.expr) -> bool:
        """True for a yes or no that a version of a library decides."""
        yes_or_no = isinstance(value, ast.Compare | ast.BoolOp | ast.UnaryOp)
        return (yes_or_no or self._is_look(value)) and self.told_by(value)

    def _looks(self, said: set[str], expression: ast.expr) -> bool:
        """True where an expression looks into a library: `hasattr(transformers, "AdamW")`."""
        return self._may_look(said) and any(map(self._is_look, descendants(expression)))

    def _may_look(self, said: set[str]) -> bool:
        return bool(said & self.ours) or _FINDING in said or _HAS in said

    def _keeps_look(self, value: ast.expr) -> bool:
        """True for what a look gives, be it gathered; what else is called with it is no look."""
        left: list[ast.AST] = [value]
        while left:
            node = left.pop()
            if self._is_look(node):
                return True
            if isinstance(node, ast.Call) and last_name(node.func) not in _GATHERING:
                left.append(node.func)
            else:
                left.extend(ast.iter_child_nodes(node))
        return False

    def _is_look(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(called, [ast.Constant(str(name)), *_]) if last_name(called) == _FINDING:
                library, _, inner = name.partition(".")
                return library in LIBRARIES and bool(inner)
            case ast.Call(ast.Name("hasattr"), [owner, ast.Constant(str(name))]) | ast.Call(
                ast.Name("getattr"), [owner, ast.Constant(str(name)), _]
            ):
                asks = last_name(node) == _HAS and name[:1].isupper()  # a class of any module
                return (asks or self._is_ours(owner)) and name not in self.marks
            case ast.Call(called, [owner, *_]):
                return last_name(called) in _LOOKING and self._is_ours(owner)
            case ast.Attribute(owner, name):
                return name in _TABLES and self._is_ours(owner)
        return False

    def _is_ours(self, owner: ast.expr) -> bool:
        """True for a name of a library, and for what is reached from one."""
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        return isinstance(owner, ast.Name) and owner.id in self.ours


def _asking(tree: ast.Module, *, looks: bool) -> _Asking:
    """Return the names of a file that tell of a version: `V5 = __version__ >= "5"`.

    An attribute, and a function by what it gives, tell where they answer yes or no. Names of a
    library count only where the file looks into something.
    """
    asking = _Asking(set(), set(), frozenset(_marks(tree)) if looks else frozenset())
    for node in sorted(statements(tree), key=lambda one: one.end_lineno or one.lineno):
        match node:
            case ast.Import(names) if looks:
                ours = (one for one in names if one.name.partition(".")[0] in LIBRARIES)
                asking.ours.update(one.asname or one.name.partition(".")[0] for one in ours)
            case ast.ImportFrom(module, names, 0) if looks:
                if (module or "").partition(".")[0] in LIBRARIES:
                    asking.ours.update(one.asname or one.name for one in names)
            case ast.Assign(targets, value) if asking.told_by(value):
                answers = asking.answers(value)
                found = (name for one in targets for name in bound(one, attributes=answers))
                asking.telling.update(found)
            case ast.AnnAssign(ast.Name(name), _, ast.expr() as value) if asking.told_by(value):
                asking.telling.add(name)
            case ast.FunctionDef(name, body=[*_, ast.Return(ast.expr() as value)]):
                if asking.answers(value):
                    asking.telling.add(name)
    asking.telling.update(told_by_trying(tree, asking.ours & LIBRARIES))
    return asking


def _marks(tree: ast.Module) -> Iterator[str]:
    """Yield the private attributes that a file sets."""
    for node in statements(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and target.attr.startswith("_"):
                yield target.attr


def _tries_again(body: list[ast.stmt], handler: ast.ExceptHandler) -> bool:
    """True where a handler calls what refused an argument again, without it."""
    if handler.type is None or _REFUSED not in words(handler.type):
        return False
    before, again = _keywords(body), _keywords(handler.body)
    return any(before.get(name, given) - given for name, given in again.items() if name)


def _keywords(block: list[ast.stmt]) -> dict[str, frozenset[str | None]]:
    """The names of the arguments that each function is given, for the last of its calls."""
    calls = (node for one in block for node in descendants(one) if isinstance(node, ast.Call))
    return {last_name(call.func): frozenset(one.arg for one in call.keywords) for call in calls}


def _behind(parsed: Parsed, node: ast.AST, asking: _Asking) -> Iterator[Location]:
    """Yield what stands behind a test of a version of which one side returns."""
    for part in ("body", "orelse"):
        block: list[ast.stmt] = getattr(node, part, [])
        for number, one in enumerate(block):
            if not isinstance(one, ast.If) or number + 1 == len(block):
                continue
            returns = any(_returns(side) for side in (one.body, one.orelse))
            if returns and asking.version(one.test):
                yield _from_to(parsed, block[number + 1], block[-1])


def _returns(block: list[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], ast.Return | ast.Continue)


def _from_to(parsed: Parsed, first: ast.stmt, last: ast.stmt) -> Location:
    start, end = parsed.location(first), parsed.location(last)
    return start._replace(end_line=end.end_line, end_column=end.end_column)

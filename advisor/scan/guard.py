"""The stretches of a file that are ready for another version of a library than the target."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeAlias

from advisor.scan.scope import last_name
from advisor.scan.source import Parsed, descendants, statements
from advisor.scan.usage import Location

_LIBRARIES = {"transformers", "huggingface_hub"}
"""Libraries whose version code may tell by what they have."""
_VERSION = re.compile(r"(?i)version|transformers_v?\d")
_READY = {"ImportError", "ModuleNotFoundError", "AttributeError"}
_LOGGING = frozenset(
    ("critical", "debug", "error", "exception", "info", "log", "print", "print_exc", "warn")
) | {"warn_once", "warning", "warning_once", "write"}
"""Functions that only report something; code goes on after them."""
_LOOKING = {"dir", "fields", "getfullargspec", "getmembers", "signature", "vars"}
"""Functions that list what their first argument has, or takes."""
_NOTHING = ("return", "return False", "return None")
_TABLES = {"__all__", "__annotations__", "__dataclass_fields__", "__dict__"}
"""Attributes that list what their owner has."""
_EXPECTING = {"assertRaises", "raises", "suppress"}
"""Contexts that catch the errors they are given."""
_UNKNOWN_TASK, _PIPELINE = {"KeyError", "LookupError"}, "pipeline"
"""Errors of `pipeline` for a task that the installed release does not have."""
_REQUIREMENT = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,60})?\s{0,9}\S{0,9}?\d")
"""A bound of a version, of a package if it is named: `transformers>=5.0`, `4.57`."""

_Attempt: TypeAlias = ast.Try | ast.TryStar
_Answer: TypeAlias = ast.Compare | ast.BoolOp | ast.UnaryOp
"""Expressions that give true or false."""


def guarded(parsed: Parsed) -> Iterator[Location]:
    """Yield the stretches of a file that depend on a version test, or that an error handler covers.

    A version test is the condition of an `if` or of an expression, or stands in the decorator of a
    function or class (`skipif`); both sides of it may be meant for another version. Its result may
    have a name. If one side ends in `return`, the rest of the block is the other side. A test for
    what a library, a class or a function has (`hasattr`), or a `try` of it, is a version test too.
    """
    asking = _VersionTests(parsed.tree)
    for node in descendants(parsed.tree):
        yield from _behind(parsed, node, asking)
        match node:
            case ast.IfExp(test) | ast.If(test) if asking.version(test):
                yield parsed.location(node)
            case ast.BoolOp(values=[*tests, _]) if any(map(asking.version, tests)):
                yield parsed.location(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if any(map(asking.version, node.decorator_list)):
                    yield parsed.location(node)
            case ast.Try() | ast.TryStar():
                yield from _tried(parsed, node)
            case ast.With():
                ready = expected(node)
                yield from [_from_to(parsed, node.body)] if ready & _READY else []
                yield from _pipelines(parsed, node.body) if ready & _UNKNOWN_TASK else ()


def _tried(parsed: Parsed, node: _Attempt) -> Iterator[Location]:
    """Yield the code whose failure a handler expects: a missing name or task, or a refused call."""
    if is_ready(parsed.tree, node, _READY):
        yield _from_to(parsed, node.body)
    if _handles(node, _UNKNOWN_TASK):
        yield from _pipelines(parsed, node.body)
    refused = {last_name(call.func) for call in _calls(node.body)}
    for handler in node.handlers:
        again = {last_name(call.func) for call in _calls(handler.body)}
        if "TypeError" in words(handler.type) and refused & again - _LOGGING:
            yield parsed.location(node)


def _pipelines(parsed: Parsed, block: list[ast.stmt]) -> Iterator[Location]:
    """Yield the calls of `pipeline` in a block."""
    yield from (parsed.location(c) for c in _calls(block) if last_name(c.func) == _PIPELINE)


def _calls(block: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls in statements or expressions."""
    inner = chain.from_iterable(map(descendants, block))
    return (node for node in inner if isinstance(node, ast.Call))


def _behind(parsed: Parsed, node: ast.AST, asking: _VersionTests) -> Iterator[Location]:
    """Yield the statements behind a version test of which one side returns or continues."""
    for part in ("body", "orelse"):
        block = getattr(node, part, None)
        block = block if isinstance(block, list) else []
        for number, statement in enumerate(block[:-1]):
            if isinstance(statement, ast.If) and asking.version(statement.test):
                ends = [side[-1] for side in (statement.body, statement.orelse) if side]
                if any(isinstance(end, ast.Return | ast.Continue) for end in ends):
                    yield _from_to(parsed, block[number + 1 :])


def _from_to(parsed: Parsed, block: list[ast.stmt]) -> Location:
    return parsed.location(block[0]).to(parsed.location(block[-1]))


def expected(node: ast.With) -> set[str]:
    """Return the names of the errors that a `with` expects: `contextlib.suppress(KeyError)`."""
    calls = (item.context_expr for item in node.items)
    ready = (call for call in calls if isinstance(call, ast.Call) and last_name(call) in _EXPECTING)
    return {word for call in ready for arg in call.args for word in words(arg)}


def _handles(node: _Attempt, errors: set[str]) -> bool:
    """True if a handler names one of these errors."""
    return any(words(handler.type) & errors for handler in node.handlers)


def is_ready(tree: ast.Module, node: _Attempt, errors: set[str], *, bare: bool = False) -> bool:
    """True if a handler for one of these errors makes up for what failed.

    A handler that only passes or logs does not if the file uses an import that is then unbound. One
    for all errors that logs and returns nothing does not if the `try` uses its own import. Without
    an import, one that only logs does not. Handlers without a class count if `bare`.
    """
    meant = [h for h in node.handlers if (words(h.type) & errors if h.type else bare)]
    done = [statement for handler in meant for statement in handler.body]
    logged = [last_name(step.value) for step in done if isinstance(step, ast.Expr)]
    given_up = [it for it in done if isinstance(it, ast.Return) and ast.unparse(it) in _NOTHING]
    silent = (ast.Pass, ast.Import) if given_up else (ast.Pass,)
    others = [it for it in done if not isinstance(it, (ast.Expr, *silent)) and it not in given_up]
    if others or not _LOGGING.issuperset(logged):
        return True
    imports = [part for step in node.body for part in descendants(step)]
    names = {_alias(part) for part in imports if isinstance(part, ast.alias)}
    if given_up:
        used = {part.id for part in imports if isinstance(part, ast.Name)}
        of_all = all(words(handler.type) <= {"Exception", ""} for handler in meant)
        return not (logged and of_all and names & used)
    if not names:
        return bool(meant) and not logged
    inside = {*imports, *descendants(node)}
    rest = [part for part in descendants(tree) if part not in inside]
    named = [part for part in rest if isinstance(part, ast.Name)]
    used = {part.id for part in named if isinstance(part.ctx, ast.Load)}
    bound = {part.id for part in named if not isinstance(part.ctx, ast.Load)}
    bound |= {_alias(part) for part in rest if isinstance(part, ast.alias)}
    return bool(meant) and not names & used - bound


def _alias(node: ast.alias) -> str:
    """The name that an import binds."""
    return node.asname or node.name.partition(".")[0]


class _VersionTests:
    """The version tests of a file: names of results (`telling`) and of a library (`ours`).

    `V5 = __version__ >= "5"` is such a result, and so are an attribute, a function, and a flag that
    is set if an import or another attempt succeeds, or fails.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.telling: set[str] = set()
        self.ours: set[str] = set()
        installed = any(map(_imports_library, tree.body))
        for node in sorted(statements(tree), key=lambda node: node.end_lineno or node.lineno):
            match node:
                case ast.Import(names) | ast.ImportFrom(_, names, 0) if _imports_library(node):
                    self.ours.update(map(_alias, names))
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                    self.telling.update(_bound(node) if self._told_by(value) else ())
                case ast.FunctionDef(name, body=[*_, ast.Return(ast.expr() as value)]):
                    answers = isinstance(value, _Answer) or self._is_look(value)
                    self.telling.update([name] if answers and self._told_by(value) else [])
                case ast.FunctionDef(name, body=body):
                    tries = [step for step in body if isinstance(step, _Attempt)]
                    flags = (_flags(step) for step in tries if self._tells(step, installed))
                    self.telling.update([name] if "" in chain.from_iterable(flags) else [])
                case ast.Try() | ast.TryStar() if self._tells(node, installed):
                    self.telling.update(_flags(node))

    def version(self, test: ast.expr) -> bool:
        """True if a condition tests the version of a library, or what the library has."""
        named = words(test)
        by_name = bool(named & self.telling) or any(map(_VERSION.search, named))
        return by_name or any(map(self._is_look, descendants(test)))

    def _told_by(self, value: ast.expr) -> bool:
        """True for a value made of a library's version, or for a comparison with it."""
        called = set().union(*(words(call.func) for call in _calls([value])))
        if "__version__" in words(value) or any(map(_VERSION.search, called)):
            return True
        if isinstance(value, _Answer):
            return self.version(value)
        while isinstance(value, ast.Attribute):
            value = value.value
        return self._is_look(value)

    def _is_look(self, node: ast.AST) -> bool:
        """True if an expression tests what a library has: `hasattr(transformers, "AdamW")`."""
        match node:
            case ast.Call(called, [ast.Constant(str(name)), *_]):
                library, _, inner = name.partition(".")
                return last_name(called) == "find_spec" and library in _LIBRARIES and bool(inner)
            case ast.Call(ast.Name("hasattr"), [owner, ast.Constant(str(name))]):
                of_any = name[:1].isupper()  # a class of any module
                return (of_any or self._is_ours(owner)) and not name.startswith("_")
            case ast.Call(ast.Name("getattr"), [owner, ast.Constant(str(name)), _]):
                return self._is_ours(owner) and not name.startswith("_")
            case ast.Call(called, [owner, *_]):
                return last_name(called) in _LOOKING and self._is_ours(owner)
            case ast.Attribute(owner, name):
                return name in _TABLES and self._is_ours(owner)
        return False

    def _is_ours(self, owner: ast.expr) -> bool:
        """True for a name of a library, and an attribute reached from one."""
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        return isinstance(owner, ast.Name) and owner.id in self.ours

    def _tells(self, node: _Attempt, installed: bool) -> bool:
        """True if the version of a library decides whether the body of a `try` succeeds.

        An import from a library counts only if a statement outside any block imports it
        (`installed`).
        """
        if not _handles(node, _READY):
            return False
        tried = list(chain.from_iterable(map(descendants, node.body)))
        if any(map(_requires_version, tried)):
            return True
        imports = [step for step in node.body if isinstance(step, ast.Import | ast.ImportFrom)]
        if imports:  # of something in a library, which not every version needs to have
            whole = (step.names for step in imports if isinstance(step, ast.Import))
            inner = all("." in name.name for name in chain.from_iterable(whole))
            return installed and inner and all(map(_imports_library, imports))
        read = (part.value for part in tried if isinstance(part, ast.Attribute))
        modules = self.ours & _LIBRARIES
        asks = any(isinstance(owner, ast.Name) and owner.id in modules for owner in read)
        return asks and _handles(node, {"AttributeError"})


def _imports_library(node: ast.stmt) -> bool:
    match node:
        case ast.Import(names):
            return any(name.name.partition(".")[0] in _LIBRARIES for name in names)
        case ast.ImportFrom(module, _, 0):
            return (module or "").partition(".")[0] in _LIBRARIES
    return False


def _requires_version(node: ast.AST) -> bool:
    """True for `require_version("transformers>=5.0")` and `check_min_version("4.57")`."""
    match node:
        case ast.Call(called, [ast.Constant(str(text)), *_]) if _VERSION.search(last_name(called)):
            least = _REQUIREMENT.match(text.strip())
            return least is not None and (least[1] is None or least[1] in _LIBRARIES)
    return False


def _flags(node: _Attempt) -> Iterator[str]:
    """Yield the flags that a `try` sets: `HAS = True`, `Name = None`; "" is for `return True`."""
    for step in chain(node.body, node.orelse, *(handler.body for handler in node.handlers)):
        match step:
            case ast.Assign() | ast.AnnAssign() if isinstance(step.value, ast.Constant):
                yield from _bound(step) if isinstance(step.value.value, bool | None) else ()
            case ast.Return(ast.Constant(bool())):
                yield ""


def _bound(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """Yield the names that an assignment binds; of an attribute, the last one."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        inner = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        yield from filter(None, map(last_name, inner))


def words(expression: ast.expr | None) -> set[str]:
    """Return the names and attributes in an expression, and "" if it has other nodes."""
    nodes: Iterable[ast.AST] = descendants(expression) if expression else ()
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}

"""Which stretches of a file are ready for another version of a library than the judged one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from advisor.scan.node import last_name
from advisor.scan.source import Parsed, descendants, statements
from advisor.scan.usage import Location

_LIBRARIES = {"transformers", "huggingface_hub"}
"""What is asked for what it has, to tell its version by that."""
_VERSION = re.compile(r"(?i)version|transformers_v?\d")
_READY = {"ImportError", "ModuleNotFoundError", "AttributeError"}
_LOGGING = frozenset(
    ("critical", "debug", "error", "exception", "info", "log", "print", "print_exc", "warn")
) | {"warn_once", "warning", "warning_once", "write"}
"""Functions that say something, and after which code goes on."""
_LOOKING = {"dir", "fields", "getfullargspec", "getmembers", "signature", "vars"}
"""Functions that tell what the first thing they are given has, or takes."""
_TABLES = {"__all__", "__annotations__", "__dataclass_fields__", "__dict__"}
"""Attributes that list what their owner has."""
_GATHERING = {"all", "any", "bool", "frozenset", "list", "set", "sorted", "tuple"}
"""Functions whose result tells what is in what they are given."""
_EXPECTING = {"assertRaises", "raises", "suppress"}
"""Contexts that errors do not leave."""
_UNKNOWN_TASK, _PIPELINE = {"KeyError", "LookupError"}, "pipeline"
"""What a pipeline raises that is asked for a task which a release does not have."""
_REQUIREMENT = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,60})?\s{0,9}\S{0,9}?\d")
"""A bound of a version, of a package if it is named: `transformers>=5.0`, `4.57`."""

_Attempt: TypeAlias = ast.Try | ast.TryStar


def guarded(parsed: Parsed) -> Iterator[Location]:
    """Yield the stretches of a file that a test of a version, or a handler, stands before.

    Such a test is the condition of an `if` or of an expression, or stands in a decorator of a
    function or class (`skipif`); what runs on either side of it may be meant for another version.
    It may stand under a name, and where one side ends in `return`, all behind it is the other.
    To ask what a library, a class or a function of it has is such a test as well, be it by trying.
    """
    asking = _Asking(parsed.tree)
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
    """Yield what a handler is ready for: a name or task that is missing, an argument not taken."""
    if is_ready(parsed.tree, node, _READY):
        yield _from_to(parsed, node.body)
    if _handles(node, _UNKNOWN_TASK):
        yield from _pipelines(parsed, node.body)
    before = _keywords(node.body)
    for handler in node.handlers:
        again = _keywords(handler.body) if "TypeError" in words(handler.type) else {}
        if any(before.get(name, given) - given for name, given in again.items() if name):
            yield parsed.location(node)  # what was refused is called without an argument


def _pipelines(parsed: Parsed, block: list[ast.stmt]) -> Iterator[Location]:
    """Yield the calls that make a pipeline."""
    for node in (inner for one in block for inner in descendants(one)):
        if isinstance(node, ast.Call) and last_name(node.func) == _PIPELINE:
            yield parsed.location(node)


def _keywords(block: list[ast.stmt]) -> dict[str, frozenset[str | None]]:
    """The names of the arguments that each function is given, for the last of its calls."""
    calls = (node for one in block for node in descendants(one) if isinstance(node, ast.Call))
    return {last_name(call.func): frozenset(one.arg for one in call.keywords) for call in calls}


def _behind(parsed: Parsed, node: ast.AST, asking: _Asking) -> Iterator[Location]:
    """Yield what stands behind a test of a version of which one side returns."""
    for part in ("body", "orelse"):
        block = getattr(node, part, None)
        block = block if isinstance(block, list) else []
        for number, one in enumerate(block):
            sides = (one.body, one.orelse) if isinstance(one, ast.If) else ()
            returns = any(
                side and isinstance(side[-1], ast.Return | ast.Continue) for side in sides
            )
            if returns and block[number + 1 :] and asking.version(one.test):
                yield _from_to(parsed, block[number + 1 :])


def _from_to(parsed: Parsed, block: list[ast.stmt]) -> Location:
    start, end = parsed.location(block[0]), parsed.location(block[-1])
    return start._replace(end_line=end.end_line, end_column=end.end_column)


def expected(node: ast.With) -> set[str]:
    """Return the errors that a context is ready for, by name: `contextlib.suppress(KeyError)`."""
    calls = (item.context_expr for item in node.items)
    ready = (call for call in calls if isinstance(call, ast.Call) and last_name(call) in _EXPECTING)
    return {word for call in ready for arg in call.args for word in words(arg)}


def _handles(node: _Attempt, errors: set[str]) -> bool:
    """True where a handler is ready for one of these errors by its name."""
    return any(words(handler.type) & errors for handler in node.handlers)


def is_ready(tree: ast.Module, node: _Attempt, errors: set[str], *, bare: bool = False) -> bool:
    """True where a handler for one of these errors makes up for what failed.

    One that only logs, or passes, does not where the file uses a name that is then not bound.
    Handlers of all errors count where they are `bare`.
    """
    meant = [h for h in node.handlers if (words(h.type) & errors if h.type else bare)]
    done = [one for handler in meant for one in handler.body]
    said = [last_name(one.value) for one in done if isinstance(one, ast.Expr)]
    silent = [one for one in done if isinstance(one, ast.Pass)]
    if len(said) + len(silent) < len(done) or not _LOGGING.issuperset(said):
        return True
    inside = {inner for part in node.body for inner in descendants(part)}
    aliases = (one for one in inside if isinstance(one, ast.alias))
    names = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    if not names:
        return bool(meant) and not said
    inside |= set(descendants(node))
    rest = [descendant for descendant in descendants(tree) if descendant not in inside]
    named = [one for one in rest if isinstance(one, ast.Name)]
    used = {one.id for one in named if isinstance(one.ctx, ast.Load)}
    bound = {one.id for one in named if not isinstance(one.ctx, ast.Load)}
    bound |= {one.asname or one.name for one in rest if isinstance(one, ast.alias)}
    return bool(meant) and not names & used - bound


class _Asking:
    """How a file asks for a version: by names that tell it, and by names of a library.

    `V5 = __version__ >= "5"` tells, and so do an attribute, a function, and a flag that is set
    where an import or another attempt goes through, or fails.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.telling: set[str] = set()
        self.ours: set[str] = set()
        installed = any(map(_imports_library, tree.body))
        for node in sorted(statements(tree), key=lambda one: one.end_lineno or one.lineno):
            match node:
                case ast.Import(names) | ast.ImportFrom(_, names, 0) if _imports_library(node):
                    self.ours.update(name.asname or name.name.partition(".")[0] for name in names)
                case ast.Assign(targets, value) if self._told_by(value):
                    answers = self._answers(value)
                    self.telling.update(name for one in targets for name in _bound(one, answers))
                case ast.AnnAssign(target, _, ast.expr() as value) if self._told_by(value):
                    self.telling.update(_bound(target, False))
                case ast.FunctionDef(name, body=[*_, ast.Return(ast.expr() as value)]):
                    self.telling.update([name] if self._answers(value) else [])
            if isinstance(node, ast.FunctionDef):
                tries = [one for one in node.body if isinstance(one, _Attempt)]
                told = (one for one in tries if self._tells(one, installed=installed))
                self.telling.update(node.name for one in told if _returns_answer(one))
            elif isinstance(node, _Attempt) and self._tells(node, installed=installed):
                self.telling.update(_flags(node))

    def version(self, test: ast.expr) -> bool:
        """True where a condition asks for the version of a library, or for what it has."""
        said = words(test)
        told = bool(said & self.telling) or any(map(_VERSION.search, said))
        return told or any(map(self._is_look, descendants(test)))

    def _told_by(self, value: ast.expr) -> bool:
        """True for what is made of a version of a library, and for a comparison with that."""
        said = words(value)
        if "__version__" in said or (isinstance(value, ast.Compare) and said & self.telling):
            return True
        calls = (node.func for node in descendants(value) if isinstance(node, ast.Call))
        called = any(any(map(_VERSION.search, words(node))) for node in calls)
        return called or any(map(self._is_look, _kept(value)))

    def _answers(self, value: ast.expr) -> bool:
        """True for a yes or no that a version of a library decides."""
        yes_or_no = isinstance(value, ast.Compare | ast.BoolOp | ast.UnaryOp)
        return (yes_or_no or self._is_look(value)) and self._told_by(value)

    def _is_look(self, node: ast.AST) -> bool:
        """True where an expression looks into a library: `hasattr(transformers, "AdamW")`."""
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
        """True for a name of a library, and for what is reached from one."""
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        return isinstance(owner, ast.Name) and owner.id in self.ours

    def _tells(self, node: _Attempt, *, installed: bool) -> bool:
        """True where it depends on the version of a library whether a block goes through.

        An import from a library tells of that where it is `installed` in any case.
        """
        if not _handles(node, _READY):
            return False
        tried = [descendant for part in node.body for descendant in descendants(part)]
        imports = [one for one in node.body if isinstance(one, ast.Import | ast.ImportFrom)]
        if any(map(_requires_version, tried)):
            return True
        if imports:  # of something in a library, which not every version needs to have
            whole = [one for one in imports if isinstance(one, ast.Import)]
            parts = all("." in name.name for one in whole for name in one.names)
            return installed and parts and all(map(_imports_library, imports))
        modules = self.ours & _LIBRARIES
        read = (one.value for one in tried if isinstance(one, ast.Attribute))
        asked = any(isinstance(one, ast.Name) and one.id in modules for one in read)
        return asked and _handles(node, {"AttributeError"})


def _kept(value: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of an expression that it tells of: not what something else is called with."""
    left: list[ast.AST] = [value]
    while left:
        node = left.pop()
        yield node
        called_with = isinstance(node, ast.Call) and last_name(node.func) not in _GATHERING
        left.extend([node.func] if called_with else ast.iter_child_nodes(node))  # type: ignore[attr-defined]


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


def _branches(node: _Attempt) -> Iterator[ast.stmt]:
    """Yield what stands directly in a block that is tried, behind it, and in its handlers."""
    yield from (*node.body, *node.orelse)
    for handler in node.handlers:
        yield from handler.body


def _flags(node: _Attempt) -> Iterator[str]:
    """Yield the names that are told whether a block went through: `HAS = True`, `Name = None`."""
    for branch in _branches(node):
        match branch:
            case ast.Assign(targets, ast.Constant(True | False | None)):
                for target in targets:
                    yield from _bound(target, True)
            case ast.AnnAssign(ast.Name(name), _, ast.Constant(True | False | None)):
                yield name


def _bound(target: ast.expr, attributes: bool) -> Iterator[str]:
    """Yield the names that an assignment binds, those of attributes where they are asked for."""
    inner = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    yield from (node.id for node in inner if isinstance(node, ast.Name))
    if attributes and isinstance(target, ast.Attribute):
        yield target.attr


def _returns_answer(node: _Attempt) -> bool:
    """True where a function returns whether a block went through."""
    returned = (branch.value for branch in _branches(node) if isinstance(branch, ast.Return))
    return any(isinstance(one, ast.Constant) and isinstance(one.value, bool) for one in returned)


def words(expression: ast.expr | None) -> set[str]:
    """Return the names and attributes in an expression."""
    nodes: Iterable[ast.AST] = descendants(expression) if expression else ()
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}

"""Names of transformers in a file, and overridden methods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from advisor.scan.guard import expected, is_ready, words
from advisor.scan.scope import last_name, parameters
from advisor.scan.source import BLOCKS, Parsed, descendants, statements
from advisor.scan.usage import Name, Override

_LIBRARY = "transformers"


def overrides(parsed: Parsed, names: Iterable[Name]) -> Iterator[Override]:
    """Yield the methods of classes that directly extend a transformers class of `names`."""
    ours = (name for name in names if name.module.partition(".")[0] == _LIBRARY)
    classes = {our.alias or our.name: our.name for our in ours}
    for node in statements(parsed.tree) if classes else ():
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [base for parent in node.bases if (base := classes.get(last_name(parent)))]
        methods = [statement for statement in node.body if isinstance(statement, ast.FunctionDef)]
        beside = frozenset(method.name for method in methods)
        for method in methods if bases else ():
            given, positional = method.args, parameters(method)
            start = parsed.location(method)
            behind_def = start._replace(column=start.column + len("def "))
            place = behind_def.beginning(len(method.name))
            named = (*positional[1:], *(argument.arg for argument in given.kwonlyargs))
            many, rest = given.vararg is not None, given.kwarg is not None
            number = len(positional) - 1
            yield Override(place, bases[0], method.name, number, named, many, rest, beside)


_EXPECTED = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception"}
_INSTALLED = re.compile(r"(?i:version|available)|^TYPE_CHECKING$")
"""Words of a condition that tests a version, an installed library, or type checking."""
_NOT_ALWAYS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.If, ast.For, ast.AsyncFor, ast.While),
    *(ast.ExceptHandler, ast.match_case),
)
"""Nodes whose blocks need not run when a file is imported."""
_MAY_IMPORT = {ast.Import, ast.ImportFrom, *(kind for kind, parts in BLOCKS.items() if parts)}
"""Kinds of statements that import, or in which others may stand that do."""


def names_in(parsed: Parsed) -> list[Name]:
    """Return the names of transformers (and imports of huggingface_hub) in a file, by place."""
    names: list[Name] = []
    modules: dict[str, str] = {}
    for node, optional, inside in _imports(parsed.tree):
        of = node.module or "" if isinstance(node, ast.ImportFrom) and node.level == 0 else ""
        whole = parsed.location(node) if of else None
        for alias in node.names:
            place, given = parsed.location(alias), alias.asname or ""
            outer, _, inner = alias.name.rpartition(".")
            if of.partition(".")[0] in (_LIBRARY, "huggingface_hub") and alias.name != "*":
                place, outer, inner = place.beginning(len(alias.name)), of, alias.name
            elif isinstance(node, ast.ImportFrom) or alias.name.partition(".")[0] != _LIBRARY:
                continue
            else:
                modules[given or _LIBRARY] = alias.name if given else _LIBRARY
            if outer:
                names.append(Name(place, outer, inner, True, optional, inside, given, whole))
    for part in descendants(parsed.tree) if modules else ():
        match part:  # what is reached: `transformers.X`; what is stored need not have been there
            case ast.Attribute(value, name, ast.Load()) if module := _module(value, modules):
                place = parsed.location(part).ending(len(name))
                names.append(Name(place, module, name, False, False))
    return sorted(names, key=lambda name: name.place[1:5])


def _module(node: ast.expr, modules: dict[str, str]) -> str | None:
    """The module of transformers that an expression names (`transformers.models`), else None."""
    match node:
        case ast.Name(name):
            return modules.get(name)
        case ast.Attribute(inner, name) if name[:1].islower():
            outer = _module(inner, modules)
            return f"{outer}.{name}" if outer else None
    return None


def _imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool, bool]]:
    """Yield the imports in a file, each with `optional` and `inside` as in `Name`."""
    left: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while left:
        node, optional, inside = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, optional, inside
        elif isinstance(node, ast.Try | ast.TryStar):
            optional = optional or is_ready(tree, node, _EXPECTED, bare=True)
        elif isinstance(node, ast.With):
            optional = optional or bool(expected(node) & _EXPECTED)
        elif isinstance(node, ast.If):
            optional = optional or any(map(_INSTALLED.search, words(node.test)))
        inside = inside or isinstance(node, _NOT_ALWAYS)
        for part in reversed(BLOCKS.get(type(node), ())):
            nested = [inner for inner in getattr(node, part) if type(inner) in _MAY_IMPORT]
            left.extend((inner, optional, inside) for inner in reversed(nested))

"""What a module of the project defines, as a file that imports it sees it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    Distant,
    ForeignObject,
    Function,
    FunctionNode,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Namespace,
    Other,
    Values,
    Wrapper,
)
from advisor.scan.calls import loads_something
from advisor.scan.imports import Exported
from advisor.scan.statement import Statements
from advisor.scan.study import Scope, Study
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

_DEEPEST_VALUES = 3
_GIVEN = re.compile(r"(?i)model|processor|tokenizer|encoder|clip|blip|vlm|tower|backbone")
"""Parameters for something loaded; functions without any are not kept."""


def exported(study: Study) -> Exported:
    """Return what the statements of the module alone define, as another file sees it.

    Functions are not entered; they can be followed where they are given something. Loads mean
    nothing outside.
    """

    def outside(values: Values, depth: int = 0) -> Values:
        return tuple(dict.fromkeys(seen(v, depth) for v in values if depth <= _DEEPEST_VALUES))

    def seen(value: Abstract, depth: int) -> Abstract:
        match value:
            case ListLiteral(groups):
                return ListLiteral(tuple(outside(group, depth + 1) for group in groups))
            case DictLiteral(entries):
                return DictLiteral(
                    tuple((key, outside(group, depth + 1)) for key, group in entries)
                )
            case LocalClass(label) | LocalObject(label):
                known = study.known[label].items()
                attributes = tuple((name, outside(group, depth + 1)) for name, group in known)
                return Namespace(attributes, study.built_as(label))
            case Function(node, None) if reaching := tuple(_reaching(node)):
                return Wrapper(node.name, reaching)
            case Function(node, None) if _may_follow(node):
                return Distant(node, study.parsed.name)
            case Function() | Loaded() | ForeignObject():
                return Other()
        return value

    scope = Scope()
    Statements(study, scope).walk(study.parsed.tree.body)
    names = {name: outside(values) for name, values in scope.names.items()}
    defined = Exported(names, study.imports)
    if study.homes is not None:
        lines = study.parsed._replace(tree=ast.Module([], []))  # trees of all files are too large
        study.homes[study.parsed.name] = lines, defined
    return defined


def _may_follow(node: FunctionNode) -> bool:
    """True where a function loads something, or by its parameters may be given it."""
    return any(_GIVEN.search(name) for name in _parameters(node)) or loads_something(node)


def _reaching(node: FunctionNode) -> Iterator[tuple[int, str]]:
    """Yield the parameters of a function that it passes to a load, as what is to be loaded."""
    given: set[str] = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            function = call.func
            name = getattr(function, "attr", "") or getattr(function, "id", "")
            if name in CHECKPOINT_ARGUMENTS:
                position, keywords = CHECKPOINT_ARGUMENTS[name]
                passed = [*call.args[position : position + 1]]
                passed += [one.value for one in call.keywords if one.arg in keywords]
                given |= {one.id for one in passed if isinstance(one, ast.Name)}
    yield from ((n, name) for n, name in enumerate(_parameters(node)) if name in given)


def _parameters(node: FunctionNode) -> list[str]:
    return [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]

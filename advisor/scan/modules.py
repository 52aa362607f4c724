"""What a module of a project defines, for those that import it."""

from __future__ import annotations

import ast

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    ForeignObject,
    Function,
    FunctionNode,
    ImportedClass,
    ListLiteral,
    LocalClass,
    LocalObject,
    Other,
    Partial,
    Ready,
    Values,
)
from advisor.scan.classes import RESULT
from advisor.scan.scope import last_name, parameters
from advisor.scan.source import descendants
from advisor.scan.study import Study
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

_DEEPEST_VALUES = 3


def exported(study: Study) -> dict[str, Values]:
    """Return what the module of a study defines, as another file sees it, by its names.

    Nothing of its tree is kept: functions are what they give, and classes what stands in them.
    """
    return {name: _values(study, values) for name, values in study.names.items()}


def _values(study: Study, values: Values, depth: int = 0) -> Values:
    """Return all values as they are seen; of what is nested too deeply, nothing."""
    return tuple(dict.fromkeys(_seen(study, v, depth) for v in values if depth <= _DEEPEST_VALUES))


def _seen(study: Study, value: Abstract, depth: int) -> Abstract:
    match value:
        case ListLiteral(groups):
            return ListLiteral(tuple(_values(study, group, depth + 1) for group in groups))
        case DictLiteral(entries):
            seen = ((key, _values(study, group, depth + 1)) for key, group in entries)
            return DictLiteral(tuple(seen))
        case LocalClass(label) | LocalObject(label) if depth == 0:
            own = f"{study.parsed.name}:{label}"
            return ImportedClass(own, study.built_as(label), study.loads_as(label))
        case Function(node, None):
            given = _values(study, study.told(node, RESULT), depth + 1)
            names = (*parameters(node), *(argument.arg for argument in node.args.kwonlyargs))
            reaching = _reaching(node)
            numbered = tuple((n, name) for n, name in enumerate(names) if name in reaching)
            return Ready(given, node.name if numbered else None, numbered)
        case Ready(values):
            return value._replace(values=_values(study, values, depth + 1))
        case Function() | ForeignObject() | Partial() | LocalClass() | LocalObject():
            return Other()
    return value


def _reaching(node: FunctionNode) -> set[str]:
    """Return the names that a function passes to a load, as what is to be loaded."""
    given: set[str] = set()
    for call in descendants(node):
        if isinstance(call, ast.Call) and (name := last_name(call.func)) in CHECKPOINT_ARGUMENTS:
            position, keywords = CHECKPOINT_ARGUMENTS[name]
            passed = [*call.args[position : position + 1]]
            passed += [keyword.value for keyword in call.keywords if keyword.arg in keywords]
            given |= {argument.id for argument in passed if isinstance(argument, ast.Name)}
    return given

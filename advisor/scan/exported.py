"""What a module of the project defines, as a file that imports it sees it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    ForeignObject,
    Function,
    FunctionNode,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Namespace,
    Other,
    Partial,
    Ready,
    Values,
    Wrapper,
)
from advisor.scan.deadline import OutOfTimeError
from advisor.scan.imports import Exported
from advisor.scan.learned import RESULT
from advisor.scan.node import is_property, parameters
from advisor.scan.source import descendants
from advisor.scan.study import Study
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

_DEEPEST_VALUES = 3
_MOST_HELD = 200_000
"""Attributes and methods of all that a module defines, those of bases included."""
_MOST_OBJECTS = 200
"""Objects and classes inside what one name stands for."""


def exported(study: Study) -> Exported:
    """Return what the module of a study defines, as another file sees it.

    Nothing of its tree is kept: functions are what they give, and classes what their attributes
    are.
    """
    outside = _Outside(study)
    names = {name: outside.named(values) for name, values in study.names.items()}
    return Exported(names, study.imports)


def giving(defined: Exported, ours: Collection[int]) -> Iterator[str]:
    """Yield the names by which a module has something loaded that is ours, or what loads it."""
    return (name for name in defined if _gives(defined[name], ours))


def _gives(values: Values, ours: Collection[int]) -> bool:
    for value in values:
        match value:
            case Loaded(load) if load in ours:
                return True
            case ListLiteral() | DictLiteral() if any(_gives(one, ours) for one in value.groups):
                return True
            case Ready(inner) | Wrapper(values=inner) if _gives(inner, ours):
                return True
            case Namespace(attributes=known) if any(_gives(one, ours) for _, one in known):
                return True
    return False


class _Outside:
    """Values of a file as another one sees them."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._left = _MOST_OBJECTS
        self._held = _MOST_HELD

    def named(self, values: Values) -> Values:
        """Return all values of one name as they are seen."""
        self._left = _MOST_OBJECTS
        return self.values(values)

    def values(self, values: Values, depth: int = 0) -> Values:
        """Return all values as they are seen; of what is nested too deeply, nothing."""
        return tuple(
            dict.fromkeys(self._seen(v, depth) for v in values if depth <= _DEEPEST_VALUES)
        )

    def _seen(self, value: Abstract, depth: int) -> Abstract:
        match value:
            case ListLiteral(groups):
                return ListLiteral(tuple(self.values(group, depth + 1) for group in groups))
            case DictLiteral(entries):
                return DictLiteral(
                    tuple((key, self.values(group, depth + 1)) for key, group in entries)
                )
            case LocalClass(label):
                return self._object(LocalObject(label), depth)
            case LocalObject():
                return self._object(value, depth)
            case Function(node, None):
                return self._function(node, node.name, depth)
            case Ready(values):
                return Ready(self.values(values, depth + 1))
            case Function() | ForeignObject() | Partial():
                return Other()
        return value

    def _function(self, node: FunctionNode, label: str, depth: int) -> Abstract:
        """A function by what it gives, with the parameters that name what it loads."""
        given = self.values(self.study.told(node, RESULT), depth + 1)
        if reaching := tuple(_reaching(node)):
            return Wrapper(node.name, reaching, given, label)
        return Ready(given)

    def _object(self, value: LocalObject, depth: int) -> Abstract:
        """A class or an object of it; beyond a number of them inside one value, anything."""
        study, label = self.study, value.name
        self._left -= 1
        if self._left < 0:
            return Other()
        attributes, methods = study.attributes(label), study.methods(label)
        names = dict.fromkeys((*attributes, *(name for name, _ in value.fields)))
        self._held -= len(names) + len(methods)
        if self._held < 0:
            raise OutOfTimeError
        known = {name: study.field(value, name) or attributes[name] for name in names}
        seen = {name: self.values(group, depth + 1) for name, group in known.items()}
        for name, node in methods.items():
            if is_property(node):
                seen.setdefault(name, self.values(study.told(node, RESULT), depth + 1))
            else:
                seen.setdefault(name, (self._function(node, f"{label}.{name}", depth),))
        return Namespace(
            name=label if ":" in label else f"{study.parsed.name}:{label}",
            attributes=tuple(seen.items()),
            extends=study.built_as(label),
            fields=study.fields(label),
            loads_as=study.loads_as(label),
        )


def _reaching(node: FunctionNode) -> Iterator[tuple[int, str]]:
    """Yield the parameters of a function that it passes to a load, as what is to be loaded."""
    given: set[str] = set()
    for call in descendants(node):
        if isinstance(call, ast.Call):
            function = call.func
            name = getattr(function, "attr", "") or getattr(function, "id", "")
            if name in CHECKPOINT_ARGUMENTS:
                position, keywords = CHECKPOINT_ARGUMENTS[name]
                passed = [*call.args[position : position + 1]]
                passed += [one.value for one in call.keywords if one.arg in keywords]
                given |= {one.id for one in passed if isinstance(one, ast.Name)}
    names = (*parameters(node), *(one.arg for one in node.args.kwonlyargs))
    yield from ((n, name) for n, name in enumerate(names) if name in given)

"""What a module of the project defines, as a file that imports it sees it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from itertools import chain

from advisor.scan.abstract import (
    Abstract,
    DictLiteral,
    Distant,
    ForeignObject,
    Function,
    FunctionNode,
    ListLiteral,
    Loaded,
    LoadedElsewhere,
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
from advisor.scan.node import is_long, is_open, is_short, loads_something, own_names
from advisor.scan.scope import Scope
from advisor.scan.statement import Statements, enter
from advisor.scan.study import Home, Study
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

_DEEPEST_VALUES = 3
_MOST_HELD = 200_000
"""Attributes and methods of all that a module defines, those of bases included."""
_MOST_OBJECTS = 200
"""Objects and classes inside what one name stands for."""
_GIVEN = re.compile(
    r"model|processor|tokenizer|encoder|clip|blip|vlm|tower|backbone", re.IGNORECASE
)
"""Parameters for something loaded; functions without any are not kept."""
_OWN = re.compile(rf"\bself\.(\w*?(?:(?:{_GIVEN.pattern})|load|build|create|net\b)\w*)")
"""What an object is asked for that may be something loaded, or load it."""
_SET = re.compile(
    r"\bself\.(\w++)(?=(?:\s*+:[^=\n]{1,300}+|(?:\s*+,\s*+self\.\w++){1,20}+)?+\s*+=(?!=))"
)
"""What an object is given; of many at once, or behind a long annotation, some are not seen."""


def exported(study: Study) -> Exported:
    """Return what the statements of the module alone define, as another file sees it.

    Functions are entered where the module itself loads something by them; others can be followed
    where they are given something.
    """
    scope = Scope()
    study.shares_all = True
    study.enter = enter
    body = [one for one in study.parsed.tree.body if not _runs_as_program(one)]
    Statements(study, scope).walk(body)
    outside = _Outside(study)
    names = {name: outside.named(values) for name, values in scope.names.items()}
    defined = Exported(names, study.imports)
    if study.homes is not None:
        lines = study.parsed._replace(tree=ast.Module([], []))  # trees of all files are too large
        study.homes[study.parsed.name] = Home(lines, defined, study.loads)
    return defined


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
            case Loaded(load, path):
                return LoadedElsewhere(self.study.parsed.name, load, path)
            case LocalObject():
                return self._object(value, depth)
            case Function(node, None):
                return self._function(node)
            case Ready(values):
                return Ready(self.values(values, depth + 1))
            case Function() | ForeignObject() | Partial():
                return Other()
        return value

    def _function(self, node: FunctionNode) -> Abstract:
        followed = Distant(node, self.study.parsed.name)
        if reaching := tuple(_reaching(node)):
            return Wrapper(node.name, reaching, followed)
        return followed if _may_follow(node) else Other()

    def _object(self, value: LocalObject, depth: int) -> Abstract:
        """A class or an object of it; beyond a number of them inside one value, anything."""
        study, label = self.study, value.name
        self._left -= 1
        if self._left < 0:
            return Other()
        attributes = study.attributes(label)
        names = dict.fromkeys((*attributes, *(name for name, _ in value.fields)))
        self._held -= len(names) + len(study.methods(label))
        if self._held < 0:
            raise OutOfTimeError
        known = ((name, study.field(value, name) or attributes[name]) for name in names)
        return Namespace(
            name=label if ":" in label else f"{study.parsed.name}:{label}",
            attributes=tuple((name, self.values(group, depth + 1)) for name, group in known),
            extends=study.built_as(label),
            methods=tuple(_methods(study, label)),
            fields=study.fields(label),
            loads_as=study.loads_as(label),
        )


def _methods(study: Study, label: str) -> Iterator[Distant]:
    """Yield the methods of a class that can be followed: all, where it holds something loaded.

    Where classes that extend it are to load something, what asks for that is among them.
    """
    found = study.methods(label)
    whole = "__init__" in found and _may_be_given(found["__init__"])
    whole = whole or any(map(loads_something, found.values()))
    open = _left_open(study, label, found)
    for node in found.values():
        asks = not open.isdisjoint(own_names(node).asked)
        if is_short(node) or asks or (whole and not is_long(node)):
            yield Distant(node, study.home(node))


def _left_open(study: Study, label: str, methods: Mapping[str, FunctionNode]) -> Set[str]:
    """What a class asks its object for that classes which extend it are to load, or to set.

    What it sets itself where it asks for that may come of it.
    """
    lines = study.parsed.lines
    here = (node for node in methods.values() if study.home(node) == study.parsed.name)
    text = "\n".join(chain.from_iterable(lines[one.lineno : one.end_lineno] for one in here))
    asked, known = {*_OWN.findall(text)}, {*_SET.findall(text)}
    known.update(name for name, values in study.attributes(label).items() if values)
    known.update(name for name, node in methods.items() if not is_open(node))
    if not (open := asked - known):
        return open
    names = [own_names(node) for node in methods.values()]
    came = (own.set for own in names if not open.isdisjoint(own.asked))
    return open | (asked & set().union(*came))


def _may_be_given(node: FunctionNode) -> bool:
    """True where a parameter of a function is for something loaded."""
    return any(_GIVEN.search(name) for name in _parameters(node))


def _runs_as_program(statement: ast.stmt) -> bool:
    """True for what a module does only where it is not imported."""
    match statement:
        case ast.If(ast.Compare(ast.Name("__name__"), [ast.Eq()], [_])):
            return True
    return False


def _may_follow(node: FunctionNode) -> bool:
    """True where a function loads something, or may be given it, or is short."""
    return _may_be_given(node) or loads_something(node) or is_short(node)


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

"""Functions and classes where they are defined: parameters, fields, bases, decorators."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from advisor.scan.abstract import (
    NOTHING,
    Abstract,
    DictLiteral,
    Function,
    FunctionNode,
    ImportedClass,
    LocalClass,
    Other,
    Symbol,
    Values,
    doubted,
    union,
)
from advisor.scan.classes import RESULT, ClassDefinition
from advisor.scan.expression import Expressions
from advisor.scan.node import decorators, last_name
from advisor.scan.scope import Scope
from advisor.scan.usage import ANNOTATED, Load
from advisor.scan.vocabulary import loader_of

_ABSTRACT = frozenset(("abc", "typing"))
_CONFIGURATION = frozenset(("config", "config_class"))
"""Names of a model's class that say which configuration is its own."""


class Definitions(Expressions, ABC):
    """The functions and classes that one scope defines, and the parameters of its own function."""

    @abstractmethod
    def walk(self, statements: Sequence[ast.stmt]) -> bool:
        """Walk statements in order; return whether the end can be reached."""

    def _walk_functiondef(self, node: FunctionNode) -> None:
        """A function gets its name here; its body is walked when the module is through."""
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        self.study.pending.append((node, self.scope))
        owner = self.scope.label if self.scope.is_class else None
        self.scope.bind(node.name, (Function(node, owner),))

    _walk_asyncfunctiondef = _walk_functiondef

    def bind_parameters(self, node: FunctionNode, around: Scope) -> None:
        """Give parameters what all calls in this file pass, and their defaults."""
        arguments, names = node.args, self.scope.names
        positional = [*arguments.posonlyargs, *arguments.args]
        parameters = [*positional, *arguments.kwonlyargs]
        without = [None] * (len(positional) - len(arguments.defaults))
        defaults = [*without, *arguments.defaults, *arguments.kw_defaults]
        outside = Expressions(self.study, around)
        for parameter, expression in zip(parameters, defaults, strict=True):
            given = self.study.told(node, parameter.arg)
            default = doubted(outside.evaluate(expression))
            values = union(given, default)
            certain = not given or not default or len(values) == 1
            names[parameter.arg] = values if certain else doubted(values)
            if all(isinstance(value, Other) for value in values):  # as what other files give may be
                fixture = self._fixture(parameter.arg, around)
                annotated = fixture or self._annotated(parameter.annotation, outside)
                names[parameter.arg] = annotated or values
        if arguments.vararg is not None:
            names[arguments.vararg.arg] = NOTHING
        if arguments.kwarg is not None:  # what callers give
            names[arguments.kwarg.arg] = (DictLiteral(((None, (Other(),)),)),)
        if around.is_class and positional and "staticmethod" not in decorators(node):
            of_class = "classmethod" in decorators(node)
            objects = self.study.objects_of(around.label)
            names[positional[0].arg] = (LocalClass(around.label),) if of_class else objects

    def _fixture(self, name: str, around: Scope) -> Values:
        """What pytest passes for a parameter that has the name of a fixture."""
        match around.find(name):
            case (Function(node, None),) if any(
                last_name(one) == "fixture" for one in node.decorator_list
            ):
                return self.study.told(node, RESULT)
        return NOTHING

    def _annotated(self, annotation: ast.expr | None, outside: Expressions) -> Values:
        """What a parameter is by its annotation.

        That is a load of a vision-language class, maybe among others, or an object of a class of
        the project.
        """
        study = self.study
        ours = [
            (part, value)
            for part in (ast.walk(annotation) if annotation else ())
            if isinstance(part, (ast.Name, ast.Attribute))
            for value in outside.evaluate(part)
            if isinstance(value, Symbol)
            and value.module == "transformers"
            and study.vocabulary.is_class(value.name)
        ]
        if len(ours) != 1:
            return NOTHING
        part, symbol = ours[0]
        loader = loader_of(Symbol(f"transformers.{symbol.name}", "from_pretrained"))
        kind, place = loader.kind if loader else "", study.location(part)
        load = Load(
            place,
            "transformers",
            kind,
            ANNOTATED,
            symbol.name,
            arguments={},
            scope=self.scope.label,
        )
        return (study.record(part, load),)

    def _walk_classdef(self, node: ast.ClassDef) -> None:
        label = self.scope.inner(node.name)
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        bases = [value for base in node.bases for value in self.evaluate(base)]
        annotated = (child.target for child in node.body if isinstance(child, ast.AnnAssign))
        methods = {child.name: child for child in node.body if isinstance(child, FunctionNode)}
        fields = [target.id for target in annotated if isinstance(target, ast.Name)]
        extended = [name for base in bases if (name := _of_library(base))]
        definition = ClassDefinition(
            bases=tuple(base.name for base in bases if isinstance(base, LocalClass)),
            methods=methods,
            fields=fields,
            extends=next(iter(extended), None),
            mixed=len(extended) > 1,
            whole=len(bases) == len(node.bases) and all(map(_is_known, bases)),
            configured=not _CONFIGURATION.isdisjoint(_names_bound(node.body)),
        )
        self.study.define(label, definition)
        inner = type(self)(self.study, Scope(label, self.scope, is_class=True))
        inner.walk(node.body)
        for name, values in inner.scope.names.items():
            if name not in methods:
                values = self.study.imports.resolved(values)
                self.study.learn(label, name, doubted(values) if name in fields else values)
        self.scope.bind(node.name, (LocalClass(label),))


def _of_library(base: Abstract) -> str | None:
    """The class of transformers that a base is, or that one of another file extends."""
    match base:
        case Symbol(_, name) if base.root == "transformers":
            return name
        case ImportedClass(extends=str() as name):
            return name
    return None


def _names_bound(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that assignments of a class bind, or annotate."""
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_known(base: Abstract) -> bool:
    """True for a class of the file or of transformers, or one that has nothing to inherit."""
    match base:
        case Symbol(module):
            return base.root == "transformers" or module in _ABSTRACT
    return isinstance(base, LocalClass)

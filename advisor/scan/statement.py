"""Walking the statements of a file in order, those of functions and classes included."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from advisor.scan.abstract import (
    NOTHING,
    DictLiteral,
    Function,
    FunctionNode,
    Imported,
    ListLiteral,
    LocalClass,
    LocalObject,
    Module,
    Other,
    PartialString,
    String,
    Symbol,
    Values,
    branches,
    doubted,
    elements,
    joined,
    union,
)
from advisor.scan.classes import RESULT, ClassDefinition
from advisor.scan.expression import Expressions
from advisor.scan.scope import Scope, asks_kind, decorators
from advisor.scan.source import parts
from advisor.scan.study import Study
from advisor.scan.vocabulary import loader_of

_CONFIGURATION = frozenset(("config", "config_class"))
"""Attributes of a model class that name its configuration."""


def walk_file(study: Study) -> None:
    """Walk a file once: its statements, then those of its functions."""
    study.begin()
    Statements(study, Scope(names=study.names)).walk(study.parsed.tree.body)
    while study.pending:
        node, around = study.pending.pop(0)
        inner = Statements(study, Scope(around.inner(node.name), around, function=node))
        inner.bind_parameters(node, around)
        if node.name in ("training_step", "configure_optimizers"):
            study.training.append(node)
        inner.walk(node.body)


class Statements(Expressions):
    """Walks the statements of one scope: `_walk_if` walks a node of class `If`.

    A method returns False if the end of its statement is never reached.
    """

    def walk(self, statements: Sequence[ast.stmt]) -> bool:
        """Walk statements until one leaves the block; return whether the end can be reached."""
        chosen = self.study.chosen
        reached = all(map(self._walk, statements))
        self.study.chosen = chosen
        return reached

    def _walk(self, node: ast.stmt) -> bool:
        try:
            if walk := getattr(self, f"_walk_{type(node).__name__.lower()}", None):
                return walk(node) is not False
            for part in parts(node):
                self.evaluate(part)
        except RecursionError:  # it costs this statement, and no other
            self.study.too_deep.add(self.study.location(node))
        return not isinstance(node, (ast.Raise, ast.Continue, ast.Break))

    def _either(
        self, *ways: Sequence[ast.stmt], chosen: Collection[Sequence[ast.stmt]] = ()
    ) -> bool:
        """Walk blocks of which one runs; return whether any of them reaches its end.

        Those in `chosen` run if a comparison of texts selects them.
        """
        before, ends = self.scope.names, list[Mapping[str, Values]]()
        for way in ways:
            around, outer = self.scope.begin_branch(), self.study.chosen
            if way and way in chosen:
                self.study.choose(way[0], way[-1])
            try:
                reached = self.walk(way)
            finally:
                bound = self.scope.end_branch(around)
                self.study.chosen = outer
            if reached:
                ends.append(bound)
        for name in dict.fromkeys(chain.from_iterable(ends)):
            groups = [end.get(name, before.get(name)) for end in ends]
            self.scope.put(name, branches(*(group for group in groups if group is not None)))
        return bool(ends)

    def _walk_assign(self, node: ast.Assign) -> None:
        values = self.evaluate(node.value)
        for target in node.targets:
            self.bind(target, values)
            self.study.use(node.value, "unpack", "", values if type(target) is ast.Tuple else ())

    def _walk_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value))
        elif self.scope.is_class and (values := self._annotated(node.annotation, self)):
            self.bind(node.target, values)

    def _walk_augassign(self, node: ast.AugAssign) -> None:
        both = [self.evaluate(node.target), self.evaluate(node.value)]
        values = NOTHING
        if isinstance(node.op, ast.Add):
            text = any(isinstance(it, (String, PartialString)) for it in chain(*both))
            values = joined(both, self.study.location(node)) if text else (Other(),)
        self.bind(node.target, values)

    def _walk_if(self, node: ast.If) -> bool:
        outer, self.study.chosen = self.study.chosen, None
        self.evaluate(node.test)
        by_kind = asks_kind(node.test, self.evaluate)
        self.study.chosen = outer
        ways = [node.body, node.orelse]
        reached = self._either(*ways, chosen=ways if by_kind else ())
        for way in ways:
            if by_kind and way and isinstance(way[-1], ast.Return | ast.Continue):
                around = self.scope.function or node
                self.study.choose(around, around)
        return reached

    def _walk_match(self, node: ast.Match) -> bool:
        self.evaluate(node.subject)
        ways = [case.body for case in node.cases]
        return self._either(*ways, (), chosen=ways)

    def _walk_while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self._either(node.body, ())
        self.walk(node.orelse)

    def _walk_for(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.evaluate(node.iter)
        self.bind(node.target, elements(iterated))
        alone = iterated[0] if len(iterated) == 1 else None
        runs = isinstance(alone, ListLiteral) and alone.groups
        self._either(*([node.body] if runs else [node.body, ()]))
        self.walk(node.orelse)

    _walk_asyncfor = _walk_for

    def _walk_with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            values = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, values)
        return self.walk(node.body)

    _walk_asyncwith = _walk_with

    def _walk_try(self, node: ast.Try | ast.TryStar) -> bool:
        handlers = (handler.body for handler in node.handlers)
        reached = self._either([*node.body, *node.orelse], *handlers)
        return self.walk(node.finalbody) and reached

    _walk_trystar = _walk_try

    def _walk_return(self, node: ast.Return) -> bool:
        values = self.evaluate(node.value)
        if self.scope.function is not None:
            self.study.learn(self.scope.function, RESULT, values)
        return False

    def _walk_global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.shared.update(node.names)

    _walk_nonlocal = _walk_global

    def _walk_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.scope.bind(alias.asname or name, (Module(name),))

    def _walk_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.study.stars.append(module)
            else:
                imported = Imported(self.study.parsed.name, module, alias.name)
                self.scope.bind(alias.asname or alias.name, (imported,))

    def _walk_functiondef(self, node: FunctionNode) -> None:
        """Bind a function's name; its body is walked after the module."""
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        self.study.pending.append((node, self.scope))
        owner = self.scope.label if self.scope.is_class else None
        self.scope.bind(node.name, (Function(node, owner),))

    _walk_asyncfunctiondef = _walk_functiondef

    def bind_parameters(self, node: FunctionNode, around: Scope) -> None:
        """Bind parameters to defaults and what calls in this file pass, else to annotations."""
        arguments, names = node.args, self.scope.names
        positional = [*arguments.posonlyargs, *arguments.args]
        parameters = [*positional, *arguments.kwonlyargs]
        without = [None] * (len(positional) - len(arguments.defaults))
        defaults = [*without, *arguments.defaults, *arguments.kw_defaults]
        outside = Expressions(self.study, around)
        for parameter, expression in zip(parameters, defaults, strict=True):
            given = self.study.told(node, parameter.arg)
            default = outside.evaluate(expression)
            values = doubted(union(given, default)) if default else given
            if all(isinstance(value, Other) for value in values):  # as what other files give may be
                values = self._annotated(parameter.annotation, outside) or values
            names[parameter.arg] = values
        if arguments.vararg is not None:
            names[arguments.vararg.arg] = NOTHING
        if arguments.kwarg is not None:  # what callers give
            names[arguments.kwarg.arg] = (DictLiteral(((None, (Other(),)),)),)
        if around.is_class and positional and "staticmethod" not in decorators(node):
            of_class = "classmethod" in decorators(node)
            own = LocalClass if of_class else LocalObject
            names[positional[0].arg] = (own(around.label),)

    def _annotated(self, annotation: ast.expr | None, outside: Expressions) -> Values:
        """The load that an annotation stands for, if it names exactly one vision-language class."""
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
        kind = loader.kind if loader else ""
        return (study.stand_in(part, symbol.name, self.scope, kind),)

    def _walk_classdef(self, node: ast.ClassDef) -> None:
        label = self.scope.inner(node.name)
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        bases = [value for base in node.bases for value in self.evaluate(base)]
        inner = Statements(self.study, Scope(label, self.scope, is_class=True))
        inner.walk(node.body)
        annotated = [child.target for child in node.body if isinstance(child, ast.AnnAssign)]
        methods = {child.name: child for child in node.body if isinstance(child, FunctionNode)}
        fields = [target.id for target in annotated if isinstance(target, ast.Name)]
        symbols = [base for base in bases if isinstance(base, Symbol)]
        ours = [base for base in symbols if base.root == "transformers"]
        extending = (it.name if it in ours else getattr(it, "extends", None) for it in bases)
        extended = [name for name in extending if name]
        explained = [base for base in symbols if base in ours or base.module in ("abc", "typing")]
        inherited = [base.name for base in bases if isinstance(base, LocalClass)]
        self.study.classes[label] = ClassDefinition(
            bases=tuple(inherited),
            methods=methods,
            fields=fields,
            extends=next(iter(extended), None),
            mixed=len(extended) > 1,
            whole=len(bases) == len(node.bases) == len(explained) + len(inherited),
            configured=bool(_CONFIGURATION & ({*fields, *inner.scope.names} - methods.keys())),
        )
        for name, values in inner.scope.names.items():
            if name not in methods:
                values = self.study.imports.resolved(values)
                self.study.learn(label, name, doubted(values) if name in fields else values)
        self.scope.bind(node.name, (LocalClass(label),))

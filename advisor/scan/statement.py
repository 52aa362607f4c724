"""Walking the statements of a file in order, with what each name stands for."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from advisor.scan.abstract import (
    NOTHING,
    Imported,
    ListLiteral,
    Module,
    Other,
    PartialString,
    String,
    Values,
    branches,
    elements,
    joined,
)
from advisor.scan.definition import Definitions
from advisor.scan.expression import methods
from advisor.scan.node import asks_kind, has_part
from advisor.scan.scope import Scope
from advisor.scan.source import parts
from advisor.scan.study import Study

_ANYTHING: Values = (Other(),)
_LEAVING = (ast.Return, ast.Continue)


def walk_file(study: Study, *, functions: bool = True) -> None:
    """Walk a file once: its statements, and those of its functions where these are asked for."""
    study.begin()
    Statements(study, Scope(names=study.names)).walk(study.parsed.tree.body)
    while functions and study.pending:
        node, around = study.pending.pop(0)
        inner = Statements(study, Scope(around.inner(node.name), around, function=node))
        inner.bind_parameters(node, around)
        if node.name in ("training_step", "configure_optimizers"):
            study.training.append(node)
        inner.walk(node.body)


class Statements(Definitions):
    """The statements of one scope: a method for each kind, by the name of its node.

    One that gives False never reaches its end.
    """

    def walk(self, statements: Sequence[ast.stmt]) -> bool:
        """Walk statements in order; return whether the end can be reached."""
        chosen = self.study.chosen
        reached = all(map(self._walk, statements))
        self.study.chosen = chosen
        return reached

    def _walk(self, node: ast.stmt) -> bool:
        try:
            if walk := _WALKS.get(type(node)):
                return walk(self, node) is not False
            for part in parts(node):
                self.evaluate(part)
        except RecursionError:  # it costs this statement, and no other
            self.study.too_deep.add(self.study.location(node))
        return not isinstance(node, (ast.Raise, ast.Continue, ast.Break))

    def _either(
        self, *ways: Sequence[ast.stmt], chosen: Collection[Sequence[ast.stmt]] = ()
    ) -> bool:
        """Walk ways of which one is gone; return whether any of them reaches its end.

        Those that are `chosen` are gone where a text says so.
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

    def _walk_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value))
        elif self.scope.is_class and (values := self._annotated(node.annotation, self)):
            self.bind(node.target, values)

    def _walk_augassign(self, node: ast.AugAssign) -> None:
        both = [self.evaluate(node.target), self.evaluate(node.value)]
        values = NOTHING
        if isinstance(node.op, ast.Add):
            text = any(isinstance(one, (String, PartialString)) for part in both for one in part)
            values = joined(both, self.study.location(node)) if text else _ANYTHING
        self.bind(node.target, values)

    def _walk_if(self, node: ast.If) -> bool:
        outer, self.study.chosen = self.study.chosen, None
        self.evaluate(node.test)
        by_kind, holds = asks_kind(node.test, self.evaluate), has_part(node.test, self.evaluate)
        self.study.chosen = outer
        ways = {True: node.body, False: node.orelse}
        chosen = [way for side, way in ways.items() if by_kind and holds is not side]
        reached = self._either(*ways.values(), chosen=chosen)
        for side, way in ways.items():
            if by_kind and holds in (side, None) and way and isinstance(way[-1], _LEAVING):
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
        self.learn_result(self.evaluate(node.value))
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
                self.scope.bind(alias.asname or alias.name, (Imported(module, alias.name),))


_WALKS = methods(Statements, "_walk_")

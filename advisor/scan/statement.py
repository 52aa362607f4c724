"""Walking the statements of a file in order, with what each name stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from advisor.scan.abstract import (
    NOTHING,
    DictLiteral,
    Imported,
    ListLiteral,
    Module,
    Other,
    PartialString,
    String,
    Values,
    branches,
    doubted,
    elements,
    joined,
    told,
    union,
)
from advisor.scan.definition import Definitions
from advisor.scan.expression import methods
from advisor.scan.narrowing import Names, dotted, equal_to, narrowed
from advisor.scan.node import names_a_kind
from advisor.scan.scope import Scope
from advisor.scan.source import descendants, parts
from advisor.scan.study import Study


class Way(NamedTuple):
    """Statements of which one or another runs, with what is known where these do.

    `names` are narrowed. No call that is known comes to a way that is `aside`: it is there for
    others.
    """

    body: Sequence[ast.stmt]
    names: Names = MappingProxyType({})
    aside: bool = False


class End(NamedTuple):
    """The end of a way: what was bound on it, of that what is only narrowed, if it is aside."""

    bound: Mapping[str, Values]
    narrowed: Names = MappingProxyType({})
    aside: bool = False


def meeting(
    ends: Sequence[End], before: Mapping[str, Values], *, all_end: bool
) -> Iterator[tuple[str, Values]]:
    """Yield what names stand for where ways meet; `all_end` where each of them reached its end.

    An end that is aside adds to others only what it tells.
    """
    aside = [end.aside for end in ends]
    if all(aside):
        aside = [False] * len(ends)
    bound: dict[str, dict[int, Values]] = {}
    rebound: set[str] = set()
    for number, (values_of, told_of, _) in enumerate(ends):
        for name, values in values_of.items():
            narrows = values is told_of.get(name)
            if not (narrows and aside[number]):
                bound.setdefault(name, {})[number] = values
            if not narrows:
                rebound.add(name)
    for name, found in bound.items():
        if all_end and name not in rebound:
            continue  # it may be all that it was
        if len(found) < len(ends) and name in before:
            missing = [number for number in range(len(ends)) if number not in found]
            found[min(missing, key=aside.__getitem__)] = before[name]
        yield name, _met([(values, aside[number]) for number, values in sorted(found.items())])


def _met(found: Sequence[tuple[Values, bool]]) -> Values:
    """What a name stands for after ways: what it does on each, and whether that is aside."""
    groups = [told(values) if aside else values for values, aside in found]
    kept = [group for group, (_, aside) in zip(groups, found, strict=True) if group or not aside]
    merged = kept[0] if kept else found[0][0]
    for values in kept[1:]:
        if merged is not values:
            merged = branches(merged, values)
    return merged if len(kept) == len(found) else doubted(merged)


_ANYTHING: Values = (Other(),)


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
        return all(map(self._walk, statements))

    def _walk(self, node: ast.stmt) -> bool:
        try:
            if walk := _WALKS.get(type(node)):
                return walk(self, node) is not False
            for part in parts(node):
                self.evaluate(part)
        except RecursionError:  # it costs this statement, and no other
            self.study.too_deep.add(self.study.location(node))
        return not isinstance(node, (ast.Raise, ast.Continue, ast.Break))

    def _either(self, ways: Sequence[Way], *, goes_on: bool = False) -> bool:
        """Walk ways of which one is gone; return whether any of them reaches its end.

        `goes_on` where what follows is reached even if none of them reaches it.
        """
        aside, ends = self.scope.aside, list[End]()
        for way in ways:
            around = self.scope.begin_branch()
            try:
                reached = self._go(way)
            finally:
                changes = self.scope.end_branch(around)
                apart, self.scope.aside = self.scope.aside, aside
            if reached:
                ends.append(End(changes, way.names, apart))
        all_end = len(ends) == len(ways)
        left = bool(ends) and not aside and all(end.aside for end in ends)
        if left and goes_on:
            ends.append(End({}))
        for name, values in meeting(ends, self.scope.names, all_end=all_end):
            self.scope.put(name, values)
        if left and not goes_on:
            self._step_aside()
        return bool(ends)

    def _step_aside(self) -> None:
        """Go on where no known call comes: nothing is known of what callers choose."""
        self.scope.aside = True
        for name, values in [*self.scope.names.items()]:
            texts = [value for value in values if isinstance(value, String)]
            if any(name in self.parameters or not text.certain for text in texts):
                self.scope.put(name, _ANYTHING)

    def _go(self, way: Way) -> bool:
        """Walk one of several ways; return whether it reaches its end."""
        known = {name: self.scope.find(name) or NOTHING for name in way.names if way.aside}
        if way.aside:
            self._step_aside()
        for name, values in way.names.items():
            unlike = {*values}.isdisjoint(known.get(name, NOTHING))
            self.narrow(name, values if unlike else _ANYTHING)
        return self.walk(way.body)

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
        match node.op, both:
            case ast.BitOr(), [_, (DictLiteral(more),)]:
                self.add_entries(node.target, more)
                return
        values = NOTHING
        if isinstance(node.op, ast.Add):
            text = any(isinstance(one, (String, PartialString)) for part in both for one in part)
            values = joined(both, self.study.location(node)) if text else _ANYTHING
        self.bind(node.target, values)

    def _walk_if(self, node: ast.If) -> bool:
        self.evaluate(node.test)
        kept = self._doubt_defaults(node.test)
        sides = narrowed(node.test, self.evaluate)
        both = (
            (node.body, sides.holds, sides.never_holds),
            (node.orelse, sides.fails, sides.never_fails),
        )
        reached = self._either([Way(body, names, aside=never) for body, names, never in both])
        for name, default in kept.items():
            if self.scope.names.get(name) == _ANYTHING and not self.scope.aside:
                self.scope.put(name, default)
        return reached

    def _doubt_defaults(self, test: ast.expr) -> dict[str, Values]:
        """In a branch that asks which kind of thing a parameter names, no other default is a fact.

        `if name == "florence2":` is there for callers who pass another path as well. Returns the
        defaults that were taken away for its branches.
        """
        if not self.defaults:
            return {}
        asked = {
            inner.id
            for part in descendants(test)
            if isinstance(part, (ast.Compare, ast.Call))
            and any(names_a_kind(node) for node in descendants(part))
            for inner in descendants(part)
            if isinstance(inner, ast.Name) and inner.id in self.parameters
        }
        kept: dict[str, Values] = {}
        for name in self.defaults if asked else ():
            default = self.scope.names.get(name, NOTHING)
            if name not in asked and default == self.defaults[name]:
                kept[name] = default
                self.scope.put(name, _ANYTHING)
        return kept

    def _walk_match(self, node: ast.Match) -> bool:
        self.evaluate(node.subject)
        ways: list[Way] = []
        left: dict[str, Values] = {}
        met = False

        def asked(subject: ast.expr) -> Values:
            name = dotted(subject)
            return left[name] if name in left else self.evaluate(subject)

        for case in node.cases:
            sides = equal_to(node.subject, self._matched(case.pattern), asked)
            ways.append(Way(case.body, sides.holds or dict(left), aside=met or sides.never_holds))
            if case.guard is None:
                left.update(sides.fails)
                anything = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
                met |= sides.never_fails or anything
        return self._either([*ways, Way([], left, aside=met)])

    def _matched(self, pattern: ast.pattern) -> Values:
        """What a pattern stands for, where that is values alone."""
        parts = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
        values = [self.evaluate(node.value) for node in parts if isinstance(node, ast.MatchValue)]
        return union(*values) if len(values) == len(parts) else NOTHING

    def _walk_while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self._either([Way(node.body), Way([])])
        self.walk(node.orelse)

    def _walk_for(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.evaluate(node.iter)
        self.bind(node.target, elements(iterated))
        alone = iterated[0] if len(iterated) == 1 else None
        runs = isinstance(alone, ListLiteral) and alone.groups
        self._either([Way(node.body)] if runs else [Way(node.body), Way([])], goes_on=True)
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
        reached = self._either([Way([*node.body, *node.orelse]), *map(Way, handlers)])
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

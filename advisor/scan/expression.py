"""What an expression may be, and the loads and uses inside it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from advisor.scan.abstract import (
    NOTHING,
    Abstract,
    Constant,
    DictLiteral,
    ForeignObject,
    Function,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Module,
    Namespace,
    Other,
    String,
    Symbol,
    Values,
    bounded,
    branches,
    doubted,
    elements,
    filled,
    item,
    joined,
    known_key,
    plain,
    union,
)
from advisor.scan.calls import NAMESPACES, OPTION, EvaluatedCall
from advisor.scan.study import RESULT, Passed, Scope, Study

_LARGEST_TABLE = 64


class Expressions:
    """The expressions of one scope: a method for each kind, by the name of its node."""

    def __init__(self, study: Study, scope: Scope) -> None:
        self.study = study
        self.scope = scope

    def evaluate(self, node: ast.AST | None) -> Values:
        """Return what an expression may be; whatever it loads or uses is recorded."""
        if node is None:
            return NOTHING
        visit = _VISITS.get(type(node))
        if visit is not None:
            values: Values = visit(self, node)
            return values
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
        return NOTHING

    def bind(self, target: ast.expr, values: Values) -> None:
        """Give an assignment's target its value."""
        if isinstance(target, ast.Name):
            self.scope.bind(target.id, values)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, values)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, (ListLiteral((elements(values),)),) if values else NOTHING)
        elif isinstance(target, ast.Attribute):
            for holder in self.evaluate(target.value):
                if isinstance(holder, (LocalObject, LocalClass)):
                    self.study.learn(holder.name, target.attr, values)
                elif isinstance(holder, Loaded):
                    passed = (Passed("0", values, target),)
                    self.study.use(target, "assign", target.attr, (holder,), passed)
        elif isinstance(target, ast.Subscript):
            self.evaluate(target.value)
            self._store(target, values, self.evaluate(target.slice))

    def _store(self, target: ast.Subscript, values: Values, key: Values) -> None:
        """`table[key] = values`, for a table that a plain name stands for."""
        if not isinstance(target.value, ast.Name):
            return
        match self.scope.find(target.value.id):
            case (DictLiteral(entries),) if len(entries) < _LARGEST_TABLE:
                table = DictLiteral((*entries, (known_key(key), values)))
                self.scope.bind(target.value.id, bounded(table))

    def _unpack(self, targets: Sequence[ast.expr], values: Values) -> None:
        starred = any(isinstance(target, ast.Starred) for target in targets)
        matching = bool(values) and all(
            isinstance(value, ListLiteral) and len(value.groups) == len(targets) for value in values
        )
        for number, target in enumerate(targets):
            one = item(values, number) if matching and not starred else elements(values)
            self.bind(target, one)

    def _visit_constant(self, node: ast.Constant) -> Values:
        if isinstance(node.value, str):
            return (String(node.value, self.study.location(node)),)
        return (Constant(node.value),)

    def _visit_name(self, node: ast.Name) -> Values:
        values = self.scope.find(node.id)
        return self.study.starred(node.id) if values is None else values

    def _visit_attribute(self, node: ast.Attribute) -> Values:
        holders = self.evaluate(node.value)
        values = union(*(self._attribute(holder, node.attr) for holder in holders))
        self.study.use(node, "read", node.attr, holders)
        return values

    def _attribute(self, holder: Abstract, name: str) -> Values:
        """What an attribute of a value may be."""
        if isinstance(holder, Module):
            defined = self.study.exports(holder.name)
            return (Symbol(holder.name, name),) if defined is None else defined.get(name, NOTHING)
        if isinstance(holder, Symbol):
            return (Symbol(f"{holder.module}.{holder.name}", name),)
        if isinstance(holder, (LocalObject, LocalClass)):
            return self.study.attribute(holder.name, name)
        if isinstance(holder, Namespace):
            return dict(holder.attributes).get(name, NOTHING)
        if isinstance(holder, Loaded):
            return (holder.step(name),)
        if isinstance(holder, ForeignObject) and holder.callee.rpartition(".")[2] in NAMESPACES:
            return self.study.known[OPTION].get(name, NOTHING)
        return (holder,) if isinstance(holder, String) and name == "value" else NOTHING

    def _member(self, holder: Abstract, name: str) -> Values:
        """What is called where a member of a value is: methods of the file come first."""
        if isinstance(holder, (LocalObject, LocalClass)):
            own = self.study.method(holder.name, name)
            if own is not None:
                return (Function(own, holder.name),)
        return self._attribute(holder, name)

    def _visit_subscript(self, node: ast.Subscript) -> Values:
        holders = self.evaluate(node.value)
        keys = self.evaluate(node.slice)
        if any(isinstance(value, Symbol) and value.name == "environ" for value in holders):
            return NOTHING
        return union(*(item(holders, plain(key)) for key in keys or (None,)))

    def _visit_list(self, node: ast.List | ast.Tuple | ast.Set) -> Values:
        return bounded(ListLiteral(tuple(self.evaluate(element) for element in node.elts)))

    _visit_tuple = _visit_set = _visit_list

    def _visit_dict(self, node: ast.Dict) -> Values:
        entries: list[tuple[String | Constant | None, Values]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            values = self.evaluate(value)
            if key is not None:
                entries.append((known_key(self.evaluate(key)), values))
                continue
            for inner in values:
                spread = inner.entries if isinstance(inner, DictLiteral) else ((None, (inner,)),)
                entries.extend(spread)
        return bounded(DictLiteral(tuple(entries)))

    def _visit_joinedstr(self, node: ast.JoinedStr) -> Values:
        groups = []
        for part in node.values:
            values = self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part)
            formatted = isinstance(part, ast.FormattedValue) and (
                part.format_spec is not None or part.conversion not in (-1, ord("s"))
            )
            groups.append((Other(),) if formatted else values)
        return joined(groups, self.study.location(node))

    def _visit_binop(self, node: ast.BinOp) -> Values:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(node.op, ast.Add):
            if any(isinstance(value, ListLiteral) for value in left):
                lists = [value for value in (*left, *right) if isinstance(value, ListLiteral)]
                return bounded(ListLiteral(tuple(v for one in lists for v in one.groups)))
            if _has_string((*left, *right)):
                return joined([left, right], self.study.location(node))
        if isinstance(node.op, ast.Div) and _has_string(right):
            return joined([left, right], self.study.location(node), "/")
        template = node.left.value if isinstance(node.left, ast.Constant) else None
        if isinstance(node.op, ast.Mod) and isinstance(template, str):
            match right:
                case (ListLiteral(items),):
                    return filled(template, "%s", items, self.study.location(node))
            return filled(template, "%s", (right,), self.study.location(node))
        return tuple(dict.fromkeys(v for v in (*left, *right) if isinstance(v, Loaded)))

    def _visit_ifexp(self, node: ast.IfExp) -> Values:
        self.evaluate(node.test)
        return branches(self.evaluate(node.body), self.evaluate(node.orelse))

    def _visit_boolop(self, node: ast.BoolOp) -> Values:
        groups = [self.evaluate(value) for value in node.values]
        if isinstance(node.op, ast.And):
            return groups[-1]
        return doubted(union(*(values for values in groups if values != (Constant(None),))))

    def _visit_listcomp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Values:
        inner = Expressions(self.study, Scope(self.scope.label, self.scope))
        for generator in node.generators:
            inner.bind(generator.target, elements(inner.evaluate(generator.iter)))
            for test in generator.ifs:
                inner.evaluate(test)
        if isinstance(node, ast.DictComp):
            inner.evaluate(node.key)
        values = inner.evaluate(node.value if isinstance(node, ast.DictComp) else node.elt)
        loaded = tuple(value for value in values if isinstance(value, Loaded))
        return loaded or (bounded(ListLiteral((values,))) if values else NOTHING)

    _visit_setcomp = _visit_generatorexp = _visit_dictcomp = _visit_listcomp

    def _visit_namedexpr(self, node: ast.NamedExpr) -> Values:
        values = self.evaluate(node.value)
        self.bind(node.target, values)
        return values

    def _visit_lambda(self, node: ast.Lambda) -> Values:
        inner = Expressions(self.study, Scope(self.scope.label, self.scope))
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            inner.scope.names[argument.arg] = NOTHING
        inner.evaluate(node.body)
        return NOTHING

    def _visit_await(self, node: ast.Await | ast.Starred | ast.YieldFrom) -> Values:
        return self.evaluate(node.value)

    _visit_starred = _visit_yieldfrom = _visit_await

    def learn_result(self, node: ast.expr | None) -> None:
        """Learn what the function around, if there is one, gives back."""
        values = self.evaluate(node)
        if self.scope.function is not None:
            self.study.learn(self.scope.function, RESULT, values)

    def _visit_yield(self, node: ast.Yield) -> Values:
        self.learn_result(node.value)
        return NOTHING

    def _visit_call(self, node: ast.Call) -> Values:
        holders: Values = NOTHING
        if isinstance(node.func, ast.Attribute):
            holders = self.evaluate(node.func.value)
            name = node.func.attr
            callees = union(*(self._member(holder, name) for holder in holders))
        else:
            callees = self.evaluate(node.func)
        call = EvaluatedCall(
            study=self.study,
            scope=self.scope,
            node=node,
            holders=holders,
            callees=callees,
            passed=self._passed(node),
        )
        return call.result()

    def _passed(self, node: ast.Call) -> tuple[Passed, ...]:
        passed = []
        for number, argument in enumerate(node.args):
            name = "*" if isinstance(argument, ast.Starred) else str(number)
            passed.append(Passed(name, self.evaluate(argument), argument))
        for keyword in node.keywords:
            values = self.evaluate(keyword.value)
            if keyword.arg is None:
                passed.extend(_spread(keyword, values))
            else:
                passed.append(Passed(keyword.arg, values, keyword.value, keyword))
        return tuple(passed)


def methods(owner: type, prefix: str) -> dict[type, Callable[..., Any]]:
    """Return the methods of a class by kind of node: `_visit_boolop` for `ast.BoolOp`."""
    kinds = [kind for kind in vars(ast).values() if isinstance(kind, type)]
    named = ((kind, getattr(owner, prefix + kind.__name__.lower(), None)) for kind in kinds)
    return {kind: method for kind, method in named if method is not None}


_VISITS = methods(Expressions, "_visit_")


def _spread(keyword: ast.keyword, values: Values) -> list[Passed]:
    """`**table` gives the arguments its entries name, where it is one known table."""
    if len(values) == 1 and isinstance(values[0], DictLiteral):
        entries = values[0].entries
        named = [(key.text, inner) for key, inner in entries if isinstance(key, String)]
        if len(named) == len(entries):
            return [Passed(name, inner, keyword.value) for name, inner in named]
    return [Passed("**", values, keyword.value)]


def _has_string(values: Values) -> bool:
    return any(isinstance(value, String) for value in values)

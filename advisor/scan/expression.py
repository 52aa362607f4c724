"""The possible values of an expression; evaluating it records the loads and uses inside it."""

from __future__ import annotations

import ast
from itertools import chain

from advisor.scan.abstract import (
    NOTHING,
    Abstract,
    Constant,
    DictLiteral,
    ForeignObject,
    Function,
    ImportedClass,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Module,
    Other,
    String,
    Symbol,
    Values,
    bounded,
    branches,
    doubted,
    elements,
    item,
    joined,
    known_key,
    plain,
    union,
)
from advisor.scan.calls import NAMESPACES, OPTION, EvaluatedCall
from advisor.scan.classes import RESULT
from advisor.scan.scope import Passed, Scope, asks_kind, spread
from advisor.scan.source import parts
from advisor.scan.study import Study
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS

_LARGEST_TABLE = 64
_MOST_TABLES = 8
_SAME = {"module", "_orig_mod"}
"""Attributes in which wrappers keep the model: such an attribute is the model itself."""
_MOST_ARGUMENTS = 100
"""Arguments that are kept of a call. Further ones are evaluated, and not recorded as passed."""


class Expressions:
    """Evaluates the expressions of one scope: `_visit_call` visits a node of class `Call`."""

    def __init__(self, study: Study, scope: Scope) -> None:
        self.study = study
        self.scope = scope

    def evaluate(self, node: ast.AST | None) -> Values:
        """Return the possible values of an expression, and record the loads and uses in it."""
        if visit := getattr(self, f"_visit_{type(node).__name__.lower()}", None):
            values: Values = visit(node)
            return values
        for part in parts(node) if node else ():
            if isinstance(part, ast.expr):
                self.evaluate(part)
        return NOTHING

    def bind(self, target: ast.expr, values: Values) -> None:
        """Give `values` to an assignment's target: a name, names, an attribute or an entry."""
        match target:
            case ast.Name(id):
                self.scope.bind(id, values)
            case ast.Tuple(targets) | ast.List(targets):
                starred = any(isinstance(target, ast.Starred) for target in targets)
                lists = [value for value in values if isinstance(value, ListLiteral)]
                others = [v for v in values if not isinstance(v, Loaded)]  # which may be in no list
                fitting = [value for value in lists if len(value.groups) == len(targets)]
                matching = not starred and 0 < len(fitting) == len(others)
                for number, inner in enumerate(targets):
                    self.bind(inner, item(tuple(fitting), number) if matching else elements(values))
            case ast.Starred(inner):
                self.bind(inner, (ListLiteral((elements(values),)),) if values else NOTHING)
            case ast.Attribute(owner, name):
                for holder in self.evaluate(owner):
                    if isinstance(holder, (LocalObject, LocalClass)):
                        self.study.learn(holder.name, name, values)
                    elif isinstance(holder, Loaded):
                        passed = (Passed("0", values, target),)
                        self.study.use(target, "assign", name, (holder,), passed)
            case ast.Subscript(table, at):
                self.evaluate(table)
                self._add_entry(table, known_key(self.evaluate(at)), values)

    def _visit_constant(self, node: ast.Constant) -> Values:
        if isinstance(node.value, str):
            return (String(node.value, self.study.location(node)),)
        return (Constant(node.value),)

    def _visit_name(self, node: ast.Name) -> Values:
        values = self.named(node.id)
        if values is None:
            return self.study.starred(node.id)
        given = self.scope.function is not None and node.id in self.scope.names
        return self.study.meant(values, given=given)

    def named(self, name: str) -> Values | None:
        """Return the possible values of a name, imports resolved; None if it is not bound."""
        values = self.scope.find(name)
        return values and self.study.imports.resolved(values)

    def _visit_attribute(self, node: ast.Attribute) -> Values:
        holders = self.evaluate(node.value)
        values = union(*(self._attribute(holder, node.attr) for holder in holders))
        values = self.study.meant(values, given=self.scope.function is not None)
        if node.attr not in _SAME:
            self.study.use(node, "read", node.attr, holders)
        self.study.take(node, holders, node.attr)
        return values

    def _attribute(self, holder: Abstract, name: str) -> Values:
        """The possible values of `holder.name`."""
        match holder:
            case Module(module):
                imports = self.study.imports
                defined = imports.exports(self.study.parsed.name, module)
                if defined is None:
                    return (Symbol(module, name),)
                return imports.resolved(defined.get(name, NOTHING))
            case Symbol(module, outer):
                return (Symbol(f"{module}.{outer}", name),)
            case LocalObject(owner):
                return self.study.attribute(owner, name) or self._property(owner, name)
            case LocalClass(owner):
                return self.study.attribute(owner, name)
            case Loaded() if name in _SAME:
                return (holder,)
            case Loaded() if own := self.study.defines(holder, name):
                return self.study.attribute(own, name) or self._property(own, name)
            case Loaded():
                return (holder.step(name),)
        return self._option(holder, name)

    def _option(self, holder: Abstract, name: str) -> Values:
        """The values of an attribute of configuration, parsed options or an enum member."""
        match holder:
            case DictLiteral(entries):  # as configuration is asked
                return next((inner for key, inner in entries if plain(key) == name), NOTHING)
            case ForeignObject(callee) if callee.rpartition(".")[2] in NAMESPACES:
                return self.study.told(OPTION, name)
            case String() if name == "value":
                return (holder,)
        return NOTHING

    def _property(self, owner: str, name: str) -> Values:
        """The result of the method `name` of a class, which is read as an attribute."""
        return self.study.told(self.study.method(owner, name), RESULT)

    def _member(self, holder: Abstract, name: str) -> Values:
        """What `holder.name(...)` calls: the file's method, an inherited loader or the value."""
        match holder:
            case LocalObject(owner) | LocalClass(owner) if own := self.study.method(owner, name):
                return (Function(own, owner),)
            case Loaded() if label := self.study.defines(holder, name):
                own = self.study.method(label, name)
                return (Function(own, label),) if own else self._attribute(holder, name)
            case LocalClass(owner) if name in CHECKPOINT_ARGUMENTS:
                base = self.study.loads_as(owner)
                return (_of_class(base, name),) if base else self._attribute(holder, name)
            case ImportedClass(loads_as=str() as base) if name in CHECKPOINT_ARGUMENTS:
                return (_of_class(base, name),)
        return self._attribute(holder, name)

    def _visit_subscript(self, node: ast.Subscript) -> Values:
        holders = self.evaluate(node.value)
        keys = self.evaluate(node.slice)
        reached = [value for value in holders if isinstance(value, Loaded) and value.path]
        if reached:
            passed = (Passed("0", keys, node.slice),)
            self.study.use(node, "index", "[]", reached, passed)
        elements = union(*(item(holders, plain(key)) for key in keys or (None,)))
        sure = all(not isinstance(key, String) or key.certain for key in keys)
        return elements if sure else doubted(elements)

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
            for inner in values or (Other(),):
                spread = inner.entries if isinstance(inner, DictLiteral) else ((None, (inner,)),)
                entries.extend(spread)
        return bounded(DictLiteral(tuple(entries)))

    def _visit_joinedstr(self, node: ast.JoinedStr) -> Values:
        return joined([self.evaluate(part) for part in node.values], self.study.location(node))

    def _visit_formattedvalue(self, node: ast.FormattedValue) -> Values:
        values = self.evaluate(node.value)
        as_text = node.format_spec is None and node.conversion in (-1, ord("s"))
        return values if as_text else (Other(),)

    def _visit_binop(self, node: ast.BinOp) -> Values:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        both, place = (*left, *right), self.study.location(node)
        match node.op:
            case ast.Add() if any(isinstance(value, ListLiteral) for value in left):
                lists = [value.groups for value in both if isinstance(value, ListLiteral)]
                return bounded(ListLiteral(tuple(chain.from_iterable(lists))))
            case ast.Add() if _has_string(both):
                return joined([left, right], place)
            case ast.Div() if _has_string(right):
                return joined([left, right], place, "/")
        loaded = tuple(dict.fromkeys(value for value in both if isinstance(value, Loaded)))
        self.study.use(node, "operate", type(node.op).__name__, [v for v in loaded if v.path])
        return loaded

    def _visit_ifexp(self, node: ast.IfExp) -> Values:
        self.evaluate(node.test)
        outer, groups = self.study.chosen, []
        by_kind = asks_kind(node.test, self.evaluate)
        for side in (node.body, node.orelse):
            if by_kind:
                self.study.choose(side, side)
            groups.append(self.evaluate(side))
            self.study.chosen = outer
        textual = all(any(isinstance(value, String) for value in group) for group in groups)
        either = branches(*groups)
        return either if textual else doubted(either)  # what is not known may be another text

    def _visit_unaryop(self, node: ast.UnaryOp) -> Values:
        values = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            return NOTHING
        loaded = tuple(value for value in values if isinstance(value, Loaded) and value.path)
        self.study.use(node, "operate", type(node.op).__name__, loaded)
        return loaded

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

    def _visit_await(self, node: ast.Await | ast.Starred | ast.YieldFrom) -> Values:
        return self.evaluate(node.value)

    _visit_starred = _visit_yieldfrom = _visit_await

    def _visit_call(self, node: ast.Call) -> Values:
        holders: Values = NOTHING
        function = node.func
        if isinstance(function, ast.Attribute):
            holders = self.evaluate(function.value)
            owner = self.study.vocabulary.features.get(function.attr)
            if owner and all(isinstance(it, Other | Constant) for it in holders):
                holders = (self.study.stand_in(function, owner, self.scope),)
            callees = union(*[self._member(holder, function.attr) for holder in holders])
        else:
            callees, defines = self.evaluate(function), self.study.defines
            # an object of a class of the file may say how it is called
            owned = ((isinstance(it, Loaded) and defines(it, "__call__"), it) for it in callees)
            callees = tuple(LocalObject(owner) if owner else callee for owner, callee in owned)
        passed = self._passed(node)[:_MOST_ARGUMENTS]
        return EvaluatedCall(self.study, self.scope, node, holders, callees, passed).result()

    def _add_entry(self, table: ast.expr, key: String | Constant | None, values: Values) -> None:
        """Add `key: values` to the name `table`, if all it may be are a few small dictionaries."""
        named = self.named(table.id) if isinstance(table, ast.Name) else None
        tables = [it.entries for it in named or () if isinstance(it, DictLiteral)]
        few = 0 < len(tables) == len(named or ()) <= _MOST_TABLES
        if few and all(len(entries) < _LARGEST_TABLE for entries in tables):
            grown = (bounded(DictLiteral((*entries, (key, values)))) for entries in tables)
            self.bind(table, union(*grown))

    def _passed(self, node: ast.Call) -> tuple[Passed, ...]:
        """Return the arguments of a call; those of `*list` and `**dict` one by one, if known."""
        passed: list[Passed] = []
        number = 0
        for argument in node.args:
            values, unknown = self.evaluate(argument), isinstance(argument, ast.Starred)
            groups: tuple[Values, ...] = (values,)
            match values:
                case (ListLiteral(items),) if unknown:
                    groups, unknown = items, False
            for at, group in enumerate(groups, number):
                passed.append(Passed("*" if unknown else str(at), group, argument))
            number += len(groups)
        for keyword in node.keywords:
            values = self.evaluate(keyword.value)
            if keyword.arg is None:
                passed += spread(values, keyword.value)
            else:
                passed.append(Passed(keyword.arg, values, keyword.value, keyword))
        return tuple(passed)


def _of_class(name: str, method: str) -> Symbol:
    """The method of a transformers class, as a symbol of the module `transformers.Class`."""
    return Symbol(f"transformers.{name}", method)


def _has_string(values: Values) -> bool:
    return any(isinstance(value, String) for value in values)

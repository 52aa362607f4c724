"""What an expression may be, and the loads and uses inside it."""

from __future__ import annotations

import ast
from collections.abc import Callable

from advisor.scan.binding import spread
from advisor.scan.calls import call
from advisor.scan.members import attribute, members
from advisor.scan.operations import operation
from advisor.scan.strings import joined
from advisor.scan.study import Passed, Scope, Study
from advisor.scan.values import (
    NOTHING,
    Abstract,
    Class,
    Constant,
    Instance,
    Items,
    Loaded,
    Other,
    Symbol,
    Table,
    Text,
    Values,
    branches,
    constant,
    doubted,
    elements,
    item,
    union,
)


def evaluate(study: Study, scope: Scope, node: ast.AST | None) -> Values:
    """Return what an expression may be; whatever it loads or uses is recorded."""
    if node is None:
        return NOTHING
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        return handler(study, scope, node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(study, scope, child)
    return NOTHING


def bind(study: Study, scope: Scope, target: ast.expr, values: Values) -> None:
    """Give an assignment's target its value."""
    if isinstance(target, ast.Name):
        scope.bind(target.id, values)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(study, scope, target.elts, values)
    elif isinstance(target, ast.Starred):
        bind(study, scope, target.value, (Items((elements(values),)),) if values else NOTHING)
    elif isinstance(target, ast.Attribute):
        for holder in evaluate(study, scope, target.value):
            if isinstance(holder, (Instance, Class)):
                owner = holder.of if isinstance(holder, Instance) else holder.name
                study.set_attribute(owner, target.attr, values)
            elif isinstance(holder, Loaded):
                passed = (Passed("0", values, target, None),)
                study.use(target, "assign", target.attr, (holder,), passed, scope)
    elif isinstance(target, ast.Subscript):
        evaluate(study, scope, target.value)
        _store(scope, target, values, evaluate(study, scope, target.slice))


def _store(scope: Scope, target: ast.Subscript, values: Values, key: Values) -> None:
    """`table[key] = values`, for a table that a plain name stands for."""
    if not isinstance(target.value, ast.Name):
        return
    before = scope.find(target.value.id) or NOTHING
    if len(before) == 1 and isinstance(before[0], Table) and len(before[0].entries) < 64:
        entry = (key[0] if len(key) == 1 and isinstance(key[0], Text) else constant(key), values)
        scope.bind(target.value.id, (Table((*before[0].entries, entry)),))


def _unpack(study: Study, scope: Scope, targets: list[ast.expr], values: Values) -> None:
    starred = any(isinstance(target, ast.Starred) for target in targets)
    for number, target in enumerate(targets):
        whole = all(
            isinstance(value, Items) and len(value.items) == len(targets) for value in values
        )
        found = item(values, number) if values and whole and not starred else elements(values)
        bind(study, scope, target, found)


def _constant(study: Study, _: Scope, node: ast.Constant) -> Values:
    if isinstance(node.value, str):
        return study.text(node)
    return (Constant(node.value),)


def _name(study: Study, scope: Scope, node: ast.Name) -> Values:
    found = scope.find(node.id)
    return study.starred(node.id) if found is None else found


def _attribute(study: Study, scope: Scope, node: ast.Attribute) -> Values:
    holders = evaluate(study, scope, node.value)
    found = [attribute(study, holder, node) for holder in holders]
    study.use(node, "read", node.attr, holders, (), scope)
    return union(*found) if found else NOTHING


def _subscript(study: Study, scope: Scope, node: ast.Subscript) -> Values:
    holders = evaluate(study, scope, node.value)
    keys = evaluate(study, scope, node.slice)
    if any(isinstance(value, Symbol) and value.name == "environ" for value in holders):
        return NOTHING
    found = [item(holders, _key(key)) for key in keys] if keys else [item(holders, None)]
    return union(*found)


def _key(value: Abstract) -> object:
    if isinstance(value, Text):
        return value.text
    return value.value if isinstance(value, Constant) else None


def _items(study: Study, scope: Scope, node: ast.List | ast.Tuple | ast.Set) -> Values:
    return (Items(tuple(evaluate(study, scope, element) for element in node.elts)),)


def _table(study: Study, scope: Scope, node: ast.Dict) -> Values:
    entries: list[tuple[object, Values]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        values = evaluate(study, scope, value)
        if key is None:
            for inner in values:
                entries.extend(inner.entries if isinstance(inner, Table) else [(None, (inner,))])
            continue
        keys = evaluate(study, scope, key)
        known = len(keys) == 1 and isinstance(keys[0], Text)
        entries.append((keys[0] if known else constant(keys), values))
    return (Table(tuple(entries)),)


def _joined(study: Study, scope: Scope, node: ast.JoinedStr) -> Values:
    groups = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            values = evaluate(study, scope, part.value)
            plain = part.format_spec is None and part.conversion in (-1, 115)
            groups.append(values if plain else (Other(),))
        else:
            groups.append(evaluate(study, scope, part))
    return joined(groups, study.place(node))


def _operation(study: Study, scope: Scope, node: ast.BinOp) -> Values:
    left = evaluate(study, scope, node.left)
    return operation(study, node, left, evaluate(study, scope, node.right))


def _choice(study: Study, scope: Scope, node: ast.IfExp) -> Values:
    evaluate(study, scope, node.test)
    return branches(evaluate(study, scope, node.body), evaluate(study, scope, node.orelse))


def _either(study: Study, scope: Scope, node: ast.BoolOp) -> Values:
    found = [evaluate(study, scope, value) for value in node.values]
    if isinstance(node.op, ast.And):
        return found[-1]
    known = [values for values in found if values and not _is_none(values)]
    return doubted(union(*known)) if known else NOTHING


def _is_none(values: Values) -> bool:
    return values == (Constant(None),)


def _comprehension(
    study: Study,
    scope: Scope,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> Values:
    inner = Scope(scope.label, scope, scope.owner)
    for generator in node.generators:
        bind(study, inner, generator.target, elements(evaluate(study, inner, generator.iter)))
        for test in generator.ifs:
            evaluate(study, inner, test)
    if isinstance(node, ast.DictComp):
        evaluate(study, inner, node.key)
        values = evaluate(study, inner, node.value)
    else:
        values = evaluate(study, inner, node.elt)
    loaded = tuple(value for value in values if isinstance(value, Loaded))
    return loaded or ((Items((values,)),) if values else NOTHING)


def _walrus(study: Study, scope: Scope, node: ast.NamedExpr) -> Values:
    values = evaluate(study, scope, node.value)
    bind(study, scope, node.target, values)
    return values


def _lambda(study: Study, scope: Scope, node: ast.Lambda) -> Values:
    inner = Scope(scope.label, scope, scope.owner)
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        inner.names[argument.arg] = NOTHING
    evaluate(study, inner, node.body)
    return NOTHING


def _inside(study: Study, scope: Scope, node: ast.Await | ast.Starred | ast.YieldFrom) -> Values:
    return evaluate(study, scope, node.value)


def _yield(study: Study, scope: Scope, node: ast.Yield) -> Values:
    values = evaluate(study, scope, node.value)
    if scope.function is not None:
        study.gives(scope.function, values)
    return NOTHING


def _call(study: Study, scope: Scope, node: ast.Call) -> Values:
    holders: Values = NOTHING
    if isinstance(node.func, ast.Attribute):
        holders = evaluate(study, scope, node.func.value)
        callees = members(study, holders, node.func)
    else:
        callees = evaluate(study, scope, node.func)
    return call(study, scope, node, holders, callees, _passed(study, scope, node))


def _passed(study: Study, scope: Scope, node: ast.Call) -> tuple[Passed, ...]:
    found = []
    for number, argument in enumerate(node.args):
        name = "*" if isinstance(argument, ast.Starred) else str(number)
        found.append(Passed(name, evaluate(study, scope, argument), argument, None))
    for keyword in node.keywords:
        values = evaluate(study, scope, keyword.value)
        if keyword.arg is not None:
            found.append(Passed(keyword.arg, values, keyword.value, keyword))
            continue
        found.extend(spread(keyword, values))
    return tuple(found)


_HANDLERS: dict[type[ast.AST], Callable[..., Values]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _table,
    ast.JoinedStr: _joined,
    ast.BinOp: _operation,
    ast.IfExp: _choice,
    ast.BoolOp: _either,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.Await: _inside,
    ast.Starred: _inside,
    ast.YieldFrom: _inside,
    ast.Yield: _yield,
    ast.Call: _call,
}

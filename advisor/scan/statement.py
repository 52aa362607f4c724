"""Walking the statements of a file in order, with what each name stands for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from advisor.scan.definitions import (
    bind_imports,
    bind_parameters,
    declare_class,
    define_function,
)
from advisor.scan.expression import bind, evaluate
from advisor.scan.strings import joined
from advisor.scan.study import Scope, Study
from advisor.scan.values import (
    NOTHING,
    Class,
    Items,
    Values,
    branches,
    doubted,
    elements,
)

MOST_WALKS = 5


def study_file(study: Study, walks: int = MOST_WALKS) -> None:
    """Walk a file until nothing new is learned, `walks` times at most."""
    for _ in range(walks):
        before = study.learned
        study.begin()
        scope = Scope()
        walk(study, scope, study.parsed.tree.body)
        while study.pending:
            function, around, owner = study.pending.pop(0)
            _function_body(study, function, around, owner)
        if not study.loads or study.learned == before:
            break


def module_names(study: Study) -> dict[str, Values]:
    """Return what the statements of the module alone define; functions are not entered."""
    scope = Scope()
    walk(study, scope, study.parsed.tree.body)
    return scope.names


def walk(study: Study, scope: Scope, statements: Sequence[ast.stmt]) -> bool:
    """Walk statements in order; return whether the end can be reached."""
    return all(_statement(study, scope, statement) for statement in statements)


def _statement(study: Study, scope: Scope, node: ast.stmt) -> bool:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        for child in ast.iter_child_nodes(node):
            evaluate(study, scope, child)
        return not isinstance(node, (ast.Raise, ast.Continue, ast.Break))
    return handler(study, scope, node) is not False


def _annotated(study: Study, scope: Scope, node: ast.AnnAssign) -> None:
    if node.value is not None:
        bind(study, scope, node.target, evaluate(study, scope, node.value))


def _while(study: Study, scope: Scope, node: ast.While) -> None:
    evaluate(study, scope, node.test)
    _either(study, scope, [node.body, []])
    walk(study, scope, node.orelse)


def _with(study: Study, scope: Scope, node: ast.With | ast.AsyncWith) -> bool:
    for item in node.items:
        values = evaluate(study, scope, item.context_expr)
        if item.optional_vars is not None:
            bind(study, scope, item.optional_vars, values)
    return walk(study, scope, node.body)


def _match(study: Study, scope: Scope, node: ast.Match) -> bool:
    evaluate(study, scope, node.subject)
    return _either(study, scope, [*(case.body for case in node.cases), []])


def _return(study: Study, scope: Scope, node: ast.Return) -> bool:
    values = evaluate(study, scope, node.value)
    if scope.function is not None:
        study.gives(scope.function, values)
    return False


def _share(_: Study, scope: Scope, node: ast.Global | ast.Nonlocal) -> None:
    scope.shared.update(node.names)


def _assign(study: Study, scope: Scope, node: ast.Assign) -> None:
    values = evaluate(study, scope, node.value)
    for target in node.targets:
        bind(study, scope, target, values)


def _augment(study: Study, scope: Scope, node: ast.AugAssign) -> None:
    before = evaluate(study, scope, node.target)
    values = evaluate(study, scope, node.value)
    both = joined([before, values], study.place(node)) if isinstance(node.op, ast.Add) else NOTHING
    bind(study, scope, node.target, both)


def _either(study: Study, scope: Scope, bodies: Sequence[Sequence[ast.stmt]]) -> bool:
    """Walk branches of which one runs; return whether any of them reaches its end."""
    before = scope.names
    ends: list[dict[str, Values]] = []
    for body in bodies:
        scope.names = dict(before)
        if walk(study, scope, body):
            ends.append(scope.names)
    scope.names = _met(ends) if ends else before
    return bool(ends)


def _met(ends: list[dict[str, Values]]) -> dict[str, Values]:
    if len(ends) == 1:
        return ends[0]
    merged: dict[str, Values] = dict(ends[0])
    for end in ends[1:]:
        for name, values in end.items():
            before = merged.get(name)
            if before is None:
                merged[name] = values
            elif before is not values:
                merged[name] = branches(before, values)
    return merged


def _if(study: Study, scope: Scope, node: ast.If) -> bool:
    evaluate(study, scope, node.test)
    return _either(study, scope, [node.body, node.orelse])


def _for(study: Study, scope: Scope, node: ast.For | ast.AsyncFor) -> None:
    iterated = evaluate(study, scope, node.iter)
    bind(study, scope, node.target, elements(iterated))
    runs = len(iterated) == 1 and isinstance(iterated[0], Items) and bool(iterated[0].items)
    _either(study, scope, [node.body] if runs else [node.body, []])
    walk(study, scope, node.orelse)


def _try(study: Study, scope: Scope, node: ast.Try | ast.TryStar) -> bool:
    before = dict(scope.names)
    reached = walk(study, scope, [*node.body, *node.orelse])
    ends = [scope.names] if reached else []
    for handler in node.handlers:
        scope.names = dict(before)
        if walk(study, scope, handler.body):
            ends.append(scope.names)
    scope.names = _met(ends) if ends else before
    return walk(study, scope, node.finalbody) and bool(ends)


def _function_body(
    study: Study,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    around: Scope,
    owner: str | None,
) -> None:
    label = f"{around.label}.{node.name}" if around.label else node.name
    scope = Scope(label, around, owner or around.owner)
    scope.function = node
    bind_parameters(study, scope, node, owner)
    if node.name in ("training_step", "configure_optimizers"):
        study.training.append(node)
    walk(study, scope, node.body)


def _class(study: Study, scope: Scope, node: ast.ClassDef) -> None:
    label = f"{scope.label}.{node.name}" if scope.label else node.name
    for decorator in node.decorator_list:
        evaluate(study, scope, decorator)
    bases = []
    for base in node.bases:
        for value in evaluate(study, scope, base):
            bases.extend([value.name] if isinstance(value, Class) else [])
    facts = declare_class(study, node, label, tuple(bases))
    inner = Scope(label, scope, label)
    inner.is_class = True
    walk(study, inner, node.body)
    for name, values in inner.names.items():
        if name not in facts.methods:
            replaceable = name in facts.fields
            study.set_attribute(label, name, doubted(values) if replaceable else values)
    scope.bind(node.name, (Class(label),))


_HANDLERS: dict[type[ast.stmt], Callable[..., bool | None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augment,
    ast.Import: bind_imports,
    ast.ImportFrom: bind_imports,
    ast.FunctionDef: define_function,
    ast.AsyncFunctionDef: define_function,
    ast.ClassDef: _class,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
    ast.Return: _return,
    ast.Global: _share,
    ast.Nonlocal: _share,
}
"""How each kind of statement is walked; one that gives False never reaches its end."""

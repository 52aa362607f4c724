"""Walking the statements of a file in order, with what each name stands for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from advisor.check.code.expression import bind, evaluate
from advisor.check.code.strings import joined
from advisor.check.code.study import ClassFacts, Scope, Study
from advisor.check.code.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Items,
    Library,
    Symbol,
    Values,
    branches,
    constant,
    doubted,
    elements,
    union,
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


# -- branches ----------------------------------------------------------------------------------


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


# -- definitions -------------------------------------------------------------------------------


def _import(study: Study, scope: Scope, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            scope.bind(alias.asname or name, (Library(name),))
        return
    module = "." * node.level + (node.module or "")
    defined = study.exports(module)
    for alias in node.names:
        if alias.name == "*":
            study.stars.append(module)
            for name, values in (defined or {}).items():
                scope.bind(name, values)
            continue
        scope.bind(alias.asname or alias.name, _imported(study, module, alias.name, defined))


def _imported(study: Study, module: str, name: str, defined: dict[str, Values] | None) -> Values:
    if defined is not None and name in defined:
        return defined[name]
    dotted = f"{module}{name}" if module.endswith(".") else f"{module}.{name}"
    if study.exports(dotted) is not None:
        return (Library(dotted),)
    return NOTHING if defined is not None else (Symbol(module, name),)


def _function(study: Study, scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    for decorator in node.decorator_list:
        evaluate(study, scope, decorator)
        _offer_default(study, scope, node, decorator)
    owner = scope.label if scope.is_class else None
    study.pending.append((node, scope, owner))
    scope.bind(node.name, (Function(node, owner),))


def _offer_default(
    study: Study,
    scope: Scope,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    decorator: ast.expr,
) -> None:
    """`@click.option("--model", default="x")` gives the parameter `model` a default."""
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return
    names = [constant(evaluate(study, scope, argument)) for argument in decorator.args]
    default = next((k.value for k in decorator.keywords if k.arg == "default"), None)
    if default is None:
        return
    for name in names:
        if isinstance(name, str) and name.startswith("--"):
            parameter = name.lstrip("-").partition("/")[0].replace("-", "_")
            study.called(node, parameter, doubted(evaluate(study, scope, default)))


def _function_body(
    study: Study,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    around: Scope,
    owner: str | None,
) -> None:
    label = f"{around.label}.{node.name}" if around.label else node.name
    scope = Scope(label, around, owner or around.owner)
    scope.function = node
    _parameters(study, scope, node, owner)
    if node.name in ("training_step", "configure_optimizers"):
        study.training.append(node)
    walk(study, scope, node.body)


def _parameters(
    study: Study,
    scope: Scope,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    owner: str | None,
) -> None:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr | None] = dict(
        zip([p.arg for p in reversed(positional)], reversed(arguments.defaults), strict=False)
    )
    defaults |= dict(zip([p.arg for p in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
    around = scope.parent or scope
    for parameter in (*positional, *arguments.kwonlyargs):
        given = study.parameter(node, parameter.arg)
        default = doubted(evaluate(study, around, defaults.get(parameter.arg)))
        scope.names[parameter.arg] = _chosen(given, default)
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            scope.names[rest.arg] = NOTHING
    if owner and positional:
        _bind_self(scope, node, positional[0].arg, owner)


def _chosen(given: Values, default: Values) -> Values:
    if not given or not default:
        return given or default
    values = union(given, default)
    return values if len(values) == 1 else doubted(values)


def _bind_self(
    scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, owner: str
) -> None:
    decorators = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
    if "staticmethod" in decorators:
        return
    is_class_method = "classmethod" in decorators
    scope.names[name] = (Class(owner),) if is_class_method else (Instance(owner),)


def _class(study: Study, scope: Scope, node: ast.ClassDef) -> None:
    label = f"{scope.label}.{node.name}" if scope.label else node.name
    for decorator in node.decorator_list:
        evaluate(study, scope, decorator)
    bases = []
    for base in node.bases:
        for value in evaluate(study, scope, base):
            bases.extend([value.name] if isinstance(value, Class) else [])
    before = study.classes.get(label)
    methods = {
        one.name: one
        for one in node.body
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    fields = [
        one.target.id
        for one in node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    attributes = before.attributes if before else {}
    study.classes[label] = ClassFacts(tuple(bases), methods, attributes, fields)
    inner = Scope(label, scope, label)
    inner.is_class = True
    walk(study, inner, node.body)
    for name, values in inner.names.items():
        if name not in methods:
            replaceable = name in fields
            study.set_attribute(label, name, doubted(values) if replaceable else values)
    scope.bind(node.name, (Class(label),))


_HANDLERS: dict[type[ast.stmt], Callable[..., bool | None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augment,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
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

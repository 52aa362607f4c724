"""What imports, functions and classes of a file define, before their bodies are walked."""

from __future__ import annotations

import ast

from advisor.scan.expression import evaluate
from advisor.scan.study import ClassFacts, Scope, Study
from advisor.scan.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Library,
    Symbol,
    Values,
    constant,
    doubted,
    union,
)


def bind_imports(study: Study, scope: Scope, node: ast.Import | ast.ImportFrom) -> None:
    """Give imported names what they stand for."""
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


def define_function(
    study: Study, scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> None:
    """Give a function its name; its body is walked when the module is through."""
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


def bind_parameters(
    study: Study,
    scope: Scope,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    owner: str | None,
) -> None:
    """Give parameters what the function is called with in this file, and their defaults."""
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


def declare_class(
    study: Study, node: ast.ClassDef, label: str, bases: tuple[str, ...]
) -> ClassFacts:
    """Return what a class declares, which later walks find again under its name."""
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
    study.classes[label] = ClassFacts(bases, methods, attributes, fields)
    return study.classes[label]

"""What a call gives: a load, a use of something loaded, a function of the file, a known default."""

from __future__ import annotations

import ast
from collections.abc import Callable

from advisor.check.code.libraries import Loader, gives_itself, loader, wraps
from advisor.check.code.methods import default, method
from advisor.check.code.strings import joined
from advisor.check.code.study import Passed, RawLoad, Scope, Study
from advisor.check.code.values import (
    LONGEST_PATH,
    NOTHING,
    Abstract,
    Class,
    Function,
    Instance,
    Items,
    Loaded,
    Made,
    Namespace,
    Other,
    Symbol,
    Table,
    Text,
    Values,
    doubted,
    union,
)

Evaluate = Callable[[Study, Scope, ast.AST | None], Values]

_DECLARING = frozenset(["Field", "field", "Option", "Argument", "Parameter"])
_WITH_DEFAULT = frozenset(["getenv", "get", "setdefault", "getattr"])
_UNCHANGED = frozenset(
    ["str", "Path", "PurePath", "list", "tuple", "set", "sorted", "dict", "iter", "reversed"]
)


def call(study: Study, scope: Scope, node: ast.Call, evaluate: Evaluate) -> Values:
    """Return what a call may give; a load or a use is recorded."""
    holders: Values = NOTHING
    if isinstance(node.func, ast.Attribute):
        holders = evaluate(study, scope, node.func.value)
        callees = _members(study, holders, node.func)
    else:
        callees = evaluate(study, scope, node.func)
    passed = _passed(study, scope, node, evaluate)
    name = _last_name(node.func)
    if name == "backward" or name.endswith("Trainer"):
        study.training.append(node)
    found = [
        _called(study, scope, node, callee, passed)
        for callee in callees
        if not isinstance(callee, Loaded)
    ]
    loaded = [callee for callee in callees if isinstance(callee, Loaded)]
    certain = len({callee.load for callee in loaded}) == 1
    found += [_use(study, scope, node, callee, passed, certain=certain) for callee in loaded]
    if holders and isinstance(node.func, ast.Attribute):
        found.append(method(study, node, node.func.attr, holders, passed))
    if not any(isinstance(value, Loaded) for value in callees):
        found.append(_foreign(study, scope, node, name, callees, passed))
    return union(*found)


def _members(study: Study, holders: Values, function: ast.Attribute) -> Values:
    from advisor.check.code.expression import attribute

    found: list[Values] = []
    for holder in holders:
        if isinstance(holder, (Instance, Class)):
            owner = holder.of if isinstance(holder, Instance) else holder.name
            own = study.method(owner, function.attr)
            if own is not None:
                found.append((Function(own, owner),))
                continue
        found.append(attribute(study, holder, function))
    return union(*found) if found else NOTHING


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return _last_name(function.func) if isinstance(function, ast.Call) else ""


def _passed(study: Study, scope: Scope, node: ast.Call, evaluate: Evaluate) -> tuple[Passed, ...]:
    found = []
    for number, argument in enumerate(node.args):
        name = "*" if isinstance(argument, ast.Starred) else str(number)
        found.append(Passed(name, evaluate(study, scope, argument), argument, None))
    for keyword in node.keywords:
        values = evaluate(study, scope, keyword.value)
        if keyword.arg is not None:
            found.append(Passed(keyword.arg, values, keyword.value, keyword))
            continue
        found.extend(_spread(keyword, values))
    return tuple(found)


def _spread(keyword: ast.keyword, values: Values) -> list[Passed]:
    """`**table` gives the arguments its entries name, where it is one known table."""
    if len(values) == 1 and isinstance(values[0], Table):
        named = [(key.text, inner) for key, inner in values[0].entries if isinstance(key, Text)]
        if len(named) == len(values[0].entries):
            return [Passed(name, inner, keyword.value, None) for name, inner in named]
    return [Passed("**", values, keyword.value, None)]


def _called(
    study: Study,
    scope: Scope,
    node: ast.Call,
    callee: Abstract,
    passed: tuple[Passed, ...],
) -> Values:
    if isinstance(callee, Symbol):
        found = loader(callee)
        if found is not None:
            return _load(study, scope, node, found, passed)
        return _symbol(study, scope, node, callee, passed)
    if isinstance(callee, Function):
        _give(study, callee.node, passed, bound=callee.owner is not None)
        return study.result(callee.node)
    if isinstance(callee, Class):
        return _construct(study, callee, passed)
    if isinstance(callee, Instance):
        for name in ("__call__", "forward"):
            if (own := study.method(callee.of, name)) is not None:
                _give(study, own, passed, bound=True)
                return study.result(own)
    if isinstance(callee, Namespace):
        return (callee,)
    return NOTHING


def _use(
    study: Study,
    scope: Scope,
    node: ast.Call,
    callee: Loaded,
    passed: tuple[Passed, ...],
    *,
    certain: bool,
) -> Values:
    if isinstance(node.func, ast.Attribute) and callee.path[-1:] == (node.func.attr,):
        method, before = node.func.attr, callee.path[:-1]
        study.use(
            node, "call", method, (callee._replace(path=before),), passed, scope, certain=certain
        )
        if gives_itself(method):
            return (callee._replace(path=before),)
        return (callee,)
    study.use(node, "call", "__call__", (callee,), passed, scope, certain=certain)
    return (callee._replace(path=(*callee.path, "__call__")[-LONGEST_PATH:]),)


def _symbol(
    study: Study, scope: Scope, node: ast.Call, callee: Symbol, passed: tuple[Passed, ...]
) -> Values:
    name = callee.name
    if name == "getenv" or f"{callee.module}.{name}" == "os.environ.get":
        return default(passed, "default", 1)
    if name in _DECLARING:
        return default(passed, "default", 0)
    if callee.module == "os.path" and name == "join":
        return joined([argument.values for argument in passed], study.place(node), "/")
    if name in _UNCHANGED and passed and callee.root in ("pathlib", "builtins"):
        return passed[0].values
    if name == "HfArgumentParser":
        return (Made("HfArgumentParser"), *passed[0].values) if passed else NOTHING
    if callee.root == "transformers" and name[:1].isupper():
        parts = tuple(v for a in passed for v in a.values if isinstance(v, Loaded) and not v.path)
        if name.endswith("Processor"):
            return parts[:1]
        if _takes_configuration(name):
            return (study.load(_from_configuration(node, callee, passed, scope)),)
    return (Made(f"{callee.module}.{name}"),)


def _takes_configuration(name: str) -> bool:
    """True for model classes, which build random weights when they are called."""
    return name.endswith("Model") or "For" in name[1:]


def _from_configuration(
    node: ast.Call, callee: Symbol, passed: tuple[Passed, ...], scope: Scope
) -> RawLoad:
    return RawLoad(
        node,
        node.func,
        "transformers",
        "composition",
        callee.name,
        (callee.name,),
        NOTHING,
        NOTHING,
        NOTHING,
        passed,
        scope.label,
    )


def _load(
    study: Study, scope: Scope, node: ast.Call, found: Loader, passed: tuple[Passed, ...]
) -> Values:
    named = {argument.name: argument.values for argument in passed}
    checkpoint = _first(named, (*found.checkpoint, str(found.position)))
    second = _first(named, (found.second, "1")) if found.second else NOTHING
    task = _first(named, (found.task, "0")) if found.task else NOTHING
    if found.kind == "pipeline" and any(isinstance(value, Loaded) for value in checkpoint):
        study.use(node, "pass", "pipeline", checkpoint, passed, scope)
        checkpoint = tuple(value for value in checkpoint if not isinstance(value, Loaded))
    classes = (found.class_name,) if found.class_name else ()
    value = study.load(
        RawLoad(
            node,
            node.func.value if isinstance(node.func, ast.Attribute) else node.func,
            found.package,
            found.kind,
            found.call,
            classes,
            checkpoint,
            second,
            task,
            passed,
            scope.label,
        )
    )
    if found.parts > 1:
        rest: list[Values] = [(value._replace(path=("transform",)),)] * (found.parts - 1)
        return (Items(((value,), *rest)),)
    return (value,)


def _first(named: dict[str, Values], names: tuple[str, ...]) -> Values:
    for name in names:
        if name in named:
            return named[name] or (Other(),)
    if "**" in named or "*" in named:
        return (Other(),)
    return NOTHING


def _give(
    study: Study,
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    passed: tuple[Passed, ...],
    *,
    bound: bool,
) -> None:
    """Tell a function of the file what it is called with."""
    parameters = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
    if bound and parameters and not _is_static(function):
        parameters = parameters[1:]
    for argument in passed:
        if argument.name.isdigit():
            if int(argument.name) < len(parameters):
                study.called(function, parameters[int(argument.name)], argument.values)
        elif argument.keyword is not None:
            study.called(function, argument.name, argument.values)


def _is_static(function: ast.AST) -> bool:
    decorators = getattr(function, "decorator_list", [])
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in decorators)


def _construct(study: Study, callee: Class, passed: tuple[Passed, ...]) -> Values:
    own = study.method(callee.name, "__init__")
    if own is not None:
        _give(study, own, passed, bound=True)
    else:
        facts = study.classes.get(callee.name)
        fields = facts.fields if facts else []
        for argument in passed:
            if argument.keyword is not None:
                study.set_attribute(callee.name, argument.name, argument.values)
            elif argument.name.isdigit() and int(argument.name) < len(fields):
                study.set_attribute(callee.name, fields[int(argument.name)], argument.values)
    return (Instance(callee.name),)


def _foreign(
    study: Study,
    scope: Scope,
    node: ast.Call,
    name: str,
    callees: Values,
    passed: tuple[Passed, ...],
) -> Values:
    """A function that is not ours: what it does to something loaded (`torch.softmax(logits)`)."""
    if any(
        isinstance(callee, (Function, Class))
        or (isinstance(callee, Symbol) and loader(callee) is not None)
        for callee in callees
    ):
        return NOTHING
    given = [value for a in passed for value in _inner(a.values) if isinstance(value, Loaded)]
    if given:
        return _given_away(study, scope, node, name, given, passed)
    if name in _UNCHANGED and passed and not callees:
        return passed[0].values
    if name == "getattr" and len(passed) > 2 and not callees:
        return doubted(passed[2].values)
    return NOTHING


def _given_away(
    study: Study,
    scope: Scope,
    node: ast.Call,
    name: str,
    given: list[Loaded],
    passed: tuple[Passed, ...],
) -> Values:
    """Something loaded, or a result of it, as an argument of a function that is not ours."""
    models = [value for value in given if not value.path]
    results = [value for value in given if value.path]
    first = passed[0].values
    through = [value for value in results if value in first and value.path != ("parameters",)]
    study.use(node, "pass", name, models, passed, scope)
    study.use(node, "call" if through else "pass", name, through or results, passed, scope)
    if models and wraps(name):
        return tuple(models) if len(passed) == 1 else (Items(tuple(a.values for a in passed)),)
    return tuple(v._replace(path=(*v.path, name)[-LONGEST_PATH:]) for v in through or results)


def _inner(values: Values) -> list[Abstract]:
    """Return the values, and those in lists and tables among them, one level down."""
    found: list[Abstract] = []
    for value in values:
        found.append(value)
        if isinstance(value, Items):
            found.extend(inner for group in value.items for inner in group)
        elif isinstance(value, Table):
            found.extend(inner for _, group in value.entries for inner in group)
    return found

"""What a call gives: a load, a use of something loaded, a function of the file, a known default."""

from __future__ import annotations

import ast

from advisor.scan.binding import construct, give
from advisor.scan.libraries import Loader, gives_itself, loader, wraps
from advisor.scan.methods import default, method
from advisor.scan.strings import joined
from advisor.scan.study import Passed, RawLoad, Scope, Study
from advisor.scan.values import (
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
    Values,
    doubted,
    union,
)

_DECLARING = frozenset(["Field", "field", "Option", "Argument", "Parameter"])
_UNCHANGED = frozenset(
    ["str", "Path", "PurePath", "list", "tuple", "set", "sorted", "dict", "iter", "reversed"]
)


def call(
    study: Study,
    scope: Scope,
    node: ast.Call,
    holders: Values,
    callees: Values,
    passed: tuple[Passed, ...],
) -> Values:
    """Return what a call may give; a load or a use is recorded.

    `callees` are what is called, `holders` what they are members of.
    """
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


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return _last_name(function.func) if isinstance(function, ast.Call) else ""


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
        give(study, callee.node, passed, bound=callee.owner is not None)
        return study.result(callee.node)
    if isinstance(callee, Class):
        return construct(study, callee, passed)
    if isinstance(callee, Instance):
        for name in ("__call__", "forward"):
            if (own := study.method(callee.of, name)) is not None:
                give(study, own, passed, bound=True)
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

"""Handing over: what functions and classes of the file are called with."""

from __future__ import annotations

import ast

from advisor.scan.study import Passed, Study
from advisor.scan.values import Class, Instance, Table, Text, Values


def spread(keyword: ast.keyword, values: Values) -> list[Passed]:
    """`**table` gives the arguments its entries name, where it is one known table."""
    if len(values) == 1 and isinstance(values[0], Table):
        named = [(key.text, inner) for key, inner in values[0].entries if isinstance(key, Text)]
        if len(named) == len(values[0].entries):
            return [Passed(name, inner, keyword.value, None) for name, inner in named]
    return [Passed("**", values, keyword.value, None)]


def give(
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


def construct(study: Study, callee: Class, passed: tuple[Passed, ...]) -> Values:
    """Return an object of a class of the file, which is told what it is built with."""
    own = study.method(callee.name, "__init__")
    if own is not None:
        give(study, own, passed, bound=True)
    else:
        facts = study.classes.get(callee.name)
        fields = facts.fields if facts else []
        for argument in passed:
            if argument.keyword is not None:
                study.set_attribute(callee.name, argument.name, argument.values)
            elif argument.name.isdigit() and int(argument.name) < len(fields):
                study.set_attribute(callee.name, fields[int(argument.name)], argument.values)
    return (Instance(callee.name),)

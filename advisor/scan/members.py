"""Members: what an attribute of a value may be, and a method."""

from __future__ import annotations

import ast

from advisor.scan.methods import NAMESPACES
from advisor.scan.study import Study
from advisor.scan.values import (
    LONGEST_PATH,
    NOTHING,
    Abstract,
    Class,
    Function,
    Instance,
    Library,
    Loaded,
    Made,
    Namespace,
    Symbol,
    Text,
    Values,
    union,
)


def attribute(study: Study, holder: Abstract, node: ast.Attribute) -> Values:
    """Return what an attribute of a value may be."""
    name = node.attr
    if isinstance(holder, Library):
        defined = study.exports(holder.name)
        if defined is not None:
            return defined.get(name, NOTHING)
        return (Symbol(holder.name, name),)
    if isinstance(holder, Symbol):
        return (Symbol(f"{holder.module}.{holder.name}", name),)
    if isinstance(holder, Instance):
        return study.attribute(holder.of, name)
    if isinstance(holder, Class):
        return study.attribute(holder.name, name)
    if isinstance(holder, Namespace):
        return holder.find(name)
    if isinstance(holder, Text) and name == "value":
        return (holder,)
    if isinstance(holder, Loaded):
        path = (*holder.path, name)[-LONGEST_PATH:]
        return (holder._replace(path=path),)
    if isinstance(holder, Made) and holder.callee.rpartition(".")[2] in NAMESPACES:
        return study.option(name)
    return NOTHING


def members(study: Study, holders: Values, function: ast.Attribute) -> Values:
    """Return what is called where a member of some values is: methods of the file come first."""
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

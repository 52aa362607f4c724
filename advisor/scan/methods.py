"""Methods of what is written out in code: texts, lists, dictionaries, command-line parsers."""

from __future__ import annotations

import ast

from advisor.scan.strings import joined
from advisor.scan.study import Passed, Study
from advisor.scan.values import (
    NOTHING,
    Class,
    Instance,
    Items,
    Made,
    Other,
    Symbol,
    Table,
    Text,
    Values,
    constant,
    doubted,
    item,
    union,
)

NAMESPACES = frozenset(
    ["parse_args", "parse_known_args", "parse_args_into_dataclasses", "parse_intermixed_args"]
)
"""Methods of parsers that give an object with an attribute for each option."""

_WITH_DEFAULT = frozenset(["getenv", "get", "setdefault", "getattr"])
_STRIPPING = frozenset(
    ["strip", "rstrip", "lstrip", "as_posix", "resolve", "absolute", "expanduser"]
)
_GROUPS = frozenset(
    ["add_argument_group", "add_mutually_exclusive_group", "add_parser", "add_subparsers"]
)


def method(
    study: Study, node: ast.Call, name: str, holders: Values, passed: tuple[Passed, ...]
) -> Values:
    """Methods of what is written out: texts, lists, dictionaries, parsers."""
    found: list[Values] = []
    for holder in holders:
        if isinstance(holder, Text):
            found.append(_text_method(study, node, name, holder, passed))
        elif isinstance(holder, Table):
            found.append(_table_method(name, holder, passed))
        elif isinstance(holder, Items) and name in ("pop", "copy"):
            found.append(item((holder,), None))
        elif isinstance(holder, Made):
            found.append(_parser_method(study, name, holders, passed))
        elif isinstance(holder, Symbol) and holder.name == "environ" and name in _WITH_DEFAULT:
            found.append(default(passed, "default", 1))
    return union(*found) if found else NOTHING


def _text_method(
    study: Study, node: ast.Call, name: str, holder: Text, passed: tuple[Passed, ...]
) -> Values:
    if name == "format" and "{" in holder.text:
        parts = _split_format(holder.text)
        fills = iter([argument.values for argument in passed if argument.keyword is None])
        groups: list[Values] = [
            (Text(part, holder.place),) if part is not None else next(fills, (Other(),))
            for part in parts
        ]
        return joined(groups, study.place(node))
    if name == "replace":
        marks = [constant(argument.values) for argument in passed[:2]]
        if len(marks) == 2 and isinstance(marks[0], str) and isinstance(marks[1], str):
            return (holder._replace(text=holder.text.replace(marks[0], marks[1])),)
        if marks and isinstance(marks[0], str) and marks[0]:
            pieces = holder.text.split(marks[0])
            groups = []
            for number, piece in enumerate(pieces):
                groups.extend([(Other(),)] if number else [])
                groups.append((Text(piece, holder.place),))
            return joined(groups, study.place(node))
        return NOTHING
    if name == "joinpath":
        return joined([(holder,), *(a.values for a in passed)], study.place(node), "/")
    if name == "lower":
        return (holder._replace(text=holder.text.lower()),)
    if name in _STRIPPING and not passed:
        return (holder._replace(text=holder.text.strip()),)
    return NOTHING


def _split_format(template: str) -> list[str | None]:
    """Split at plain `{}` fields: "a{}b" is "a", None, "b"."""
    out: list[str | None] = []
    for number, part in enumerate(template.split("{}")):
        out.extend([None] if number else [])
        out.append(part)
    return out


def _table_method(name: str, holder: Table, passed: tuple[Passed, ...]) -> Values:
    if name in ("get", "pop") and passed:
        keys = passed[0].values
        found = item((holder,), constant(keys))
        return union(found, default(passed, "default", 1))
    if name == "values":
        return (Items(tuple(values for _, values in holder.entries)),)
    if name == "items":
        pairs = [
            (Items(((key,) if isinstance(key, Text) else (Other(),), values)),)
            for key, values in holder.entries
        ]
        return (Items(tuple(pairs)),)
    if name in ("keys", "copy"):
        return (holder,)
    return NOTHING


def _parser_method(study: Study, name: str, holders: Values, passed: tuple[Passed, ...]) -> Values:
    if name == "add_argument":
        option = _option_name(passed)
        named = {argument.name: argument.values for argument in passed}
        if option and "default" in named:
            study.offer(option, named["default"])
        return NOTHING
    if name == "parse_args_into_dataclasses":
        classes = [value for value in holders if isinstance(value, (Class, Items))]
        items = [inner for value in classes if isinstance(value, Items) for inner in value.items]
        groups: list[Values] = items or [(value,) for value in classes]
        return (
            Items(
                tuple(
                    tuple(Instance(v.name) for v in group if isinstance(v, Class))
                    for group in groups
                )
            ),
        )
    if name in NAMESPACES:
        made = (Made(f"argparse.{name}"),)
        return (Items((made, NOTHING)),) if name == "parse_known_args" else made
    if name in _GROUPS:
        return (Made("argparse.ArgumentParser"),)
    return NOTHING


def _option_name(passed: tuple[Passed, ...]) -> str | None:
    names = []
    for argument in passed:
        value = constant(argument.values)
        if argument.name == "dest" and isinstance(value, str):
            return value
        if argument.name.isdigit() and isinstance(value, str):
            names.append(value)
    longest = next((name for name in names if not name.startswith("-")), None) or next(
        (name for name in names if name.startswith("--")), None
    )
    return longest.lstrip("-").replace("-", "_") if longest else None


def default(passed: tuple[Passed, ...], name: str, position: int) -> Values:
    """Return the default among the arguments of a call; something outside may replace it."""
    for argument in passed:
        if argument.name in (name, str(position)):
            return doubted(argument.values)
    return NOTHING

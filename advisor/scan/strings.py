"""Strings put together, formatted and changed, where some or all of their parts are known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from advisor.scan.usage import Location
from advisor.scan.values import (
    NOTHING,
    Constant,
    ListLiteral,
    Other,
    PartialString,
    String,
    Values,
    constant,
)

_MOST = 16
_LONGEST = 2_000
_STRIPPING = frozenset(
    ("strip", "rstrip", "lstrip", "as_posix", "resolve", "absolute", "expanduser")
)


def joined(groups: Sequence[Values], location: Location, between: str = "") -> Values:
    """Return what the parts, put together, may be: texts, or pieces where a part is unknown."""
    choices = [_parts(group) for group in groups]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST:
        choices = [choice if len(choice) == 1 else [((None,), False)] for choice in choices]
    strings: dict[String | PartialString, None] = {}
    for combination in product(*choices):
        parts: list[str | None] = []
        for number, (part, _) in enumerate(combination):
            parts.extend([between, *part] if number and between else part)
        certain = all(sure for _, sure in combination)
        strings[_whole(parts, location, certain=certain)] = None
    return tuple(strings)


def _parts(values: Values) -> list[tuple[tuple[str | None, ...], bool]]:
    """The parts of each string that the values may be, and whether it is certain."""
    choices: list[tuple[tuple[str | None, ...], bool]] = []
    for value in values or (None,):
        if isinstance(value, String):
            choices.append(((value.text,), value.certain))
        elif isinstance(value, PartialString):
            choices.append((value.parts, False))
        elif isinstance(value, Constant) and isinstance(value.value, (int, float)):
            choices.append(((str(value.value),), True))
        else:
            choices.append(((None,), False))
    return choices


def _whole(parts: list[str | None], location: Location, *, certain: bool) -> String | PartialString:
    merged: list[str | None] = []
    for part in parts:
        if part is not None and merged and merged[-1] is not None:
            merged[-1] += part
        elif part is not None or not merged or merged[-1] is not None:
            merged.append(part)
    if None not in merged:
        text = "".join(part for part in merged if part is not None)
        if len(text) <= _LONGEST:
            return String(text, location, certain)
    return PartialString(tuple(part and part[:_LONGEST] for part in merged), location)


def pieces(values: Values) -> tuple[str, ...]:
    """Return the known parts of the strings among the values, those in lists included."""
    known: list[str] = []
    for value in values:
        groups = value.items if isinstance(value, ListLiteral) else ((value,),)
        for string in (inner for group in groups for inner in group):
            if isinstance(string, String):
                known.append(string.text)
            elif isinstance(string, PartialString):
                known.extend(part for part in string.parts if part)
    return tuple(dict.fromkeys(known))


def filled(template: str, mark: str, fills: Sequence[Values], location: Location) -> Values:
    """Return a template with its marks filled in, in order; what is not given is unknown."""
    first, *rest = template.split(mark)
    groups: list[Values] = [(String(first, location),)]
    for number, part in enumerate(rest):
        groups.append(fills[number] if number < len(fills) else (Other(),))
        groups.append((String(part, location),))
    return joined(groups, location)


def string_method(
    name: str, string: String, arguments: Sequence[Values], location: Location
) -> Values:
    """Return what a method of a known string gives, for its positional arguments."""
    if name == "format" and "{" in string.text:
        return filled(string.text, "{}", arguments, location)
    if name == "replace":
        marks = [constant(argument) for argument in arguments[:2]]
        if len(marks) == 2 and isinstance(marks[0], str) and isinstance(marks[1], str):
            return (string._replace(text=string.text.replace(marks[0], marks[1])),)
        if marks and isinstance(marks[0], str) and marks[0]:
            return filled(string.text, marks[0], (), location)
    if name == "joinpath":
        return joined([(string,), *arguments], location, "/")
    if name == "lower":
        return (string._replace(text=string.text.lower()),)
    if name in _STRIPPING and not arguments:
        return (string._replace(text=string.text.strip()),)
    return NOTHING

"""Values of a YAML file changed in its text: comments, order and everything else stay as they are.

Only what has a line of its own can be changed. The new text is read again before it is returned:
it holds exactly the values asked for, or nothing is returned at all.
"""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from advisor.errors import AdvisorError
from advisor.reader.document import Document, KeyPath, read_text

WIDTH = 100
UNBROKEN: Any = {"break_long_words": False, "break_on_hyphens": False}

REMOVED = object()
"""Stands for the value of a key that is to go."""


class _Splice(NamedTuple):
    """Lines from `start` (counted from 0) up to `end` that give way to others."""

    start: int
    end: int
    lines: tuple[str, ...]


def rewrite(text: str, name: str, edits: Mapping[KeyPath, Any], order: Iterable[str] = ()) -> str:
    """Return the text with each path set to a value, or its key REMOVED.

    A new key comes after the last key there that stands before it in `order`. Raises AdvisorError
    where the text cannot be changed safely.
    """
    document = read_text(text, name)
    if document.problems:
        raise AdvisorError(f"`{name}` cannot be changed: {document.problems[0]}", kind="rewrite")
    lines = text.splitlines(keepends=True)
    rank = {key: number for number, key in enumerate(order)}
    ordered = sorted(edits, key=lambda path: (-len(path), rank.get(str(path[-1]), len(rank))))
    splices = [
        (_splice(document, lines, path, edits[path], rank), number)
        for number, path in enumerate(ordered)
    ]
    for splice, _ in sorted(splices, key=_from_the_end, reverse=True):
        lines[splice.start : splice.end] = splice.lines
    changed = "".join(lines)
    _check(changed, name, document.value, edits)
    return changed


def appended(text: str, name: str, key: str, entry: Sequence[str]) -> str:
    """Return the text with an entry, given in lines, at the end of the list under a key.

    The lines are moved to where the others of the list stand. Raises AdvisorError where the text
    cannot be changed safely.
    """
    document = read_text(text, name)
    known = document.value.get(key) if isinstance(document.value, dict) else None
    lines = text.splitlines(keepends=True)
    at, column, head = len("".join(lines).rstrip().splitlines()), 5, [f"{key}:\n"]
    if known:
        line, column = document.places[key, len(known) - 1]
        at, head = _end(lines, line - 1, column - 1), []
    shift = " " * (column - 3)
    own = len(entry[0]) - len(entry[0].lstrip(" "))
    block = [f"{shift}{line[own:].rstrip()}\n" for line in entry]
    space = ["\n"] if at else []
    changed = "".join([*lines[:at], *space, *head, *block, *lines[at:]])
    (added,) = read_text("".join(block), name).value
    _same(changed, name, {**(document.value or {}), key: [*(known or []), added]})
    return changed


def _from_the_end(numbered: tuple[_Splice, int]) -> tuple[int, int, int]:
    """Later lines first; what replaces a line before what is put in front of it."""
    splice, number = numbered
    return splice.start, splice.end, number


def _splice(
    document: Document, lines: list[str], path: KeyPath, value: Any, rank: dict[str, int]
) -> _Splice:
    *around, key = path
    keys = _keys(document, tuple(around))
    if key not in keys:
        if value is REMOVED:
            return _Splice(0, 0, ())
        return _inserted(document, lines, path, value, keys, rank)
    line = keys[str(key)]
    if list(keys.values()).count(line) > 1:
        raise _shared(document, line)
    end = _end(lines, line, document.places[path][1])
    comments = tuple(text for text in lines[line + 1 : end] if text.lstrip().startswith("#"))
    if value is REMOVED:
        return _Splice(line, end, comments)
    before = lines[line][: document.places[path][1] - 1]
    comment = _comment(document, line, lines[line], len(before)) if end == line + 1 else ""
    return _Splice(line, end, (*lines_of(before, str(key), value, comment), *comments))


def _keys(document: Document, around: KeyPath) -> dict[str, int]:
    """The keys of a mapping, each with its line, counted from 0."""
    return {
        str(path[-1]): place[0] - 1
        for path, place in document.places.items()
        if len(path) == len(around) + 1 and path[:-1] == around
    }


def _end(lines: list[str], line: int, column: int) -> int:
    """The first line after the value that begins at a key: less indented, or blank before such."""
    end = line + 1
    for number in range(line + 1, len(lines)):
        text = lines[number]
        indent = len(text) - len(text.lstrip(" "))
        if text.strip() and indent < column:
            # a list may stand as far to the left as its key
            if not (indent == column - 1 and text.lstrip().startswith("- ")):
                break
            if "- " in lines[line][: column - 1]:
                break
        if text.strip():
            end = number + 1
    while end > line + 1 and lines[end - 1].lstrip().startswith("#"):
        end -= 1  # comments right before the next key belong to it
    return end


def _comment(document: Document, number: int, line: str, start: int) -> str:
    """What follows a value on its line: a comment, or nothing that may be lost."""
    end = 0
    try:
        for event in yaml.parse(line[start:]):
            if isinstance(event, (yaml.ScalarEvent, yaml.SequenceEndEvent)) and event.end_mark:
                end = event.end_mark.column
    except yaml.YAMLError:
        raise _shared(document, number) from None
    rest = line[start + end :].rstrip("\n")
    return rest if rest.lstrip().startswith("#") else ""


def _shared(document: Document, number: int) -> AdvisorError:
    return AdvisorError(
        f"{document.file}:{number + 1}: several keys or brackets share this line",
        hint="write the entry with one key a line, or change it by hand",
        kind="rewrite",
    )


def _inserted(
    document: Document,
    lines: list[str],
    path: KeyPath,
    value: Any,
    keys: dict[str, int],
    rank: dict[str, int],
) -> _Splice:
    if not keys or len(set(keys.values())) < len(keys):
        raise _shared(document, document.place(path)[0] - 1)
    own = rank.get(str(path[-1]), len(rank))
    before = [key for key in keys if rank.get(key, len(rank)) <= own] or [next(iter(keys))]
    last = max(before, key=lambda key: keys[key])
    column = document.places[(*path[:-1], last)][1]
    at = _end(lines, keys[last], column)
    return _Splice(at, at, lines_of(" " * (column - 1), str(path[-1]), value))


def lines_of(before: str, key: str, value: Any, comment: str = "") -> tuple[str, ...]:
    """Return a key and its value as lines: a mapping key by key, a long list over several."""
    indent = " " * (len(before) + 2)
    if isinstance(value, dict):
        inner = [line for name, each in value.items() for line in lines_of(indent, name, each)]
        return (f"{before}{key}:{comment}\n", *inner)
    line = f"{before}{key}: {dumped(value)}"
    if isinstance(value, (list, tuple)) and len(line) > WIDTH and not comment:
        line = textwrap.fill(line, WIDTH, subsequent_indent=indent, **UNBROKEN)
    return tuple(f"{each}\n" for each in f"{line}{comment}".splitlines())


def dumped(value: Any) -> str:
    """Return a value as one line of YAML that the reader reads as that value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(dumped(one) for one in value)}]"
    text = str(value)
    plain = read_text(f"[{text}]\n", "value")
    if not plain.problems and plain.value == [text]:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _check(text: str, name: str, before: Any, edits: Mapping[KeyPath, Any]) -> None:
    wanted = copy.deepcopy(before)
    for path, value in edits.items():
        inner = wanted
        for step in path[:-1]:
            inner = inner[step]
        if value is REMOVED:
            inner.pop(path[-1], None)
        else:
            inner[path[-1]] = list(value) if isinstance(value, tuple) else value
    _same(text, name, wanted)


def _same(text: str, name: str, wanted: Any) -> None:
    """Raise AdvisorError where a text does not hold exactly the value that is wanted."""
    after = read_text(text, name)
    if after.problems or after.value != wanted:
        raise AdvisorError(
            f"`{name}` cannot be changed without touching more than was asked for",
            hint="change it by hand",
            kind="rewrite",
        )

"""Values of a YAML file changed in its text: comments, order and everything else stay as they are.

Only what has a line of its own can be changed. The new text is read again before it is returned:
it holds exactly the values asked for, or nothing is returned at all.
"""

from __future__ import annotations

import copy
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from advisor.errors import AdvisorError
from advisor.reader.document import KeyPath, read_text

WIDTH = 100
UNBROKEN: Any = {"break_long_words": False, "break_on_hyphens": False}

REMOVED = object()
"""Stands for the value of a key that is to go."""


Splice = tuple[int, int, int, Sequence[str]]
"""From which line (counted from 0) up to which others come instead; the third orders insertions."""


def rewrite(text: str, name: str, edits: Mapping[KeyPath, Any], order: Iterable[str] = ()) -> str:
    """Return the text with each path set to a value, or its key REMOVED.

    What is set already stays as it is written. A new key comes after the last key there that stands
    before it in `order`. Raises AdvisorError where the text cannot be changed safely.
    """
    source = _Source(text, name, order)
    if problems := source.document.problems:
        raise AdvisorError(f"`{name}` cannot be changed: {problems[0]}", kind="rewrite")
    edits = {path: one for path, one in edits.items() if not source.holds(path, one)}
    paths = sorted(edits, key=lambda path: (-len(path), source.rank(path[-1])))
    splices = [source.splice(path, edits[path], number) for number, path in enumerate(paths)]
    for start, end, _, lines in sorted(splices, reverse=True):
        source.lines[start:end] = lines
    changed = "".join(source.lines)
    _check(changed, name, source.document.value, edits)
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


class _Source:
    """The lines of a file, counted from 0, and where its keys stand in them."""

    def __init__(self, text: str, name: str, order: Iterable[str]) -> None:
        self.document = read_text(text, name)
        self.lines = text.splitlines(keepends=True)
        self._order = list(order)

    def holds(self, path: KeyPath, value: Any) -> bool:
        """True where a path has a value already, or where its key is gone that is to be REMOVED."""
        there = self.document.value
        for step in path:
            try:
                there = there[step]
            except (LookupError, TypeError):
                return value is REMOVED
        return bool(there == (list(value) if isinstance(value, tuple) else value))

    def rank(self, key: object) -> int:
        """Return where a key stands in the order; keys that are not in it come last."""
        return self._order.index(key) if key in self._order else len(self._order)

    def splice(self, path: KeyPath, value: Any, number: int) -> Splice:
        """Return what changes where a key is set to a value."""
        keys = {
            str(known[-1]): place[0] - 1
            for known, place in self.document.places.items()
            if len(known) == len(path) and known[:-1] == path[:-1]
        }
        key = str(path[-1])
        if key not in keys:
            return (0, 0, number, ()) if value is REMOVED else self._new(path, value, number, keys)
        line, column = keys[key], self.document.places[path][1]
        if list(keys.values()).count(line) > 1:
            raise self._shared(line)
        end = _end(self.lines, line, column)
        comments = [text for text in self.lines[line + 1 : end] if text.lstrip().startswith("#")]
        if value is REMOVED:
            return line, end, number, comments
        before = self.lines[line][: column - 1]
        comment = self._comment(line, column - 1) if end == line + 1 else ""
        return line, end, number, (*lines_of(before, key, value, comment), *comments)

    def _new(self, path: KeyPath, value: Any, number: int, keys: dict[str, int]) -> Splice:
        if not keys or len(set(keys.values())) < len(keys):
            raise self._shared(self.document.place(path)[0] - 1)
        own = self.rank(path[-1])
        before = [key for key in keys if self.rank(key) <= own] or [next(iter(keys))]
        last = max(before, key=keys.__getitem__)
        column = self.document.places[*path[:-1], last][1]
        at = _end(self.lines, keys[last], column)
        return at, at, number, lines_of(" " * (column - 1), str(path[-1]), value)

    def _comment(self, line: int, start: int) -> str:
        """What follows a value on its line: a comment, or nothing that may be lost."""
        text, end = self.lines[line][start:], 0
        try:
            for event in yaml.parse(text):
                if isinstance(event, (yaml.ScalarEvent, yaml.SequenceEndEvent)) and event.end_mark:
                    end = event.end_mark.column
        except yaml.YAMLError:
            raise self._shared(line) from None
        rest = text[end:].rstrip("\n")
        return rest if rest.lstrip().startswith("#") else ""

    def _shared(self, line: int) -> AdvisorError:
        return AdvisorError(
            f"{self.document.file}:{line + 1}: several keys or brackets share this line",
            hint="write the entry with one key a line, or change it by hand",
            kind="rewrite",
        )


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
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(dumped(one) for one in value)}]"
    plain = read_text(f"[{value}]\n", "value")
    same = not plain.problems and plain.value == [value]
    return str(value) if same else json.dumps(value, ensure_ascii=False)


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

"""A YAML document as plain values, with the place of each value.

Stricter than YAML 1.1 on purpose: words that YAML 1.1 turns into booleans, dates, octal and
base-60 numbers, repeated keys, merge keys, tags and exploding aliases are problems, because each
of them silently means something else than what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_VALUES = 400_000

KeyPath = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?\Z")
_YAML11_BOOLEAN = re.compile(r"(y|n|yes|no|on|off)\Z", re.IGNORECASE)
_MISSPELT_BOOLEAN = re.compile(r"(true|false|null)\Z", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}(-[0-9]{1,2}([Tt ].*)?)?\Z")
_ODD_NUMBER = re.compile(
    r"[-+]?(0[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|[0-9][0-9]*_[0-9_]*|[0-9]+(:[0-5]?[0-9])+"
    r"|\.inf|\.nan)\Z",
    re.IGNORECASE,
)


class Problem(NamedTuple):
    """One thing wrong with a file, at a place a person can go to (line and column from 1)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(slots=True)
class Document:
    """The value of a YAML text, where each part of it stands, and what is wrong with it."""

    file: str
    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Return line and column of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def report(self, path: KeyPath, message: str) -> None:
        """Add a problem at the place of `path`."""
        line, column = self.place(path)
        self.problems.append(Problem(self.file, line, column, message))


def read_document(file: Path, name: str | None = None) -> Document:
    """Read a YAML file; whatever is wrong with it stands in `problems`, nothing is raised."""
    label = name or file.as_posix()
    document = Document(label)
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        document.report((), f"cannot be read: {error.strerror or error}")
        return document
    if size > MAX_BYTES:
        document.report((), _too_large(size))
        return document
    return read_bytes(data, label)


def read_bytes(data: bytes, name: str) -> Document:
    """Read the bytes of a YAML file; `name` stands in problems instead of a file name."""
    document = Document(name)
    if len(data) > MAX_BYTES:
        document.report((), _too_large(len(data)))
        return document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        document.problems.append(Problem(name, line, 1, "is not UTF-8 text"))
        return document
    return read_text(text, name)


def _too_large(size: int) -> str:
    return f"is {size:,} bytes; the limit is {MAX_BYTES:,}"


def read_text(text: str, name: str) -> Document:
    """Read YAML text; `name` stands in problems instead of a file name."""
    document = Document(name)
    try:
        _Builder(document).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = error.problem or error.context or "cannot be parsed"
        document.problems.append(Problem(name, line, column, f"is not valid YAML: {what}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.problems.append(Problem(name, line, 1, f"is not valid YAML: {error.reason}"))
    except (yaml.YAMLError, _TooMuchError) as error:
        document.problems.append(Problem(name, 1, 1, str(error)))
    return document


class _TooMuchError(Exception):
    """The document is larger than any honest one."""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    value: Any
    anchor: str | None
    slot: str | int | None
    """Key or index of this container in the one around it."""
    key: str | None = None
    """In a mapping, the key whose value comes next."""

    @property
    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


class _Builder:
    """Builds values from parser events with a stack of its own, so that no depth can hurt."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.anchors: dict[str, Any] = {}
        self.count = 0
        self.stack: list[_Open] = []
        self.path: list[str | int] = []

    def build(self, text: str) -> None:
        finished = False
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent) and finished:
                self._problem(event, "holds a second document; use one file for each")
                return
            if isinstance(event, yaml.DocumentEndEvent):
                finished = True
            elif isinstance(event, yaml.ScalarEvent):
                self._add(event, self._scalar(event))
            elif isinstance(event, yaml.AliasEvent):
                self._add(event, self._alias(event))
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._open(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._close()

    def _open(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _TooMuchError(f"is nested deeper than {MAX_DEPTH} levels")
        if event.tag and not event.implicit:
            self._problem(event, f"uses the tag `{event.tag}`; tags are not allowed")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        slot = self._step_in(event)
        self.stack.append(_Open(value, event.anchor, slot))

    def _close(self) -> None:
        done = self.stack.pop()
        self._store(done.slot, done.value, done.anchor)

    def _add(self, event: Any, value: Any) -> None:
        if self.stack and self.stack[-1].wants_key:
            self._take_key(event, value)
        else:
            anchor = None if isinstance(event, yaml.AliasEvent) else event.anchor
            self._store(self._step_in(event), value, anchor)

    def _take_key(self, event: Any, value: Any) -> None:
        around = self.stack[-1]
        if isinstance(event, yaml.AliasEvent) or not isinstance(value, str):
            self._problem(event, "a key has to be text; put it in quotes")
            value = f"<key {len(around.value)}>"
        elif value == "<<" and not event.style:
            self._problem(event, "uses the merge key `<<`; write the keys out")
        if value in around.value:
            self._problem(event, f"the key `{value}` stands here twice")
        around.key = value
        self._mark((*self.path, value), event)

    def _step_in(self, event: Any) -> str | int | None:
        """Return the key or index that the value beginning here goes to, and step into it."""
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooMuchError(f"holds more than {MAX_VALUES:,} values")
        if not self.stack:
            self._mark((), event)
            return None
        around = self.stack[-1]
        slot: str | int
        if isinstance(around.value, list):
            slot = len(around.value)
            around.value.append(None)
        elif around.key is not None:
            slot, around.key = around.key, None
        else:
            self._problem(event, "a key has to be text, not a mapping or list")
            slot = around.key = f"<key {len(around.value)}>"
        self.path.append(slot)
        if isinstance(slot, int) or around.wants_key:
            self._mark(tuple(self.path), event, keep=True)
        return slot

    def _store(self, slot: str | int | None, value: Any, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = value
        if slot is None:
            self.document.value = value
            return
        self.stack[-1].value[slot] = value
        self.path.pop()

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            self._problem(
                event, f"the alias `*{event.anchor}` points at nothing finished before it"
            )
            return None
        value = self.anchors[event.anchor]
        self.count += _size(value, MAX_VALUES)
        return value

    def _mark(self, path: KeyPath, event: Any, *, keep: bool = False) -> None:
        """Remember where `path` stands: a key where it has one, else the value itself."""
        if keep and path in self.document.places:
            return
        mark = event.start_mark
        self.document.places[path] = (mark.line + 1, mark.column + 1)

    def _scalar(self, event: Any) -> Any:
        if event.tag and not event.implicit[0] and not event.implicit[1]:
            self._problem(event, f"uses the tag `{event.tag}`; tags are not allowed")
        if event.style or not event.implicit[0]:
            return event.value
        return self._plain(event, event.value)

    def _plain(self, event: Any, text: str) -> Any:
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.match(text) and len(text) < 19:
            return int(text)
        if _YAML11_BOOLEAN.match(text):
            self._problem(
                event, f'`{text}` is a boolean in YAML 1.1; write "{text}", true or false'
            )
        elif _MISSPELT_BOOLEAN.match(text):
            self._problem(event, f'`{text}`: write {text.lower()}, or "{text}" if text is meant')
        elif _DATE.match(text):
            self._problem(event, f'`{text}` is a date in YAML; write "{text}"')
        elif _ODD_NUMBER.match(text):
            self._problem(event, f'`{text}` is read as another number by YAML; write "{text}"')
        elif _FLOAT.match(text):
            return float(text)
        return text

    def _problem(self, event: Any, message: str) -> None:
        mark = event.start_mark
        place = Problem(self.document.file, mark.line + 1, mark.column + 1, message)
        self.document.problems.append(place)


def _size(value: Any, limit: int) -> int:
    """Count the values inside `value`, giving up at `limit`."""
    count, todo = 0, [value]
    while todo and count <= limit:
        item = todo.pop()
        count += 1
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return count

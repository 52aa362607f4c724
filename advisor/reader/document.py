"""A YAML document as plain values, with the place of each value.

Stricter than YAML 1.1 on purpose: words that YAML 1.1 turns into booleans, dates, octal and
base-60 numbers, repeated keys, merge keys, tags and exploding aliases are problems, because each
of them silently means something else than what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml

from advisor.files import read_bounded

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_VALUES = 400_000

KeyPath = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_ODD_NUMBER = r"[-+]?(0\d+|0x[\da-f]+|0o[0-7]+|0b[01]+|\d+_[\d_]*|\d+(:[0-5]?\d)+|\.inf|\.nan)"
_MISREAD = {
    r"y|n|yes|no|on|off": '`{text}` is a boolean in YAML 1.1. Write "{text}", true or false',
    r"true|false|null": '`{text}` is not lower case. Write {lower}, or "{text}" as text',
    r"\d{4}-\d\d?(-\d\d?(t.*| .*)?)?": '`{text}` is a date in YAML. Write "{text}"',
    _ODD_NUMBER: 'YAML reads `{text}` as another number. Write "{text}"',
}
"""Plain words that YAML 1.1 reads as something else than what was typed, and what to write."""

_PATTERNS = {re.compile(words, re.ASCII | re.IGNORECASE): words for words in _MISREAD}


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
    """The value of a YAML text, the place of each part of it, and the problems found.

    `places` has line and column by path. `moved` leads from the path of a part to the path where it
    was written, if they differ. `remarks` are problems that keep nothing from using the value,
    `warnings` are of keys of earlier releases.
    """

    settled: ClassVar[bool] = False
    """True if the file was found correct before, so that it need not be read for its value."""

    file: str
    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    moved: dict[KeyPath, KeyPath] = field(default_factory=dict)
    remarks: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Return line and column of the value at `path`, or of the nearest thing around it."""
        for end in range(len(path), 0, -1):
            if written := self.moved.get(path[:end]):
                path = (*written, *path[end:])
                break
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def whole(self) -> Document:
        """Return this document with its value and the places of all parts of it."""
        return self

    def report(self, path: KeyPath, message: str) -> None:
        """Add a problem at the place of `path`."""
        self.report_at(*self.place(path), message)

    def remark(self, path: KeyPath, message: str) -> None:
        """Add a remark at the place of `path`."""
        self.remarks.append(Problem(self.file, *self.place(path), message))

    def rename(self, path: KeyPath, key: str) -> None:
        """Rename the last key of `path` to `key` in `places`; the value stays as it is."""
        size = len(path)
        for each in [each for each in self.places if each[:size] == path]:
            self.places[(*path[:-1], key, *each[size:])] = self.places.pop(each)

    def report_all(self, problems: Iterable[tuple[KeyPath, str]]) -> None:
        """Add problems, each at the place of its path."""
        for path, message in problems:
            self.report(path, message)

    def report_at(self, line: int, column: int, message: str) -> None:
        """Add a problem at a line and column."""
        self.problems.append(Problem(self.file, line, column, message))


def read_document(file: Path, name: str | None = None, within: Path | None = None) -> Document:
    """Read a YAML file. Problems go into the document, and nothing is raised.

    With `within`, a file that a link puts outside that folder is unreadable.
    """
    label = name or file.as_posix()
    try:
        return read_bytes(read_bounded(file, MAX_BYTES, within=within), label)
    except OSError as error:
        return unreadable(label, error.strerror or str(error))


def unreadable(name: str, reason: str) -> Document:
    """Return a document whose only problem is that its file cannot be read."""
    document = Document(name)
    document.report((), f"cannot be read: {reason}")
    return document


def read_bytes(data: bytes, name: str) -> Document:
    """Read the bytes of a YAML file; `name` stands in problems instead of a file name."""
    document = Document(name)
    if len(data) > MAX_BYTES:
        document.report((), f"is {len(data):,} bytes, and the limit is {MAX_BYTES:,}")
        return document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.report_at(data.count(b"\n", 0, error.start) + 1, 1, "is not UTF-8 text")
        return document
    return read_text(text, name)


def read_text(text: str, name: str) -> Document:
    """Read YAML text; `name` stands in problems instead of a file name."""
    document = Document(name)
    try:
        _Builder(document, text).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = error.problem or error.context or "cannot be parsed"
        document.report_at(line, column, f"is not valid YAML: {what}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.report_at(line, 1, f"is not valid YAML: {error.reason}")
    except (yaml.YAMLError, _TooMuchError) as error:
        document.report_at(1, 1, str(error))
    return document


class _TooMuchError(Exception):
    """The document has more than MAX_VALUES values or MAX_DEPTH levels."""


class _Builder:
    """Builds values from parser events, one inside the other down to MAX_DEPTH."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def build(self) -> None:
        finished = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent) and finished:
                self._problem(
                    event, "has a second YAML document. Write each document into its own file"
                )
                return
            if isinstance(event, yaml.NodeEvent):
                self._mark((), event)
                self.document.value = self._value(event, ())
                finished = True

    def _value(self, event: Any, path: KeyPath) -> Any:
        """Return the value that begins with an event; all of its events are consumed."""
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooMuchError(f"has more than {MAX_VALUES:,} values")
        before = self.count
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                self._problem(event, f"the alias `*{event.anchor}` refers to no earlier anchor")
                return None
            value, size = self.anchors[event.anchor]
            self.count += size
            return value
        scalar = isinstance(event, yaml.ScalarEvent)
        value = self._scalar(event) if scalar else self._collection(event, path)
        if event.anchor:
            self.anchors[event.anchor] = value, self.count - before
        return value

    def _collection(self, event: Any, path: KeyPath) -> dict[str, Any] | list[Any]:
        if len(path) >= MAX_DEPTH:
            raise _TooMuchError(f"is nested deeper than {MAX_DEPTH} levels")
        if event.tag and not event.implicit:
            self._problem(event, f"uses the tag `{event.tag}`. Tags are not allowed")
        if isinstance(event, yaml.SequenceStartEvent):
            members: list[Any] = []
            for inner in self._until(yaml.SequenceEndEvent):
                place = (*path, len(members))
                self._mark(place, inner)
                members.append(self._value(inner, place))
            return members
        mapping: dict[str, Any] = {}
        for inner in self._until(yaml.MappingEndEvent):
            key = self._key(inner, mapping, path)
            mapping[key] = self._value(next(self.events), (*path, key))
        return mapping

    def _until(self, end: type) -> Iterator[Any]:
        """Yield the first event of each member of a collection."""
        for event in self.events:
            if isinstance(event, end):
                return
            yield event

    def _key(self, event: Any, mapping: dict[str, Any], path: KeyPath) -> str:
        """Return the text of a key; report a key that is no text, is `<<` or appears twice."""
        key = f"<key {len(mapping)}>"
        if isinstance(event, yaml.CollectionStartEvent):
            self._problem(event, "a key must be text, not a mapping or list")
            self._value(event, (*path, key))
        elif isinstance(event, yaml.AliasEvent) or not isinstance(self._scalar(event), str):
            self._problem(event, "a key must be text. Put the key in quotes")
        else:
            key = event.value
            if key == "<<" and not event.style:
                self._problem(event, "uses the merge key `<<`. Write the keys out")
        if key in mapping:
            self._problem(event, f"the key `{key}` appears twice")
        self._mark((*path, key), event)
        return key

    def _mark(self, path: KeyPath, event: Any) -> None:
        """Store line and column of a path: those of its key, or of the value of a list member."""
        self.document.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _scalar(self, event: Any) -> Any:
        if event.tag and not any(event.implicit):
            self._problem(event, f"uses the tag `{event.tag}`, but tags are not allowed")
        text = event.value
        if "\0" in text:
            self._problem(event, "has a NUL character, which is not allowed")
        if event.style or not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text) and len(text) < 19:
            return int(text)
        for pattern, words in _PATTERNS.items():
            if pattern.fullmatch(text):
                self._problem(event, _MISREAD[words].format(text=text, lower=text.lower()))
                return text
        return float(text) if _FLOAT.match(text) else text

    def _problem(self, event: Any, message: str) -> None:
        mark = event.start_mark
        self.document.report_at(mark.line + 1, mark.column + 1, message)

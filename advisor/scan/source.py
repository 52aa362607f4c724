"""The text of a file and the places in it, for Python files and for the cells of notebooks."""

from __future__ import annotations

import ast
import bisect
import io
import tokenize
import warnings
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, Protocol

from advisor.scan.usage import FileNote, Location


class Spot(NamedTuple):
    """Where a character stands in a file, counted from 1, and in which cell of a notebook."""

    line: int
    column: int
    cell: int | None = None
    cell_line: int | None = None


class Lines(Protocol):
    """Where lines of parsed text stand in the file."""

    text: list[str]

    def spot(self, line: int, characters: int) -> Spot:
        """Return where the character after `characters` of a line (from 1) stands."""
        ...


class PlainLines:
    """The lines of a Python file: they stand where they stand."""

    def __init__(self, text: str) -> None:
        self.text = text.split("\n")

    def spot(self, line: int, characters: int) -> Spot:
        """Return the same line, and columns from 1."""
        return Spot(line, characters + 1)


class Parsed(NamedTuple):
    """A file as a syntax tree, with its lines. `notes` tell what of it could not be parsed."""

    name: str
    tree: ast.Module
    lines: Lines
    notes: tuple[FileNote, ...] = ()

    def location(self, node: ast.AST) -> Location:
        """Return where an expression or statement stands; `ast` counts columns in bytes."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end_column = getattr(node, "end_col_offset", None)
        return self.between(
            (line, self._characters(line, column)),
            (end_line, self._characters(end_line, column if end_column is None else end_column)),
        )

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Location:
        """Return the location between two lines with the characters before in each."""
        first, last = self.lines.spot(*start), self.lines.spot(*end)
        return Location(
            path=self.name,
            line=first.line,
            column=first.column,
            end_line=last.line,
            end_column=last.column,
            cell=first.cell,
            cell_line=first.cell_line,
        )

    def _characters(self, line: int, column: int) -> int:
        text = self.lines.text[line - 1] if 0 < line <= len(self.lines.text) else ""
        return column if text.isascii() else bisect.bisect_right(_bytes_before(text), column) - 1


@lru_cache(maxsize=64)
def _bytes_before(text: str) -> list[int]:
    """How many bytes stand before each character of a line, and before its end."""
    return [0, *accumulate(len(character.encode()) for character in text)]


class UnreadableError(Exception):
    """A file cannot be parsed; `note` says why."""

    def __init__(self, note: FileNote) -> None:
        super().__init__(note.message)
        self.note = note


def decode(data: bytes, name: str) -> str:
    """Return the text of a Python file, in the encoding it declares (PEP 263).

    Raises UnreadableError where the encoding is unknown, or the bytes do not follow it.
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UnreadableError(FileNote(name, line, "holds a NUL byte, so it is not Python text"))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except SyntaxError as error:
        raise UnreadableError(FileNote(name, 1, f"has no readable encoding: {error.msg}")) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not {error.encoding} text"
        raise UnreadableError(FileNote(name, line, message)) from None
    except (LookupError, ValueError) as error:
        raise UnreadableError(FileNote(name, 1, f"has no readable encoding: {error}")) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text of a file that has to be UTF-8. Raises UnreadableError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(FileNote(name, line, "is not UTF-8 text")) from None


def parse(text: str, name: str) -> ast.Module:
    """Return the tree of a Python text. Raises UnreadableError; nothing is ever run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(FileNote(name, error.lineno or 1, _complaint(error))) from None
    except (RecursionError, MemoryError):
        raise UnreadableError(FileNote(name, None, "is nested too deeply to be parsed")) from None
    except ValueError as error:
        raise UnreadableError(FileNote(name, None, f"cannot be parsed: {error}")) from None


def _complaint(error: SyntaxError) -> str:
    reason = error.msg.partition(". Did you mean")[0]
    if "print" in reason or "exec" in reason or "multiple exception types" in reason:
        return "is written for Python 2"
    return f"cannot be parsed: {reason[:1].lower()}{reason[1:]}"


def parse_python(data: bytes, name: str) -> Parsed:
    """Return a Python file as a tree. Raises UnreadableError."""
    text = decode(data, name)
    return Parsed(name, parse(text, name), PlainLines(text))

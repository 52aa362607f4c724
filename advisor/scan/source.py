"""The text of a file and the places in it, for Python files and for the cells of notebooks."""

from __future__ import annotations

import ast
import bisect
import io
import tokenize
import warnings
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from advisor.scan.usage import FileNote, Location


class Spot(NamedTuple):
    """Where a character stands in a file, counted from 1, and in which cell of a notebook."""

    line: int
    column: int
    cell: int | None = None
    cell_line: int | None = None


class Parsed(NamedTuple):
    """A file as a syntax tree, with its lines.

    `spot` tells where the character after some characters of a line (from 1) stands in the file,
    and `notes` what of it could not be parsed.
    """

    name: str
    tree: ast.Module
    lines: list[str]
    spot: Callable[[int, int], Spot] = lambda line, characters: Spot(line, characters + 1)
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
        first, last = self.spot(*start), self.spot(*end)
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
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return column if text.isascii() else bisect.bisect_right(_bytes_before(text), column) - 1


@lru_cache(maxsize=64)
def _bytes_before(text: str) -> list[int]:
    """How many bytes stand before each character of a line, and before its end."""
    return [0, *accumulate(len(character.encode()) for character in text)]


class UnreadableError(Exception):
    """A file cannot be parsed; `note` says why."""

    def __init__(self, name: str, line: int | None, message: str) -> None:
        super().__init__(message)
        self.note = FileNote(name, line, message)


def decode(data: bytes, name: str) -> str:
    """Return the text of a Python file, in the encoding it declares (PEP 263).

    Raises UnreadableError where the encoding is unknown, or the bytes do not follow it.
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UnreadableError(name, line, "holds a NUL byte, so it is not Python text")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(name, line, f"is not {error.encoding} text") from None
    except (SyntaxError, LookupError, ValueError) as error:
        message = f"has no readable encoding: {getattr(error, 'msg', error)}"
        raise UnreadableError(name, 1, message) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text of a file that has to be UTF-8. Raises UnreadableError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(name, line, "is not UTF-8 text") from None


def parse(text: str, name: str) -> ast.Module:
    """Return the tree of a Python text. Raises UnreadableError; nothing is ever run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(name, error.lineno or 1, _complaint(error.msg)) from None
    except (RecursionError, MemoryError):
        raise UnreadableError(name, None, "is nested too deeply to be parsed") from None
    except ValueError as error:
        raise UnreadableError(name, None, f"cannot be parsed: {error}") from None


def _complaint(message: str) -> str:
    reason = message.partition(". Did you mean")[0]
    if any(word in reason for word in ("print", "exec", "multiple exception types")):
        return "is written for Python 2"
    return f"cannot be parsed: {reason[:1].lower()}{reason[1:]}"


def parse_python(data: bytes, name: str) -> Parsed:
    """Return a Python file as a tree. Raises UnreadableError."""
    text = decode(data, name)
    return Parsed(name, parse(text, name), text.split("\n"))

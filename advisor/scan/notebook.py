"""A notebook as one Python text: its code cells in order, magics taken out.

The file is walked with places kept, so that a line of a cell is known by its line and column in
the `.ipynb` file itself, where an editor, SARIF and GitHub look for it.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from advisor.scan.magics import python_lines
from advisor.scan.source import Parsed, Spot, UnreadableError, parse
from advisor.scan.usage import FileNote

_DECODER = json.JSONDecoder(parse_int=float)  # an integer may have more digits than Python reads
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_WORTH_A_NOTE = re.compile(r"from_pretrained|transformers|pipeline|open_clip|clip\.load")
"""A cell without any of these loads nothing, so that nothing is lost where it cannot be read."""
_FIRST_OF_PAIR = re.compile(r"\\u[dD][89abAB]")
_BREAKS = re.compile(r"[\r\n\f]")


class _Line(NamedTuple):
    """A line of a cell: its text, and the offset in the file where its characters begin."""

    text: str
    offset: int


class _Cell(NamedTuple):
    """A code cell: its number among all cells, from 1, and its lines."""

    number: int
    lines: list[_Line]


class NotebookLines:
    """The lines of all code cells, one after the other, and where they stand in the file."""

    def __init__(self, file: str) -> None:
        self.text: list[str] = []
        self._file = file
        self._starts = [0, *(found.end() for found in re.finditer("\n", file))]
        self._lines: list[tuple[_Line, int, int]] = []

    def add(self, cell: _Cell, text: list[str]) -> None:
        """Append the lines of a cell; `text` is what of it is parsed."""
        self.text.extend(text)
        self._lines.extend((line, cell.number, at + 1) for at, line in enumerate(cell.lines))

    def spot(self, line: int, characters: int) -> Spot:
        """Return where a character of a line stands in the file, and in which cell."""
        if not self._lines:
            return Spot(1, 1)
        found, cell, cell_line = self._lines[min(line, len(self._lines)) - 1]
        offset = self._behind(found.offset, characters)
        row = bisect.bisect_right(self._starts, offset) - 1
        return Spot(row + 1, offset - self._starts[row] + 1, cell, cell_line)

    def _behind(self, offset: int, characters: int) -> int:
        """Step over characters of a JSON text, an escape being one (two for a surrogate pair)."""
        for _ in range(characters):
            found = _ESCAPE.match(self._file, offset)
            if found is None:
                if offset >= len(self._file) or self._file[offset] == '"':
                    break
                offset += 1
            else:
                offset = found.end()
                if _FIRST_OF_PAIR.match(found[0]) and (pair := _ESCAPE.match(self._file, offset)):
                    offset = pair.end()
        return offset


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with a note for each cell that is no Python.

    Raises UnreadableError where the file is no notebook. One in another language has no code.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(FileNote(name, line, "is not UTF-8 text")) from None
    try:
        cells, language = _read(text)
    except JSONDecodeError as error:
        note = FileNote(
            name, error.lineno, f"is not a notebook: {error.msg[:1].lower()}{error.msg[1:]}"
        )
        raise UnreadableError(note) from None
    except RecursionError:
        note = FileNote(name, None, "is nested too deeply to be parsed")
        raise UnreadableError(note) from None
    except ValueError as error:
        raise UnreadableError(FileNote(name, None, f"is not a notebook: {error}")) from None
    lines = NotebookLines(text)
    body: list[ast.stmt] = []
    notes = []
    for cell in cells if language in (None, "python", "python3", "ipython") else []:
        code = python_lines([line.text for line in cell.lines])
        before = len(lines.text)
        lines.add(cell, code)
        try:
            body.extend(parse("\n" * before + "\n".join(code), name).body)
        except UnreadableError as error:
            if not _WORTH_A_NOTE.search("\n".join(code)):
                continue
            at = error.note.line
            spot = lines.spot(at, 0) if at and before < at <= len(lines.text) else None
            message = f"cell {cell.number} {error.note.message}"
            notes.append(FileNote(name, spot.line if spot else None, message))
    return Parsed(name, ast.Module(body, []), lines, tuple(notes))


def _read(text: str) -> tuple[list[_Cell], str | None]:
    """Return the code cells and the language of a notebook."""
    cells: list[_Cell] | None = None
    language = None
    for key, at in _members(text, _skip(text, 0)):
        if key == "cells":
            cells = _cells(text, at)
        elif key == "metadata":
            language = _language(_DECODER.raw_decode(text, at)[0])
        elif key == "worksheets" and cells is None:
            raise ValueError("its format is older than 4; open and save it once")
    if cells is None:
        raise ValueError("it has no cells")
    return cells, language


def _language(metadata: Any) -> str | None:
    if not isinstance(metadata, dict):
        return None
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key)
        if isinstance(part, dict) and isinstance(part.get(name), str):
            return str(part[name]).lower()
    return None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _members(text: str, at: int) -> Any:
    """Yield key and offset of the value for each member of the JSON object at an offset."""
    if text[at : at + 1] != "{":
        raise JSONDecodeError("Expecting an object", text, at)
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise JSONDecodeError("Expecting a key", text, at)
        key, at = scanstring(text, at + 1, False)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise JSONDecodeError("Expecting a colon", text, at)
        at = _skip(text, at + 1)
        yield key, at
        at = _separator(text, _DECODER.raw_decode(text, at)[1], "}")


def _elements(text: str, at: int) -> Any:
    """Yield the offset of each element of the JSON list at an offset."""
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        yield at
        at = _separator(text, _DECODER.raw_decode(text, at)[1], "]")


def _separator(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != closing:
        raise JSONDecodeError("Expecting a comma", text, at)
    return at


def _cells(text: str, at: int) -> list[_Cell]:
    if text[at : at + 1] != "[":
        raise JSONDecodeError("Expecting a list of cells", text, at)
    found = []
    for number, start in enumerate(_elements(text, at), 1):
        kind, source = None, None
        for key, value in _members(text, start):
            if key == "cell_type":
                kind = _DECODER.raw_decode(text, value)[0]
            elif key == "source":
                source = value
        if kind == "code" and source is not None:
            found.append(_Cell(number, _source(text, source)))
    return found


def _source(text: str, at: int) -> list[_Line]:
    """Return the lines of a cell's source: one JSON text, or a list of them."""
    chunks = list(_elements(text, at)) if text[at : at + 1] == "[" else [at]
    lines: list[_Line] = []
    open_line: _Line | None = None
    for chunk in chunks:
        if text[chunk : chunk + 1] != '"':
            raise JSONDecodeError("Expecting text", text, chunk)
        _, end = scanstring(text, chunk + 1, False)
        starts = [chunk + 1]
        starts += [e.end() for e in _ESCAPE.finditer(text, chunk + 1, end - 1) if e[0] == "\\n"]
        stops = [*starts[1:], end - 1]
        for start, stop in zip(starts, stops, strict=True):
            piece = json.loads(f'"{text[start:stop]}"', strict=False)
            if open_line is None and not piece:
                continue  # behind the line feed that ends a text of the list
            if open_line is None:
                open_line = _Line("", start)
            open_line = open_line._replace(text=open_line.text + piece)
            if piece.endswith("\n"):
                lines.append(open_line._replace(text=open_line.text.rstrip("\r\n")))
                open_line = None
    if open_line is not None and open_line.text:
        lines.append(open_line)
    return [line._replace(text=_BREAKS.sub(" ", line.text)) for line in lines]

"""A notebook as one Python text: its code cells in order, magics and shell commands taken out.

The file is walked with offsets kept, so that a line of a cell is known by its line and column in
the `.ipynb` file itself, where an editor, SARIF and GitHub look for it.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from advisor.scan.source import Parsed, Spot, UnreadableError, decode_utf8, parse
from advisor.scan.usage import FileNote

_DECODER = json.JSONDecoder(parse_int=float)  # an integer may have more digits than Python reads
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CHARACTER = re.compile(r"\\u[dD][89abAB]..(?:\\u[dD][c-fC-F]..)?|\\u....|\\.|[^\\]", re.DOTALL)
"""One character of the text, as the file has it: itself, an escape, or a pair of surrogates."""
_WORTH_A_NOTE = re.compile(r"from_pretrained|transformers|pipeline|open_clip|clip\.load")
"""A cell without any of these loads nothing, so that nothing is lost where it cannot be read."""
_BREAKS = re.compile(r"[\r\n\f]")
_LANGUAGES = (None, "python", "python3", "ipython")

_MAGIC = re.compile(
    r"(?P<indent>\s*+)(?:[%!?]|[\w.]++\?{1,2}\s*+\Z|(?:pip3?|conda|mamba) install\b)"
)
_MAGIC_VALUE = re.compile(r"(?P<target>[\w.,\s]++=\s*+)[%!]\S")
_PYTHON_CELLS = re.compile(r"%%(?:time|timeit|capture|prun|chime|memit)\b")
_QUOTES = ('"""', "'''")
_TOKEN = re.compile(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#.*|(?P<opens>[(\[{])|(?P<closes>[)\]}])"
)
_ENDS = {quote: re.compile(rf"(?:\\.|[^\\])*?{quote}") for quote in _QUOTES}


class _Line(NamedTuple):
    """A line of a code cell, and the stretches of the file that hold its characters."""

    text: str
    stretches: list[tuple[int, int]]
    cell: int
    cell_line: int


class NotebookLines:
    """The lines of all code cells, one after the other, and where they stand in the file."""

    def __init__(self, file: str) -> None:
        self.text: list[str] = []
        self._file = file
        self._starts = [0, *(feed.end() for feed in re.finditer("\n", file))]
        self._lines: list[_Line] = []
        self._offsets: dict[int, list[int]] = {}

    def add(self, lines: list[_Line], text: list[str]) -> None:
        """Append the lines of a cell; `text` is what of it is parsed."""
        self.text.extend(text)
        self._lines.extend(lines)

    def spot(self, line: int, characters: int) -> Spot:
        """Return where a character of a line stands in the file, and in which cell."""
        if not self._lines:
            return Spot(1, 1)
        number = min(line, len(self._lines)) - 1
        if number not in self._offsets:
            self._offsets[number] = self._characters(self._lines[number].stretches)
        offsets = self._offsets[number]
        offset = offsets[min(characters, len(offsets) - 1)]
        row = bisect.bisect_right(self._starts, offset) - 1
        _, _, cell, cell_line = self._lines[number]
        return Spot(row + 1, offset - self._starts[row] + 1, cell, cell_line)

    def _characters(self, stretches: list[tuple[int, int]]) -> list[int]:
        """The offsets of all characters of a line, and of its end."""
        starts = [
            character.start()
            for start, stop in stretches
            for character in _CHARACTER.finditer(self._file, start, stop)
        ]
        return [*starts, stretches[-1][1]]


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with a note for each cell that is no Python.

    Raises UnreadableError where the file is no notebook. One in another language has no code.
    """
    text = decode_utf8(data, name)
    try:
        cells, language = _read(text)
    except JSONDecodeError as error:
        message = f"is not a notebook: {error.msg[:1].lower()}{error.msg[1:]}"
        raise UnreadableError(FileNote(name, error.lineno, message)) from None
    except RecursionError:
        note = FileNote(name, None, "is nested too deeply to be parsed")
        raise UnreadableError(note) from None
    except ValueError as error:
        raise UnreadableError(FileNote(name, None, f"is not a notebook: {error}")) from None
    lines = NotebookLines(text)
    body: list[ast.stmt] = []
    notes = []
    for cell in cells if language in _LANGUAGES else []:
        code = _python_lines([line.text for line in cell])
        before = len(lines.text)
        lines.add(cell, code)
        try:
            body.extend(parse("\n" * before + "\n".join(code), name).body)
        except UnreadableError as error:
            if _WORTH_A_NOTE.search("\n".join(code)):
                at = error.note.line
                inside = at and before < at <= len(lines.text)
                line = lines.spot(at, 0).line if at and inside else None
                notes.append(FileNote(name, line, f"cell {cell[0].cell} {error.note.message}"))
    return Parsed(name, ast.Module(body, []), lines, tuple(notes))


def _read(text: str) -> tuple[list[list[_Line]], str | None]:
    """Return the lines of the code cells, and the language of a notebook."""
    cells: list[list[_Line]] | None = None
    language = None
    for key, at in _items(text, _skip(text, 0), "{}"):
        if key == "cells":
            items = enumerate(_items(text, at, "[]"), 1)
            cells = [_cell(text, start, number) for number, (_, start) in items]
        elif key == "metadata":
            language = _language(_DECODER.raw_decode(text, at)[0])
        elif key == "worksheets" and cells is None:
            raise ValueError("its format is older than 4; open and save it once")
    if cells is None:
        raise ValueError("it has no cells")
    return [cell for cell in cells if cell], language


def _language(metadata: Any) -> str | None:
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(part, dict) and isinstance(part.get(name), str):
            return str(part[name]).lower()
    return None


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _items(text: str, at: int, brackets: str) -> Iterator[tuple[str | None, int]]:
    """Yield the key, if any, and the offset of each value of the object or list at an offset."""
    opening, closing = brackets[0], brackets[1]
    _expect(text, at, opening, "an object" if opening == "{" else "a list of cells")
    at = _skip(text, at + 1)
    while text[at : at + 1] != closing:
        key = None
        if opening == "{":
            _expect(text, at, '"', "a key")
            key, at = scanstring(text, at + 1, False)
            at = _skip(text, at)
            _expect(text, at, ":", "a colon")
            at = _skip(text, at + 1)
        yield key, at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        if text[at : at + 1] != closing:
            _expect(text, at, ",", "a comma")
            at = _skip(text, at + 1)


def _expect(text: str, at: int, mark: str, what: str) -> None:
    if text[at : at + 1] != mark:
        raise JSONDecodeError(f"Expecting {what}", text, at)


def _cell(text: str, at: int, number: int) -> list[_Line]:
    """Return the lines of a cell, by its number among all cells; none where it is not code."""
    members = dict(_items(text, at, "{}"))
    kind, source = members.get("cell_type"), members.get("source")
    if kind is None or source is None or _DECODER.raw_decode(text, kind)[0] != "code":
        return []
    lines = []
    for cell_line, stretches in enumerate(_stretches(text, source), 1):
        pieces = (json.loads(f'"{text[start:stop]}"', strict=False) for start, stop in stretches)
        line = _BREAKS.sub(" ", "".join(pieces).rstrip("\r\n"))
        lines.append(_Line(line, stretches, number, cell_line))
    return lines if lines[-1].text else lines[:-1]


def _stretches(text: str, at: int) -> list[list[tuple[int, int]]]:
    """Return where each line of a source stands, which is one JSON text or a list of them."""
    is_list = text[at : at + 1] == "["
    lines: list[list[tuple[int, int]]] = [[]]
    for chunk in [start for _, start in _items(text, at, "[]")] if is_list else [at]:
        _expect(text, chunk, '"', "text")
        start, end = chunk + 1, scanstring(text, chunk + 1, False)[1] - 1
        for escape in _ESCAPE.finditer(text, start, end):
            if escape[0] == "\\n":
                lines[-1].append((start, escape.start()))
                lines.append([])
                start = escape.end()
        lines[-1].append((start, end))
    return lines


def _python_lines(lines: list[str]) -> list[str]:
    """Return the lines of a cell as Python: magics replaced by nothing that matters.

    A cell that is Python as it stands is left alone, and so is every line that goes on with a
    statement: `% name` below an open bracket divides, or formats a text.
    """
    plain = _without_magics(lines)
    if plain == lines:
        return lines
    try:
        parse("\n".join(lines), "")
    except UnreadableError:
        return plain
    return lines


def _without_magics(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "").strip()
    if first.startswith("%%"):
        if not _PYTHON_CELLS.match(first):
            return [""] * len(lines)
        at = next(number for number, line in enumerate(lines) if line.strip())
        lines = [*lines[:at], "", *lines[at + 1 :]]
    out: list[str] = []
    magic_goes_on = False
    statement = _Statement()
    for line in lines:
        goes_on = line.rstrip().endswith("\\")
        if magic_goes_on:
            out.append("")
        elif not statement.open and (magic := _MAGIC.match(line)) is not None:
            out.append(f"{magic['indent']}pass")
        elif not statement.open and (magic := _MAGIC_VALUE.match(line)) is not None:
            out.append(f"{magic['target']}None")
        else:
            out.append(line)
            statement.read(line)
            continue
        magic_goes_on = goes_on
    return out


class _Statement:
    """Whether the lines read so far leave a statement open: a bracket, a text, a backslash."""

    def __init__(self) -> None:
        self._brackets = 0
        self._quote = ""
        self._backslash = False

    @property
    def open(self) -> bool:
        return bool(self._brackets or self._quote or self._backslash)

    def read(self, line: str) -> None:
        self._backslash = line.endswith("\\")
        at = 0
        while True:
            if self._quote:
                end = _ENDS[self._quote].match(line, at)
                if end is None:
                    return
                self._quote, at = "", end.end()
            token = _TOKEN.search(line, at)
            if token is None:
                return
            at = token.end()
            if token[0] in _QUOTES:
                self._quote = token[0]
            elif token["opens"]:
                self._brackets += 1
            elif token["closes"]:
                self._brackets = max(0, self._brackets - 1)

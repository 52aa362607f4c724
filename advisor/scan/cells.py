"""The code cells of a notebook: their lines, and where each stands in the file.

The file is read with offsets kept, so that a line of a cell is known by its line and column in
the `.ipynb` file itself, where an editor, SARIF and GitHub look for it.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from advisor.scan.source import Spot, UnreadableError, decode_utf8

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LINE_FEEDS = ("\\n", "\\u000a", "\\u000A")
_RETURNS = ("\\r", "\\u000d", "\\u000D")
_LINE_END = re.compile(r"\n|\r(?!\n)")
"""As Python ends lines; what stands before a line feed is no end of its own."""
_ESCAPED = re.compile(r"\\u[dD][89abAB]..(?:\\u[dD][c-fC-F]..)?|\\u....|\\.", re.DOTALL)
"""One character of the text that is written as an escape, or as a pair of surrogates."""
_SOURCE = '"source"'
_COLON = re.compile(r"\s*:\s*")
_OPENS = re.compile(r"[\s,\[]*\"")
_BREAKS = re.compile(r"[\r\n\f]")
_LANGUAGES = ("py", "python", "python3", "ipython")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which Python source cannot hold; Jupyter shows it as a box."""


class PlacedText(str):
    """A text of the file, and where in it its characters are written."""

    __slots__ = ("start", "stop")
    start: int
    stop: int


def _text_at(file: str, start: int, strict: bool) -> tuple[PlacedText, int]:
    decoded, end = scanstring(file, start, strict)
    text = PlacedText(decoded)
    text.start, text.stop = start, end - 1
    return text, end


class _Decoder(json.JSONDecoder):
    """Reads JSON whose texts know where they stand; integers may have any number of digits."""

    def __init__(self) -> None:
        super().__init__(parse_int=float)
        self.parse_string = _text_at
        self.scan_once = py_make_scanner(self)


_DECODER = _Decoder()


class Line(NamedTuple):
    """A line of a code cell, and the stretches of the file that hold its characters."""

    text: str
    stretches: list[tuple[int, int]]
    cell: int
    cell_line: int


class Cells(NamedTuple):
    """The text of a notebook and the lines of its code cells; `other` is 1 for other languages."""

    file: str
    cells: list[list[Line]]
    other: int

    @property
    def lines(self) -> list[Line]:
        """The lines of all cells."""
        return [line for cell in self.cells for line in cell]

    def spot(self) -> Callable[[int, int], Spot]:
        """Return what tells where a character of a line of the code stands in the file."""
        return _spots(self.file, self.lines)


def read_cells(data: bytes, name: str, notebook: Any = None) -> Cells:
    """Return the code cells of a notebook, which may be given as JSON gives it.

    Raises UnreadableError where the file is none.
    """
    file = decode_utf8(data, name)
    try:
        cells, other = _code_cells(file, notebook)
    except RecursionError:
        raise UnreadableError(name, None, "is nested too deeply to be parsed") from None
    except ValueError as error:
        line, message = getattr(error, "lineno", None), getattr(error, "msg", str(error))
        message = f"is not a notebook: {message[:1].lower()}{message[1:]}"
        raise UnreadableError(name, line, message) from None
    return Cells(file, cells, other)


def _spots(file: str, lines: list[Line]) -> Callable[[int, int], Spot]:
    """Tell where a character of a line stands in the file, and in which cell."""
    rows = iter(_rows(file, [start for line in lines for start, _ in line.stretches]))
    rows_of = [[next(rows) for _ in line.stretches] for line in lines]

    @cache
    def runs(number: int) -> tuple[list[int], list[Spot], int]:
        """The characters of a line from which on those of the file follow one by one.

        Each by its place in the line and in the file; and the length of the line.
        """
        characters, spots, at = [], [], 0
        _, stretches, cell, cell_line = lines[number]
        for (start, stop), (row, begin) in zip(stretches, rows_of[number], strict=True):
            characters.append(at)
            spots.append(Spot(row, start - begin + 1, cell, cell_line))
            for escape in _ESCAPED.finditer(file, start, stop):
                characters.append(characters[-1] + escape.start() - start + 1)
                start = escape.end()
                spots.append(Spot(row, start - begin + 1, cell, cell_line))
            at = characters[-1] + stop - start
        return characters, spots, at

    def spot(line: int, characters: int) -> Spot:
        firsts, spots, length = runs(min(line, len(lines)) - 1)
        characters = min(characters, length)
        run = bisect.bisect_right(firsts, characters) - 1
        row, column, cell, cell_line = spots[run]
        return Spot(row, column + characters - firsts[run], cell, cell_line)

    return spot


def _rows(file: str, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the row of each place in a file, and where that row begins; places come in order."""
    row, begin, at = 1, 0, 0
    for offset in offsets:
        row += file.count("\n", at, offset)
        begin = max(begin, file.rfind("\n", at, offset) + 1)
        at = offset
        yield row, begin


def _code_cells(file: str, notebook: Any) -> tuple[list[list[Line]], int]:
    """Return the lines of each code cell, and 1 where the notebook is not in Python, else 0."""
    at = len(file) - len(file.lstrip(" \t\r\n"))
    if file[at : at + 1] != "{":
        raise JSONDecodeError("Expecting an object", file, at)
    notebook = _with_places(file, notebook) or _DECODER.raw_decode(file, at)[0]
    if "worksheets" in notebook:
        raise ValueError("its format is older than 4; open and save it once")
    if "cells" not in notebook:
        raise ValueError("it has no cells")
    cells = notebook["cells"]
    if not isinstance(cells, list):
        raise ValueError("expecting a list of cells")  # noqa: TRY004
    lines = [_cell(file, cell, number) for number, cell in enumerate(cells, 1)]
    if not _is_python(notebook.get("metadata")):
        return [], 1
    return [cell for cell in lines if cell], 0


def _with_places(file: str, notebook: Any) -> dict[str, Any] | None:
    """Return a notebook in which only the sources of cells know where they stand.

    What is in between, pictures for the most part, is read much faster so. None where the file is
    not as notebooks are.
    """
    try:
        notebook = notebook or json.loads(file)
        cells, at = notebook["cells"], 0
        for cell in cells:
            source, placed = cell["source"], None
            while placed is None:
                at = _next_source(file, at)
                if at < 0:
                    return None
                placed, at = _placed(file, at, source)
            cell["source"] = placed
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        return None
    return notebook if isinstance(notebook, dict) else None


def _next_source(file: str, at: int) -> int:
    """Where what may be the source of a cell begins, from some place on; -1 where there is none."""
    while (at := file.find(_SOURCE, at)) >= 0:
        colon = _COLON.match(file, at + len(_SOURCE))
        if colon and file[at - 1] != "\\":
            return colon.end()
        at += len(_SOURCE)
    return -1


def _placed(file: str, at: int, source: Any) -> tuple[list[PlacedText] | PlacedText | None, int]:
    """A source with the places of its texts, if it stands here, and where to look on."""
    texts: list[PlacedText] = []
    for text in source if isinstance(source, list) else [source]:
        opens = _OPENS.match(file, at)
        if opens is None:
            return None, at
        placed, at = _text_at(file, opens.end(), True)
        if placed != text:
            return None, opens.end()
        texts.append(placed)
    return (texts if isinstance(source, list) else texts[0]), at


def _is_python(metadata: Any) -> bool:
    """True where anything says that a notebook is Python, or nothing what it is.

    Jupyter starts a kernel by its name, whatever language it is said to be.
    """
    match metadata:
        case {"kernelspec": {"name": str(name)}} if name.lower().startswith("python"):
            return True
    said = []
    match metadata:
        case {"language_info": {"name": str(name)}}:
            said.append(name)
    match metadata:
        case {"kernelspec": {"language": str(name)}}:
            said.append(name)
    return not said or any(name.lower() in _LANGUAGES for name in said)


def _cell(file: str, cell: Any, number: int) -> list[Line]:
    """Return the lines of a cell, by its number among all cells; none where it is not code."""
    if not isinstance(cell, dict):
        raise ValueError("expecting an object")  # noqa: TRY004
    if cell.get("cell_type") != "code":
        return []
    lines = [
        Line(text if text.isprintable() else _printable(text), stretches, number, n)
        for n, (text, stretches) in enumerate(_written_lines(file, cell.get("source", [])), 1)
    ]
    return lines if lines[-1].text else lines[:-1]


def _printable(text: str) -> str:
    """A line without what Python source does not hold, or takes for the end of a line."""
    return _SURROGATE.sub("\ufffd", _BREAKS.sub(" ", text.rstrip("\r\n")))


def _written_lines(file: str, source: Any) -> list[tuple[str, list[tuple[int, int]]]]:
    """Return each line of a source, which is one text or a list of them, and where it stands."""
    lines: list[tuple[str, list[tuple[int, int]]]] = [("", [])]
    for text in source if isinstance(source, list) else [source]:
        if not isinstance(text, PlacedText):
            raise ValueError("expecting text")  # noqa: TRY004
        stretches, start = [], text.start
        if file.count("\\", start, text.stop) == 1 and file.startswith("\\n", text.stop - 2):
            before, at = lines[-1]  # as nearly all lines are written
            lines[-1] = (before + text[:-1], [*at, (start, text.stop - 2)])
            lines.append(("", []))
            ends = (text.stop, text.stop)
            lines[-1][1].append(ends)
            continue
        for escape in _ESCAPE.finditer(file, start, text.stop):
            alone = escape[0] in _RETURNS and not file.startswith(_LINE_FEEDS, escape.end())
            if alone or escape[0] in _LINE_FEEDS:
                stretches.append((start, escape.start()))
                start = escape.end()
        stretches.append((start, text.stop))
        pieces = _LINE_END.split(text)
        before, at = lines[-1]
        lines[-1] = (before + pieces[0], [*at, stretches[0]])
        lines += ((piece, [one]) for piece, one in zip(pieces[1:], stretches[1:], strict=True))
    return lines


def code_of_notebook(data: bytes) -> str | None:
    """Return the text of all code cells; None for what is no plain notebook in Python."""
    try:
        notebook = json.loads(data)
        cells = [cell["source"] for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        texts = ["".join(source) for source in cells]
        plain = all(isinstance(source, (str, list)) for source in cells)
        plain = plain and "worksheets" not in notebook and _is_python(notebook.get("metadata"))
        return "\n".join(texts) if plain else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None

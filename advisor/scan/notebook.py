"""A notebook as one Python text: its code cells in order, magics and shell commands taken out.

The file is read with offsets kept, so that a line of a cell is known by its line and column in
the `.ipynb` file itself, where an editor, SARIF and GitHub look for it.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Callable
from functools import cache
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from advisor.scan.source import Parsed, Spot, UnreadableError, decode_utf8, parse
from advisor.scan.usage import FileNote

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = re.compile(r"\\u[dD][89abAB]..(?:\\u[dD][c-fC-F]..)?|\\u....|\\.", re.DOTALL)
"""One character of the text that is written as an escape, or as a pair of surrogates."""
_MAY_BE_MAGIC = re.compile(r"(?m)^\s*[%!?]|=\s*[%!]|\?\s*$|^\s*(?:pip3?|conda|mamba) install\b")
"""Stands in every cell that is not plain Python."""
_WORTH_A_NOTE = re.compile(r"from_pretrained|transformers|pipeline|open_clip|clip\.load")
"""A cell without any of these loads nothing, so that nothing is lost where it cannot be read."""
_SOURCE = re.compile(r"(?<!\\)\"source\"\s*:\s*")
_BREAKS = re.compile(r"[\r\n\f]")
_LANGUAGES = ("py", "python", "python3", "ipython")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which Python source cannot hold; Jupyter shows it as a box."""

_MAGIC = re.compile(
    r"(?P<indent>\s*+)(?:[%!?]|[\w.]++\?{1,2}\s*+\Z|(?:pip3?|conda|mamba) install\b)"
    r"|(?P<target>[\w.,\s]++=\s*+)[%!]\S"
)
_PYTHON_CELLS = re.compile(r"%%(?:time|timeit|capture|prun|chime|memit)\b")
_QUOTES = ('"""', "'''")
_TOKEN = re.compile(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#.*|(?P<opens>[(\[{])|(?P<closes>[)\]}])"
)
_ENDS = {quote: re.compile(rf"(?:\\.|[^\\])*?{quote}") for quote in _QUOTES}


class _Text(str):
    """A text of the file, and where in it its characters are written."""

    __slots__ = ("start", "stop")
    start: int
    stop: int


class _Decoder(json.JSONDecoder):
    """Reads JSON whose texts know where they stand; integers may have any number of digits."""

    def __init__(self) -> None:
        super().__init__(parse_int=float)
        self.parse_string = self._text
        self.scan_once = py_make_scanner(self)

    @staticmethod
    def _text(file: str, start: int, strict: bool) -> tuple[_Text, int]:
        decoded, end = scanstring(file, start, strict)
        text = _Text(decoded)
        text.start, text.stop = start, end - 1
        return text, end


_DECODER = _Decoder()


class _Line(NamedTuple):
    """A line of a code cell, and the stretches of the file that hold its characters."""

    text: str
    stretches: list[tuple[int, int]]
    cell: int
    cell_line: int


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with a note for each cell that is no Python.

    Raises UnreadableError where the file is no notebook. One in another language has no code, and
    counts as such.
    """
    file = decode_utf8(data, name)
    try:
        cells, other = _code_cells(file)
    except RecursionError:
        raise UnreadableError(name, None, "is nested too deeply to be parsed") from None
    except ValueError as error:
        line, message = getattr(error, "lineno", None), getattr(error, "msg", str(error))
        message = f"is not a notebook: {message[:1].lower()}{message[1:]}"
        raise UnreadableError(name, line, message) from None
    spot = _spots(file, [line for cell in cells for line in cell])
    lines: list[str] = []
    firsts: list[int] = []
    for cell in cells:
        code = _python_lines([line.text for line in cell])
        other += not any(code)
        firsts.append(len(lines))
        lines.extend(code)
    tree = _whole(lines, firsts, name)
    if tree is not None:
        return Parsed(name, tree, lines, spot, (), other)
    body: list[ast.stmt] = []
    notes = []
    for cell, before in zip(cells, firsts, strict=True):
        code = lines[before : before + len(cell)]
        try:
            body.extend(ast.increment_lineno(parse("\n".join(code), name), before).body)
        except UnreadableError as error:
            if _WORTH_A_NOTE.search("\n".join(code)):
                at = error.note.line and error.note.line + before
                line = spot(at, 0).line if at and before < at <= len(lines) else None
                notes.append(FileNote(name, line, f"cell {cell[0].cell} {error.note.message}"))
    return Parsed(name, ast.Module(body, []), lines, spot, tuple(notes), other)


def _whole(lines: list[str], firsts: list[int], name: str) -> ast.Module | None:
    """Return all cells as one tree; None where they are not what each of them is alone."""
    try:
        tree = parse("\n".join(lines), name)
    except UnreadableError:
        return None
    for node in tree.body:
        decorated = (each.lineno for each in getattr(node, "decorator_list", ()))
        first, last = min([node.lineno, *decorated]), node.end_lineno or node.lineno
        if bisect.bisect_left(firsts, first) != bisect.bisect_left(firsts, last):
            return None
    return tree


def code_of_notebook(data: bytes) -> str | None:
    """Return the text of all code cells; None for what is no plain notebook in Python."""
    try:
        notebook = json.loads(data)
        cells = [cell["source"] for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        texts = ["".join(source) for source in cells]
        return "\n".join(texts) if _is_python(notebook.get("metadata")) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _spots(file: str, lines: list[_Line]) -> Callable[[int, int], Spot]:
    """Tell where a character of a line stands in the file, and in which cell."""
    starts = [0, *(feed.end() for feed in re.finditer("\n", file))]

    @cache
    def runs(number: int) -> tuple[list[int], list[int], int]:
        """The characters of a line from which on those of the file follow one by one.

        Each by its place in the line and in the file; and the length of the line.
        """
        characters, offsets, at = [], [], 0
        for start, stop in lines[number].stretches:
            characters.append(at)
            offsets.append(start)
            for escape in _ESCAPED.finditer(file, start, stop):
                characters.append(characters[-1] + escape.start() - offsets[-1] + 1)
                offsets.append(escape.end())
            at = characters[-1] + stop - offsets[-1]
        return characters, offsets, at

    def spot(line: int, characters: int) -> Spot:
        number = min(line, len(lines)) - 1
        firsts, offsets, length = runs(number)
        characters = min(characters, length)
        run = bisect.bisect_right(firsts, characters) - 1
        offset = offsets[run] + characters - firsts[run]
        row = bisect.bisect_right(starts, offset)
        _, _, cell, cell_line = lines[number]
        return Spot(row, offset - starts[row - 1] + 1, cell, cell_line)

    return spot


def _code_cells(file: str) -> tuple[list[list[_Line]], int]:
    """Return the lines of each code cell, and 1 where the notebook is not in Python, else 0."""
    at = len(file) - len(file.lstrip(" \t\r\n"))
    if file[at : at + 1] != "{":
        raise JSONDecodeError("Expecting an object", file, at)
    notebook = _with_places(file) or _DECODER.raw_decode(file, at)[0]
    if "cells" not in notebook:
        old = "its format is older than 4; open and save it once"
        raise ValueError(old if "worksheets" in notebook else "it has no cells")
    cells = notebook["cells"]
    if not isinstance(cells, list):
        raise ValueError("expecting a list of cells")  # noqa: TRY004
    lines = [_cell(file, cell, number) for number, cell in enumerate(cells, 1)]
    if not _is_python(notebook.get("metadata")):
        return [], 1
    return [cell for cell in lines if cell], 0


def _with_places(file: str) -> dict[str, Any] | None:
    """Return a notebook in which only the sources of cells know where they stand.

    What is in between, pictures for the most part, is read much faster so. None where the file is
    not as notebooks are.
    """
    try:
        notebook = json.loads(file)
        cells, at = notebook["cells"], 0
        for cell in cells:
            source, placed = cell["source"], None
            while placed is None or placed != source:
                found = _SOURCE.search(file, at)
                if found is None:
                    return None
                at = found.end()
                placed, after = _DECODER.scan_once(file, at)
            cell["source"], at = placed, after
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        return None
    return notebook if isinstance(notebook, dict) else None


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


def _cell(file: str, cell: Any, number: int) -> list[_Line]:
    """Return the lines of a cell, by its number among all cells; none where it is not code."""
    if not isinstance(cell, dict):
        raise ValueError("expecting an object")  # noqa: TRY004
    if cell.get("cell_type") != "code":
        return []
    lines = [
        _Line(_SURROGATE.sub("\ufffd", _BREAKS.sub(" ", text.rstrip("\r\n"))), stretches, number, n)
        for n, (text, stretches) in enumerate(_written_lines(file, cell.get("source", [])), 1)
    ]
    return lines if lines[-1].text else lines[:-1]


def _written_lines(file: str, source: Any) -> list[tuple[str, list[tuple[int, int]]]]:
    """Return each line of a source, which is one text or a list of them, and where it stands."""
    lines: list[tuple[str, list[tuple[int, int]]]] = [("", [])]
    for text in source if isinstance(source, list) else [source]:
        if not isinstance(text, _Text):
            raise ValueError("expecting text")  # noqa: TRY004
        stretches, start = [], text.start
        for escape in _ESCAPE.finditer(file, start, text.stop):
            if escape[0] == "\\n":
                stretches.append((start, escape.start()))
                start = escape.end()
        stretches.append((start, text.stop))
        pieces = text.split("\n")
        if len(pieces) != len(stretches):  # a line feed is written in another way
            pieces = [json.loads(f'"{file[begin:end]}"') for begin, end in stretches]
        before, at = lines[-1]
        lines[-1] = (before + pieces[0], [*at, stretches[0]])
        lines += ((piece, [one]) for piece, one in zip(pieces[1:], stretches[1:], strict=True))
    return lines


def _python_lines(lines: list[str]) -> list[str]:
    """Return the lines of a cell as Python: magics replaced by nothing that matters.

    A cell that is Python as it stands is left alone, and so is every line that goes on with a
    statement: `% name` below an open bracket divides, or formats a text.
    """
    if not _MAY_BE_MAGIC.search("\n".join(lines)):
        return lines
    plain = _without_magics(lines)
    first = next((line for line in lines if line.strip()), "").lstrip()
    if first.startswith(("!", "%")):  # which no statement begins with
        return plain
    if plain != lines:
        try:
            parse("\n".join(lines), "")
        except UnreadableError:
            return plain
    return lines


def _without_magics(lines: list[str]) -> list[str]:
    at = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[at].strip().startswith("%%"):
        if not _PYTHON_CELLS.match(lines[at].strip()):
            return [""] * len(lines)
        lines = [*lines[:at], "", *lines[at + 1 :]]
    out: list[str] = []
    depth, quote = 0, ""
    goes_on = in_magic = False
    for line in lines:
        magic = None if depth or quote or goes_on else _MAGIC.match(line)
        in_magic = magic is not None or (in_magic and goes_on)
        goes_on = (line.rstrip() if in_magic else line).endswith("\\")
        if not in_magic:
            out.append(line)
            depth, quote = _open_after(line, depth, quote)
        elif magic is None:
            out.append("")
        else:
            out.append(f"{magic['target']}None" if magic["target"] else f"{magic['indent']}pass")
    return out


def _open_after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets and which long text are open after a line, from those before it."""
    at = 0
    while True:
        if quote:
            end = _ENDS[quote].match(line, at)
            if end is None:
                return depth, quote
            quote, at = "", end.end()
        token = _TOKEN.search(line, at)
        if token is None:
            return depth, quote
        at = token.end()
        if token[0] in _QUOTES:
            quote = token[0]
        elif token["opens"]:
            depth += 1
        elif token["closes"]:
            depth = max(0, depth - 1)

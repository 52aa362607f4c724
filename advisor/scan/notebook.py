"""A notebook as one Python text: its code cells in order, magics and shell commands taken out.

A line of a cell is known by its line and column in the `.ipynb` file itself, where an editor, SARIF
and GitHub look for it: what JSON writes for a piece of a cell is looked for behind the one before.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import accumulate, chain, islice
from typing import Any, NamedTuple

from advisor.scan.source import Parsed, Spot, UnreadableError, decode_utf8, parse
from advisor.scan.usage import FileNote

_LINE_END = re.compile(r"\n|\r(?!\n)")
"""As Python ends lines; what stands before a line feed is no end of its own."""
_SOURCE = '"source"'
_BREAKS = re.compile(r"[\r\n\f]")
_LANGUAGES = ("py", "python", "python3", "ipython")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which Python source cannot hold; Jupyter shows it as a box."""
_ODD_DEEP = "is nested too deeply to be parsed"


class Piece(NamedTuple):
    """Characters of a line, where the file has the first of them, and how it writes them.

    `ascii` is true where all others are escaped; None where it is not known where they stand.
    """

    text: str
    start: int
    ascii: bool | None

    def at(self, characters: int) -> int:
        """Return where in the file the character behind some others stands."""
        return self.start + _width(self.text[:characters], self.ascii)


class Line(NamedTuple):
    """A line of a code cell, and the pieces that it is written in."""

    text: str
    pieces: list[Piece]
    cell: int
    cell_line: int


class Cells(NamedTuple):
    """The text of a notebook and the lines of its code cells; `other` is 1 for other languages."""

    file: str
    cells: list[list[Line]]
    other: int

    def spot(self) -> Callable[[int, int], Spot]:
        """Return what tells where a character of a line of the code stands in the file."""
        starts = [0, *(end.end() for end in re.finditer("\n", self.file))]
        lines = [line for cell in self.cells for line in cell]

        @cache
        def spot(line: int, characters: int) -> Spot:
            _, pieces, cell, cell_line = lines[min(line, len(lines)) - 1]
            for piece in pieces:
                if characters <= len(piece.text):
                    break
                characters -= len(piece.text)
            at = piece.at(characters)
            row = bisect.bisect_right(starts, at)
            return Spot(row, at - starts[row - 1] + 1, cell, cell_line)

        return spot


def read_cells(data: bytes, name: str) -> Cells:
    """Return the code cells of a notebook. Raises UnreadableError where the file is none."""
    file = decode_utf8(data, name)
    try:
        if (at := len(file) - len(file.lstrip(" \t\r\n"))) == file.find("{"):
            notebook = json.loads(file, parse_int=float)  # which may have any number of digits
            return Cells(file, *_code_cells(file, notebook))
        raise json.JSONDecodeError("Expecting an object", file, at)
    except RecursionError:
        raise UnreadableError(name, None, _ODD_DEEP) from None
    except ValueError as error:
        line, message = getattr(error, "lineno", None), getattr(error, "msg", str(error))
        message = f"is not a notebook: {message[:1].lower()}{message[1:]}"
        raise UnreadableError(name, line, message) from None


def _code_cells(file: str, notebook: Any) -> tuple[list[list[Line]], int]:
    """Return the lines of each code cell, and 1 where the notebook is not in Python, else 0."""
    if "worksheets" in notebook:
        raise ValueError("its format is older than 4; open and save it once")
    if "cells" not in notebook:
        raise ValueError("it has no cells")
    if not isinstance(notebook["cells"], list):
        raise ValueError("expecting a list of cells")  # noqa: TRY004
    cells, at = [], 0
    for number, cell in enumerate(notebook["cells"], 1):
        if not isinstance(cell, dict):
            raise ValueError("expecting an object")  # noqa: TRY004
        placed = list(_placed(file, at, cell.get("source", [])))
        at = placed[-1].at(len(placed[-1].text)) if placed else at
        if cell.get("cell_type") == "code":
            cells.append(_lines(placed, number))
    if not _is_python(notebook.get("metadata")):
        return [], 1
    return [cell for cell in cells if cell], 0


def _placed(file: str, at: int, source: Any) -> Iterator[Piece]:
    """Yield the texts of a source, which is one or a list of them, with their places.

    Where the file writes one in a way of its own, it and what follows stand where the cell does.
    """
    at, found = max(at, file.find(_SOURCE, at)), True
    for text in source if isinstance(source, list) else [source]:
        if not isinstance(text, str):
            raise ValueError("expecting text")  # noqa: TRY004
        for ascii in (False, True) if found else ():
            start = file.find(json.dumps(text, ensure_ascii=ascii), at)
            if start >= 0:
                yield Piece(text, start + 1, ascii)
                at = start + _width(text, ascii) + 2
                break
        else:
            found = False
            yield Piece(text, at, None)


def _width(text: str, ascii: bool | None) -> int:
    """How many characters of the file a text takes."""
    return 0 if ascii is None else len(json.dumps(text, ensure_ascii=ascii)) - 2


def _lines(placed: list[Piece], number: int) -> list[Line]:
    """Return the lines of a cell, by its number among all cells."""
    lines: list[list[Piece]] = [[]]
    for text, start, ascii in placed:
        begin = 0
        for end in _LINE_END.finditer(text):
            lines[-1].append(Piece(text[begin : end.start()], start, ascii))
            start += _width(text[begin : end.end()], ascii)
            begin = end.end()
            lines.append([])
        lines[-1].append(Piece(text[begin:], start, ascii))
    whole = ["".join(piece.text for piece in pieces) for pieces in lines]
    full = [[piece for piece in pieces if piece.text] or pieces[-1:] for pieces in lines]
    found = [
        Line(text if text.isprintable() else _printable(text), pieces, number, n)
        for n, (text, pieces) in enumerate(zip(whole, full, strict=True), 1)
    ]
    return found if found[-1].text else found[:-1]


def _printable(text: str) -> str:
    """A line without what Python source does not hold, or takes for the end of a line."""
    return _SURROGATE.sub("\ufffd", _BREAKS.sub(" ", text.rstrip("\r\n")))


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


_WORTH_A_NOTE = re.compile(r"from_pretrained|transformers|pipeline|open_clip|clip\.load")
"""A cell without any of these loads nothing, so that nothing is lost where it cannot be read."""
_MAGIC = re.compile(
    r"(?P<indent>\s*+)(?:[%!?]|[\w.]++\?{1,2}\s*+\Z|(?:pip3?|conda|mamba) install\b)"
    r"|(?P<target>[\w.,\s]++=\s*+)[%!]\S"
)
_PYTHON_CELLS = re.compile(
    r"%%(?:time|timeit|capture|prun|chime|memit|debug|lprun|mprun|notify|px|pyinstrument|python3?"
    r"|scalene|snakeviz|wandb)\b"
)
_RUNS = re.compile(
    r"(?P<before>\s*+|[\w.,\s]++=\s*+)"
    r"%%?(?:time|timeit|prun|memit|debug|lprun|mprun)[ \t]++(?P<code>.*)"
)
"""A magic that runs the Python behind it."""
_FIRST_OF_WORD = re.compile(r"(?<!\S)\S")
_MOST_OPTIONS = 12
"""Words before what a magic runs."""
_MOST_MAGICS = 100
"""Lines of a cell that are taken out one by one, as Python says that it cannot read them."""


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with a note for each cell that is no Python.

    Raises UnreadableError where the file is no notebook. One in another language has no code, and
    counts as such.
    """
    read = read_cells(data, name)
    written = "\n".join(line.text for cell in read.cells for line in cell)
    spot, other = read.spot(), read.other
    cells = [[line.text for line in cell] for cell in read.cells]
    firsts = [0, *accumulate(map(len, cells))][: len(cells)]
    tree = _whole(written, firsts, name)
    if tree is None:
        cells = list(map(_python_lines, cells))
    other += sum(not any(cell) for cell in cells)
    lines = list(chain.from_iterable(cells))
    text = "\n".join(lines)
    tree = tree or _whole(text, firsts, name)
    if tree is not None:
        return Parsed(name, tree, text, lines, spot, (), other, written)
    body: list[ast.stmt] = []
    notes = []
    for cell, code, before in zip(read.cells, cells, firsts, strict=True):
        try:
            body.extend(ast.increment_lineno(parse("\n".join(code), name), before).body)
        except UnreadableError as error:
            if _WORTH_A_NOTE.search("\n".join(code)):
                at = error.note.line and error.note.line + before
                line = spot(at, 0).line if at and before < at <= len(lines) else None
                notes.append(FileNote(name, line, f"cell {cell[0].cell} {error.note.message}"))
    tree = ast.Module(body, [])
    return Parsed(name, tree, text, lines, spot, tuple(notes), other, written)


def _whole(text: str, firsts: list[int], name: str) -> ast.Module | None:
    """Return all cells as one tree; None where they are not what each of them is alone."""
    try:
        tree = parse(text, name)
    except UnreadableError:
        return None
    for node in tree.body:
        decorated = (each.lineno for each in getattr(node, "decorator_list", ()))
        first, last = min([node.lineno, *decorated]), node.end_lineno or node.lineno
        if bisect.bisect_left(firsts, first) != bisect.bisect_left(firsts, last):
            return None
    return tree


def _python_lines(lines: list[str]) -> list[str]:
    """Return the lines of a cell as Python: magics replaced by nothing that matters.

    What Python reads as it stands is left alone, `% name` below an open bracket say. Where it
    refuses a line, the last magic up to there is taken out.
    """
    at = next((number for number, line in enumerate(lines) if line.strip()), 0)
    first = lines[at].strip()
    if first.startswith("%%") and not _PYTHON_CELLS.match(first):
        return [""] * len(lines)
    for _ in range(_MOST_MAGICS):
        try:
            parse("\n".join(lines), "")
            break
        except UnreadableError as error:
            before = range(min(error.note.line or 0, len(lines)) - 1, -1, -1)
        found = ((number, _MAGIC.match(lines[number])) for number in before)
        at, magic = next((one for one in found if one[1]), (0, None))
        if magic is None:
            break
        end = at + 1
        while lines[end - 1].endswith("\\") and end < len(lines):
            end += 1
        plain = f"{magic['target']}None" if magic["target"] else f"{magic['indent']}pass"
        run = _run_by(lines[at:end]) or [plain, *[""] * (end - at - 1)]
        lines = [*lines[:at], *run, *lines[end:]]
    return lines


def _run_by(lines: list[str]) -> list[str]:
    """The Python that a magic of these lines runs, in the same columns; none where it runs none."""
    found = _RUNS.match(lines[0])
    if found is None:
        return []
    before = found["before"] if found["before"].strip() else f"{found['before']}0;"
    words = _FIRST_OF_WORD.finditer(lines[0], found.start("code"))
    for word in islice(words, _MOST_OPTIONS if found["code"].startswith("-") else 1):
        code = lines[0][word.start() :]
        with suppress(UnreadableError):
            parse("\n".join([code, *lines[1:]]), "")
            return [f"{before:<{word.start()}}{code}", *lines[1:]]
    return []

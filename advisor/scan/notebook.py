"""A notebook as one Python text: its code cells in order, without magics and shell commands.

A line of a cell is known by its line and column in the `.ipynb` file itself, as editors, SARIF and
GitHub show it: the JSON of each piece of a cell is sought behind the piece before.
"""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from advisor.scan.source import Parsed, Spot, UnreadableError, decode_utf8, parse
from advisor.scan.usage import FileNote

_LINES = re.compile(r"[^\n\r]*+(?:\r?\n|\r)|[^\n\r]++")
"""Lines as Python ends them."""
_BREAKS = re.compile(r"[\r\n\f]")
"""Characters that Python source does not have within a line, or takes for the end of one."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which Python source cannot hold; Jupyter shows it as a box."""


class Line(NamedTuple):
    """A line of a code cell with its end, its index in the file, and how JSON writes it.

    `ascii` is true if non-ASCII characters are escaped; None if its place in the file is unknown,
    so that `start` is the nearest known one.
    """

    text: str
    start: int
    ascii: bool | None
    cell: int
    cell_line: int


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with notes of cells that load but do not parse.

    Raises UnreadableError if the file is not a notebook. One in another language has no code, and
    `other_language` counts it.
    """
    file = decode_utf8(data, name)
    notebook = _loaded(file, name)
    if not _is_python(notebook.get("metadata")):
        return Parsed(name, ast.Module([], []), "", [], other_language=1)
    lines: list[Line] = []
    code: list[str] = []
    written: list[str] = []
    body: list[ast.stmt] = []
    notes, other = [], 0
    spot = _spot(file, lines)
    for cell in _code_cells(file, notebook["cells"]):
        texts = (_BREAKS.sub(" ", line.text.rstrip("\r\n")) for line in cell)
        before, own = len(lines), [_SURROGATE.sub("\ufffd", text) for text in texts]
        lines += cell
        written += own
        try:
            own, tree = _python(own)
            body += ast.increment_lineno(tree, before).body
        except UnreadableError as error:
            if _WORTH_A_NOTE.search("\n".join(own)):
                at = error.note.line
                line = spot(before + at, 0).line if at and at <= len(cell) else None
                notes.append(FileNote(name, line, f"cell {cell[0].cell} {error.note.message}"))
        other += not any(own)
        code += own
    tree, text = ast.Module(body, []), "\n".join(code)
    return Parsed(name, tree, text, code, spot, tuple(notes), other, "\n".join(written))


def _loaded(file: str, name: str) -> Any:
    """Return a notebook read from JSON. Raises UnreadableError if the file is not one."""
    try:
        notebook = json.loads(file, parse_int=float)  # which may have any number of digits
    except RecursionError:
        raise UnreadableError(name, None, "is nested too deeply to be parsed") from None
    except json.JSONDecodeError as error:
        message = f"is not a notebook: {error.msg[:1].lower()}{error.msg[1:]}"
        raise UnreadableError(name, error.lineno, message) from None
    new = isinstance(notebook, dict) and "worksheets" not in notebook  # as before format 4
    cells = notebook.get("cells") if new else None
    for cell in cells if isinstance(cells, list) else [None]:
        source = cell.get("source", []) if isinstance(cell, dict) else None
        texts = source if isinstance(source, list) else [source]
        if not all(isinstance(text, str) for text in texts):
            message = "expected `cells` with text or a list of texts"
            raise UnreadableError(name, None, f"is not a notebook: {message}")
    return notebook


def _spot(file: str, lines: list[Line]) -> Callable[[int, int], Spot]:
    """Return `Parsed.spot` for a notebook: it finds characters of its code in the file."""
    starts = [0, *(end.end() for end in re.finditer("\n", file))]

    @cache
    def spot(line: int, characters: int) -> Spot:
        text, start, ascii, cell, cell_line = lines[min(line, len(lines)) - 1]
        at = start + _width(text[:characters], ascii)
        row = bisect.bisect_right(starts, at)
        return Spot(row, at - starts[row - 1] + 1, cell, cell_line)

    return spot


def _code_cells(file: str, cells: list[Any]) -> Iterator[list[Line]]:
    """Yield the lines of each code cell that has some.

    From a piece on that is not found as `json.dumps` writes it, lines have the place of that piece.
    """
    at = 0
    for number, cell in enumerate(cells, 1):
        lines: list[Line] = []
        ascii: bool | None = False
        at, ended = max(at, file.find('"source"', at)), True
        source = cell.get("source", [])
        for text in source if isinstance(source, list) else [source]:
            at, ascii = _written(file, text, at) if ascii is not None else (at, None)
            for part in _LINES.findall(text):
                if ended:
                    lines.append(Line(part, at, ascii, number, len(lines) + 1))
                else:
                    lines[-1] = lines[-1]._replace(text=lines[-1].text + part, ascii=None)
                ended = part.endswith(("\n", "\r"))
                at += _width(part, ascii)
        if lines and cell.get("cell_type") == "code":
            yield lines


def _written(file: str, text: str, at: int) -> tuple[int, bool | None]:
    """Return the index of a text in a file from `at` on, and if escaped; `at`, None if absent."""
    for ascii in (False, True):
        start = file.find(json.dumps(text, ensure_ascii=ascii), at)
        if start >= 0:
            return start + 1, ascii
    return at, None


def _width(text: str, ascii: bool | None) -> int:
    """The number of characters that a text takes in the file; 0 if it was not found there."""
    return 0 if ascii is None else len(json.dumps(text, ensure_ascii=ascii)) - 2


def _is_python(metadata: Any) -> bool:
    """True unless the metadata of a notebook tells another language.

    A kernel whose name begins with `python` decides, since Jupyter starts kernels by name.
    """
    match metadata:
        case {"kernelspec": {"name": str(name)}} if name.lower().startswith("python"):
            return True
        case {"language_info": {"name": str(name)}} | {"kernelspec": {"language": str(name)}}:
            return name.lower() in ("py", "python", "python3", "ipython")
    return True


_WORTH_A_NOTE = re.compile(r"from_pretrained|transformers|pipeline|open_clip|clip\.load")
"""A cell that cannot be parsed is noted only with one of these: without, it loads nothing."""
_MAGIC = re.compile(
    r"(?P<indent>\s*+)(?:[%!?]|[\w.]++\?{1,2}\s*+\Z|(?:pip3?|conda|mamba) install\b)"
    r"|(?P<target>[\w.,\s]++=\s*+)[%!]\S"
)
_PYTHON_CELLS = re.compile(
    r"%%(?:time|timeit|capture|prun|chime|memit|debug|lprun|mprun|notify|px|pyinstrument|python3?"
    r"|scalene|snakeviz|wandb)\b"
)


def _python(lines: list[str]) -> tuple[list[str], ast.Module]:
    """Return the lines of a cell as Python, and their tree: magics become `pass` or `None`.

    A cell that parses is left as it is; one in another language becomes empty. Raises
    UnreadableError.
    """
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and not _PYTHON_CELLS.match(first):
        return [""] * len(lines), ast.Module([], [])
    with suppress(UnreadableError):
        return lines, parse("\n".join(lines), "")
    plain: list[str] = []
    inside = False  # a magic that goes on
    for line in lines:
        magic = _MAGIC.match(line)
        if inside:
            plain.append("")
        elif magic is None:
            plain.append(line)
        else:
            plain.append(f"{magic['target']}None" if magic["target"] else f"{magic['indent']}pass")
        inside = (inside or magic is not None) and line.endswith("\\")
    return plain, parse("\n".join(plain), "")

"""A notebook as one Python text: its code cells in order, magics and shell commands taken out."""

from __future__ import annotations

import ast
import bisect
import re
from contextlib import suppress
from itertools import accumulate, chain, islice

from advisor.scan.cells import read_cells
from advisor.scan.source import Parsed, UnreadableError, parse
from advisor.scan.usage import FileNote

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

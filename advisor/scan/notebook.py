"""A notebook as one Python text: its code cells in order, magics and shell commands taken out."""

from __future__ import annotations

import ast
import bisect
import re
from contextlib import suppress
from itertools import islice

from advisor.scan.cells import read_cells
from advisor.scan.source import Parsed, UnreadableError, parse
from advisor.scan.usage import FileNote

_MAY_BE_MAGIC = re.compile(
    r"(?m)^[^\S\n]*(?:[%!?]|(?:pip3?|conda|mamba) install\b)|=[^\S\n]*[%!]|\?[^\S\n]*$"
)
"""Stands in every cell that is not plain Python; of each line, its blanks are looked at once."""
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
_QUOTES = ('"""', "'''")
_TOKEN = re.compile(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\])*+\"?|'(?:\\.|[^'\\])*+'?|#.*|(?P<opens>[(\[{])|(?P<closes>[)\]}])"
)
_ENDS = {quote: re.compile(rf"(?:\\.|[^\\])*?{quote}") for quote in _QUOTES}


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Return the code of a notebook as one tree, with a note for each cell that is no Python.

    Raises UnreadableError where the file is no notebook. One in another language has no code, and
    counts as such.
    """
    read = read_cells(data, name)
    written = "\n".join(line.text for cell in read.cells for line in cell)
    spot, other = read.spot(), read.other
    lines: list[str] = []
    firsts: list[int] = []
    for cell in read.cells:
        code = _python_lines([line.text for line in cell])
        other += not any(code)
        firsts.append(len(lines))
        lines.extend(code)
    text = "\n".join(lines)
    tree = _whole(text, firsts, name)
    if tree is not None:
        return Parsed(name, tree, text, lines, spot, (), other, written)
    body: list[ast.stmt] = []
    notes = []
    for cell, before in zip(read.cells, firsts, strict=True):
        code = lines[before : before + len(cell)]
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
        lines = [*lines[:at], *(_run_by(lines[at : at + 1]) or [""]), *lines[at + 1 :]]
    out: list[str] = []
    run: list[str] = []
    depth, quote = 0, ""
    goes_on = in_magic = False
    for number, line in enumerate(lines):
        magic = None if depth or quote or goes_on else _MAGIC.match(line)
        in_magic = magic is not None or (in_magic and goes_on)
        goes_on = line.endswith("\\")
        if magic is not None:
            run = _run_by(lines[number : number + 1 + _going_on(lines, number)])
        if not in_magic:
            out.append(line)
            depth, quote = _open_after(line, depth, quote)
        elif run:
            out.append(run.pop(0))
        elif magic is None:
            out.append("")
        else:
            out.append(f"{magic['target']}None" if magic["target"] else f"{magic['indent']}pass")
    return out


def _going_on(lines: list[str], number: int) -> int:
    """How many lines go on with one."""
    last = number
    while lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    return last - number


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

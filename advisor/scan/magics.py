"""What IPython takes in a cell besides Python: magics, shell commands, questions."""

from __future__ import annotations

import re

from advisor.scan.source import UnreadableError, parse

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


def python_lines(lines: list[str]) -> list[str]:
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
        elif not statement.open and (found := _MAGIC.match(line)) is not None:
            out.append(f"{found['indent']}pass")
        elif not statement.open and (found := _MAGIC_VALUE.match(line)) is not None:
            out.append(f"{found['target']}None")
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
            found = _TOKEN.search(line, at)
            if found is None:
                return
            at = found.end()
            if found[0] in _QUOTES:
                self._quote = found[0]
            elif found["opens"]:
                self._brackets += 1
            elif found["closes"]:
                self._brackets = max(0, self._brackets - 1)

"""Fixes: edits at exact places of files, and what they change."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from advisor.check.finding import Edit, Finding
from advisor.scan.source import UnreadableError, parse

_NO_PYTHON = (".ipynb", ".json", ".toml", ".yaml", ".yml")
"""In these only line feeds end a line, for the scanner as for `fix_text`."""
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class FixedFile(NamedTuple):
    """A file with its edits made. `done` counts the edits."""

    path: str
    before: str
    after: str
    done: int


def fixed_files(findings: Iterable[Finding]) -> list[FixedFile]:
    """Return the files that the certain fixes of some findings change, with what they become."""
    edits: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.edits:
            edits.setdefault(edit.place.path, {})[edit] = None
    found = []
    for path in sorted(edits):
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # what cannot be read as it is cannot be written back as it was
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        if fixed := fix_text(path, text.removeprefix(mark), edits[path]):
            found.append(fixed._replace(before=text, after=mark + fixed.after))
    return found


def fix_text(path: str, text: str, edits: Iterable[Edit]) -> FixedFile | None:
    """Make edits in a text, and leave every other character of it as it is.

    Where two edits overlap, the later one waits for the next run. None where nothing changes, or
    where the result would not parse any more.
    """
    starts = _line_starts(path, text)
    after, free, done = text, len(text) + 1, 0
    for edit in sorted(edits, key=lambda edit: (edit.place.line, edit.place.column), reverse=True):
        place = edit.place
        if place.end_line > len(starts):
            continue
        first = starts[place.line - 1] + place.column - 1
        last = starts[place.end_line - 1] + place.end_column - 1
        if not first < last <= free or text[first:last] == edit.text:
            continue
        after = after[:first] + edit.text + after[last:]
        free, done = first, done + 1
    if not done or (_parses(path, text) and not _parses(path, after)):
        return None
    return FixedFile(path, text, after, done)


def diff(files: Iterable[FixedFile]) -> str:
    """Return the changes as one unified diff that `git apply` takes."""
    return "".join(_diff(fixed) for fixed in files)


def _diff(fixed: FixedFile) -> str:
    lines = difflib.unified_diff(
        _lines(fixed.before),
        _lines(fixed.after),
        f"a/{fixed.path}",
        f"b/{fixed.path}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, as `git apply` counts them: by line feeds alone."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _line_starts(path: str, text: str) -> list[int]:
    """Where each line begins, as the scanner counts lines in a file of this name."""
    ends = (
        re.finditer("\n", text) if path.lower().endswith(_NO_PYTHON) else _LINE_ENDS.finditer(text)
    )
    return [0, *(end.end() for end in ends)]


def _parses(path: str, text: str) -> bool:
    try:
        if path.lower().endswith((".ipynb", ".json")):
            json.loads(text)
        elif not path.lower().endswith(_NO_PYTHON):
            parse(text, path)
    except (UnreadableError, ValueError, RecursionError, MemoryError):
        return False
    return True

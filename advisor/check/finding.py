"""One thing that the check says of a choice or of a place in code, and how to fix it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from advisor.scan.usage import Location

LEVELS = ("error", "warning", "note")
_NO_PYTHON = (".ipynb", ".json", ".toml", ".yaml", ".yml")
"""In these only line feeds end a line, for the scanner as for `fix_text`."""
MARK = "\ufeff"
"""What some editors put before the text of a file; no column counts it."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Edit(NamedTuple):
    """A stretch of a file, and the text to put in its place."""

    place: Location
    text: str


class Finding(NamedTuple):
    """What a rule says. `rule` is a stable id, `fix` the smallest fix in words.

    `place` is None for what stands in no file. `edits` do what `fix` says, where that is certain.
    `choice` is the name of the declared choice it is about. What is empty, the rule and what it
    judges fill in: see `Detector`.
    """

    message: str
    place: Location | None = None
    fix: str | None = None
    edits: tuple[Edit, ...] = ()
    level: str = ""
    because: str = ""
    sources: Sequence[str] = ()
    rule: str = ""
    checkpoint: str | None = None
    choice: str | None = None


def in_order(finding: Finding) -> tuple[str, int, int, int, str, str]:
    """The key that puts findings in the order of a reader: file, line, column, then level."""
    place = finding.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (*where, LEVELS.index(finding.level), finding.rule, finding.message)


class FixedFile(NamedTuple):
    """A file with its edits made. `done` counts the edits."""

    path: str
    before: str
    after: str
    done: int


def fixed_files(findings: Iterable[Finding]) -> list[FixedFile]:
    """Return the files that the certain fixes of some findings change, with what they become."""
    edits = [edit for finding in findings for edit in finding.edits]
    files = []
    for path in sorted({edit.place.path for edit in edits}):
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # what cannot be read as it is cannot be written back as it was
        files.append(fix_text(path, text, [edit for edit in edits if edit.place.path == path]))
    return [fixed for fixed in files if fixed]


def fix_text(path: str, text: str, edits: Iterable[Edit]) -> FixedFile | None:
    """Make edits in a text, and leave every other character of it as it is.

    Where two edits overlap, the later one waits for the next run. None where nothing changes, or
    where the result would not parse any more.
    """
    end = "\n" if path.lower().endswith(_NO_PYTHON) else r"\r\n|\r|\n"
    starts = [int(text.startswith(MARK)), *(found.end() for found in re.finditer(end, text))]
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
    broken = _parses(path, text) and not _parses(path, after)
    return None if broken or not done else FixedFile(path, text, after, done)


def diff(files: Iterable[FixedFile]) -> str:
    """Return the changes as one unified diff that `git apply` takes: only line feeds end a line."""
    lines = (
        line
        for path, before, after, _ in files
        for line in unified_diff(
            _LINE.findall(before), _LINE.findall(after), f"a/{path}", f"b/{path}"
        )
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _parses(path: str, text: str) -> bool:
    from advisor.scan.source import UnreadableError, parse

    try:
        if path.lower().endswith((".ipynb", ".json")):
            json.loads(text.removeprefix(MARK))
        elif not path.lower().endswith(_NO_PYTHON):
            parse(text.removeprefix(MARK), path)
    except (UnreadableError, ValueError, RecursionError, MemoryError):
        return False
    return True

"""A report of the check on a declared model or a place in code, its fixes, and the fixed files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import diff_bytes, unified_diff
from functools import lru_cache
from pathlib import Path

from advisor.draw.findings import LEVELS
from advisor.errors import AdvisorError, reason_of
from advisor.files import path_of, read_bounded
from advisor.foreign import inert, visible_lines
from advisor.model import NamedTuple
from advisor.model.library import NameChange
from advisor.scan.source import UnreadableError, decode_python, decode_utf8, digest, parse
from advisor.scan.usage import Location
from advisor.writing import write_text

MOST_BYTES = 40_000_000
TEXTS_AT_ONCE = 4
"""Number of file texts kept in memory during a check; rules go from one file to the next."""
_NO_PYTHON = (".ipynb", ".json", ".toml", ".yaml", ".yml")
"""Suffixes of files whose lines end at line feeds only, for the scanner as for `fix_text`."""
MARK = "\ufeff"
"""The byte order mark that some editors put before a text; columns do not count it."""
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_NOT_PLAIN = re.compile(rb"[^ !$-\[\]-~]")
"""Characters that names in a diff have escaped, among them those of commands of CI runners."""
_RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


class Edit(NamedTuple):
    """A stretch of a file, its new text, and the text that is there now."""

    place: Location
    text: str
    old: str


class Finding(NamedTuple):
    """The report of a rule. `rule` is a stable id, `fix` the smallest fix in words.

    `place` is None if it is in no file. `edits` make the fix, if it is certain. `choice` is the
    name of the declared model it is about. `upgrade` is a release above all that the project
    allows, if the finding holds only from there. `change` is what a release did to a name: reason,
    sources, replacement. `places` are other locations of the same, and `more` their edits.
    `Detector` fills empty fields from the change, the rule, and the model or usage.
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
    upgrade: str | None = None
    change: NameChange | None = None
    places: tuple[Location, ...] = ()
    more: tuple[tuple[Edit, ...], ...] = ()

    @property
    def fixes(self) -> tuple[tuple[Edit, ...], ...]:
        """The certain fixes: the edits of each are made all, or none of them."""
        return tuple(filter(None, (self.edits, *self.more)))


def joined(findings: Iterable[Finding], alike: Callable[[Finding], object]) -> Iterator[Finding]:
    """Yield one finding for all that are alike: the first, with places and fixes of the others."""
    grouped: dict[object, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(alike(finding), []).append(finding)
    for first, *others in grouped.values():
        if not others:
            yield first
            continue
        more = tuple(other.edits for other in others if other.edits)
        apart = (place for other in others for place in (other.place, *other.places) if place)
        places = dict.fromkeys((*first.places, *apart))
        here = first.place and first.place[:2]
        starts = {place[:3]: place for place in reversed(places) if place[:2] != here}
        fixes = dict.fromkeys(finding.fix for finding in (first, *others) if finding.fix)
        elsewhere, fix = tuple(reversed(starts.values())), "; ".join(fixes) or None
        yield first._replace(places=elsewhere, more=(*first.more, *more), fix=fix)


def in_order(finding: Finding) -> tuple[str, int, int, int, str, str]:
    """The sort key of findings: path, line, column (none: first), level, rule, message."""
    place = finding.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (*where, LEVELS.index(finding.level), finding.rule, finding.message)


def advice(name: str | None) -> str | None:
    """Return the advice to use another name in words; None if there is none."""
    if name == "__call__":
        return "call the object itself"
    return f"use `{name}`" if name else None


class FixedFile(NamedTuple):
    """A file with its edits made; `done` counts them."""

    path: str
    before: str
    after: str
    done: int
    encoding: str = "utf-8"


class FixedFiles(NamedTuple):
    """The files that fixes change, and (path, reason) of those that were left unchanged."""

    files: tuple[FixedFile, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def fixed_files(
    findings: Iterable[Finding], seen: Mapping[str, bytes], *, write: bool
) -> FixedFiles:
    """Return the files that the certain fixes of some findings change, before and after.

    `seen` has the digest of each file when it was checked; a file that has changed since is
    refused. With `write`, each file is read, fixed, read again and replaced in turn; a refused one
    does not stop the rest.
    """
    fixes: dict[str, list[tuple[Edit, ...]]] = {}
    for fix in (fix for finding in findings for fix in finding.fixes):
        fixes.setdefault(fix[0].place.path, []).append(fix)
    files, refused = [], []
    for path in sorted(fixes):
        try:
            fixed = _fixed(path, fixes[path], seen.get(path))
            if write:
                _unchanged(path, seen.get(path))
                write_text(Path(path_of(path)), fixed.after, fixed.encoding)
            files.append(fixed)
        except OSError as error:
            refused.append((path, reason_of(error)))
        except UnreadableError as error:
            refused.append((path, f"it {error.note.message}"))
        except AdvisorError as error:
            refused.append((path, str(error)))
    return FixedFiles(tuple(files), tuple(refused))


def _fixed(path: str, fixes: list[tuple[Edit, ...]], seen: bytes | None) -> FixedFile:
    data = _unchanged(path, seen)
    text, encoding = decoded(path, data)
    if text.encode(encoding) != data:
        raise AdvisorError(f"the file cannot be saved in its encoding, {encoding}")
    fixed = fix_text(path, text, fixes)
    if fixed is None:
        raise AdvisorError("the fixed file would be invalid, so fix it by hand")
    return fixed._replace(encoding=encoding)


def _unchanged(path: str, seen: bytes | None) -> bytes:
    data = read_bounded(Path(path_of(path)), MOST_BYTES)
    if seen != digest(data):
        raise AdvisorError("the file changed during the check. Run the check again")
    return data


def decoded(path: str, data: bytes) -> tuple[str, str]:
    """Return a file's text as the scanner reads it, and its encoding. Raises UnreadableError."""
    if path.lower().endswith(_NO_PYTHON):
        mark = MARK if data.startswith(MARK.encode()) else ""
        return mark + decode_utf8(data, path), "utf-8"
    return decode_python(data, path)


def source_text(path: str, seen: bytes | None) -> str:
    """Return the text of a file; "" if it is unreadable or its digest, if `seen`, is another."""
    try:
        data = read_bounded(Path(path_of(path)), MOST_BYTES)
        return decoded(path, data)[0] if seen in (None, digest(data)) else ""
    except (OSError, UnreadableError):
        return ""


def stretch(path: str, text: str, place: Location) -> str:
    """Return the text at a location of a file; "" if there is no such location."""
    first, last = _ends(_line_starts(path, text), place)
    return text[first:last] if 0 <= first < last <= len(text) else ""


def fix_text(path: str, text: str, fixes: Iterable[tuple[Edit, ...]]) -> FixedFile | None:
    """Return a text with fixes applied, each with all its edits, and no other change.

    A fix is not applied if an edit finds neither its old nor its new text. Of two that overlap, the
    first in the text waits for the next run. None if nothing changes, or if the result does not
    parse any more.
    """
    starts = _line_starts(path, text)
    made: set[tuple[int, int, str]] = set()  # beginning, end, and the new text
    taken: set[int] = set()
    for fix in sorted(fixes, key=lambda fix: fix[0].place[1:3], reverse=True):
        edits = [(*_ends(starts, edit.place), edit) for edit in fix]
        stand = all(
            0 <= first < last <= len(text) and text[first:last] in (edit.old, edit.text)
            for first, last, edit in edits
        )
        new = {(first, last, edit.text) for first, last, edit in edits} - made
        signs = [sign for first, last, _ in new for sign in range(first, last)] if stand else []
        if stand and len(signs) == len(set(signs)) and taken.isdisjoint(signs):
            made |= new
            taken.update(signs)
    changes = sorted(change for change in made if text[change[0] : change[1]] != change[2])
    pieces: list[str] = []
    end = 0
    for first, last, put in changes:
        pieces += [text[end:first], put]
        end = last
    after = "".join((*pieces, text[end:]))
    broken = _parses(path, text) and not _parses(path, after)
    return None if broken or not changes else FixedFile(path, text, after, len(changes))


@lru_cache(maxsize=TEXTS_AT_ONCE)
def _line_starts(path: str, text: str) -> tuple[int, ...]:
    end = "\n" if path.lower().endswith(_NO_PYTHON) else r"\r\n|\r|\n"
    return int(text.startswith(MARK)), *(match.end() for match in re.finditer(end, text))


def _ends(starts: tuple[int, ...], place: Location) -> tuple[int, int]:
    """Return the indexes where a location begins and ends in the text; -1 if it lacks the line."""
    if not 0 < place.line <= place.end_line <= len(starts):
        return -1, -1
    first = starts[place.line - 1] + place.column - 1
    return first, starts[place.end_line - 1] + place.end_column - 1


def diff(files: Iterable[FixedFile], *, terminal: bool = False) -> bytes:
    """Return the changes as one unified diff for `git apply`, each file in its own encoding.

    Only line feeds end a line. For a terminal, and on a CI runner that the diff would control, what
    does so is escaped.
    """
    lines: list[bytes] = []
    for path, before, after, _, encoding in files:
        texts = (text.encode(encoding, "surrogateescape") for text in (before, after))
        old, new = map(_LINE.findall, texts)
        names = (f"{side}/{path}".encode("utf-8", "surrogateescape") for side in "ab")
        a, b = map(_quoted, names)
        lines.extend(diff_bytes(unified_diff, old, new, a, b))
    end = b"\n\\ No newline at end of file\n"
    data = b"".join(line if line.endswith(b"\n") else line + end for line in lines)
    text = data.decode("utf-8", "surrogateescape")
    speaks = inert(text) != text and any(map(os.environ.get, _RUNNERS))
    shown = inert(visible_lines(text.replace("\r\n", "\n"))) if terminal or speaks else ""
    return shown.encode() or data


def _quoted(name: bytes) -> bytes:
    """Return a name as git writes it in a diff: quoted if it is not plain, with octal escapes."""
    quoted = _NOT_PLAIN.sub(lambda sign: b"\\%03o" % ord(sign[0]), name)
    return name if quoted == name else b'"%b"' % quoted


def _parses(path: str, text: str) -> bool:
    try:
        if path.lower().endswith((".ipynb", ".json")):
            json.loads(text.removeprefix(MARK))
        elif not path.lower().endswith(_NO_PYTHON):
            parse(text.removeprefix(MARK), path)
    except (UnreadableError, ValueError, RecursionError, MemoryError):
        return False
    return True

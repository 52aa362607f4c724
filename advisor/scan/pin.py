"""Which releases of transformers a project requires, and where: its pins.

Requirement files, pyproject.toml, Pipfile, setup files, environments of conda and lock files are
read line by line; nothing of them is run.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from advisor.files import name_of, path_of, read_bounded
from advisor.scan.usage import FileNote
from advisor.scan.version_range import Pin, VersionRange, read_range
from advisor.scan.walk import repository_around

PACKAGE = "transformers"
LOCK = ".lock"
_MOST_BYTES = 5_000_000
_MOST_FILES = 40
_LONGEST = 2_000
"""No honest requirement is longer; reading one takes time by the square of its length."""
_REQUIREMENT = re.compile(
    rf"(?<![\w./-]){PACKAGE}(?:\[[\w\s,-]*\])?"
    r"(?:\s*@\s*\S+|(?P<range>\s*\(?\s*(?:[~=!<>]=?=?\s*v?\d[\w.*+]*\s*,?\s*)+\)?)"
    r"|\s*(?=[\s;#\"'\\]|\Z))"
)
_FROM_GIT = re.compile(
    rf"git\+[^\s\"']*/{PACKAGE}(?:\.git)?(?:@v?(?P<tag>[\w.-]+))?(?=[\s\"'#;,\]]|\Z)"
)
_OF_POETRY = re.compile(
    rf"\s*{PACKAGE}\s*=\s*(?:\{{[^}}]*?\bversion\s*=\s*)?[\"'](?P<range>[^\"']*)[\"']"
)
_OF_CONDA = re.compile(rf"\s*-\s*(?:[\w-]+::)?{PACKAGE}\s*(?P<range>=[^\s#=][^\s#]*)")
_LOCKED = re.compile(
    rf'(?:name = "{PACKAGE}"\r?\nversion = "|"{PACKAGE}"\s*:\s*{{[^{{}}]*?"version"\s*:\s*"==)'
    r'(?P<version>\d[\w.]*)"'
)
_INSTALL = re.compile(
    r"(?:pip3?|uv|conda|mamba)[ \t]+(?:pip[ \t]+)?(?:install|add)\b(?P<what>[^\n#&|]*)"
)
_FRESH = re.compile(r"(?:^|\s)(?:-U|--upgrade)\b")
_FILES = (
    r"(?:uv|poetry|pdm|Pipfile)\.lock",
    r"requirements\.(?:txt|in)",
    r"pyproject\.toml|Pipfile",
    r"setup\.cfg",
    r"setup\.py",
    r"environment\.ya?ml|conda\.ya?ml",
    r"(?:environment|conda)[\w.-]*\.ya?ml|cog\.ya?ml",
    r"[\w.-]*(?:requirements?|reqs|constraints)[\w.-]*\.(?:txt|in)",
)
"""Files with requirements, the one that decides first."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
_INSTALLER = re.compile(r"\b(?:pip3?|uv|conda|mamba)[ \t]")


class Pins:
    """The pins of the folders of a project, each read when it is first asked for.

    Paths are relative to `root`; `unread` notes the files that cannot be read, each with why.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.normpath(root.absolute()))
        self._top = repository_around(self._root) or self._root
        self.unread: list[FileNote] = []

    def of_file(self, path: str) -> Pin | None:
        """Return the pin of the nearest folder above a file, up to the repository's, or None."""
        return self._of_folder(path.rpartition("/")[0])

    @cache  # noqa: B019 - it lives as long as one run
    def _of_folder(self, folder: str) -> Pin | None:
        here = Path(os.path.normpath(self._root / path_of(folder)))
        for outer in (here, *here.parents):
            pin = self._written_in(outer)
            last = outer == self._top or not outer.is_relative_to(self._top)
            if pin is not None or last or (outer / ".git").exists():
                return pin
        return None

    @cache  # noqa: B019 - it lives as long as one run
    def _written_in(self, folder: Path) -> Pin | None:
        """Return the pin of a folder's first file; a lock yields to a requirement it breaks."""
        try:
            with os.scandir(folder) as listing:
                names = {entry.name for entry in listing}
        except OSError:
            return None
        patterns = map(re.compile, _FILES)
        ranked = (name for each in patterns for name in sorted(filter(each.fullmatch, names)))
        read = list(dict.fromkeys(ranked))[:_MOST_FILES]
        pins = filter(None, (self._pin_in(folder, name) for name in read))
        first = next(pins, None)
        if first is None or not first.path.endswith(LOCK):
            return first
        declared = next((pin for pin in pins if not pin.path.endswith(LOCK)), None)
        stale = declared is not None and not declared.range.allows(first.range.begins)
        return declared if stale else first

    def _pin_in(self, folder: Path, name: str) -> Pin | None:
        path = name_of(os.path.relpath(folder / name, self._root).replace(os.sep, "/"))
        try:
            within = self._top if folder.is_relative_to(self._top) else folder
            data = read_bounded(folder / name, _MOST_BYTES, within=within)
        except OSError as error:
            message = f"cannot be read for version requirements: {error.strerror or error}"
            self.unread.append(FileNote(path, None, message))
            return None
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as PowerShell writes
        if not wide and PACKAGE.encode() not in data:
            return None
        return read_pin(data.decode("utf-16" if wide else "utf-8-sig", "replace"), path)


def read_pin(text: str, path: str) -> Pin | None:
    """Return the requirement of transformers in a file; None if it has none.

    The first one with a range and without a condition (`;`) counts. If all have conditions, it is
    the first with a range, from the newest releases down.
    """
    pins = list(_requirements(text, path.rpartition("/")[2]))
    if not pins:
        return None
    certain = [pin for pin in pins if ";" not in pin[1]]
    newest = sorted(pins, key=lambda pin: [-part for part in pin[2].begins])
    line, written, range = min(certain or newest, key=lambda pin: pin[2].is_open)
    return Pin(path, line, _shown(written), range)


def pin_of_notebook(data: bytes, code: str, path: str) -> Pin | None:
    """Return the last requirement that the code of a notebook installs; None if there is none."""
    if PACKAGE not in code:
        return None
    whole = (line for line in code.replace("\\\n", " ").split("\n") if PACKAGE in line)
    pins = [pin for line in whole if _INSTALLER.search(line) for pin in _installed(line)]
    if not pins:
        return None
    written, range = pins[-1]
    line = next((line for line in reversed(code.split("\n")) if written in line), written)
    shown = (json.dumps(line, ensure_ascii=ascii)[1:-1].encode() for ascii in (False, True))
    at = max(0, *map(data.rfind, shown))
    return Pin(path, data.count(b"\n", 0, at) + 1, _shown(written), range)


def _requirements(text: str, name: str) -> Iterator[tuple[int, str, VersionRange]]:
    """Yield each requirement of transformers in a file: its line, as written, what it allows.

    A bare name counts only in a requirements file, at the beginning of a line.
    """
    if name.endswith(LOCK):
        for locked in _LOCKED.finditer(text):
            if range := read_range(f"=={locked['version']}"):
                yield text.count("\n", 0, locked.start()) + 1, locked[0], range
        return
    of_pip = name.endswith((".txt", ".in"))
    for number, line in enumerate(text.splitlines(), 1):
        if PACKAGE not in line:
            continue
        line = _COMMENT.sub("", line[:_LONGEST]).strip()
        begins = line.startswith((PACKAGE, "git+", "-e", "--editable"))
        other = _OF_POETRY.match(line) or _OF_CONDA.match(line)
        if other and not of_pip and (range := read_range(other["range"])) is not None:
            yield number, other["range"] if "=" in line.partition("-")[0] else other[0], range
        elif begins or not of_pip:
            for written, range in _in_text(line):
                if of_pip or range.clauses or "git+" in written:
                    yield number, line if of_pip else written, range
                    break


def _in_text(text: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield the requirements in a text as written, with their ranges; a git URL is the only one."""
    for git in _FROM_GIT.finditer(text):
        tagged = read_range(f"=={git['tag']}") if git["tag"] and "." in git["tag"] else None
        yield git[0], tagged or VersionRange()
        return
    for match in _REQUIREMENT.finditer(text):
        if (range := read_range(match["range"] or "")) is not None:
            yield match[0].strip(), range


def _installed(text: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield the requirements in install commands; a bare name counts only with `--upgrade`."""
    for command in _INSTALL.finditer(text):
        fresh = _FRESH.search(command["what"]) is not None
        for written, range in _in_text(re.sub("[\"']", " ", command["what"][:_LONGEST])):
            if range.clauses or fresh or written.startswith("git+"):
                yield written, range


def _shown(written: str) -> str:
    """The requirement as one short line."""
    if locked := _LOCKED.match(written):
        return f"{PACKAGE}=={locked['version']}"
    one_line = " ".join(written.split()).removeprefix("- ")
    return one_line if PACKAGE in one_line else f"{PACKAGE} {one_line}"

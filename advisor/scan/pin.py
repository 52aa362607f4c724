"""Which releases of transformers a project asks for, and where it says so.

Requirement files, pyproject.toml, setup files, environments of conda and lock files are read as
text; nothing of them is run.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from advisor.files import name_of, path_of, read_bounded
from advisor.scan.configuration import read_toml
from advisor.scan.source import UnreadableError
from advisor.scan.usage import FileNote
from advisor.scan.version_range import Pin, VersionRange, either, read_range

PACKAGE = "transformers"
EITHER = " or "
"""What stands between requirements of which one is enough."""
LOCK = ".lock"
_MOST_BYTES = 5_000_000
_MOST_FILES = 40
_LONGEST = 2_000
"""No honest requirement is longer; reading one takes time by the square of its length."""
_NAME = rf"(?<![\w./-]){PACKAGE}(?:\[[\w\s,-]*\])?"
_CLAUSES = r"(?P<range>\s*\(?\s*(?:[~=!<>]=?=?\s*v?\d[\w.*+]*\s*,?\s*)+\)?)"
_FROM_GIT = re.compile(
    rf"git\+[^\s\"']*/{PACKAGE}(?:\.git)?(?:@v?(?P<tag>[\w.-]+))?(?=[\s\"'#;,\]]|\Z)"
)
_REQUIREMENT = re.compile(rf"{_NAME}(?:\s*@\s*\S+|{_CLAUSES}|\s*(?=[\s;#\"'\\]|\Z))")
_INSTALL = re.compile(
    r"(?:pip3?|uv|conda|mamba)[ \t]+(?:pip[ \t]+)?(?:install|add)\b(?P<what>[^\n#&|]*)"
)
_FRESH = re.compile(r"(?:^|\s)(?:-U|--upgrade)\b")
_CONDA = re.compile(rf"^\s*-\s*(?:[\w-]+::)?{PACKAGE}\s*(?P<range>=[^\s#]+)", re.MULTILINE)
_LOCKED = re.compile(rf'name = "{PACKAGE}"\r?\nversion = "(?P<version>\d[\w.]*)"')
_FILES = (
    r"(?:uv|poetry|pdm)\.lock",
    r"requirements\.(?:txt|in)",
    r"pyproject\.toml",
    r"setup\.cfg",
    r"setup\.py",
    r"environment\.ya?ml|conda\.ya?ml",
    r"[\w.-]*(?:requirements|constraints)[\w.-]*\.(?:txt|in)",
)
"""Files that say it, in the order in which they are believed."""
_ORDER = [re.compile(pattern) for pattern in _FILES]
_ANY = re.compile("|".join(_FILES))
_SCRIPT = re.compile(rb"(?m)^# /// script\r?\n(?P<body>(?:#[^\n]*\n)*?)# ///")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_INSTALLER = re.compile(r"\b(?:pip3?|uv|conda|mamba)[ \t]")


class Pins:
    """The pins of the folders of a project, each read when it is first asked for.

    `root` is what the paths of files are relative to; `unread` says of files why they are not read.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.normpath(root.absolute()))
        self._top = _top(self._root)
        self.of_folder = cache(self._of_folder)
        self.unread: list[FileNote] = []

    def of_file(self, path: str) -> Pin | None:
        """Return the pin of the nearest folder above a file that has one."""
        return self.of_folder(path.rpartition("/")[0])

    def _of_folder(self, folder: str) -> Pin | None:
        """Return the pin of a folder, or of the nearest one above it up to the repository's top."""
        here = Path(os.path.normpath(self._root / path_of(folder)))
        for outer in (here, *here.parents):
            if (pin := self._written_in(outer)) is not None:
                return pin
            if outer == self._top or (outer / ".git").exists() or not self._inside(outer):
                return None
        return None

    def _inside(self, folder: Path) -> bool:
        return folder == self._top or folder.is_relative_to(self._top)

    @cache  # noqa: B019 - it lives as long as one run
    def _written_in(self, folder: Path) -> Pin | None:
        """Return the pin of a folder; a lock that breaks what stands beside it is an old one."""
        try:
            with os.scandir(folder) as listing:
                names = {entry.name for entry in listing}
        except OSError:
            return None
        inner = folder / "requirements"
        if "requirements" in names and inner.is_dir() and not inner.is_symlink():
            names |= {f"requirements/{name}" for name in os.listdir(inner)}  # noqa: PTH208
        pins = filter(None, (self._pin_in(folder, name) for name in _in_order(names)))
        first = next(pins, None)
        if first is None or not first.path.endswith(LOCK):
            return first
        declared = next((one for one in pins if not one.path.endswith(LOCK)), None)
        stale = declared is not None and not declared.range.allows(first.range.begins)
        return declared if stale else first

    def _pin_in(self, folder: Path, name: str) -> Pin | None:
        path = name_of(os.path.relpath(folder / name, self._root).replace(os.sep, "/"))
        try:
            within = self._top if self._inside(folder) else folder
            data = read_bounded(folder / name, _MOST_BYTES, within=within)
        except OSError as error:
            message = f"cannot be read for its pins: {error.strerror or error}"
            self.unread.append(FileNote(path, None, message))
            return None
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as PowerShell writes
        if not wide and PACKAGE.encode() not in data:
            return None
        return read_pin(data.decode("utf-16" if wide else "utf-8-sig", "replace"), path)


def read_pin(text: str, path: str) -> Pin | None:
    """Return what a file of requirements says of transformers; None where it says nothing."""
    name = path.rpartition("/")[2]
    found = next(_requirements(text, name), None)
    if found is None:
        return None
    written, range = found
    at = text.find(written.partition(EITHER)[0])
    return Pin(path, text.count("\n", 0, max(at, 0)) + 1, _shown(written), range)


def pin_of_notebook(data: bytes, code: str, path: str) -> Pin | None:
    """Return the pin that the code of a notebook installs, the last of several."""
    if PACKAGE not in code:
        return None
    pins = [(line, *one) for line, inner in _commands(code) for one in _installed(inner)]
    if not pins:
        return None
    line, written, range = pins[-1]
    shown = (json.dumps(line, ensure_ascii=ascii)[1:-1].encode() for ascii in (False, True))
    at = max(0, *(data.rfind(one) for one in shown))
    return Pin(path, data.count(b"\n", 0, at) + 1, _shown(written), range)


def _commands(code: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of code that may install something, each with what it goes on with."""
    lines = code.split("\n")
    for number, line in enumerate(lines):
        if (PACKAGE in line or line.endswith("\\")) and _INSTALLER.search(line):
            whole, after = line, number + 1
            while whole.endswith("\\") and after < len(lines) and len(whole) < _LONGEST:
                whole, after = f"{whole[:-1]} {lines[after]}", after + 1
            yield line, whole


def pin_of_script(data: bytes, path: str) -> Pin | None:
    """Return the pin that a script carries in itself."""
    if (script := _SCRIPT.search(data)) is None:
        return None
    text = "\n".join(
        line.removeprefix("#").removeprefix(" ")
        for line in script["body"].decode("utf-8", "replace").splitlines()
    )
    found = next(_requirements(text, "pyproject.toml"), None)
    if found is None:
        return None
    line = data.count(b"\n", 0, script.start()) + 2 + text.count("\n", 0, text.find(found[0]))
    return Pin(path, line, _shown(found[0]), found[1])


def _requirements(text: str, name: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield each requirement of transformers in a file, as written, with what it allows."""
    if name.endswith(LOCK):
        for locked in _LOCKED.finditer(text):
            if range := read_range(f"=={locked['version']}"):
                yield locked[0], range
    elif name == "pyproject.toml":
        yield from _of_toml(text)
    elif name.endswith((".yaml", ".yml")):
        for line in text.splitlines() if PACKAGE in text else ():
            found = _CONDA.match(line[:_LONGEST])
            if found and (range := read_range(found["range"])) is not None:
                yield found[0].strip(), range
        yield from (one for one in _in_lines(text) if one[1].clauses)
    elif name.startswith("setup."):
        yield from (one for one in _in_lines(text) if one[1].clauses)  # bare, it may be a keyword
    else:
        yield from _of_pip(text)


def _of_pip(text: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield the requirements that lines of a requirement file begin with, as pip reads them.

    Of those that hold under a condition alone, one or another does.
    """
    sometimes = []
    for line in text.splitlines():
        line = _COMMENT.sub("", line).strip() if PACKAGE in line else ""
        if line.startswith((PACKAGE, "git+", "-e", "--editable")):
            for one in islice(_in_text(line), 1):
                if ";" in line:
                    sometimes.append(one)
                else:
                    yield one
    yield from _any_of(sometimes)


def _in_lines(text: str) -> Iterator[tuple[str, VersionRange]]:
    for line in text.splitlines():
        if PACKAGE in line and not line.lstrip().startswith(("#", "-r", "-c")):
            yield from _in_text(line.partition(" #")[0])


def _in_text(text: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield the requirements in a line, or in a text of one requirement."""
    text = text[:_LONGEST]
    for git in _FROM_GIT.finditer(text):
        tagged = read_range(f"=={git['tag']}") if git["tag"] and "." in git["tag"] else None
        yield git[0], tagged or VersionRange()
        return
    for found in _REQUIREMENT.finditer(text):
        if (range := read_range(found["range"] or "")) is not None:
            yield found[0].strip(), range


def _of_toml(text: str) -> Iterator[tuple[str, VersionRange]]:
    try:
        (value,) = read_toml(text, "")
    except (UnreadableError, RecursionError):
        return
    tool, project = _table(value, "tool"), _table(value, "project")
    poetry = _table(tool, "poetry")
    poetry_groups = _table(poetry, "group").values()
    yield from _of_poetry(_table(poetry, "dependencies"))
    for listed in (project.get("dependencies"), value.get("dependencies")):
        yield from sorted(_in_list(listed), key=lambda one: one[1].is_open)
    lists = [*_table(project, "optional-dependencies").values()]
    lists += _table(value, "dependency-groups").values()
    extras = [one for group in poetry_groups for one in _of_poetry(_table(group, "dependencies"))]
    extras += [one for listed in lists for one in _in_list(listed)]
    yield from _any_of(extras)


def _in_list(requirements: Any) -> Iterator[tuple[str, VersionRange]]:
    """Yield the requirements of transformers in a list of texts."""
    for text in requirements if isinstance(requirements, list) else ():
        if isinstance(text, str):
            yield from _in_text(text)


def _any_of(extras: list[tuple[str, VersionRange]]) -> Iterator[tuple[str, VersionRange]]:
    """Yield what extras ask for, of which nobody installs all: whatever one of them allows.

    A bare name among them asks for nothing.
    """
    asking = [one for one in extras if not one[1].is_open or one[0].startswith("git+")] or extras
    if asking:
        said = {range: written for written, range in reversed(asking)}
        yield EITHER.join(reversed(said.values())), either(reversed(said))


def _of_poetry(table: dict[str, Any]) -> Iterator[tuple[str, VersionRange]]:
    if PACKAGE not in table:
        return
    entry = table[PACKAGE]
    written = entry.get("version", "*") if isinstance(entry, dict) else entry
    if isinstance(written, str) and (range := read_range(written)) is not None:
        yield written, range


def _table(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _installed(text: str) -> Iterator[tuple[str, VersionRange]]:
    """Yield what commands install; a bare name is no pin, unless the newest is asked for."""
    for command in _INSTALL.finditer(text):
        fresh = _FRESH.search(command["what"]) is not None
        for written, range in _in_text(command["what"].replace('"', " ").replace("'", " ")):
            if range.clauses or fresh or written.startswith("git+"):
                yield written, range


def _in_order(names: set[str]) -> list[str]:
    """The files that say it, most believed first; those of the folder requirements/ come last."""
    ranked = []
    for name in names:
        folder, _, file = name.rpartition("/")
        texts = folder and file.endswith((".txt", ".in"))
        if texts or _ANY.fullmatch(file):
            ranks = (rank for rank, one in enumerate(_ORDER) if one.fullmatch(file))
            ranked.append((bool(folder), next(ranks, len(_ORDER)), name))
    return [name for *_, name in sorted(ranked)][:_MOST_FILES]


def _shown(written: str) -> str:
    """The requirement in one short line."""
    if locked := _LOCKED.match(written):
        return f"{PACKAGE}=={locked['version']}"
    one_line = " ".join(written.split()).removeprefix("- ")
    return one_line if PACKAGE in one_line else f"{PACKAGE} {one_line}"


def _top(root: Path) -> Path:
    """The repository that a folder lies in, else the folder itself."""
    return next((one for one in (root, *root.parents) if (one / ".git").exists()), root)

"""Which files of a project are looked at."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from advisor.scan.gitignore import Patterns, parse_patterns, read_patterns
from advisor.scan.usage import FileNote

KINDS = {
    **dict.fromkeys((".py", ".pyi", ".pyw"), "python"),
    ".ipynb": "notebook",
    **dict.fromkeys((".yaml", ".yml", ".toml", ".json"), "configuration"),
}
_MAX_BYTES = {"python": 4_000_000, "notebook": 40_000_000, "configuration": 1_000_000}
_SKIPPED_FOLDERS = re.compile(
    r"\.(?:eggs|git|hg|ipynb_checkpoints|nox|svn|tox|venv|(?:mypy|pytest|ruff)_cache)|venv"
    r"|__pycache__|__pypackages__|bower_components|node_modules|site-packages"
)
_SKIPPED_FILES = re.compile(r"advisor\.(?:yaml|lock)|(?:package-lock|tokenizer|vocab)\.json")
"""Read by others, or data that only looks like configuration."""
_DEEPEST = 200
"""Folders inside folders; no honest project goes so deep."""


class SourceFile(NamedTuple):
    """A file to look at: where it is, its name in reports, what it holds."""

    path: str
    name: str
    kind: str
    size: int


Levels: TypeAlias = tuple[tuple[int, Patterns], ...]
"""Patterns that hold in a folder, the outermost first, each with how much of a path they skip."""


def find_files(
    paths: Sequence[Path], root: Path, exclude: Sequence[str] = ()
) -> tuple[list[SourceFile], list[FileNote]]:
    """Return the files under `paths`, each once, ordered by name, and what is not looked into.

    A folder is walked without following links, leaving out what `.gitignore` files from the
    repository's top down to it leave out. A file that is named itself is looked at all the same.
    `exclude` holds patterns of the same language, relative to `root`, and holds for both.
    """
    walk = _Walk(os.path.normpath(root.absolute()), parse_patterns("\n".join(exclude)))
    for path in paths:
        walk.add(Path(os.path.normpath(path.absolute())))
    return sorted(walk.files.values(), key=lambda file: file.name), walk.notes


class _Walk:
    """A walk under way: what has been found so far."""

    def __init__(self, root: str, exclude: Patterns) -> None:
        self.root = root
        self.exclude = exclude
        self.files: dict[str, SourceFile] = {}
        self.notes: list[FileNote] = []

    def add(self, path: Path) -> None:
        """Add a file, or all files of a folder."""
        try:
            if path.is_dir():
                self._folder(str(path), _levels(path, Path(self.root)), 0)
            elif not path.exists():
                self._note(str(path), "does not exist")
            elif not _SKIPPED_FILES.fullmatch(path.name):
                kind = KINDS.get(path.suffix.lower(), "python")
                self._file(str(path), kind, path.stat().st_size)
        except (OSError, ValueError) as error:
            self._unreadable(str(path), error)

    def _folder(self, folder: str, levels: Levels, depth: int) -> None:
        if depth > _DEEPEST:
            self._note(
                folder, f"is nested deeper than {_DEEPEST} folders; nothing in it is checked"
            )
            return
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        names = {entry.name for entry in entries}
        if depth and "pyvenv.cfg" in names:
            return
        if ".gitignore" in names:
            levels = (*levels, _level(Path(folder), ".gitignore"))
        for entry in entries:
            try:
                self._entry(entry, levels, depth)
            except OSError as error:
                self._unreadable(entry.path, error)

    def _entry(self, entry: os.DirEntry[str], levels: Levels, depth: int) -> None:
        is_folder = entry.is_dir(follow_symlinks=False)
        stem, _, suffix = entry.name.rpartition(".")
        kind = KINDS.get(f".{suffix.lower()}") if stem else None
        if not is_folder and not (kind and entry.is_file(follow_symlinks=False)):
            return
        skipped = _SKIPPED_FOLDERS if is_folder else _SKIPPED_FILES
        if skipped.fullmatch(entry.name) or _ignored(entry.path, levels, folder=is_folder):
            return
        if is_folder and not self.exclude.ignores(self._name(entry.path), folder=True):
            self._folder(entry.path, levels, depth + 1)
        elif kind and not is_folder:
            self._file(entry.path, kind, entry.stat().st_size)

    def _file(self, path: str, kind: str, size: int) -> None:
        name = self._name(path)
        folders = (name[: slash.start()] for slash in re.finditer("/", name))
        excluded = self.exclude.ignores(name, folder=False) or any(
            self.exclude.ignores(folder, folder=True) for folder in folders
        )
        if path in self.files or excluded:
            return
        if size <= _MAX_BYTES[kind]:
            self.files[path] = SourceFile(path, name, kind, size)
        elif kind != "configuration":
            limit = _MAX_BYTES[kind] // 1_000_000
            self._note(path, f"is {size // 1_000_000} MB; files over {limit} MB are not checked")

    def _name(self, path: str) -> str:
        """The path as reports show it: relative to the root, with forward slashes."""
        if path.startswith(self.root + os.sep):
            path = path[len(self.root) + 1 :]
        else:
            with contextlib.suppress(ValueError):  # on another drive
                path = os.path.relpath(path, self.root)
        return path.replace(os.sep, "/")

    def _note(self, path: str, message: str) -> None:
        self.notes.append(FileNote(self._name(path), None, message))

    def _unreadable(self, path: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._note(path, f"cannot be read: {reason.lower()}")


def _ignored(path: str, levels: Levels, *, folder: bool) -> bool:
    """True where the innermost patterns that speak of a path leave it out."""
    answers = (
        patterns.ignores(path[start:].replace(os.sep, "/"), folder=folder)
        for start, patterns in reversed(levels)
    )
    return next((answer for answer in answers if answer is not None), False)


def _level(folder: Path, file: str) -> tuple[int, Patterns]:
    return len(str(folder).rstrip("/")) + 1, read_patterns(folder / file)


def _levels(folder: Path, root: Path) -> Levels:
    """The patterns that hold in `folder` because of files above it.

    Those of the repository count from its top, others from the root.
    """
    outward = (folder, *folder.parents)
    top = next((outer for outer in outward if (outer / ".git").exists()), root)
    above = [outer for outer in reversed(outward[1:]) if outer.is_relative_to(top)]
    levels = [_level(top, ".git/info/exclude"), *(_level(outer, ".gitignore") for outer in above)]
    return tuple(level for level in levels if level[1].groups)

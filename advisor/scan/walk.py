"""Which files of a project are looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from advisor.scan.gitignore import NO_PATTERNS, Patterns, parse_patterns, read_patterns
from advisor.scan.usage import FileNote

KINDS = {
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".ipynb": "notebook",
    ".yaml": "configuration",
    ".yml": "configuration",
    ".toml": "configuration",
    ".json": "configuration",
}
MAX_BYTES = {"python": 4_000_000, "notebook": 40_000_000, "configuration": 1_000_000}
SKIPPED_FOLDERS = frozenset(
    [
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "bower_components",
        "node_modules",
        "site-packages",
        "venv",
    ]
)
SKIPPED_FILES = frozenset(
    {"advisor.yaml", "advisor.lock", "package-lock.json", "tokenizer.json", "vocab.json"}
)
"""Read by others, or data that only looks like configuration."""
DEEPEST = 200
"""Folders inside folders; no honest project goes so deep."""


class SourceFile(NamedTuple):
    """A file to look at: where it is, its name in reports, what it holds."""

    path: str
    name: str
    kind: str
    size: int


class Found(NamedTuple):
    """The files to look at, by name, and what could not be looked into."""

    files: tuple[SourceFile, ...]
    notes: tuple[FileNote, ...]


class _Ignoring(NamedTuple):
    """Patterns that hold in a folder, each with the length of the folder's own name prefix."""

    levels: tuple[tuple[int, Patterns], ...]

    def leaves_out(self, path: str, *, folder: bool) -> bool:
        path = path.replace(os.sep, "/")
        for start, patterns in reversed(self.levels):
            answer = patterns.ignores(path[start:], folder=folder)
            if answer is not None:
                return answer
        return False


def find_files(paths: Sequence[Path], root: Path, exclude: Sequence[str] = ()) -> Found:
    """Return the files under `paths`, each once, ordered by name.

    A folder is walked without following links, leaving out what `.gitignore` files from the
    repository's top down to it leave out. A file that is named itself is looked at all the same.
    `exclude` holds patterns of the same language, relative to `root`, and holds for both.
    """
    root = Path(os.path.normpath(root.absolute()))
    walk = _Walk(root, parse_patterns("\n".join(exclude)) if exclude else NO_PATTERNS)
    for path in paths:
        walk.take(Path(os.path.normpath(path.absolute())))
    files = sorted(walk.files.values(), key=lambda file: file.name)
    return Found(tuple(files), tuple(sorted(walk.notes)))


def _kind(name: str) -> str | None:
    stem, dot, suffix = name.rpartition(".")
    return KINDS.get(f".{suffix.lower()}") if stem and dot else None


class _Walk:
    """A walk under way: what has been found so far."""

    def __init__(self, root: Path, exclude: Patterns) -> None:
        self.root = str(root)
        self.exclude = exclude
        self.files: dict[str, SourceFile] = {}
        self.notes: list[FileNote] = []

    def take(self, path: Path) -> None:
        """Add a file, or all files of a folder."""
        try:
            if path.is_dir():
                top = _repository_top(path, Path(self.root))
                self._folder(str(path), len(str(top).rstrip("/")) + 1, _levels(top, path), 0)
            elif path.exists():
                kind = KINDS.get(path.suffix.lower(), "python")
                if path.name not in SKIPPED_FILES:
                    self._file(str(path), kind, path.stat().st_size)
            else:
                self._note(str(path), "does not exist")
        except (OSError, ValueError) as error:
            self._note(str(path), f"cannot be read: {_why(error)}")

    def _folder(self, folder: str, top: int, ignoring: _Ignoring, depth: int) -> None:
        if depth > DEEPEST:
            self._note(folder, f"is nested deeper than {DEEPEST} folders; nothing in it is checked")
            return
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._note(folder, f"cannot be read: {_why(error)}")
            return
        names = {entry.name for entry in found}
        if depth and "pyvenv.cfg" in names:
            return
        if ".gitignore" in names:
            patterns = read_patterns(Path(folder, ".gitignore"))
            start = len(folder.rstrip("/")) + 1 - top
            ignoring = _Ignoring((*ignoring.levels, (max(start, 0), patterns)))
        for entry in found:
            self._entry(entry, top, ignoring, depth)

    def _entry(self, entry: os.DirEntry[str], top: int, ignoring: _Ignoring, depth: int) -> None:
        try:
            if entry.is_symlink():
                return
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and not self._left_out(
                    entry.path, top, ignoring, folder=True
                ):
                    self._folder(entry.path, top, ignoring, depth + 1)
                return
            kind = _kind(entry.name)
            if (
                kind
                and entry.name not in SKIPPED_FILES
                and entry.is_file()
                and not self._left_out(entry.path, top, ignoring, folder=False)
            ):
                self._file(entry.path, kind, entry.stat().st_size)
        except OSError as error:
            self._note(entry.path, f"cannot be read: {_why(error)}")

    def _left_out(self, path: str, top: int, ignoring: _Ignoring, *, folder: bool) -> bool:
        if ignoring.levels and ignoring.leaves_out(path[top:], folder=folder):
            return True
        return bool(self.exclude.groups) and bool(
            self.exclude.ignores(self._name(path), folder=folder)
        )

    def _file(self, path: str, kind: str, size: int) -> None:
        name = self._name(path)
        if path in self.files or (self.exclude.groups and self._excluded(name)):
            return
        if size > MAX_BYTES[kind]:
            if kind != "configuration":
                limit = MAX_BYTES[kind] // 1_000_000
                self._note(
                    path, f"is {size // 1_000_000} MB; files over {limit} MB are not checked"
                )
            return
        self.files[path] = SourceFile(path, name, kind, size)

    def _excluded(self, name: str) -> bool:
        parts = name.split("/")
        folders = ("/".join(parts[:end]) for end in range(1, len(parts)))
        return bool(self.exclude.ignores(name, folder=False)) or any(
            self.exclude.ignores(folder, folder=True) for folder in folders
        )

    def _name(self, path: str) -> str:
        """The path as reports show it: relative to the root, with forward slashes."""
        if path.startswith(self.root + os.sep):
            return path[len(self.root) + 1 :].replace(os.sep, "/")
        try:
            return os.path.relpath(path, self.root).replace(os.sep, "/")
        except ValueError:
            return path.replace(os.sep, "/")

    def _note(self, path: str, message: str) -> None:
        self.notes.append(FileNote(self._name(path), None, message))


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _above(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _repository_top(folder: Path, root: Path) -> Path:
    """The folder whose `.gitignore` counts first: that of the repository, else the root."""
    for above in _above(folder):
        if (above / ".git").exists():
            return above
    return root if folder.is_relative_to(root) else folder


def _levels(top: Path, folder: Path) -> _Ignoring:
    """The patterns that hold in `folder` because of files above it."""
    levels = [(0, read_patterns(top / ".git" / "info" / "exclude"))]
    for above in reversed(list(_above(folder))[1:]):
        if above.is_relative_to(top):
            start = len(str(above)) - len(str(top)) + (above != top)
            levels.append((start, read_patterns(above / ".gitignore")))
    return _Ignoring(tuple(level for level in levels if level[1].groups))

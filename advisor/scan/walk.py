"""Which files of a project are looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from advisor.scan.gitignore import Patterns, parse_patterns, read_patterns
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


class SourceFiles(NamedTuple):
    """The files to look at, by name, and what could not be looked into."""

    files: tuple[SourceFile, ...]
    notes: tuple[FileNote, ...]


Levels: TypeAlias = tuple[tuple[int, Patterns], ...]
"""Patterns that hold in a folder, the outermost first, each with how much of a path they skip."""


def find_files(paths: Sequence[Path], root: Path, exclude: Sequence[str] = ()) -> SourceFiles:
    """Return the files under `paths`, each once, ordered by name.

    A folder is walked without following links, leaving out what `.gitignore` files from the
    repository's top down to it leave out. A file that is named itself is looked at all the same.
    `exclude` holds patterns of the same language, relative to `root`, and holds for both.
    """
    root = Path(os.path.normpath(root.absolute()))
    walk = _Walk(root, parse_patterns("\n".join(exclude)))
    for path in paths:
        walk.add(Path(os.path.normpath(path.absolute())))
    files = sorted(walk.files.values(), key=lambda file: file.name)
    return SourceFiles(tuple(files), tuple(sorted(walk.notes)))


class _Walk:
    """A walk under way: what has been found so far."""

    def __init__(self, root: Path, exclude: Patterns) -> None:
        self.root = str(root)
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
            elif path.name not in SKIPPED_FILES:
                kind = KINDS.get(path.suffix.lower(), "python")
                self._file(str(path), kind, path.stat().st_size)
        except (OSError, ValueError) as error:
            self._note(str(path), f"cannot be read: {_reason(error)}")

    def _folder(self, folder: str, levels: Levels, depth: int) -> None:
        if depth > DEEPEST:
            self._note(folder, f"is nested deeper than {DEEPEST} folders; nothing in it is checked")
            return
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self._note(folder, f"cannot be read: {_reason(error)}")
            return
        names = {entry.name for entry in entries}
        if depth and "pyvenv.cfg" in names:
            return
        if ".gitignore" in names:
            levels = (*levels, _level(Path(folder), ".gitignore"))
        for entry in entries:
            try:
                self._entry(entry, levels, depth)
            except OSError as error:
                self._note(entry.path, f"cannot be read: {_reason(error)}")

    def _entry(self, entry: os.DirEntry[str], levels: Levels, depth: int) -> None:
        if entry.is_symlink():
            return
        if entry.is_dir():
            if (
                entry.name not in SKIPPED_FOLDERS
                and not _ignored(entry.path, levels, folder=True)
                and not self.exclude.ignores(self._name(entry.path), folder=True)
            ):
                self._folder(entry.path, levels, depth + 1)
            return
        stem, _, suffix = entry.name.rpartition(".")
        kind = KINDS.get(f".{suffix.lower()}") if stem else None
        if (
            kind
            and entry.name not in SKIPPED_FILES
            and entry.is_file()
            and not _ignored(entry.path, levels, folder=False)
        ):
            self._file(entry.path, kind, entry.stat().st_size)

    def _file(self, path: str, kind: str, size: int) -> None:
        name = self._name(path)
        if path in self.files or self._excluded(name):
            return
        if size <= MAX_BYTES[kind]:
            self.files[path] = SourceFile(path, name, kind, size)
        elif kind != "configuration":
            limit = MAX_BYTES[kind] // 1_000_000
            self._note(path, f"is {size // 1_000_000} MB; files over {limit} MB are not checked")

    def _excluded(self, name: str) -> bool:
        if not self.exclude.groups:
            return False
        ends = [at for at, letter in enumerate(name) if letter == "/"]
        return bool(self.exclude.ignores(name, folder=False)) or any(
            self.exclude.ignores(name[:end], folder=True) for end in ends
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


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _ignored(path: str, levels: Levels, *, folder: bool) -> bool:
    """True where the innermost patterns that speak of a path leave it out."""
    for start, patterns in reversed(levels):
        answer = patterns.ignores(path[start:].replace(os.sep, "/"), folder=folder)
        if answer is not None:
            return answer
    return False


def _level(folder: Path, file: str) -> tuple[int, Patterns]:
    return len(str(folder).rstrip("/")) + 1, read_patterns(folder / file)


def _levels(folder: Path, root: Path) -> Levels:
    """The patterns that hold in `folder` because of files above it.

    Those of the repository count from its top, others from the root.
    """
    outward = (folder, *folder.parents)
    top = next((outer for outer in outward if (outer / ".git").exists()), root)
    levels = [_level(top, ".git/info/exclude")]
    levels += [
        _level(outer, ".gitignore") for outer in reversed(outward[1:]) if outer.is_relative_to(top)
    ]
    return tuple(level for level in levels if level[1].groups)

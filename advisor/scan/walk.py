"""Which files of a project are looked at, and how many are not, by reason."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from advisor.files import REPOSITORY, first_bytes, leads_out, name_of, real_path
from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.scan.gitignore import Patterns, Tracked, parse_patterns, read_patterns
from advisor.scan.usage import FileNote

KINDS = {
    **dict.fromkeys((".py", ".pyi", ".pyt", ".pyw", ".wsgi"), "python"),
    ".ipynb": "notebook",
    **dict.fromkeys((".yaml", ".yml", ".toml", ".json"), "configuration"),
}
DIALECTS = {
    **dict.fromkeys((".pxd", ".pxi", ".pyx"), "Cython"),
    ".ipy": "a script of IPython",
    ".sage": "Sage",
    ".xsh": "xonsh",
}
"""What is nearly Python, by suffix: it is searched for words of ours, but not parsed."""
_TEMPLATE = re.compile(r".+\.py\.(?:in|j2|jinja2?|mako|template|tmpl|tpl)", re.IGNORECASE)
_SCRIPT = re.compile(r"(?:\.(?:cgi|fcgi|\d+))?")
"""Suffixes of programs whose first line says what they are written in."""
_SHEBANG = re.compile(rb"#![^\n]*(?:\b(?:python|pypy)[\d.]*(?![\w-])|\b(?:uv|pipx) run\b)")
_SHELL = re.compile(rb"#![^\n]*sh\b")
_CALLS_ITSELF = re.compile(
    rb"\b(?:python|pypy)[\d.]*[\"']?(?:[ \t]+-\w+)*[ \t]+[\"']?(?:\$0|\$\{0\})[\"']?(?=\s|\Z)"
)
"""What a shell is told in a file that is Python from there on."""
_BEGINNING = 1_000
"""Bytes in which a file says what it is written in."""
MOST_BYTES = {
    "python": 4_000_000,
    "dialect": 4_000_000,
    "notebook": 40_000_000,
    "configuration": 1_000_000,
}
_CACHES = re.compile(r"\.(?:eggs|hg|ipynb_checkpoints|svn|(?:mypy|pytest|ruff)_cache)|__pycache__")
"""Copies that tools make; nothing of a project stands in them alone, unless git tracks it."""
_COMPILED = ".pyc"
_ENVIRONMENTS = re.compile(
    r"\.(?:nox|tox|venv)|venv|__pypackages__|bower_components|node_modules|site-packages"
)
_SKIPPED_FILES = re.compile(r"advisor\.(?:yaml|lock)|(?:package-lock|tokenizer|vocab)\.json")
"""Read by others, or data that only looks like configuration."""
_AT_ONCE = 10_000
"""Entries of a folder that may take as long as one file."""
_DEEPEST = 200
"""Folders inside folders; no honest project goes so deep."""


class SourceFile(NamedTuple):
    """A file to look at: where it is, its name in reports, what it holds."""

    path: str
    name: str
    kind: str


class Found(NamedTuple):
    """The files to look at, in order of their names, and what is not looked into.

    `left_out` counts files and whole folders by reason: excluded, gitignored, environments, caches,
    links. `vouched` is true where git said which files it tracks: those are looked at,
    whatever patterns or the names of folders say, so that no change to a project can hide them.
    """

    files: tuple[SourceFile, ...]
    notes: tuple[FileNote, ...]
    left_out: Counter[str]
    vouched: bool


Levels: TypeAlias = tuple[tuple[int, Patterns], ...]
"""Patterns that hold in a folder, the outermost first, each with how much of a path they skip."""


def find_files(
    paths: Sequence[Path],
    root: Path,
    exclude: Sequence[str] = (),
    deadline: Deadline | None = None,
) -> Found:
    """Return the files under `paths`, each once.

    A folder is walked without following links to folders, leaving out what `.gitignore` files from
    the repository's top down to it leave out and git does not track. A file that is named itself
    is looked at all the same, unless a link leads out of `root`, or of the repository where it is
    elsewhere. `exclude` holds patterns of the same language, relative to `root`, and holds for
    both. Where the deadline is over, or a folder takes too long, those found until then are
    returned, and a note.
    """
    deadline = deadline or Deadline()
    patterns = parse_patterns("\n".join(exclude))
    walk = _Walk(os.path.normpath(root.absolute()), patterns, deadline)
    with walk.bounded():
        for path in paths:
            walk.add(Path(os.path.normpath(path.absolute())))
        walk.add_links()
    files = sorted(walk.files.values(), key=lambda file: file.name)
    return Found(tuple(files), tuple(walk.notes), +walk.left_out, walk.vouched)


class _Walk:
    """A walk under way: what has been found so far."""

    def __init__(self, root: str, exclude: Patterns, deadline: Deadline) -> None:
        self.root = root
        self._bound = Path(root)
        self.deadline = deadline
        self.exclude = exclude
        self._excludes = cache(self._excluded)
        self._beginning = cache(self._named)
        self.files: dict[str, SourceFile] = {}
        self.notes: list[FileNote] = []
        self.links: dict[str, tuple[str, str]] = {}
        self.left_out: Counter[str] = Counter()
        self.tracked = Tracked(Path(root))
        self.vouched = True
        self._last = root

    @contextlib.contextmanager
    def bounded(self) -> Iterator[None]:
        """Walk no longer than the deadline allows, and say where the walk ended."""
        try:
            with self.deadline:
                yield
        except OutOfTimeError:
            self.left_out["out_of_time"] += 1
            self._note(self._last, "takes too long to be looked through; what follows is not found")

    def add(self, path: Path) -> None:
        """Add a file, or all files of a folder."""
        try:
            status = path.stat()
            self._bound = _bound(path, Path(self.root))
            if leads_out(path, self._bound):
                self.left_out["links"] += 1
                self._note(str(path), "is a link that leads out of this folder")
            elif stat.S_ISDIR(status.st_mode):
                self.tracked = Tracked(path)
                self._folder(str(path), _levels(path, Path(self.root)), 0)
                self.vouched &= not self.left_out or self.tracked.known
            elif not stat.S_ISREG(status.st_mode):
                self._note(str(path), "is a pipe or a device, not a file")
            elif not _SKIPPED_FILES.fullmatch(path.name):
                kind = kind_of(str(path)) or "python"
                self._file(str(path), kind)
        except FileNotFoundError:
            self._note(str(path), "does not exist")
        except (OSError, ValueError) as error:
            self._unreadable(str(path), error)

    def add_links(self) -> None:
        """Add links to what is not looked at under its own name, or as a file of another kind."""
        for path, (target, kind) in self.links.items():
            own = self.files.get(target)
            if own is None or own.kind != kind:
                self._file(path, kind)

    def _folder(self, folder: str, levels: Levels, depth: int) -> None:
        if depth > _DEEPEST:
            self._note(
                folder, f"is nested deeper than {_DEEPEST} folders; nothing in it is checked"
            )
            return
        self._last = folder
        self.deadline.begin()
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        if depth and any(entry.name == "pyvenv.cfg" for entry in entries) and _made_by_venv(folder):
            self._leave_out("environments", folder)
            return
        if any(entry.name == ".gitignore" for entry in entries):
            levels = (*levels, _level(Path(folder), ".gitignore"))
        for number, entry in enumerate(entries):
            if number % _AT_ONCE == 0:
                self.deadline.begin()
            try:
                if entry.is_dir(follow_symlinks=False):
                    self._inner_folder(entry, levels, depth)
                else:
                    self._entry(entry, levels)
            except OSError as error:
                self._unreadable(entry.path, error)

    def _inner_folder(self, entry: os.DirEntry[str], levels: Levels, depth: int) -> None:
        if entry.name == REPOSITORY:
            return
        if _CACHES.fullmatch(entry.name):
            with os.scandir(entry.path) as listing:
                compiled = all(one.name.endswith(_COMPILED) and not one.is_dir() for one in listing)
            if compiled:
                self._note_compiled(entry.path)
            else:
                self._leave_out("caches", entry.path)
        elif _ENVIRONMENTS.fullmatch(entry.name):
            self._leave_out("environments", entry.path)
        elif _ignored(entry.path, levels, folder=True):
            self._leave_out("gitignored", entry.path)
        elif self.exclude.ignores(self._name(entry.path), folder=True):
            self.left_out["excluded"] += 1
        else:
            self._folder(entry.path, levels, depth + 1)

    def _entry(self, entry: os.DirEntry[str], levels: Levels) -> None:
        kind = kind_of(entry.path)
        if kind is None:
            self.left_out["links"] += entry.is_symlink() and entry.is_dir()
            if entry.name.endswith(_COMPILED):
                self._note_compiled(entry.path)
            return
        if _SKIPPED_FILES.fullmatch(entry.name):
            return
        if entry.is_symlink():
            self._link(entry.path, kind)
        elif not entry.is_file(follow_symlinks=False):
            self._note(entry.path, "is a pipe or a device, not a file")
        elif _ignored(entry.path, levels, folder=False):
            self._leave_out("gitignored", entry.path)
        else:
            self._file(entry.path, kind)

    def _note_compiled(self, path: str) -> None:
        """Say of what Python compiled that it is not read, where it belongs to the project.

        Python may run it in place of the source beside it.
        """
        for one in self.tracked.under(path):
            if one.endswith(_COMPILED):
                self._note(one, "is compiled Python, which is not read")

    def _link(self, path: str, kind: str) -> None:
        """Keep a link to a file of the project until it is known what is looked at by itself."""
        if not os.path.isfile(path) or leads_out(path, self._bound):  # noqa: PTH113
            self.left_out["links"] += 1
        else:
            self.links[path] = real_path(path), kind

    def _leave_out(self, reason: str, path: str) -> None:
        """Leave out a file or folder, but for the files in it that git tracks."""
        self.left_out[reason] += path not in self._tracked_files(path)

    def _tracked_files(self, path: str) -> list[str]:
        """Look at the files in a folder that git tracks, and return them."""
        found = [one for one in self.tracked.under(path) if os.path.isfile(one)]  # noqa: PTH113
        for one in found:
            kind = kind_of(one)
            if kind and not _SKIPPED_FILES.fullmatch(os.path.basename(one)):  # noqa: PTH119
                self._file(one, kind)
        return found

    def _file(self, path: str, kind: str) -> None:
        if path in self.files:
            return
        name = self._name(path)
        if self.exclude.groups and self._excluded(name, folder=False):
            self.left_out["excluded"] += 1
        else:
            self.files[path] = SourceFile(path, name, kind)

    def _excluded(self, name: str, *, folder: bool = True) -> bool:
        """True for what is excluded, or stands in a folder that is."""
        return bool(name) and (
            bool(self.exclude.ignores(name, folder=folder))
            or self._excludes(name.rpartition("/")[0])
        )

    def _name(self, path: str) -> str:
        """The path as reports show it: relative to the root, with forward slashes."""
        if path == self.root:
            return os.curdir
        folder, _, name = path.rpartition(os.sep)
        return self._beginning(folder or os.sep) + name_of(name)

    def _named(self, folder: str) -> str:
        """What the names of files in a folder begin with."""
        with contextlib.suppress(ValueError):  # on another drive
            folder = os.path.relpath(folder, self.root)
        folder = "" if folder == os.curdir else name_of(folder).replace(os.sep, "/")
        return folder and f"{folder.removesuffix('/')}/"

    def _note(self, path: str, message: str) -> None:
        self.notes.append(FileNote(self._name(path), None, message))

    def _unreadable(self, path: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._note(path, f"cannot be read: {reason.lower()}")


def kind_of(path: str) -> str | None:
    """Return what a file holds, by its name or, where that says nothing, by its first line."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - a walk is long
    name = os.path.basename(path).lower()  # noqa: PTH119
    hidden = f".{name.lstrip('.')}" if name.startswith(".") else ""  # a dot and a suffix alone
    if kind := KINDS.get(suffix or hidden):
        return kind
    if dialect_of(path):
        return "dialect"
    if not _SCRIPT.fullmatch(suffix):
        return None
    begins = first_bytes(path, _BEGINNING)
    calls = _SHEBANG.match(begins) or (_SHELL.match(begins) and _CALLS_ITSELF.search(begins))
    return "python" if calls else None


def dialect_of(path: str) -> str | None:
    """Return what a file is that is nearly Python, in words; None where it is not."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    return DIALECTS.get(suffix) or ("a template of Python" if _TEMPLATE.fullmatch(path) else None)


def _made_by_venv(folder: str) -> bool:
    """True where a folder with a pyvenv.cfg has an interpreter too, as every environment has."""
    return any(
        os.path.lexists(os.path.join(folder, *place))  # noqa: PTH118 - a walk is long
        for place in (("bin", "python"), ("bin", "python3"), ("Scripts", "python.exe"))
    )


def _ignored(path: str, levels: Levels, *, folder: bool) -> bool:
    """True where the innermost patterns that speak of a path leave it out."""
    if not levels:
        return False
    answers = (
        patterns.ignores(name_of(path[start:].replace(os.sep, "/")), folder=folder)
        for start, patterns in reversed(levels)
    )
    return next((answer for answer in answers if answer is not None), False)


def _level(folder: Path, file: str) -> tuple[int, Patterns]:
    return len(str(folder).rstrip("/")) + 1, read_patterns(folder / file)


def _bound(path: Path, root: Path) -> Path:
    """Return the folder out of which no link may lead: the root, where a path is in that.

    Else it is the repository around the path, or the path itself where there is none.
    """
    if path.is_relative_to(root):
        return root
    outward = path.parents if path.is_symlink() else (path, *path.parents)
    return next((outer for outer in outward if (outer / REPOSITORY).exists()), path)


def _levels(folder: Path, root: Path) -> Levels:
    """The patterns that hold in `folder` because of files above it.

    Those of the repository count from its top, others from the root.
    """
    outward = (folder, *folder.parents)
    top = next((outer for outer in outward if (outer / ".git").exists()), root)
    above = [outer for outer in reversed(outward[1:]) if outer.is_relative_to(top)]
    levels = [_level(top, ".git/info/exclude"), *(_level(outer, ".gitignore") for outer in above)]
    return tuple(level for level in levels if level[1].groups)

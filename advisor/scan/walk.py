"""Which files of a project are scanned, and how many are left out, by reason."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from advisor.files import REPOSITORY, first_bytes, leads_out, name_of
from advisor.git import QUIETLY, environment
from advisor.scan.usage import FileNote

KINDS = {
    **dict.fromkeys((".py", ".pyi", ".pyt", ".pyw", ".wsgi"), "python"),
    ".ipynb": "notebook",
    **dict.fromkeys((".yaml", ".yml", ".toml", ".json"), "configuration"),
}
_SHEBANG = re.compile(rb"#![^\n]*(?:\b(?:python|pypy)[\d.]*(?![\w-])|\b(?:uv|pipx) run\b)")
_BEGINNING = 1_000
"""Bytes of a file in which a shebang is sought."""
MOST_BYTES = {"python": 4_000_000, "notebook": 40_000_000, "configuration": 1_000_000}
_CACHES = re.compile(
    r"\.(?:cache|eggs|hg|ipynb_checkpoints|svn|(?:mypy|pytest|ruff)_cache)|__pycache__"
)
"""Folders of copies that tools make; they are skipped unless git tracks their files."""
_ENVIRONMENTS = re.compile(
    r"\.(?:nox|tox|venv)|venv|__pypackages__|bower_components|node_modules|site-packages"
)
_OF_VENV = (("pyvenv.cfg",), ("bin", "python"), ("bin", "python3"), ("Scripts", "python.exe"))
"""A virtual environment has the first of these, and one of the interpreters."""
_SKIPPED_FILES = re.compile(r"advisor\.(?:yaml|lock)|(?:package-lock|tokenizer|vocab)\.json")
"""Files that are read elsewhere, or data that only looks like configuration."""
_MOST_STARS = 3
"""A pattern with more stars excludes nothing: each of them may be tried at every length."""


class SourceFile(NamedTuple):
    """A file to scan: its path, its name in reports, its kind (python, notebook, configuration)."""

    path: str
    name: str
    kind: str


class Found(NamedTuple):
    """The files to scan, in order of their names, and what is left out.

    `left_out` counts files and whole folders by reason: excluded, gitignored, environments, caches,
    links, out_of_time. `vouched` is true if git listed the files, or nothing was left out without
    it: what git tracks is scanned whatever the names of folders, so that it cannot be hidden there.
    """

    files: tuple[SourceFile, ...]
    notes: tuple[FileNote, ...]
    left_out: Counter[str]
    vouched: bool


_GIT_SECONDS = 20
_OF_ANYBODY = ("-c", "safe.directory=*")
"""A checkout may be another user's, as in a container; listing runs nothing of its settings."""
_OTHERS = ("--others", "--exclude-standard")


def find_files(
    paths: Sequence[Path], root: Path, exclude: Sequence[str] = (), ends: float = math.inf
) -> Found:
    """Return the files under `paths`, each once.

    Of a folder in a repository, these are the files that git tracks or does not ignore; of another
    one, or without git, all files. Links to folders are not followed, and files that git does not
    track are left out if they are in environments or caches. A file in `paths` is scanned in any
    case, unless a link leads out of `root` (or of the file's own repository outside it). `exclude`
    has patterns as in `.gitignore`, relative to `root`, for all files. At `ends`, in seconds of
    `time.monotonic`, the search stops with a note and returns the files found so far.
    """
    walk = _Walk(os.path.normpath(root.absolute()), exclude, ends)
    walk.add_all(paths)
    files = sorted(walk.files.values(), key=lambda file: file.name)
    return Found(tuple(files), tuple(walk.notes), +walk.left_out, walk.vouched)


class _OverError(Exception):
    """The search takes too long."""


class _Walk:
    """The state of a search, with what it has found so far."""

    def __init__(self, root: str, exclude: Sequence[str], ends: float) -> None:
        self.root = root
        self._ends = ends
        self._bound = Path(root)
        self._excludes = excluding(exclude)
        self._aside = cache(self._left_aside)
        self._behind_link = cache(lambda folder: leads_out(folder, self._bound))
        self.files: dict[str, SourceFile] = {}
        self.notes: list[FileNote] = []
        self.left_out: Counter[str] = Counter()
        self.vouched = True
        self._top = self._last = root

    def add_all(self, paths: Sequence[Path]) -> None:
        """Add the files under `paths`, or a note of where the search ran out of time."""
        try:
            for path in paths:
                self._add(Path(os.path.normpath(path.absolute())))
        except (_OverError, RecursionError):
            self.left_out["out_of_time"] += 1
            message = "takes too long to search, so files after this one are not checked"
            self._note(self._last, message)

    def _add(self, path: Path) -> None:
        """Add a file, or all files of a folder."""
        try:
            status = path.stat()
            self._bound = _bound(path, Path(self.root))
            if leads_out(path, self._bound):
                self.left_out["links"] += 1
                self._note(str(path), "is a symbolic link to a path outside this folder")
            elif stat.S_ISDIR(status.st_mode):
                self._top = str(path)
                self._folder(str(path))
            elif not stat.S_ISREG(status.st_mode):
                self._note(str(path), "is a pipe or a device, not a file")
            elif not _SKIPPED_FILES.fullmatch(path.name):
                self._file(str(path), kind_of(str(path)) or "python")
        except FileNotFoundError:
            self._note(str(path), "does not exist")
        except (OSError, ValueError) as error:
            self._unreadable(error, str(path))

    def _folder(self, folder: str) -> None:
        """Add the files that git lists in a folder, or all files in it if git lists none."""
        tracked, others = _listed(folder, "--cached"), _listed(folder, *_OTHERS)
        if not tracked and not others:
            self._entries(self._all_in(folder))
            self.vouched &= not self.left_out
            return
        self._entries(tracked, tracked=True)
        self._entries(others)
        outer = os.devnull
        for path in sorted(_listed(folder, *_OTHERS, "--ignored", "--directory")):
            whole = path.endswith(os.sep)
            inside = path.startswith(outer)  # a folder that holds nothing else is listed as well
            self.left_out["gitignored"] += not inside and (whole or _suffix(path) in KINDS)
            outer = path if whole and not inside else outer

    def _all_in(self, folder: str) -> Iterator[str]:
        """Yield the files and links in a folder and below, without environments, caches, `.git`."""
        for here, folders, files in os.walk(folder, onerror=self._unreadable):
            within = [os.path.join(here, name) for name in sorted(folders)]  # noqa: PTH118
            linked = [path for path in within if os.path.islink(path)]  # noqa: PTH114
            inner = [path for path in within if not self._aside(path)]
            folders[:] = [os.path.basename(path) for path in inner]  # noqa: PTH119
            yield from (*linked, *(os.path.join(here, name) for name in sorted(files)))  # noqa: PTH118

    def _entries(self, paths: Iterable[str], *, tracked: bool = False) -> None:
        """Add the files to scan among paths: files, links, and repositories in a repository."""
        for path in paths:
            if time.monotonic() > self._ends:
                raise _OverError
            self._last = os.path.dirname(path)  # noqa: PTH120 - a walk is long
            try:
                if self._behind_link(self._last):
                    self.left_out["links"] += 1
                elif tracked or not self._aside(self._last):
                    self._entry(path, os.lstat(path).st_mode, tracked=tracked)
            except FileNotFoundError:  # which git still tracks
                continue
            except OSError as error:
                self._unreadable(error, path)

    def _entry(self, path: str, mode: int, *, tracked: bool) -> None:
        """Add a file by its path and mode, or the files of a repository in the repository."""
        if stat.S_ISDIR(mode):  # a repository in the repository
            inner = path.rstrip(os.sep)
            if not os.path.lexists(os.path.join(inner, REPOSITORY)):  # noqa: PTH118
                self._entries(self._all_in(inner))
            elif tracked or not self._aside(inner):
                self._folder(inner)
        elif (kind := kind_of(path)) is None:
            self.left_out["links"] += stat.S_ISLNK(mode) and os.path.isdir(path)  # noqa: PTH112
            if tracked and path.endswith(".pyc"):  # Python may run it in place of the source
                self._note(path, "is compiled Python, which advisor does not read")
        elif _SKIPPED_FILES.fullmatch(os.path.basename(path)):  # noqa: PTH119
            return
        elif stat.S_ISREG(mode):
            self._file(path, kind)
        elif not stat.S_ISLNK(mode):
            self._note(path, "is a pipe or a device, not a file")
        elif os.path.isfile(path) and not leads_out(path, self._bound):  # noqa: PTH113
            self._file(path, kind)
        else:
            self.left_out["links"] += 1

    def _left_aside(self, folder: str) -> bool:
        """True for a folder in `.git`, an environment or a cache; these two are counted."""
        if folder == self._top or len(folder) <= len(self._top):
            return False
        outer, name = os.path.split(folder)
        if self._aside(outer) or name == REPOSITORY:
            return True
        if _CACHES.fullmatch(name):
            self.left_out["caches"] += 1
            return True
        inside = [os.path.lexists(os.path.join(folder, *place)) for place in _OF_VENV]  # noqa: PTH118
        if (inside[0] and any(inside[1:])) or _ENVIRONMENTS.fullmatch(name):
            self.left_out["environments"] += 1
            return True
        return False

    def _file(self, path: str, kind: str) -> None:
        if path in self.files:
            return
        name = self._name(path)
        if self._excludes(name):
            self.left_out["excluded"] += 1
        else:
            self.files[path] = SourceFile(path, name, kind)

    def _name(self, path: str) -> str:
        """The path as reports show it: relative to the root, with forward slashes."""
        with contextlib.suppress(ValueError):  # on another drive
            path = os.path.relpath(path, self.root)
        return name_of(path).replace(os.sep, "/")

    def _note(self, path: str, message: str) -> None:
        self.notes.append(FileNote(self._name(path), None, message))

    def _unreadable(self, error: Exception, path: str = "") -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._note(path or getattr(error, "filename", ""), f"cannot be read: {reason.lower()}")


def excluding(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that tells if patterns exclude a name; invalid patterns exclude nothing."""
    if not patterns:
        return lambda _: False
    from pathspec import GitIgnoreSpec  # which few checks need

    meant = []
    for pattern in patterns:
        with contextlib.suppress(ValueError, re.error):
            GitIgnoreSpec.from_lines([pattern])
            meant += [pattern] * (len(re.findall(r"\*\*?", pattern)) <= _MOST_STARS)
    matches = cache(GitIgnoreSpec.from_lines(meant).match_file)

    def leaves_out(name: str) -> bool:
        ends = (*(slash.end() for slash in re.finditer("/", name)), len(name))
        return any(matches(name[:end]) for end in ends)

    return leaves_out


def _listed(folder: str, *kinds: str) -> list[str]:
    """Return the paths in a folder that git lists; empty without git or a repository."""
    git = shutil.which("git")
    top = repository_around(Path(folder))
    if top is None or git is None or not os.path.isabs(git):  # noqa: PTH117 - a name on PATH
        return []
    inside = os.path.relpath(folder, top)
    command = (git, *QUIETLY, *_OF_ANYBODY, "ls-files", "-z", *kinds, "--", inside)
    try:
        listed = subprocess.run(
            command,
            cwd=top,  # a folder of the project may look like a repository to git
            env={**environment(), "GIT_LITERAL_PATHSPECS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    names = os.fsdecode(listed.stdout).split("\0")
    return [os.path.join(top, *name.split("/")) for name in names if name]  # noqa: PTH118


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - a walk is long


def kind_of(path: str) -> str | None:
    """Return python, notebook or configuration by suffix or, without one, by shebang; or None."""
    suffix = _suffix(path)
    name = os.path.basename(path).lower()  # noqa: PTH119
    hidden = f".{name.lstrip('.')}" if name.startswith(".") else ""  # a dot and a suffix alone
    if kind := KINDS.get(suffix or hidden):
        return kind
    if suffix:
        return None
    return "python" if _SHEBANG.match(first_bytes(path, _BEGINNING)) else None


def _bound(path: Path, root: Path) -> Path:
    """Return the folder out of which no link may lead: the root, if the path is in it.

    Else it is the repository around the path, or the path itself if there is none.
    """
    if path.is_relative_to(root):
        return root
    return repository_around(path.parent if path.is_symlink() else path) or path


def repository_around(folder: Path) -> Path | None:
    """Return the nearest repository that a folder lies in, or None."""
    outward = (folder, *folder.parents)
    return next((outer for outer in outward if (outer / REPOSITORY).exists()), None)

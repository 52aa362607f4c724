"""Which paths files of patterns leave out, in the language of `.gitignore`, and which git tracks.

Follows https://git-scm.com/docs/gitignore: the last pattern that matches decides, `!` takes a
path back in, a pattern with a slash inside is anchored at the file's folder, `**` spans folders.
What stands between two stars is matched once, as early as it can be, and never tried again further
on: no pattern, however it is made, takes long.
"""

from __future__ import annotations

import bisect
import os
import re
import shutil
import subprocess
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from advisor.files import read_bounded
from advisor.git import QUIETLY, environment

MAX_BYTES = 1_000_000
LONGEST = 4_096
"""No path is longer, so that no longer pattern means anything."""
MOST_SETS = 100
_BRACKET = r"\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|\[:\w+:\]|[^\]\\])*+)\]"
_TOKEN = re.compile(
    rf"\\(?P<escaped>.)|{_BRACKET}|(?P<stars>\*+)|(?P<any>\?)|(?P<plain>.)", re.DOTALL
)
_PART = re.compile(rf"(?P<part>(?:\\[^/]|{_BRACKET}|[^/])*+)(?:/|\Z)", re.DOTALL)
_IN_SET = re.compile(r"\[:(?P<name>\w+):\]|\\?(?P<first>.)(?:-\\?(?P<last>.))?", re.DOTALL)
_NEVER = "(?!)"
_NAMED_SETS = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "xdigit": "0-9A-Fa-f",
}


class Patterns(NamedTuple):
    """The patterns of one file, for paths relative to the folder it stands in.

    `groups` are (ignores, expression), the last one first; a folder's path ends with a slash.
    """

    groups: tuple[tuple[bool, re.Pattern[str]], ...] = ()

    def ignores(self, path: str, *, folder: bool) -> bool | None:
        """Return whether `path` is left out, or None where no pattern speaks of it."""
        if not self.groups:
            return None
        path = f"{path}/" if folder else path
        return next((ignores for ignores, pattern in self.groups if pattern.match(path)), None)


def read_patterns(file: Path) -> Patterns:
    """Return the patterns of a file; none where it is no plain file or cannot be read."""
    try:
        if file.is_symlink():  # as git does
            return Patterns()
        data = read_bounded(file, MAX_BYTES)
        return parse_patterns(data.decode("utf-8", "surrogateescape"))
    except OSError:
        return Patterns()


@lru_cache(maxsize=256)
def parse_patterns(text: str) -> Patterns:
    """Return the patterns of a text, one a line. A pattern that means nothing matches nothing."""
    patterns = [pattern for line in text.splitlines() if (pattern := _pattern(line)) is not None]
    groups = []
    for ignores, members in groupby(reversed(patterns), key=lambda pattern: pattern[0]):
        source = "|".join(expression for _, expression in members)
        groups.append((ignores, re.compile(source, re.DOTALL)))
    return Patterns(tuple(groups))


def _pattern(line: str) -> tuple[bool, str] | None:
    """Return (ignores, expression) of a line, or None for a comment."""
    line = re.sub(r"(?<!\\) +\Z", "", line.removeprefix("\ufeff"))
    if len(line) > LONGEST or line.count("[") > MOST_SETS:
        return None
    body = line.removeprefix("!")
    path = body.removesuffix("/")
    parts = [match["part"] for match in _PART.finditer(path.removeprefix("/"))][:-1]
    if line.startswith("#") or not parts or path.endswith("/"):
        return None
    source = _path(parts if "/" in path else ["**", *parts])
    end = "/" if body.endswith("/") else "/?"
    return body == line, rf"{source}(?<!/){end}\Z"


def _path(parts: list[str]) -> str:
    """The expression for these parts of a path; two stars stand for any number of folders."""
    runs = [""]
    for part in parts:
        if re.fullmatch(r"\*\*+", part):
            runs.append("")
        else:
            runs[-1] += f"{_part(part)}/"
    within = parts[-1].startswith("**") and not runs[-1]
    runs[-1] = ".+" if within else runs[-1].removesuffix("/")
    return _between(runs, "(?:[^/]+/)*")


def _part(glob: str) -> str:
    """The expression for one part of a path, between slashes."""
    chunks = [""]
    for token in _TOKEN.finditer(glob):
        if token["stars"]:
            chunks.append("")
        elif token["any"]:
            chunks[-1] += "[^/]"
        elif token["set"] is not None:
            chunks[-1] += _set(token["not"], token["set"])
        elif token["plain"] in ("[", "\\"):  # open to the end of the part
            chunks[-1] += _NEVER
        else:
            chunks[-1] += re.escape(token["escaped"] or token["plain"])
    return _between(chunks, "[^/]*")


def _between(chunks: list[str], anything: str) -> str:
    """The chunks with anything between them; all but the last end as early as they can."""
    first, *rest = chunks
    if not rest:
        return first
    *middle, last = rest
    return "".join([first, *(f"(?>{anything}?{chunk})" for chunk in middle), anything, last])


def _set(negation: str, body: str) -> str:
    """The expression for a bracket, of which no part is a slash; an empty one matches nothing."""
    members = ""
    for member in _IN_SET.finditer(body):
        first, last = member["first"], member["last"]
        members += re.escape(first) if first else _NAMED_SETS.get(member["name"], "")
        if last and first < last:
            members += f"-{re.escape(last)}"
    return f"(?!/)[{'^' if negation else ''}{members}]" if members else _NEVER


_SECONDS = 20
_OF_ANYBODY = ("-c", "safe.directory=*")
"""A checkout may be another user's, as in a container; listing runs nothing of its settings."""
_LISTED = ("-z", "--cached", "--recurse-submodules")


class Tracked:
    """The files that git tracks in the repository around a folder.

    Git is asked once, and only when it matters; where there is no repository, or no git, nothing is
    known.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def under(self, path: str) -> list[str]:
        """Return the tracked files in a folder, or the file itself where it is tracked."""
        files = self._files or []
        first = bisect.bisect_left(files, path)
        inside = path + os.sep
        last = bisect.bisect_left(files, path + chr(ord(os.sep) + 1))
        return [file for file in files[first:last] if file == path or file.startswith(inside)]

    @property
    def known(self) -> bool:
        """True where git tells what it tracks."""
        return self._files is not None

    @cached_property
    def _files(self) -> list[str] | None:
        git, folder = shutil.which("git"), self._folder
        if git is None or not os.path.isabs(git):  # noqa: PTH117 - a name on PATH
            return None
        outward = (folder, *folder.parents)
        top = next((outer for outer in outward if (outer / ".git").exists()), None)
        if top is None:
            return None
        try:
            listed = subprocess.run(
                [git, *QUIETLY, *_OF_ANYBODY, "ls-files", *_LISTED, "--", folder.relative_to(top)],
                cwd=top,  # a folder of the project may look like a repository to git
                env={**environment(), "GIT_LITERAL_PATHSPECS": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        names = os.fsdecode(listed.stdout).split("\0")
        return sorted(os.path.join(top, *name.split("/")) for name in names if name)  # noqa: PTH118

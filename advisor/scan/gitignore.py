"""The `.gitignore` language: which paths a file of patterns leaves out.

Follows https://git-scm.com/docs/gitignore: the last pattern that matches decides, `!` takes a
path back in, a pattern with a slash inside is anchored at the file's folder, `**` spans folders.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 1_000_000
_BRACKET = re.compile(r"\[(?P<not>[!^]?)(?P<body>\]?(?:\\.|\[:\w+:\]|[^\]\\])*)\]", re.DOTALL)
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

    `groups` are (ignores, expression for files, expression for folders), the last one first.
    """

    groups: tuple[tuple[bool, re.Pattern[str], re.Pattern[str]], ...]

    def ignores(self, path: str, *, folder: bool) -> bool | None:
        """Return whether `path` is left out, or None where no pattern speaks of it."""
        for ignores, files, folders in self.groups:
            if (folders if folder else files).match(path):
                return ignores
        return None


NO_PATTERNS = Patterns(())


def read_patterns(file: Path) -> Patterns:
    """Return the patterns of a file; none where it cannot be read."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return NO_PATTERNS
        return parse_patterns(file.read_text("utf-8", "surrogateescape"))
    except OSError:
        return NO_PATTERNS


@lru_cache(maxsize=256)
def parse_patterns(text: str) -> Patterns:
    """Return the patterns of a text, one a line. A pattern that means nothing matches nothing."""
    found = [pattern for line in text.splitlines() if (pattern := _pattern(line)) is not None]
    groups = []
    for ignores, members in groupby(reversed(found), key=lambda pattern: pattern[0]):
        sources = list(members)
        files = [source for _, source, folders_only in sources if not folders_only]
        groups.append((ignores, _any(files), _any([source for _, source, _ in sources])))
    return Patterns(tuple(groups))


def _any(sources: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{source})" for source in sources) if sources else r"(?!)")


def _pattern(line: str) -> tuple[bool, str, bool] | None:
    """Return (ignores, expression, folders only) of a line, or None for a comment."""
    line = line.removeprefix("\ufeff")
    if line.startswith("#"):
        return None
    line = re.sub(r"(?<!\\) +\Z", "", line)
    ignores = not line.startswith("!")
    if not ignores:
        line = line[1:]
    folders_only = line.endswith("/")
    body = line.rstrip("/") if folders_only else line
    anchored = "/" in body
    body = body.removeprefix("/")
    if not body:
        return None
    source = _expression(body)
    if "[" in body and not _compiles(source):
        return None
    prefix = "" if anchored else "(?:.*/)?"
    return ignores, rf"(?s:{prefix}{source})\Z", folders_only


def _compiles(source: str) -> bool:
    try:
        re.compile(source)
    except re.error:
        return False
    return True


def _expression(glob: str) -> str:
    out, at = [], 0
    while at < len(glob):
        rest = glob[at:]
        starts_part = at == 0 or glob[at - 1] == "/"
        if starts_part and rest.startswith("**/"):
            out.append("(?:.*/)?")
            at += 3
        elif starts_part and rest == "**":
            out.append(".+")
            at += 2
        elif rest[0] == "*":
            stars = len(rest) - len(rest.lstrip("*"))
            out.append("[^/]*")
            at += stars
        elif rest[0] == "?":
            out.append("[^/]")
            at += 1
        elif rest[0] == "[" and (bracket := _BRACKET.match(glob, at)):
            out.append(_set(bracket))
            at = bracket.end()
        elif rest[0] == "\\" and len(rest) > 1:
            out.append(re.escape(rest[1]))
            at += 2
        else:
            out.append(re.escape(rest[0]))
            at += 1
    return "".join(out)


def _set(bracket: re.Match[str]) -> str:
    body = re.sub(
        r"\[:(\w+):\]|\\(.)|([\[&~|^\\])",
        lambda m: _NAMED_SETS.get(m[1], "") if m[1] else re.escape(m[2] or m[3]),
        bracket["body"],
    )
    if body.startswith("]"):
        body = "\\" + body
    return f"(?!/)[{'^' if bracket['not'] else ''}{body}]"

"""Files under docs/ that scripts write: writing them, and saying which are not current."""

from __future__ import annotations

import sys
from pathlib import Path


def stale(texts: dict[Path, str], folder: Path | None = None) -> list[str]:
    """Return the names of files that differ from their texts, or are left of old in a folder."""
    differing = {
        path
        for path, text in texts.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    left = set(folder.glob("*")) - set(texts) if folder else set()
    return sorted(path.name for path in differing | left)


def write(texts: dict[Path, str]) -> None:
    """Write every file, making its folder."""
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def complain(problems: list[str]) -> int:
    """Say each problem on stderr; return the exit code."""
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def keep(arguments: list[str], texts: dict[Path, str], command: str) -> int:
    """Write the files, or with `--check` say which are not current; return the exit code."""
    if "--check" not in arguments:
        write(texts)
        return 0
    return complain([f"docs/{name} is not current: run `{command}`" for name in stale(texts)])

"""A rule folder on disk: which files there are, of which kind, and the digest of them all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from advisor.errors import BrokenFileError

SINGLE = {
    "criteria.yaml": "criteria",
    "questions.yaml": "questions",
    "tasks.yaml": "tasks",
    "benchmarks.yaml": "benchmarks",
}
FOLDERS = {
    "sources": "sources",
    "families": "family",
    "decisions": "decisions",
    "checkpoints": "checkpoints",
    "architectures": "architectures",
    "programs": "programs",
    "drift": "drift",
    "scenarios": "scenarios",
    "checks": "checks",
}


class RuleFile(NamedTuple):
    """One file of a rule base; `name` is what messages call it."""

    path: Path
    kind: str
    name: str


def rule_files(folder: Path) -> list[RuleFile]:
    """Return the files of a rule folder in a fixed order.

    Raises BrokenFileError where the folder is missing or holds none.
    """
    if not folder.is_dir():
        raise BrokenFileError(
            f"no rule folder at `{folder}`", hint="--rules takes a folder of YAML"
        )
    found = [
        RuleFile(folder / name, kind, name)
        for name, kind in SINGLE.items()
        if (folder / name).is_file()
    ]
    if (folder / "sources.yaml").is_file():
        found.append(RuleFile(folder / "sources.yaml", "sources", "sources.yaml"))
    for subfolder, kind in FOLDERS.items():
        found += [
            RuleFile(path, kind, f"{subfolder}/{path.name}")
            for path in sorted((folder / subfolder).glob("*.yaml"))
        ]
    if not found:
        raise BrokenFileError(
            f"`{folder}` holds no rule files",
            hint="a rule folder has criteria.yaml, questions.yaml, tasks.yaml, families/ and so on",
        )
    return found


def digest(folders: list[list[RuleFile]], salt: str) -> str:
    """Return a short digest of the files' names and contents."""
    state = hashlib.sha256(salt.encode())
    for files in folders:
        for file in files:
            state.update(file.name.encode() + b"\0")
            state.update(_bytes(file.path))
        state.update(b"\1")
    return state.hexdigest()[:16]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        return f"unreadable: {error.strerror}".encode()

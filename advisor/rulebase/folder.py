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
    """One file of a rule base, read once; `name` is what messages call it.

    `refused` says why it could not be read, and is empty where it was.
    """

    path: Path
    kind: str
    name: str
    data: bytes
    refused: str = ""


def read_file(path: Path, kind: str, name: str) -> RuleFile:
    """Read a file; one that refuses says so in `refused`."""
    try:
        return RuleFile(path, kind, name, path.read_bytes())
    except OSError as error:
        return RuleFile(path, kind, name, b"", error.strerror or str(error))


def rule_files(folder: Path) -> list[RuleFile]:
    """Return the files of a rule folder in a fixed order.

    Raises BrokenFileError where the folder is missing or holds none.
    """
    if not folder.is_dir():
        raise BrokenFileError(
            f"no rule folder at `{folder}`", hint="--rules takes a folder of YAML"
        )
    found = [
        read_file(folder / name, kind, name)
        for name, kind in SINGLE.items()
        if (folder / name).is_file()
    ]
    if (folder / "sources.yaml").is_file():
        found.append(read_file(folder / "sources.yaml", "sources", "sources.yaml"))
    for subfolder, kind in FOLDERS.items():
        found += [
            read_file(path, kind, f"{subfolder}/{path.name}")
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
            state.update(f"unreadable: {file.refused}".encode() if file.refused else file.data)
        state.update(b"\1")
    return state.hexdigest()[:16]

"""A rule folder, on disk or in a git revision: its files, of which kind each is, their digest."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from advisor.errors import AdvisorError, BrokenFileError, UsageError

PLACES = {
    "criteria.yaml": "criteria",
    "questions.yaml": "questions",
    "tasks.yaml": "tasks",
    "benchmarks.yaml": "benchmarks",
    "sources.yaml": "sources",
    "sources/*.yaml": "sources",
    "families/*.yaml": "family",
    "decisions/*.yaml": "decisions",
    "checkpoints/*.yaml": "checkpoints",
    "architectures/*.yaml": "architectures",
    "programs/*.yaml": "programs",
    "drift/*.yaml": "drift",
    "scenarios/*.yaml": "scenarios",
    "checks/*.yaml": "checks",
}
"""Where the files of each kind stand in a rule folder, in the order in which they are read."""

PREFIX = "git:"
FOLDER = "rules"
PATIENCE_SECONDS = 60


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
        read_file(path, kind, path.relative_to(folder).as_posix())
        for pattern, kind in PLACES.items()
        for path in sorted(folder.glob(pattern))
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


def copy_revision(named: str, target: Path) -> None:
    """Copy the YAML files of `git:REVISION` or `git:REVISION:FOLDER` into `target`.

    The folder, `rules` if none is named, is looked for from the root of the repository around the
    current folder. Nothing of the revision is run, and links in it are not followed. Raises
    AdvisorError where git, the repository, the revision or the folder is missing.
    """
    revision, _, folder = named.removeprefix(PREFIX).partition(":")
    folder = folder.strip("/") or FOLDER
    if not revision or revision.startswith("-"):
        raise UsageError(
            f"`{named}` names no revision", hint="e.g. git:main, git:v1.0 or git:HEAD~1:our-rules"
        )
    _git("rev-parse", "--git-dir", missing="the current folder is in no git repository")
    commit = _git(
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"),
        missing=f"git knows no revision `{revision}`",
        hint="a shallow clone lacks older ones; git fetch --unshallow brings them",
    )
    tree = f"{commit.decode().strip()}:{folder}"
    listed = _git(
        *("ls-tree", "-r", "-z", "--full-tree", tree),
        missing=f"revision `{revision}` has no folder `{folder}`",
        hint=f"name it: git:{revision}:FOLDER",
    )
    blobs = _yaml_files(listed.decode("utf-8", "surrogateescape"))
    if not blobs:
        raise AdvisorError(
            f"`{folder}` of revision `{revision}` holds no YAML",
            hint=f"name a folder of rules: git:{revision}:FOLDER",
            kind="no-rules",
        )
    for path, blob in blobs.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_git("cat-file", "blob", blob, missing=f"`{path}` is damaged"))


def _yaml_files(listed: str) -> dict[str, str]:
    """Return the name in git's store of each plain YAML file of a listing, by its path.

    A listing has lines `MODE TYPE NAME<tab>PATH`, ended by NUL each.
    """
    entries = [entry.partition("\t") for entry in listed.split("\0")]
    return {
        path: head.split()[2]
        for head, _, path in entries
        if head.startswith("100") and path.endswith(".yaml")
        if ".." not in PurePosixPath(path).parts and not path.startswith("/")
    }


def _git(*arguments: str, missing: str, hint: str | None = None) -> bytes:
    """Run git and return what it prints; `missing` is what its failure means."""
    import subprocess

    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise AdvisorError(
            "git is not installed, so no revision can be read",
            hint="install git, or name a folder",
            kind="no-git",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise AdvisorError(
            f"git did not answer within {PATIENCE_SECONDS} seconds", kind="no-git"
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AdvisorError(missing, hint=hint or (said[0] if said else None), kind="no-revision")
    return done.stdout

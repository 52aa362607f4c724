"""A folder of rules as it stood in a git revision, copied out through git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from advisor.errors import AdvisorError, UsageError

PREFIX = "git:"
FOLDER = "rules"
PATIENCE_SECONDS = 60


class Blob(NamedTuple):
    """A file of a revision: its name in git's store, and its path in the folder."""

    name: str
    path: str


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
    blobs = list(_blobs(listed.decode("utf-8", "surrogateescape")))
    if not blobs:
        raise AdvisorError(
            f"`{folder}` of revision `{revision}` holds no YAML",
            hint=f"name a folder of rules: git:{revision}:FOLDER",
            kind="no-rules",
        )
    for blob in blobs:
        file = target / blob.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_git("cat-file", "blob", blob.name, missing=f"`{blob.path}` is damaged"))


def _blobs(listed: str) -> list[Blob]:
    """Return the plain YAML files of a listing: `MODE TYPE NAME<tab>PATH`, ended by NUL each."""
    found = []
    for entry in listed.split("\0"):
        head, _, path = entry.partition("\t")
        parts = PurePosixPath(path).parts
        plain = head.startswith("100") and path.endswith(".yaml")
        if plain and ".." not in parts and not path.startswith("/"):
            found.append(Blob(head.split()[2], path))
    return found


def _git(*arguments: str, missing: str, hint: str | None = None) -> bytes:
    """Run git and return what it prints; `missing` is what its failure means."""
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

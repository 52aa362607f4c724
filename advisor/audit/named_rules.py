"""Rule bases and places in them as a person names them: a folder, a revision of git, file:line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from advisor.errors import AdvisorError, UsageError
from advisor.files import resolved
from advisor.git import QUIETLY, environment
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules, shipped_rules
from advisor.writing import passing_folder

SHIPPED = "shipped"
PREFIX = "git:"
FOLDER = "rules"
PATIENCE_SECONDS = 60
FETCH = "in a partial clone, run `git fetch --refetch --no-filter` to download all files"
PARTS = ("criteria.yaml", "questions.yaml", "tasks.yaml", "families")
"""The entries of a complete rule folder; a folder without one of them is an overlay."""


@contextmanager
def named_rule_base(name: str, overlays: list[Path]) -> Iterator[RuleBase]:
    """Yield the rule base called `shipped`, a folder, or `git:REVISION[:FOLDER]`, with overlays.

    Files of a revision are in a temporary folder until the context ends.
    """
    if name == SHIPPED:
        yield load_rules(overlays=tuple(overlays))
    elif name.startswith(PREFIX):
        with passing_folder() as copy:
            _copy_revision(name, copy)
            yield _read(copy, name, overlays)
    else:
        yield _read(Path(name), name, overlays)


def _read(folder: Path, name: str, overlays: list[Path]) -> RuleBase:
    try:
        if folder.is_dir() and not all((folder / part).exists() for part in PARTS):
            return load_rules(overlays=(folder, *overlays))
        return load_rules(folder, tuple(overlays))
    except AdvisorError as error:
        error.message = f"{error.message} (in `{name}`)"
        raise


def _copy_revision(named: str, target: Path) -> None:
    """Copy the YAML files of `git:REVISION` or `git:REVISION:FOLDER` into `target`.

    The folder, `rules` if none is named, is looked for from the root of the repository around the
    current folder. Nothing of the revision is run, and links in it are not followed. Raises
    UsageError for a name without a revision, and AdvisorError if git, the repository, the revision,
    the folder or its files are missing.
    """
    revision, _, folder = named.removeprefix(PREFIX).partition(":")
    folder = folder.strip("/") or FOLDER
    if not revision or revision.startswith("-"):
        raise UsageError(
            f"`{named}` has no revision after `git:`",
            hint="e.g. git:main, git:v1.0 or git:HEAD~1:our-rules",
        )
    _git("rev-parse", "--git-dir", missing="the current folder is not in a git repository")
    commit = _git(
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"),
        missing=f"git finds no revision `{revision}`",
        hint="a shallow clone lacks older revisions. Run `git fetch --unshallow`",
    )
    tree = f"{commit.decode().strip()}:{folder}"
    listed = _git(
        *("ls-tree", "-r", "-z", "--full-tree", tree),
        missing=f"revision `{revision}` has no folder `{folder}`",
        hint=f"pass the folder: git:{revision}:FOLDER",
    )
    blobs = {}
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        head, _, path = entry.partition("\t")  # MODE TYPE NAME<tab>PATH; plain files are 100...
        inside = not path.startswith("/") and ".." not in PurePosixPath(path).parts
        if head.startswith("100") and path.endswith(".yaml") and inside:
            blobs[path] = head.split()[2]
    if not blobs:
        raise AdvisorError(
            f"`{folder}` of revision `{revision}` has no YAML files",
            hint=f"pass a folder of rules: git:{revision}:FOLDER",
            kind="no-rules",
        )
    for path, blob in blobs.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        missing = f"the history of `{path}` is incomplete in this clone"
        file.write_bytes(_git("cat-file", "blob", blob, missing=missing, hint=FETCH))


def _git(*arguments: str, missing: str, hint: str | None = None) -> bytes:
    """Run git and return what it prints; `missing` is what its failure means."""
    import subprocess

    try:
        done = subprocess.run(
            ["git", *QUIETLY, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environment(),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise AdvisorError(
            "git is not installed, so advisor cannot read a revision",
            hint="install git, or pass a folder",
            kind="no-git",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise AdvisorError(
            f"git did not answer within {PATIENCE_SECONDS} seconds", kind="no-git"
        ) from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AdvisorError(missing, hint=hint or (lines[0] if lines else None), kind="no-revision")
    return done.stdout


class Places:
    """Turns places of a rule base (`decisions/scale.yaml:3`) into paths and lines.

    `folder` holds its rules unless these are the shipped ones. Overlays are named by their folder
    (`our-rules/decisions/scale.yaml:3`). Paths are relative to the working folder if they lie in
    it; else they begin with the rule folder.
    """

    def __init__(self, rulebase: RuleBase, folder: str = "") -> None:
        self.rulebase = rulebase
        self.base = Path(folder) if folder else shipped_rules()

    def locate(self, place: str) -> tuple[str, int | None]:
        """Return path and line; an empty path and None for an empty place."""
        name, _, line = place.rpartition(":")
        if not name:
            return "", None
        file, folder = self.base / name, self.base
        for overlay in map(Path, self.rulebase.folders):
            inside = overlay.parent / name
            if name.startswith(f"{overlay.name}/") and inside.is_file():
                file, folder = inside, overlay
                break
        stands, working = resolved(file), resolved(Path.cwd())
        root = working if stands.is_relative_to(working) else resolved(folder).parent
        return stands.relative_to(root).as_posix(), int(line)

    def lead(self, place: str) -> str:
        """Return what comes before a message: `rules/criteria.yaml:3: `, or "" without a place."""
        path, line = self.locate(place)
        return f"{path}:{line}: " if path else ""

    def stands(self, place: str) -> dict[str, Any]:
        """Return a place as `path` and `line`, as JSON documents have them."""
        return dict(zip(("path", "line"), self.locate(place), strict=True))

"""Which files git tracks: they belong to a project, whatever is said about leaving them out."""

from __future__ import annotations

import bisect
import os
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

from advisor.git import QUIETLY, environment

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

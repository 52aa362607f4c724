"""Options for running git so that a repository's settings run no program and fetch nothing."""

from __future__ import annotations

import os

QUIETLY = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
"""Options that override settings of a repository that would run a program."""
_HERE_ALONE = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for a git that knows no GIT_NO_LAZY_FETCH
}
"""Variables that stop a partial clone from fetching missing objects as its settings say."""


_ANOTHER = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
    }
)  # fmt: skip
"""Variables that git sets for a hook; they name the hook's repository in every folder."""


def environment() -> dict[str, str]:
    """Return the environment in which git uses the repository of its working folder, offline."""
    inherited = {name: value for name, value in os.environ.items() if name not in _ANOTHER}
    return {**inherited, **_HERE_ALONE}

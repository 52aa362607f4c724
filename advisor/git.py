"""How git is asked: no setting of a repository runs a program, and nothing is fetched."""

from __future__ import annotations

import os

QUIETLY = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
"""Settings of a repository that would run a program are overruled."""
_HERE_ALONE = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for a git that knows no GIT_NO_LAZY_FETCH
}
"""A partial clone fetches what it lacks, by the address and the ssh that its settings name."""


_ANOTHER = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
    }
)  # fmt: skip
"""What a hook is given names its own repository, whichever folder is looked at."""


def environment() -> dict[str, str]:
    """Return the environment in which git answers of the folder it is in, from what is here."""
    inherited = {name: value for name, value in os.environ.items() if name not in _ANOTHER}
    return {**inherited, **_HERE_ALONE}

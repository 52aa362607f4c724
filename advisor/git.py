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


def environment() -> dict[str, str]:
    """Return the environment in which git answers from what is here alone."""
    return {**os.environ, **_HERE_ALONE}

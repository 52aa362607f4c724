"""Where this process and its children import from: what is installed, and PYTHONPATH.

Python looks in the working folder, or in that of the script, before anywhere else, and reads an
empty entry of PYTHONPATH as the working folder. Data lies there, and whoever made it may have
called a file `torch.py`.
"""

from __future__ import annotations

import contextlib
import os
import sys


def user_folders() -> list[str]:
    """Return the folders that the user put on PYTHONPATH, absolute; an empty entry is none."""
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    return [os.path.abspath(entry) for entry in named.split(os.pathsep) if entry]  # noqa: PTH100


def import_only_what_is_installed() -> None:
    """Take the working folder and that of the script off the path, unless PYTHONPATH names them.

    Only what stands before the standard library is looked at: an installed package may lie in a
    folder that somebody works in.
    """
    with contextlib.suppress(OSError):  # the working folder is gone
        script = os.path.dirname(sys.argv[0])  # noqa: PTH120 - pathlib costs a millisecond here
        theirs = {*map(os.path.abspath, ("", script)), os.path.realpath(script)}
        theirs.difference_update(user_folders())
        library = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
        first = next((n for n, entry in enumerate(sys.path) if entry.endswith(library)), 0)
        sys.path[:first] = [
            entry
            for entry in sys.path[:first]
            if os.path.abspath(entry) not in theirs  # noqa: PTH100
        ]

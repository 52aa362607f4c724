"""The import path of this process and its children: installed modules, and PYTHONPATH.

By default Python first imports from the working folder or that of the script, and reads an empty
entry of PYTHONPATH as the working folder. Untrusted data there may contain a file `torch.py`.
"""

from __future__ import annotations

import contextlib
import os
import sys


def user_folders() -> list[str]:
    """Return the folders on PYTHONPATH as absolute paths, without empty entries."""
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    return [os.path.abspath(entry) for entry in named.split(os.pathsep) if entry]  # noqa: PTH100


def import_only_what_is_installed() -> None:
    """Remove the working folder and that of the script from `sys.path`, unless on PYTHONPATH.

    Only entries before the standard library are removed, because packages may be installed in the
    working folder.
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

"""A scan in a child process, within limits: files that strangers wrote are parsed there alone.

A file at which the child ends is named and left out, and a new child begins. What the child gives
is read as values of this package, whatever stands in it.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import pickle
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor import files
from advisor.child import ChildError, LimitExceededError, Limits, run_in_child
from advisor.errors import AdvisorError
from advisor.phrasing import count
from advisor.scan.usage import Scan

MEMORY_MB = 2_000
FILE_SECONDS = 20
"""Of CPU for one file; no honest one takes a tenth of this."""
RUN_SECONDS = 7_200
"""On the clock, for a run without a deadline."""
MOST_GIVEN_UP = 5
_MARK = "\x1e"
"""Begins a line with the name of a file."""
_NEEDED = ("advisor.catalogue.lost", "advisor.rulebase.store", "advisor.scan.scanner")
_NO_ROOM = ("MemoryError", "ImportError", "OSError")
"""What a process raises that has no memory left."""
_OTHERS = {("builtins", name) for name in ("complex", "Ellipsis", "frozenset", "set")}
_OTHERS.add(("collections", "Counter"))


def scan_apart(
    paths: Sequence[Path],
    rules: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    seconds: float = 0.0,
) -> Scan:
    """Return what the files under `paths` load, scanned in a child in the working folder.

    `rules` are the folders that are laid over the shipped rules; `seconds` of 0 set no deadline.
    Raises AdvisorError where the child ends before any file, or at too many of them.
    """
    given_up: list[str] = []
    Path.cwd()  # of one that is gone, a child could not tell
    wall = seconds + FILE_SECONDS if seconds else RUN_SECONDS
    limits = Limits(memory_mb=MEMORY_MB, cpu_seconds=RUN_SECONDS, wall_seconds=wall)
    while True:
        begun: list[str] = [""]

        def told(line: str, begun: list[str] = begun) -> None:
            if line.startswith(_MARK):
                begun[0] = json.loads(line[1:])

        order = list(map(str, paths)), list(rules), list(exclude), seconds, FILE_SECONDS, given_up
        try:
            answer = run_in_child(_scanned, *order, limits=limits, imports=_NEEDED, on_line=told)
        except (LimitExceededError, ChildError) as error:
            if getattr(error, "kind", _NO_ROOM[0]) not in _NO_ROOM:
                raise
            if not begun[0] or len(given_up) == MOST_GIVEN_UP:
                raise _ended(given_up) from error
            given_up.append(begun[0])
            continue
        scan, read = _Values(io.BytesIO(base64.b64decode(answer))).load()
        files.know_identities(read)
        return scan  # type: ignore[no-any-return]


def _ended(given_up: Sequence[str]) -> AdvisorError:
    """What is said where a scan comes to no end."""
    at = f" at {count(len(given_up) + 1, 'file')}" if given_up else ""
    named = f"; exclude `{given_up[0]}`and similar files" if given_up else ""
    return AdvisorError(f"the scan exceeded its memory or time limit{at}{named}")


class _Values(pickle.Unpickler):
    """Reads values of the scan, and nothing that does anything."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the scan, or one of those that constants in code are of."""
        if module.startswith("advisor.scan.") or (module, name) in _OTHERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"`{module}.{name}` is not a value of a scan")


def _scanned(
    paths: list[str],
    rules: list[str],
    exclude: list[str],
    seconds: float,
    file_seconds: int,
    given_up: list[str],
) -> str:
    """Do a scan in this process, saying which file it is at, and return it as text."""
    from advisor.catalogue.lost import lost_members
    from advisor.rulebase.store import load_rules
    from advisor.scan.deadline import Deadline
    from advisor.scan.scanner import scan
    from advisor.scan.vocabulary import vocabulary_of

    def begin(name: str) -> None:
        sys.stderr.write(f"{_MARK}{json.dumps(name)}\n")
        sys.stderr.flush()
        _bound_file(file_seconds)

    gc.set_threshold(50_000)  # trees hold many values, and no circles of them
    scanned = scan(
        list(map(Path, paths)),
        Path.cwd(),
        vocabulary_of(load_rules(overlays=tuple(rules))),
        exclude=exclude,
        deadline=Deadline(seconds),
        lost=lost_members(),
        begin=begin,
        given_up=frozenset(given_up),
    )
    whole = pickle.dumps((scanned, files.identities()), pickle.HIGHEST_PROTOCOL)
    return base64.b64encode(whole).decode("ascii")


def _bound_file(seconds: int) -> None:
    """Let the system end this process where one file takes longer than any may."""
    if sys.platform == "win32":
        return
    import resource

    most = int(time.process_time()) + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))

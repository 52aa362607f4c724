"""A scan in a child process, within limits: untrusted files are parsed only there.

The child reports its results file by file. A file at which it ends is skipped, with a note, and a
new child continues behind it. What a child returns is unpickled as values of a scan only.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from advisor import files
from advisor.child import ChildError, LimitExceededError, Limits, run_in_child
from advisor.errors import AdvisorError
from advisor.phrasing import count
from advisor.scan.usage import Scan, Unknown

MEMORY_MB = 2_000
FILE_SECONDS = 20
"""Of CPU for one file; an ordinary one takes less than a tenth of this."""
RUN_SECONDS = 7_200
"""Wall-clock seconds of a run without a deadline, and CPU seconds of any."""
LEAST_SECONDS = 0.5
"""Seconds for a child that starts when the deadline is over: it reports this."""
MOST_GIVEN_UP = 5
_BEGUN, _ENDED = "\x1e", "\x1f"
"""First characters of lines with the name of a file, and with what files held."""
_NEEDED = ("advisor.catalogue.release", "advisor.rulebase.store", "advisor.scan.scanner")
_NO_ROOM = ("MemoryError", "ImportError", "OSError")
"""Errors that a process without memory raises."""
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

    `rules` are folders of overlays on the shipped rules; `seconds` of 0 set no deadline. Raises
    AdvisorError if the child ends before any file or at too many, ChildError for any other error in
    it.
    """
    given_up: list[str] = []
    held: list[str] = []
    Path.cwd()  # of one that is gone, a child could not tell
    end = time.monotonic() + seconds  # of a run with a deadline
    while True:
        begun, ended = [""], list[str]()

        def hear(line: str, begun: list[str] = begun, ended: list[str] = ended) -> None:
            if line.startswith(_BEGUN) and line.endswith("\n"):  # else the child ended in it
                begun[0] = json.loads(line[1:])
            elif line.startswith(_ENDED) and line.endswith("\n"):
                ended.append(line[1:-1])

        left = max(end - time.monotonic(), min(seconds, LEAST_SECONDS))
        wall = left + FILE_SECONDS if seconds else RUN_SECONDS
        limits = Limits(memory_mb=MEMORY_MB, cpu_seconds=RUN_SECONDS, wall_seconds=wall)
        places = list(map(str, paths)), list(rules), list(exclude)
        order = *places, left, FILE_SECONDS, given_up, held
        try:
            last = run_in_child(_scanned, *order, limits=limits, imports=_NEEDED, on_line=hear)
        except (LimitExceededError, ChildError) as error:
            if getattr(error, "kind", _NO_ROOM[0]) not in _NO_ROOM:
                raise
            if not begun[0] or len(given_up) == MOST_GIVEN_UP:
                at = f" at {count(len(given_up) + 1, 'file')}" if given_up else ""
                named = f". Exclude `{given_up[0]}` and similar files" if given_up else ""
                message = f"the scan exceeded its memory or time limit{at}{named}"
                raise AdvisorError(message) from error
            given_up.append(begun[0])
            held = ended or held  # a child first gives back what it was given
            continue
        *_, (scan, read) = _values((*ended, last))
        files.know_identities(read)
        return scan  # type: ignore[no-any-return]


class _Values(pickle.Unpickler):
    """Unpickles values of a scan, and nothing that can act."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the scan, or one of the constants in code; raise for any other."""
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        if module.startswith("advisor.scan.") and "." not in name:
            value = super().find_class(module, name)
            if isinstance(value, (type, Unknown)) and value.__module__ == module:
                return value
        raise pickle.UnpicklingError(f"`{module}.{name}` is not a value of a scan")


def _values(pieces: Sequence[str]) -> Iterator[Any]:
    """Yield the values of pieces (base64 of pickles), of which later ones refer to earlier ones."""
    unpickler = _Values(io.BytesIO(b"".join(map(base64.b64decode, pieces))))
    for _ in pieces:
        yield unpickler.load()


def _scanned(
    paths: list[str],
    rules: list[str],
    exclude: list[str],
    seconds: float,
    file_seconds: int,
    given_up: list[str],
    held: list[str],
) -> str:
    """Scan in this process, behind what others `held`, and report files on stderr.

    A line tells the name of a file that is begun, another one what it held. Returns the scan, and
    the identities of the files that were read, as the last piece.
    """
    from advisor.catalogue.release import lost_members
    from advisor.rulebase.store import load_rules
    from advisor.scan.scanner import scan
    from advisor.scan.vocabulary import vocabulary_of

    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)

    def piece(value: object) -> str:
        stream.seek(0)
        stream.truncate()
        pickler.dump(value)
        return base64.b64encode(stream.getbuffer()).decode("ascii")

    def tell(mark: str, text: str) -> None:
        sys.stderr.write(f"{mark}{text}\n")
        sys.stderr.flush()

    def begin(name: str) -> None:
        tell(_BEGUN, json.dumps(name))
        _bound_file(file_seconds)

    gc.set_threshold(50_000)  # trees hold many values, and no circles of them
    scanned = scan(
        list(map(Path, paths)),
        Path.cwd(),
        vocabulary_of(load_rules(overlays=tuple(rules))),
        exclude=exclude,
        seconds=seconds,
        lost=lost_members(),
        begin=begin,
        end=lambda more: tell(_ENDED, piece(more)),
        before=_values(held),
        given_up=frozenset(given_up),
    )
    return piece((scanned, files.identities()))


def _bound_file(seconds: int) -> None:
    """Let the system end this process if the next file takes more than `seconds` of CPU."""
    if sys.platform == "win32":
        return
    import resource

    most = int(time.process_time()) + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))

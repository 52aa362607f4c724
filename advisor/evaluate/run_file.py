"""The file of a run: its set, candidates and settings, and each answer by its key.

It is one SQLite file in the folder of the run, `evaluation.sqlite`. A stored answer is never
computed again, whichever candidates and images a later run has. One process at a time writes, and
locks the file while it runs; if it is killed, the lock ends and at most the current batch is lost.

`run`       the set without its images, the candidates, and every setting: one row of JSON
`images`    each image with its ground truth
`given`     the key of each candidate's answer for each image
`answers`   by key, the answer as JSON, and its vectors: float32, little-endian, the image's
            first, or one for a label. Scores have six significant digits
`timings`   the timings of a candidate; no metric depends on them
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any

from advisor.errors import AdvisorError, BrokenFileError
from advisor.evaluate.responses import EvaluationRun, Response, Timing, six_digits, timing_of
from advisor.files import first_bytes
from advisor.trial.candidate import Candidate
from advisor.trial.runtime import InferenceError
from advisor.writing import clear_half_written, disk_is_full, make_folder

NAME = "evaluation.sqlite"
WRITTEN_TO_A_RUN = (NAME, f"{NAME}-journal")
EARLIER = "manifest.json"
"""The file that marks the folder of a run in the earlier format."""
APPLICATION, FORM = 0x61647672, 2
"""The application id in SQLite's header, and the version of the format."""
TABLES = (
    "CREATE TABLE run (manifest TEXT NOT NULL)",
    "CREATE TABLE images (number INTEGER PRIMARY KEY, image TEXT NOT NULL)",
    "CREATE TABLE given (candidate TEXT, number INTEGER, key TEXT NOT NULL,"
    " PRIMARY KEY (candidate, number)) WITHOUT ROWID",
    "CREATE TABLE answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, vectors BLOB)",
    "CREATE TABLE timings (digest TEXT NOT NULL, timing TEXT NOT NULL)",
)
SETTINGS = (
    *("trusted_schema=OFF", "cell_size_check=ON"),  # the file may be hostile: none of it runs
    *("locking_mode=EXCLUSIVE", "synchronous=NORMAL"),
)
PARTS = ("text", "scores", "probability", "fields", "failed", "unreadable")
"""Fields of Response that the JSON of an answer has, unless they are None."""
_HEADER, _FORM_AT, _OWNER_AT = b"SQLite format 3\0", 60, 68
_WAITED_SECONDS = 2.0  # for one that is being killed, and holds the file for a moment still
REFUSED = (sqlite3.Error, UnicodeError)
"""Errors of SQLite; its message about a damaged file may not be valid text."""
NOT_READ = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""Errors of reading a value that no run wrote."""


class RunFile:
    """The file of a run, locked against other processes."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = folder / NAME, connection

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; raise an AdvisorError if SQLite fails."""
        try:
            yield from self._connection.execute(query, values)
        except REFUSED as error:
            raise _refused(self.path, error) from error

    def tables(self) -> tuple[str, ...]:
        """Return the SQL of all its tables and other objects."""
        return tuple(sql for (sql,) in self.rows("SELECT sql FROM sqlite_master WHERE sql > ''"))

    def keys(self) -> set[str]:
        """Return the keys of all answers."""
        return {key for (key,) in self.rows("SELECT key FROM answers")}

    def began(self) -> str:
        """Return the start date of the run (ISO); empty if it has not begun or records none."""
        with self._written():
            for (text,) in self.rows("SELECT manifest FROM run"):
                return str(json.loads(text)["settings"].get("began", ""))
        return ""

    def begin(self, run: EvaluationRun, *, fresh: bool) -> None:
        """Write the set and the run; with `fresh`, delete answers and timings of earlier runs."""
        images = ((image.number, json.dumps(image._asdict())) for image in run.data.images)
        with self.transaction() as write:
            for table in ("images", "given", *(("answers", "timings") if fresh else ())):
                write.execute(f"DELETE FROM {table}")
            write.executemany("INSERT INTO images VALUES (?, ?)", images)
        self.keep(run)

    def keep(self, run: EvaluationRun) -> None:
        """Write the run with its candidates and settings."""
        body = {
            "data": {**run.data._asdict(), "images": len(run.data.images)},
            "candidates": [each._asdict() for each in run.candidates],
            "settings": dict(run.settings),
        }
        with self.transaction() as write:
            write.execute("DELETE FROM run")
            write.execute("INSERT INTO run VALUES (?)", (json.dumps(body),))

    def write(
        self,
        candidate: Candidate,
        keys: Sequence[tuple[int, str]],
        responses: Iterable[Response] = (),
        timing: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a block: the key of each image's answer, new answers, and a timing."""
        new = [(response.key, answer_text(response), response.vectors) for response in responses]
        given = [(_named(candidate), number, key) for number, key in keys]
        timings = [(candidate.digest, json.dumps(timing))] if timing else []
        with self.transaction() as write:
            write.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", new)
            write.executemany("INSERT INTO given VALUES (?, ?, ?)", given)
            write.executemany("INSERT INTO timings VALUES (?, ?)", timings)

    def responses(self, candidate: Candidate) -> Iterator[Response]:
        """Yield a candidate's responses by image number; raise BrokenFileError for invalid ones."""
        query = (
            "SELECT number, key, answer, vectors FROM given JOIN answers USING (key)"
            " WHERE candidate = ? ORDER BY number"
        )
        for number, key, answer, vectors in self.rows(query, _named(candidate)):
            with self._written(f"answer {number} of `{candidate.name}`"):
                response = read_answer(number, key, answer, vectors)
            yield response

    def timing(self, candidate: Candidate) -> Timing:
        """Return the timing of a candidate over all sessions."""
        with self._written(f"a timing of `{candidate.name}`"):
            return timing_of(self._timings(candidate))

    def warnings(self, candidate: Candidate) -> tuple[str, ...]:
        """Return the warnings of a candidate from when it was last loaded."""
        warned = [timing["warnings"] for timing in self._timings(candidate) if "warnings" in timing]
        return tuple(warned[-1]) if warned else ()

    @contextmanager
    def _written(self, what: str = "") -> Iterator[None]:
        """Turn errors of NOT_READ into a BrokenFileError about `what` in the file."""
        try:
            yield
        except NOT_READ as error:
            raise broken_run(self.path, what) from error

    def _timings(self, candidate: Candidate) -> Iterator[dict[str, Any]]:
        rows = self.rows("SELECT timing FROM timings WHERE digest = ?", candidate.digest)
        return (json.loads(line) for (line,) in rows)

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """Yield a connection whose changes are all written, or none; raise an AdvisorError."""
        try:
            with self._connection as write:
                write.execute(f"BEGIN {kind}")
                yield write
        except REFUSED as error:
            raise _refused(self.path, error) from error


@contextmanager
def writing(folder: Path) -> Iterator[RunFile]:
    """Yield the file of a run, locked for this process; create it if it does not exist.

    Half-written files of a killed process are removed. Raises AdvisorError if another process has
    locked it, if it is not the file of a run, or if it cannot be written.
    """
    make_folder(folder)
    if not is_run(folder) and not is_new(folder):
        raise broken_run(folder / NAME)
    with ExitStack() as stack:
        try:
            address = f"{(folder / NAME).absolute().as_uri()}?mode=rwc"
            connection = connect(address, uri=True, timeout=_WAITED_SECONDS, isolation_level=None)
            stack.enter_context(closing(connection))
            for line in SETTINGS:
                connection.execute(f"PRAGMA {line}")
            file = RunFile(folder, connection)
            with file.transaction("EXCLUSIVE") as write:
                if not file.tables():
                    for line in (f"PRAGMA application_id={APPLICATION}",
                                 f"PRAGMA user_version={FORM}", *TABLES):  # fmt: skip
                        write.execute(line)
            if file.tables() != TABLES:
                raise broken_run(file.path)
            clear_half_written(folder)
        except (*REFUSED, OSError) as error:
            raise _refused(folder / NAME, error) from error
        yield file


def is_run(folder: Path) -> bool:
    """Return whether a folder has a run file of this format, and not a link to one."""
    head = b"" if (folder / NAME).is_symlink() else first_bytes(folder / NAME, 100)
    numbers = [int.from_bytes(head[at : at + 4], "big") for at in (_FORM_AT, _OWNER_AT)]
    return head.startswith(_HEADER) and numbers == [FORM, APPLICATION]


def is_new(folder: Path) -> bool:
    """Return whether a folder has no run file, or an empty one from a killed process."""
    path = folder / NAME
    empty = path.is_file() and not path.stat().st_size
    return not path.is_symlink() and (empty or not path.exists())


def broken_run(file: Path, what: str = "") -> BrokenFileError:
    """Return the error for a file that no run wrote; `what` names the invalid part."""
    place = f", {what}," if what else ""
    return BrokenFileError(
        f"`{file}`{place} was not written by `advisor evaluate`",
        hint="pass another folder with --run DIR",
    )


def answer_text(response: Response) -> str:
    """Return an answer as JSON, without fields that are None, with scores rounded."""
    short = response._replace(
        scores=response.scores and tuple(map(six_digits, response.scores)),
        probability=response.probability and six_digits(response.probability),
    )._asdict()
    present = {name: short[name] for name in PARTS if short[name] is not None}
    return json.dumps(present, separators=(",", ":"))


def read_answer(number: int, key: str, answer: str, vectors: bytes | None) -> Response:
    """Return the response of a stored answer; raise an error of NOT_READ if it is invalid."""
    fields = json.loads(answer)
    if not all(isinstance(fields.get(name, ""), str) for name in ("text", "failed", "unreadable")):
        raise ValueError("not an answer")
    if vectors is not None and (not isinstance(vectors, bytes) or len(vectors) % 4):
        raise ValueError("not float32")
    if "scores" in fields:
        fields["scores"] = tuple(map(float, fields["scores"]))
    return Response(number=number, key=key, vectors=vectors, **fields)


def _refused(path: Path, error: Exception) -> AdvisorError:
    """Return the AdvisorError for an error of SQLite or of the system."""
    code = getattr(error, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return AdvisorError(
            f"another evaluation is writing to `{path.parent}`",
            hint="wait until it is done, or pass another folder with --run DIR",
            kind="in-use",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG) or disk_is_full(error):
        return InferenceError(
            f"the disk is full, so `{path}` is incomplete",
            hint="free some disk space and run the command again to resume",
            kind="disk-full",
        )
    if not isinstance(error, (sqlite3.OperationalError, OSError)):
        return broken_run(path)
    return AdvisorError(
        f"`{path}` cannot be written: {getattr(error, 'strerror', None) or error}",
        hint="--run DIR says where a run is kept",
        kind="cannot-write",
    )


def _named(candidate: Candidate) -> str:
    """Return the name of a candidate as ASCII, since a folder's name may not be valid text."""
    return json.dumps(candidate.name)

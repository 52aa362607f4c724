"""A file that grows by whole blocks of responses, and goes on where it was broken off."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from advisor.errors import AdvisorError
from advisor.evaluate.recorded import Response, read_response, response_line
from advisor.files import disk_is_full, open_growing
from advisor.trial.failures import DiskFullError

SYNC_SECONDS = 10.0
"""How often what was written is forced to the disk, at most: the disk may keep it waiting."""


class Journal:
    """The responses of one candidate, in the order of the images.

    A line that was torn by a kill is cut off when the file is opened, and so is a block that is
    not whole: what a network computes may depend on which images are in a batch together.
    """

    def __init__(self, file: Path, sizes: Sequence[int]) -> None:
        self.path, self.sizes = file, sizes
        self.stored: list[tuple[str, ...]] = []
        """The keys of each block that was there when it was opened, and is there still."""
        self._ends: list[int] = []
        self._synced = 0.0

    def __enter__(self) -> Self:
        """Open the file, and see what it holds."""
        self.file = open_journal(self.path)
        try:
            self._read()
        except BaseException as error:
            self.file.close()
            if isinstance(error, OSError):
                raise _cannot_write(self.path, error) from error
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, with all that was written on the disk."""
        try:
            os.fsync(self.file.fileno())
        finally:
            self.file.close()

    def holds(self, number: int, keys: Sequence[str]) -> bool:
        """True where it has the block of this number since it was opened, for these keys."""
        return self.stored[number : number + 1] == [tuple(keys)]  # also while another thread cuts

    def cut(self, blocks: int) -> None:
        """Keep the first blocks, and nothing after them."""
        if blocks < len(self._ends):
            del self._ends[blocks:], self.stored[blocks:]
            self._truncate()

    def write(self, responses: Sequence[Response]) -> None:
        """Append a block."""
        lines = b"".join(map(response_line, responses))
        try:
            written = 0
            while written < len(lines):
                written += self.file.write(lines[written:]) or 0
            now = time.monotonic()
            if now - self._synced >= SYNC_SECONDS:
                os.fsync(self.file.fileno())
                self._synced = now
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._ends.append((self._ends[-1] if self._ends else 0) + len(lines))

    def _read(self) -> None:
        """Take in whole blocks, up to the first line that is none; cut off the rest."""
        place = 0
        keys: list[str] = []
        sizes = iter(self.sizes)
        wanted = next(sizes, 0)
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines):
                try:
                    response = read_response(line) if line.endswith(b"\n") else None
                except ValueError:
                    response = None
                if response is None or response.number != number or not wanted:
                    break
                place += len(line)
                keys.append(response.key)
                if len(keys) == wanted:
                    self.stored.append(tuple(keys))
                    self._ends.append(place)
                    keys, wanted = [], next(sizes, 0)
        self._truncate()

    def _truncate(self) -> None:
        end = self._ends[-1] if self._ends else 0
        self.file.truncate(end)
        self.file.seek(end)


def open_journal(path: Path) -> FileIO:
    """Open a file of a run that grows. Raises AdvisorError where it cannot be written."""
    try:
        return open_growing(path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(file: Path, error: OSError) -> AdvisorError:
    if disk_is_full(error):
        return DiskFullError(
            f"the disk filled up while `{file}` was written",
            hint="free some space and start again: it goes on where it stopped",
        )
    return AdvisorError(
        f"`{file}` cannot be written: {error.strerror or error}",
        hint="--run DIR says where a run is kept",
        kind="cannot-write",
    )

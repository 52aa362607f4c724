"""The moment at which a run has to be over; what is then under way is given up."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_LEAST_SECONDS = 0.5
"""Nothing is stopped in the middle before this: files of a small project are found at least."""
_AGAIN_SECONDS = 0.5
"""An exception that Python loses, as in a callback, is raised again after this time."""


class OutOfTimeError(Exception):
    """A run took longer than it may."""


class Deadline:
    """The moment, on the clock, at which a run has to be over; `seconds` of 0 set none."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._end = time.monotonic() + seconds if seconds else float("inf")

    @property
    def left(self) -> float:
        """How many seconds are left; 0.0 where none are."""
        return max(0.0, self._end - time.monotonic())

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raise OutOfTimeError in what is done here, once the run has to be over.

        Only the main thread of a system with alarms can be stopped in the middle; elsewhere it is
        for others to look at what is `left`.
        """
        main = threading.current_thread() is threading.main_thread()
        if self._end == float("inf") or not main or not hasattr(signal, "setitimer"):
            yield
            return
        before = signal.signal(signal.SIGALRM, _end)
        signal.setitimer(signal.ITIMER_REAL, max(self.left, _LEAST_SECONDS), _AGAIN_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError

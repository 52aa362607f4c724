"""A bound on time: what takes longer is given up, and said to be."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS_A_FILE = 10.0
"""No honest file takes a tenth of this."""
_TICKS_A_FILE = 20
_LEAST_SECONDS = 0.5
"""Nothing is stopped in the middle before this: files of a small project are found at least."""
_AGAIN_SECONDS = 0.5
"""An exception that Python loses, as in a callback, is raised again after this time."""


class OutOfTimeError(Exception):
    """A piece of work took longer than it may."""


class Deadline:
    """The moment at which a run has to be over; `seconds` of 0 set none.

    Work on a file stands in `with deadline:`, and all files in `with deadline.watched():`, which
    alone asks the system for anything, so that many small files cost nothing.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._end = time.monotonic() + seconds if seconds else float("inf")
        self._in_files = 0
        self._ticks = 0

    @property
    def left(self) -> float:
        """How many seconds are left; 0.0 where none are."""
        return max(0.0, self._end - time.monotonic()) if self._end < float("inf") else self._end

    def begin(self) -> None:
        """Give what comes now as much time as a file may take."""
        self._ticks = 0

    def __enter__(self) -> None:
        self.begin()
        self._in_files += 1

    def __exit__(self, *_failure: object) -> None:
        self.begin()  # the file for which this one was followed begins anew
        self._in_files -= 1

    @contextmanager
    def watched(self, *, by_file: bool = True) -> Iterator[None]:
        """Raise OutOfTimeError in the work on a file, once it has taken as long as a file may.

        What is not done `by_file` may take as long as the run. The time of a file is counted in
        seconds of this process, whatever else the machine does; the deadline of a run is one on the
        clock. Only the main thread of a system with alarms can be stopped in the middle; elsewhere
        the deadline is looked at between files alone.
        """
        main = threading.current_thread() is threading.main_thread()
        if not main or not hasattr(signal, "setitimer"):
            yield
            return
        tick = SECONDS_A_FILE / _TICKS_A_FILE
        a_file = (signal.SIGPROF, signal.ITIMER_PROF, self._tick, tick, tick)
        timers = [a_file] if by_file else []
        if self._end < float("inf"):
            first = max(self.left, _LEAST_SECONDS)
            timers.append((signal.SIGALRM, signal.ITIMER_REAL, self._over, first, _AGAIN_SECONDS))
        before = [signal.signal(number, handler) for number, _, handler, _, _ in timers]
        for _, timer, _, first, again in timers:
            signal.setitimer(timer, first, again)
        try:
            yield
        finally:
            for (number, timer, *_), handler in zip(timers, before, strict=True):
                signal.setitimer(timer, 0.0)
                signal.signal(number, handler)

    def _tick(self, _number: int, _frame: object) -> None:
        self._ticks += 1
        if self._ticks >= _TICKS_A_FILE and self._in_files:
            raise OutOfTimeError

    def _over(self, _number: int, _frame: object) -> None:
        if self._in_files:
            raise OutOfTimeError

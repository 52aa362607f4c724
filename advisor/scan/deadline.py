"""A bound on time: what takes longer is given up, and said to be."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS_A_FILE = 10.0
"""No honest file takes a tenth of this."""
_LEAST_SECONDS = 0.001
_AGAIN_SECONDS = 0.5
"""An exception that Python loses, as in a callback, is raised again after this time."""


class OutOfTimeError(Exception):
    """A piece of work took longer than it may."""


class Deadline:
    """The moment at which a run has to be over; `seconds` of 0 set none."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._end = time.monotonic() + seconds if seconds else float("inf")

    @property
    def left(self) -> float:
        """How many seconds are left; 0.0 where none are."""
        return max(0.0, self._end - time.monotonic())

    @contextmanager
    def a_file(self) -> Iterator[None]:
        """Raise OutOfTimeError in the work inside, once it has taken as long as a file may.

        That is counted in seconds of this process, whatever else the machine does; the deadline of
        a run is one on the clock. Only the main thread of a system with alarms can be stopped in
        the middle; elsewhere the deadline is looked at between files alone.
        """
        main = threading.current_thread() is threading.main_thread()
        if not main or not hasattr(signal, "setitimer"):
            yield
            return
        timers = [(signal.SIGPROF, signal.ITIMER_PROF, SECONDS_A_FILE)]
        if self._end < float("inf"):
            timers.append((signal.SIGALRM, signal.ITIMER_REAL, max(self.left, _LEAST_SECONDS)))
        before = [signal.signal(number, _out_of_time) for number, _, _ in timers]
        for _, timer, seconds in timers:
            signal.setitimer(timer, seconds, _AGAIN_SECONDS)
        try:
            yield
        finally:
            for (number, timer, _), handler in zip(timers, before, strict=True):
                signal.setitimer(timer, 0.0)
                signal.signal(number, handler)


def _out_of_time(_number: int, _frame: object) -> None:
    raise OutOfTimeError

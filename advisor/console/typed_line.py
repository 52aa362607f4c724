"""A line that a person types, or that stands in for it on stdin."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from functools import cache


def typed_line() -> str:
    """Return the next line of stdin, without the blanks around it. Raises EOFError at the end."""
    if sys.platform != "win32" and sys.stdin.isatty():
        _wait()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def _wait() -> None:
    """Wait until a line is typed, or a signal comes.

    Reading alone does not notice one that comes just before it begins, and waits for the line.
    """
    heard, told = _signals()
    with contextlib.suppress(BlockingIOError):
        os.read(heard, select.PIPE_BUF)  # those of earlier lines
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        select.select([sys.stdin, heard], [], [])
    finally:
        signal.set_wakeup_fd(before)


@cache
def _signals() -> tuple[int, int]:
    """The two ends of a pipe through which Python tells of signals."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends

"""Work in a process of its own, which the system ends when it has taken too much.

No signal of Python's interrupts one instruction; the end of a process does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator

from advisor.trial.placement import field_mb

WAITED_SECONDS = 60
"""For a process that takes no time of the processor: it hangs."""
_TOLD, _FAILED = b"+", b"-"


class TookTooMuchError(Exception):
    """Work took more memory or time than it may."""


def in_own_process(work: Callable[[], str], most_mb: int, most_seconds: int) -> str:
    """Return the text that some work makes, done by a copy of this process that is bounded.

    Raises TookTooMuchError, and ValueError with the words of what the work raised. Only Linux
    copies a process whatever runs in it; elsewhere the work is done here.
    """
    if sys.platform != "linux":
        return work()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the copy does nothing that other threads take part in
        copy = os.fork()
    if not copy:
        _work_and_end(work, writing, most_mb, most_seconds)
    os.close(writing)
    try:
        told = b"".join(_pieces(reading))
    finally:
        os.close(reading)
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
    words = told[1:].decode("utf-8", "surrogatepass")
    if told[:1] == _FAILED:
        raise ValueError(words)
    if told[:1] != _TOLD:
        raise TookTooMuchError
    return words


def _pieces(reading: int) -> Iterator[bytes]:
    """Yield what a copy writes until it ends, or hangs."""
    waiting = select.poll()
    waiting.register(reading, select.POLLIN)
    while waiting.poll(WAITED_SECONDS * 1000):
        piece = os.read(reading, 2**16)
        if not piece:
            return
        yield piece


def _work_and_end(work: Callable[[], str], writing: int, most_mb: int, most_seconds: int) -> None:
    """Do the work in the copy, write what it makes, and end: nothing else of the copy runs on."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _bound(most_mb, most_seconds)
        try:
            told = _TOLD + work().encode("utf-8", "surrogatepass")
        except (MemoryError, TookTooMuchError):
            told = b""
        except Exception as error:
            told = _FAILED + (str(error) or type(error).__name__).encode("utf-8", "surrogatepass")
        while told:
            told = told[os.write(writing, told) :]
    finally:
        os._exit(0)


def _bound(most_mb: int, most_seconds: int) -> None:
    """Hold this process to its memory and its time; the system ends it otherwise."""
    import resource

    used = field_mb("/proc/self/status", "VmSize:")
    bounds = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, most_seconds)]
    if used is not None:
        bounds.append((resource.RLIMIT_AS, int(used + most_mb) * 2**20))
    for kind, most in bounds:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))

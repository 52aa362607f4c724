"""Lines of text between advisor and whoever runs it: said on stdout and stderr, typed on stdin.

Nothing that is said here can move what shows it, nor give a CI runner a command.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from contextvars import ContextVar
from functools import cache

from advisor.foreign import inert, visible

BRIEF: ContextVar[bool] = ContextVar("brief", default=False)
"""True where a command line asks for the answer alone, by `--quiet`."""
LAST: list[str] = []
"""What is noted behind the answer, or behind what is refused."""


def say(*lines: str) -> None:
    """Say on stdout, line by line, what a command did, where it has no more to answer than that."""
    if not BRIEF.get():
        sys.stdout.write("".join(f"{inert(visible(line))}\n" for line in lines))


def note(*lines: str) -> None:
    """Say something on stderr that is not part of the answer, line by line.

    A terminal gets lines that are broken between words.
    """
    shown = [inert(visible(line)) for line in lines]
    if sys.stderr.isatty():
        shown = [part for line in shown for part in _fitting(line)]
    sys.stderr.write("".join(f"{line}\n" for line in shown))
    sys.stderr.flush()


def _fitting(line: str) -> list[str]:
    """Return a line in parts that fit the terminal, all but the first indented by two more."""
    from shutil import get_terminal_size
    from textwrap import wrap

    width = max(get_terminal_size().columns, 20)
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    if len(line) <= width:
        return [line]
    return wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def progress_line(text: str, done: int, total: int) -> None:
    """Show on stderr how far something is, in one line that the next call writes over."""
    sys.stderr.write(f"\r  {inert(visible(text))}" + ("\n" if done >= total else ""))
    sys.stderr.flush()


def interactive() -> bool:
    """True where a person can be asked: stdin and stderr are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()


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
    heard, write_end = _signals()
    with contextlib.suppress(BlockingIOError):
        os.read(heard, select.PIPE_BUF)  # those of earlier lines
    before = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
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

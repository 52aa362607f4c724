"""Lines of text on stdout, stderr and stdin.

Printed lines have no control characters, and no commands for a CI runner.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
from contextvars import ContextVar
from functools import cache
from typing import Any

from advisor.foreign import inert, visible

COMMAND = re.compile("`((?:advisor|uv) [^`]*)`|^advisor .*")
"""Matches a command in a note: in backticks, or the whole line."""
BRIEF: ContextVar[bool] = ContextVar("brief", default=False)
"""True if the command line has `--quiet`."""
LAST: list[str] = []
"""Notes to print on stderr after the answer or the error."""


def say(*lines: str) -> None:
    """Print on stdout what a command did, unless `--quiet`; for commands without a report."""
    if not BRIEF.get():
        sys.stdout.write("".join(f"{inert(visible(line))}\n" for line in lines))


def note(*lines: str) -> None:
    """Print lines on stderr that are not part of the answer, wrapped if it is a terminal."""
    shown = [inert(visible(line)) for line in lines]
    if sys.stderr.isatty():
        shown = [part for line in shown for part in _fitting(line)]
    sys.stderr.write("".join(f"{line}\n" for line in shown))
    sys.stderr.flush()


def _fitting(line: str) -> list[str]:
    r"""Return a line wrapped to the terminal, at least 20 columns; later lines are indented by 2.

    A command in backticks is not broken, or with `\` as a shell reads it, so that it can be copied.
    """
    from shutil import get_terminal_size
    from textwrap import wrap

    from advisor.draw.typesetting import command_lines

    width = max(get_terminal_size().columns, 20)
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    if len(line) <= width:
        return [line]
    whole = COMMAND.sub(lambda command: command[0].replace(" ", "\0"), line)
    ways: Any = {"break_long_words": False, "break_on_hyphens": False}
    fitting = []
    for part in wrap(whole, width, subsequent_indent=indent, **ways):
        text = part.replace("\0", " ")
        command = COMMAND.search(text) if len(text) > width else None
        broken = command_lines(command[1] or command[0], width - len(indent)) if command else []
        fitting += [f"{indent}{each}" for each in broken] or [text]
    return fitting


def progress_line(text: str, done: int, total: int) -> None:
    """Show progress on stderr in one line, which the next call overwrites until `done` is total."""
    sys.stderr.write(f"\r  {inert(visible(text))}" + ("\n" if done >= total else ""))
    sys.stderr.flush()


def interactive() -> bool:
    """True if the user can be asked: stdin and stderr are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def typed_line() -> str:
    """Return the next line of stdin without blanks around it. Raises EOFError at the end."""
    if sys.platform != "win32" and sys.stdin.isatty():
        _wait()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def _wait() -> None:
    """Wait until a line is typed or a signal arrives.

    A mere read misses a signal that arrives just before it begins, and waits for the line.
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
    """Return the read end and the write end of a pipe that Python writes signal numbers to."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends

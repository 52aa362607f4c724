"""The streams of this process, set up once: they are there, and take every character."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import IO, Any

from advisor.files import ESCAPED


def prepare_streams() -> None:
    """Give every stream that is closed a place that takes or gives nothing; escape on stdout."""
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
    if sys.stdout is None:
        sys.stdout = _nowhere("w")
    if sys.stderr is None:
        sys.stderr = _nowhere("w")
    say_in_any_encoding()


def say_in_any_encoding() -> None:
    r"""Let a stdout that cannot write a character write it as JSON does: `\u00fc`."""
    codecs.register_error(ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPED)


def silence_stdout() -> None:
    """Let nothing more reach a stdout that takes no more, not even what Python writes at exit."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a stream of the system
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _nowhere(mode: str) -> IO[Any]:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - as long as the process


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end

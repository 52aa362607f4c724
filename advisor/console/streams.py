"""The standard streams of this process: none is missing, and stdout takes every character."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import IO, Any

from advisor.files import ESCAPED


def prepare_streams() -> None:
    """Replace closed standard streams with the null device, and let stdout escape characters."""
    if sys.stdin is None:
        sys.stdin = _null_device("r")
    if sys.stdout is None:
        sys.stdout = _null_device("w")
    if sys.stderr is None:
        sys.stderr = _null_device("w")
    say_in_any_encoding()


def say_in_any_encoding() -> None:
    r"""Let a stdout that cannot write a character write it as JSON does: `\u00fc`."""
    codecs.register_error(ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPED)


def silence_stdout() -> None:
    """Redirect a broken stdout to the null device, so that nothing fails when Python flushes it."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a stream of the system
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _null_device(mode: str) -> IO[Any]:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - as long as the process


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end

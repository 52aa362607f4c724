"""Untrusted text for output: invisible characters and commands of CI runners are escaped."""

from __future__ import annotations

import os
import re
from functools import cache

_HIDDEN = (
    *range(0x20),  # C0
    *range(0x7F, 0xA0),  # DEL and C1
    0x00AD,  # marks of direction, and what has no width
    0x034F,
    0x061C,
    0x115F,
    0x1160,
    0x17B4,
    0x17B5,
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0x3164,
    *range(0xFE00, 0xFE0E),  # variants of signs; the next two, of text and of emoji, are honest
    0xFEFF,
    0xFFA0,
    *range(0xFFF0, 0xFFFC),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE0080),  # tags
    *range(0xE0100, 0xE01F0),
)
NAMES = {code: rf"\x{code:02x}" if code < 0x100 else rf"\u{code:04x}" for code in _HIDDEN} | {
    ord("\n"): r"\n",
    ord("\r"): r"\r",
    ord("\t"): r"\t",
}
"""Code point -> escape, for characters that are invisible or move or hide others; `str.translate`.

These are, in Unicode 16, the categories Cc and Cf if they act on other characters, and the property
Default_Ignorable_Code_Point.
"""
TEXTS = {code: text for code, text in NAMES.items() if chr(code) not in "\n\t"}
"""The same without line feed and tab, for texts of several lines."""
INERT_IN_JSON = r"#\u0023"
_LONGEST_QUOTE, _LONGEST_MESSAGE = 300, 4_000
_SURROGATE = "[\ud800-\udfff]"
_MARKED = r"##(?=\w*\[)"
_COMMAND = r"(?m)^([^\S\n]*):(?=:)"
"""Patterns as text, compiled at first use: most runs need none of them."""


def visible(text: str) -> str:
    """Return a text on one line, with invisible characters and lone surrogates escaped."""
    if text.isascii() and text.isprintable():  # as most are
        return text
    return re.sub(_SURROGATE, _byte, text.translate(NAMES))


def visible_lines(text: str) -> str:
    """Return a text with invisible characters and lone surrogates escaped, but lines kept."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_SURROGATE, _byte, text.translate(TEXTS))


def whole(text: str) -> str:
    """Return a text with lone surrogates escaped (bytes that are not UTF-8), for tokenizers."""
    return text if text.isascii() else re.sub(_SURROGATE, _byte, text)


@cache
def _in_json() -> dict[int, str]:
    """Return code point -> JSON escape for hidden characters that JSON allows unescaped."""
    return {
        code: re.sub("(....)", r"\\u\1", chr(code).encode("utf-16-be").hex())
        for code in _HIDDEN
        if code >= 0x7F
    }


def visible_json(text: str) -> str:
    """Return JSON of the same value without invisible characters and commands of CI runners."""
    text = text if text.isascii() else text.translate(_in_json())
    return re.sub(_MARKED, lambda _: INERT_IN_JSON, text) if "##" in text else text


def shortened(text: str) -> str:
    """Return a message with quotes in backticks cut to 300 characters, and itself to 4,000."""
    text = re.sub(rf"`([^`]{{{_LONGEST_QUOTE}}})[^`]+`", r"`\1...`", text)
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def _byte(surrogate: re.Match[str]) -> str:
    r"""Return the escape of a lone surrogate: `\x..` for a byte of a file name, else `\u....`."""
    code = ord(surrogate[0])
    return rf"\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else rf"\u{code:04x}"


def inert(text: str, instead: str = r"#\#") -> str:
    r"""Return a text without commands for a CI runner.

    GitHub's runner looks for `##[` anywhere in a line, Azure's and TeamCity's for `##word[`, and
    GitHub's for `::` at its beginning, where it runs (`ActionCommand.cs` in actions/runner).
    `instead` is written for the two signs.
    """
    if "##" in text:
        text = re.sub(_MARKED, lambda _: instead, text)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        text = re.sub(_COMMAND, r"\1\\:", text)
    return text

"""Text from outside, made visible, and without power over what shows it."""

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
"""How each character is written that nobody sees, or that moves or hides others; for `translate`.

Unicode 16: the general categories Cc and Cf where they act on other characters, and what has the
property Default_Ignorable_Code_Point.
"""
TEXTS = {code: text for code, text in NAMES.items() if chr(code) not in "\n\t"}
"""The same for texts of several lines."""
INERT_IN_JSON = r"#\u0023"
_LONGEST_QUOTE, _LONGEST_MESSAGE = 300, 4_000
_SURROGATE = "[\ud800-\udfff]"
_MARKED = r"##(?=\w*\[)"
_COMMAND = r"(?m)^([^\S\n]*):(?=:)"
"""Compiled where one is needed: most answers of a start need none."""


def visible(text: str) -> str:
    """Return a name on one line, with every character that would hide something written out."""
    if text.isascii() and text.isprintable():  # as most are
        return text
    return re.sub(_SURROGATE, _byte, text.translate(NAMES))


def visible_lines(text: str) -> str:
    """Return a text with its lines kept, and what would hide something written out."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_SURROGATE, _byte, text.translate(TEXTS))


def whole(text: str) -> str:
    """Return a text that has a byte written out where it is no UTF-8, as no tokenizer reads it."""
    return text if text.isascii() else re.sub(_SURROGATE, _byte, text)


@cache
def _in_json() -> dict[int, str]:
    """How JSON writes each of them that it need not write out; the value stays the same."""
    return {
        code: re.sub("(....)", r"\\u\1", chr(code).encode("utf-16-be").hex())
        for code in _HIDDEN
        if code >= 0x7F
    }


def visible_json(text: str) -> str:
    """Return JSON of the same value in which nothing is hidden, nor a command of a CI runner."""
    text = text if text.isascii() else text.translate(_in_json())
    return re.sub(_MARKED, lambda _: INERT_IN_JSON, text) if "##" in text else text


def shortened(text: str) -> str:
    """Return a message that anybody can read to its end: what it quotes at length is cut."""
    text = re.sub(rf"`([^`]{{{_LONGEST_QUOTE}}})[^`]+`", r"`\1...`", text)
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def _byte(surrogate: re.Match[str]) -> str:
    """A byte of a file name that is no UTF-8, or half a character."""
    code = ord(surrogate[0])
    return rf"\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else rf"\u{code:04x}"


def inert(text: str, instead: str = r"#\#") -> str:
    r"""Return a text in which no CI runner finds a command.

    GitHub's runner looks for `##[` anywhere in a line, Azure's and TeamCity's for `##word[`, and
    GitHub's for `::` at its beginning, where it runs (`ActionCommand.cs` in actions/runner).
    `instead` is written for the two signs.
    """
    if "##" in text:
        text = re.sub(_MARKED, lambda _: instead, text)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        text = re.sub(_COMMAND, r"\1\\:", text)
    return text

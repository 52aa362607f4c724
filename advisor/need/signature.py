"""The last line of a program that is written to a file: it tells whether somebody edited the file.

A program without one, of an earlier release, counts as not edited.
"""

from __future__ import annotations

import re
from hashlib import sha256

LINES = {"python": "# {}\n", "html": "<!-- {} -->\n", "notebook": ""}
"""How a comment is written in a file of each format; a notebook has its own place for it."""
WORDS = "unedited: {}"
DIGITS = 12
_SIGNED = re.compile(
    rf'(?:# |<!-- |"advisor": ")unedited: ([0-9a-f]{{{DIGITS}}})(?: -->\n|\n|",\n )'
)
KERNEL = '"kernelspec": '
"""What stands in the metadata of a notebook, before which its signature goes."""


def signed(format: str, text: str) -> str:
    """Return a program with the signature of its text, as a file of a format has it."""
    if format not in LINES:
        return text
    words = WORDS.format(_digest(text))
    if line := LINES[format]:
        return text + line.format(words)
    before, kernel, after = text.rpartition(KERNEL)
    return f'{before}"advisor": "{words}",\n {kernel}{after}'


def is_edited(text: str) -> bool:
    """True for a text that has a signature and is not as it was signed."""
    *_, found = (None, *_SIGNED.finditer(text))  # the last one: a program may quote another
    if found is None:
        return False
    return _digest(text[: found.start()] + text[found.end() :]) != found[1]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]

"""Where an answer came from, in a word for people."""

from __future__ import annotations

WORDS = {"flag": "given", "text": "read from the need", "file": "from the file", "asked": "asked"}


def origin_word(origin: str) -> str:
    """Return `given` for a flag, and so on; implied and assumed are words already."""
    return WORDS.get(origin, origin)

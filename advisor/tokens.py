"""Tokens of a text: words, numbers and signs, each with its place in the original string.

A token's `form` is what words are compared by: lower case, without accents, and without the plural
`s` of European languages. Chinese and Japanese are written without spaces, so there each character
is a token.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LONGEST = 40
"""A longer run of letters is no word of any lexicon; it is kept as it is."""

ANY = "*"
"""At the end of a word of the lexicon it stands for any ending, at its beginning for any start."""

_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ACCENTS = "\u0300-\u036f"
_LETTERS = rf"(?:[^\W\d_{_IDEOGRAPH}][{_ACCENTS}]*)+"
_MODEL = r"(?<![^\W_])[A-Za-z]\d+(?![\d.,])"
_NUMBER = r"\d+(?:[.,'\u00a0\u202f]\d+)*"
_TOKEN = re.compile(rf"{_MODEL}|{_NUMBER}|[{_IDEOGRAPH}]|{_LETTERS}|[^\s\w]|_")
_PART = re.compile(rf"{_MODEL}|{_NUMBER}|[{_IDEOGRAPH}]|\*?{_LETTERS}\*?|[^\s\w*]")
_JOINTS = frozenset("-\u2010\u2011\u2013_'\u2019/")


class Token(NamedTuple):
    """One token: its form, and the slice of the text that it stands for."""

    form: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """True for words and numbers, false for signs."""
        return self.form[:1].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text in order; signs that only join words are left out."""
    found = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        if raw not in _JOINTS:
            found.append(Token(form_of(raw), match.start(), match.end()))
    return found


@lru_cache(maxsize=4096)
def form_of(word: str) -> str:
    """Return the form by which a word is compared with those of the lexicon."""
    if len(word) > LONGEST:
        return word[:LONGEST]
    plain = word.casefold()
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join([part for part in parts if not unicodedata.combining(part)]) or plain
        plain = plain.casefold()
    return singular(plain)


def singular(word: str) -> str:
    """Return a word without the ending of a plural in s; what is no plural may lose it too."""
    if len(word) < 4 or word[-1] != "s" or word[-2] in "su" or word[-2:] == "is":
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def pattern_of(phrase: str) -> tuple[str, ...]:
    """Return the forms of a phrase of the lexicon, whose words may begin or end in `*`."""
    parts = []
    for raw in _PART.findall(phrase):
        if raw in _JOINTS:
            continue
        bare = raw.strip(ANY)
        form = form_of(f"{bare}q")[:-1] if raw.endswith(ANY) else form_of(bare)
        parts.append(f"{ANY * raw.startswith(ANY)}{form}{ANY * raw.endswith(ANY)}")
    return tuple(parts)

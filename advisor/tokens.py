"""Tokens of a text: words, numbers and signs, each with its place in the original string.

A token's `form` is what words are compared by: lower case, without accents, and without the plural
`s` of European languages. Chinese and Japanese are written without spaces, so there each character
is a token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from advisor.model import NamedTuple
from advisor.naming import singular

LONGEST = 40
"""Words are cut to this many characters; no lexicon has longer ones."""

ANY = "*"
"""The sign that matches any ending (or start) at the end (or beginning) of a lexicon word."""

_TOKEN = re.compile(  # large classes take long to compile: ideographs are split off after
    r"(?<=\d)x(?=[A-Z]\d)|(?:(?<![A-Za-z\d])|(?<=\dx))[A-Za-z]\d+(?!\d|[.,]\d)"  # 8xA100
    r"|\d+(?:(?:[.,'\u00a0]|\u202f)\d+)*"
    r"|[^\W\d_](?:(?:(?<=[A-Za-z])|(?![A-Za-z]\d))[^\W\d_]|[\u0300-\u036f])*"
    r"|[^\s\w]|_"
)
_JOINTS = frozenset("-\u2010\u2011\u2013_'\u2019/")
_IDEOGRAPHS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))


class Token(NamedTuple):
    """A token: its normalized form, and its character offsets in the text."""

    form: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """True for words and numbers, false for signs."""
        return self.form[:1].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text in order, without hyphens, apostrophes, `_` and `/`."""
    tokens = []
    for start, end in _places(text):
        raw = text[start:end]
        if raw not in _JOINTS:
            tokens.append(Token(form_of(raw), start, end))
    return tokens


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets (start, end) of each token."""
    for match in _TOKEN.finditer(text):
        raw = match[0]
        if raw.isascii() or not written_by_character(raw):
            yield match.span()
        else:
            yield from _split(text, *match.span())


def written_by_character(word: str) -> bool:
    """True for a text with Chinese or Japanese characters, each of which is a token."""
    return any(first <= ord(letter) <= last for letter in word for first, last in _IDEOGRAPHS)


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each ideograph, and of the runs of other letters between them."""
    begun = start
    for place in range(start, end):
        if written_by_character(text[place]):
            if place > begun:
                yield begun, place
            yield place, place + 1
            begun = place + 1
    if end > begun:
        yield begun, end


@lru_cache(maxsize=4096)
def form_of(word: str) -> str:
    """Return the normalized form of a word: lower case, without accents and the plural `s`."""
    if len(word) > LONGEST:
        return word[:LONGEST]
    plain = word.casefold()
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join([part for part in parts if not unicodedata.combining(part)]) or plain
        plain = plain.casefold()
    return singular(plain)


@lru_cache(maxsize=65_536)
def pattern_of(phrase: str) -> tuple[str, ...]:
    """Return the forms of a phrase of the lexicon, whose words may begin or end in `*`."""
    if phrase.isascii() and phrase.replace(" ", "").isalpha():
        return tuple([form_of(word) for word in phrase.split()])
    parts = []
    for start, end in _places(phrase):
        raw = phrase[start:end]
        if raw in _JOINTS or raw == ANY:
            continue
        opens = ANY * (phrase[start - 1 : start] == ANY)
        ends = ANY * (phrase[end : end + 1] == ANY)
        form = form_of(f"{raw}q")[:-1] if ends else form_of(raw)
        parts.append(f"{opens}{form}{ends}")
    return tuple(parts)


@lru_cache(maxsize=65_536)
def patterns_of(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Return the forms of a phrase, and, if they differ, the forms of its stems without `*`.

    The form of a word may lack an s that no plural put there: `duits*` is `duit`, too, as Duits is.
    """
    pattern = pattern_of(phrase)
    bare = tuple(
        singular(form[:-1])
        if form.endswith(f"s{ANY}") and singular(form[:-1]) != form[:-1]
        else form
        for form in pattern
    )
    return (pattern,) if bare == pattern else (pattern, bare)

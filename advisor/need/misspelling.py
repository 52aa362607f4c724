"""Words of a text that nearly are words of the lexicon: one edit away, in five letters or more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def corrected(word: str, known: Callable[[str, int], bool]) -> str | None:
    """Return the known word that is one edit away from a word and begins like it, if any.

    `known` is asked of each with the place of the edit.
    """
    return next((near for near, place in _neighbours(word) if known(near, place)), None)


def _neighbours(word: str) -> Iterator[tuple[str, int]]:
    """Yield what is one edit away, likelier slips first: swapped, doubled or left out letters."""
    halves = [(word[:place], word[place:], place) for place in range(1, len(word) + 1)]
    yield from ((a + b[1] + b[0] + b[2:], place) for a, b, place in halves if len(b) > 1)
    yield word[1] + word[0] + word[2:], 0
    yield from ((a + b[1:], place) for a, b, place in halves if b)
    yield from ((a + letter + b, place) for a, b, place in halves for letter in LETTERS)
    yield from ((a + letter + b[1:], place) for a, b, place in halves if b for letter in LETTERS)

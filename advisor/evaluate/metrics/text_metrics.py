"""How far read text is from what stands there: character and word error rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.evaluate.metrics.weighable import Weighable, of_ratio
from advisor.trial.runtime import library


def character_error_rate(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return edits of characters over characters of the references, spaces at the ends left out.

    Of several references the one that needs the fewest edits for its length counts.
    """
    return _rate(library("jiwer", "evaluate").process_characters, texts, references)


def word_error_rate(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return edits of words over words of the references, of several the nearest."""
    return _rate(library("jiwer", "evaluate").process_words, texts, references)


def _rate(process: Any, texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    counts = [
        min((_counts(process(one, text)) for one in right), key=_share)
        for text, right in zip(texts, references, strict=True)
    ]
    edits, lengths = zip(*counts, strict=True) if counts else ((), ())
    return of_ratio(edits, lengths, [_share(each) for each in counts])


def _counts(found: Any) -> tuple[int, int]:
    """Return how many edits were found, and how long the reference is."""
    changed = found.substitutions + found.deletions
    return changed + found.insertions, changed + found.hits


def _share(counts: tuple[int, int]) -> float:
    return counts[0] / max(counts[1], 1)

"""How far read text is from what stands there: character and word error rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.evaluate.metrics.weighable import Weighable, of_ratio
from advisor.trial.runtime import library


def character_error_rate(texts: Sequence[str], references: Sequence[str]) -> Weighable:
    """Return edits of characters over characters of the references, spaces at the ends left out."""
    return _rate(library("jiwer").process_characters, texts, references)


def word_error_rate(texts: Sequence[str], references: Sequence[str]) -> Weighable:
    """Return edits of words over words of the references."""
    return _rate(library("jiwer").process_words, texts, references)


def _rate(process: Any, texts: Sequence[str], references: Sequence[str]) -> Weighable:
    edits, lengths = [], []
    for text, reference in zip(texts, references, strict=True):
        found = process(reference, text)
        edits.append(found.substitutions + found.deletions + found.insertions)
        lengths.append(found.hits + found.substitutions + found.deletions)
    return of_ratio(edits, lengths, [e / max(n, 1) for e, n in zip(edits, lengths, strict=True)])

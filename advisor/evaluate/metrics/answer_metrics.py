"""How right short answers are: exact match, VQA accuracy, ANLS."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.evaluate.metrics.vqa_answers import normalised
from advisor.evaluate.metrics.weighable import Weighable, of_mean
from advisor.trial.runtime import library

AGREEING = 3
"""So many annotators that gave an answer make it fully right."""
ANLS_THRESHOLD = 0.5
"""Answers less alike than this are wrong (Biten et al. 2019, https://arxiv.org/abs/1905.13648)."""


def exact_match(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return the share of answers that equal a reference, both normalised as VQA answers are."""
    return of_mean(
        [
            normalised(answer) in {normalised(one) for one in right}
            for answer, right in zip(answers, references, strict=True)
        ]
    )


def vqa_accuracy(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return how far annotators agree with each answer: a third for each, 1 at most, averaged.

    Averaged over leaving out each annotator in turn, as the official script does
    (https://github.com/GT-Vision-Lab/VQA, PythonEvaluationTools). That script compares answers as
    they are where all annotators agree; here they are normalised there too.
    """
    return of_mean(
        [_agreement(answer, right) for answer, right in zip(answers, references, strict=True)]
    )


def _agreement(answer: str, references: Sequence[str]) -> float:
    said = normalised(answer)
    same = [normalised(one) == said for one in references]
    agreeing = sum(same)
    shares = [min(1.0, (agreeing - one) / AGREEING) for one in same]
    return sum(shares) / len(shares) if shares else 0.0


def anls(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return the average normalised Levenshtein similarity to the nearest reference."""
    distance = library("rapidfuzz.distance.Levenshtein", "evaluate").normalized_distance

    def similarity(answer: str, reference: str) -> float:
        alike = 1.0 - float(distance(_folded(answer), _folded(reference)))
        return alike if alike >= ANLS_THRESHOLD else 0.0

    return of_mean(
        [
            max((similarity(answer, one) for one in right), default=0.0)
            for answer, right in zip(answers, references, strict=True)
        ]
    )


def _folded(text: str) -> str:
    return " ".join(text.lower().split())

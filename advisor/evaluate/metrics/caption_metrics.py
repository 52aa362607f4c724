"""How near captions are to references: BLEU-4, ROUGE-L, CIDEr-D; texts are tuples of tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt

from advisor.evaluate.metrics.weighable import Array, Weighable, np, of_mean, of_sums
from advisor.trial.runtime import library

Tokens = Sequence[str]
LONGEST = 4
"""N-grams of one word to so many are counted."""
_TINY, _SMALL = 1e-15, 1e-9  # which keep the reference's quotients from being 0 / 0
ROUGE_BETA, CIDER_SIGMA, CIDER_SCALE = 1.2, 6.0, 10.0


def bleu_4(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return corpus BLEU of up to four words, by the reference nearest in length.

    Papineni et al. 2002 (https://aclanthology.org/P02-1040), as COCO counts it. It is of a corpus:
    resamplings weigh the counts of each text, not a score of it.
    """
    rows = [_bleu_counts(text, right) for text, right in zip(texts, references, strict=True)]
    counts = np.asarray(rows, dtype=float).reshape(-1, 2 * LONGEST + 2)
    return of_sums(counts, _bleu, _bleu(counts))


def _bleu(sums: Array) -> Array:
    """Return BLEU for counts of n-grams that are right, of all, the length, and that wanted."""
    right, said = sums[:, :LONGEST], sums[:, LONGEST : 2 * LONGEST]
    precision = np.prod((right + _TINY) / (said + _SMALL), axis=1) ** (1 / LONGEST)
    ratio = (sums[:, -2] + _TINY) / (sums[:, -1] + _SMALL)
    return precision * np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)


def _bleu_counts(text: Tokens, references: Sequence[Tokens]) -> list[int]:
    written = _grams(text)
    most = dict.fromkeys(written, 0)
    for reference in references:
        for gram, count in _grams(reference).items():
            if gram in most:  # the others say nothing of this text
                most[gram] = max(most[gram], count)
    right, said = [0] * LONGEST, [max(0, len(text) - n) for n in range(LONGEST)]
    for gram, count in written.items():
        right[len(gram) - 1] += min(count, most[gram])
    nearest = min((abs(len(one) - len(text)), len(one)) for one in references)[1]
    return [*right, *said, len(text), nearest]


def rouge_l(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return the mean F of the longest common subsequence, recall weighing 1.2 times as much.

    Lin 2004 (https://aclanthology.org/W04-1013), as COCO counts it: the best precision and the
    best recall over references.
    """
    subsequence = library("rapidfuzz.distance.LCSseq", "evaluate").similarity

    def score(text: Tokens, right: Sequence[Tokens]) -> float:
        said = list(text) or [""]  # the reference splits an empty text into one empty word
        precision = recall = 0.0
        for one in right:
            reference = list(one) or [""]
            common = subsequence(said, reference)
            precision = max(precision, common / len(said))
            recall = max(recall, common / len(reference))
        if not (precision and recall):
            return 0.0
        weight = ROUGE_BETA**2
        return ((1 + weight) * precision * recall) / (recall + weight * precision)

    return of_mean([score(text, right) for text, right in zip(texts, references, strict=True)])


def cider_d(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return the mean CIDEr-D (Vedantam et al. 2015, https://arxiv.org/abs/1411.5726).

    How rare an n-gram is comes from the references of the evaluated set, as usual. Resamplings
    keep it as it is, so they say how sure the mean is for this set of references.
    """
    counted = [[_grams(one) for one in right] for right in references]
    frequency = Counter(gram for right in counted for gram in set().union(*right))
    vectors = _Vectors(frequency, len(counted))
    scores = []
    for text, right in zip(texts, counted, strict=True):
        said = vectors.of(_grams(text))
        alike = (vectors.similarity(said, vectors.of(one)) for one in right)
        scores.append(CIDER_SCALE * sum(alike) / len(right))
    return of_mean(scores)


_Vector = tuple[list[dict[tuple[str, ...], float]], list[float], int]
"""Weights of n-grams by their length, the norm for each length, and how many pairs there are."""


class _Vectors:
    """Texts as weights of their n-grams, rare ones weighing more."""

    def __init__(self, frequency: Counter[tuple[str, ...]], documents: int) -> None:
        self._frequency = frequency
        self._most = log(documents) if documents else 0.0

    def of(self, grams: Counter[tuple[str, ...]]) -> _Vector:
        """Return a text's vector from its n-grams."""
        weights: list[dict[tuple[str, ...], float]] = [{} for _ in range(LONGEST)]
        squares, pairs = [0.0] * LONGEST, 0
        for gram, count in grams.items():
            number = len(gram) - 1
            weight = count * (self._most - log(max(1, self._frequency[gram])))
            weights[number][gram] = weight
            squares[number] += weight * weight
            pairs += count if number == 1 else 0
        return weights, [sqrt(square) for square in squares], pairs

    def similarity(self, said: _Vector, reference: _Vector) -> float:
        """Return the clipped cosine, less for a difference in length, averaged over lengths."""
        total = 0.0
        for weights, norm, other, other_norm in zip(*said[:2], *reference[:2], strict=True):
            common = sum(min(w, other[g]) * other[g] for g, w in weights.items() if g in other)
            total += common / (norm * other_norm) if norm and other_norm else common
        return total / LONGEST * exp(-((said[2] - reference[2]) ** 2) / (2 * CIDER_SIGMA**2))


def _grams(text: Tokens) -> Counter[tuple[str, ...]]:
    """Return how often each n-gram stands in a text, of one word to `LONGEST`."""
    return Counter(
        tuple(text[at : at + n]) for n in range(1, LONGEST + 1) for at in range(len(text) - n + 1)
    )

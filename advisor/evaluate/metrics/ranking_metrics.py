"""Metrics of predicted labels and of ranked images.

For labels: accuracy, macro-F1, mean average precision; for images: recall@k, MRR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.evaluate.metrics import Array, Weighable, np, of_mean, quotient

TIED, TIED_SHARE = 1e-5, 1e-3
"""Scores that differ by no more are equal: other images in a batch move them by a tenth of that.
For small label scores the limit is a thousandth of the score instead."""


class Picks(NamedTuple):
    """The labels picked for items, as three arrays of one length: item, label, and its share.

    Labels that tie share an item in equal parts; an item without a picked label has no entry.
    """

    item: Array
    label: Array
    share: Array

    def of_each(self, items: int) -> tuple[tuple[int, ...], ...]:
        """Return the labels picked for each of `items` items."""
        labels: list[list[int]] = [[] for _ in range(items)]
        for item, label in zip(self.item.tolist(), self.label.tolist(), strict=True):
            labels[item].append(label)
        return tuple(map(tuple, labels))


def tolerance(scores: Array) -> Array:
    """Return the difference up to which another score counts as equal to each of the scores."""
    return np.minimum(TIED, TIED_SHARE * np.abs(scores))


def best_labels(scores: Array) -> Picks:
    """Return the labels with the best score of each item, without items whose scores are below 0.

    `scores` is (items, labels).
    """
    best = scores.max(axis=1, initial=-1.0)[:, None]
    item, label = np.nonzero((scores >= best - tolerance(best)) & (best >= 0))
    return Picks(item, label, 1 / np.bincount(item, minlength=len(scores))[item])


def levelled(scores: Array) -> Array:
    """Return scores (items, labels) with tied scores of a label set to the highest of them."""
    leveled = np.array(scores, dtype=float)
    for column in leveled.T:
        order = np.argsort(-column, kind="stable")
        falling = -column[order]
        start = 0
        while start < len(falling):
            reach = falling[start] + tolerance(falling[start])
            end = int(np.searchsorted(falling, reach, side="right"))
            column[order[start:end]] = -falling[start]
            start = end
    return leveled


def accuracy(truth: Sequence[int], picks: Picks) -> Weighable:
    """Return the share of items whose picked label is the true one; a tie of n counts 1/n."""
    return of_mean(_right(truth, picks))


def macro_f1(truth: Sequence[int], picks: Picks, classes: int) -> Weighable:
    """Return the mean F1 over the labels that are true or picked at least once.

    Labels are numbers below `classes`. In a tie of n labels, each counts 1/n.
    """
    true = np.asarray(truth, dtype=int)
    right = _right(truth, picks)

    def counts(weights: Array) -> tuple[Array, Array]:
        picked = np.bincount(picks.label, weights[picks.item] * picks.share, classes)
        hits = np.bincount(true, weights * right, classes)
        return 2 * hits, np.bincount(true, weights, classes) + picked

    def weighed(weights: Array) -> Array:
        hits, total = np.array([counts(row) for row in weights]).swapaxes(0, 1)
        f1 = np.divide(hits, total, out=np.zeros_like(total), where=total > 0)
        return quotient(f1.sum(axis=1), (total > 0).sum(axis=1))

    return Weighable(len(true), weighed)


class ClassFigures(NamedTuple):
    """The metrics of a class, and `items`, the number of items of it.

    A metric is None if it is undefined: precision of a class that was never picked, recall of one
    without an item.
    """

    items: int
    precision: float | None
    recall: float | None
    f1: float | None


def of_each_class(truth: Array, picks: Picks) -> tuple[ClassFigures, ...]:
    """Return the metrics of each class; `truth` is (items, classes), True for an item's classes.

    In a tie of n labels, each counts 1/n.
    """
    classes = truth.shape[1]
    hits = np.bincount(picks.label, picks.share * truth[picks.item, picks.label], classes)
    picked = np.bincount(picks.label, picks.share, classes)

    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return tuple(
        ClassFigures(int(of), share(hit, predicted), share(hit, of), share(2 * hit, of + predicted))
        for hit, predicted, of in zip(hits, picked, truth.sum(axis=0), strict=True)
    )


def _right(truth: Sequence[int], picks: Picks) -> Array:
    """Return the share of each item's picked labels that is true, (items,)."""
    true = np.asarray(truth, dtype=int)
    hit = picks.label == true[picks.item]
    return np.bincount(picks.item[hit], picks.share[hit], len(true))


def mean_average_precision(truth: Array, scores: Array) -> Weighable:
    """Return the mean over classes of the average precision of their scores.

    Both are (items, classes); `truth` is 1 for the classes of an item. A class without an item has
    no average precision, and does not count. The value of an item alone is its label ranking
    average precision, 1 if its labels rank first.
    """
    true, given = np.asarray(truth, dtype=float), np.asarray(scores, dtype=float)
    used = [number for number in range(true.shape[1]) if true[:, number].any()]

    def weighed(weights: Array) -> Array:
        values = [_average_precision(weights, true[:, n], given[:, n]) for n in used]
        if not values:
            return np.full(len(weights), np.nan)
        stacked = np.stack(values)
        counted = np.isfinite(stacked).sum(axis=0)
        with np.errstate(invalid="ignore"):
            return np.where(counted > 0, np.nansum(stacked, axis=0) / counted, np.nan)

    worth = np.ones(len(true))
    for number, (labels, of_item) in enumerate(zip(true > 0, given, strict=True)):
        if labels.any():
            ahead = of_item[None, :] >= of_item[labels][:, None]
            worth[number] = ((ahead & labels).sum(axis=1) / ahead.sum(axis=1)).mean()
    return Weighable(len(true), weighed, worth)


def _average_precision(weights: Array, true: Array, scores: Array) -> Array:
    """Return a class's average precision for weights (resamplings, items), NaN if undefined."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    sorted_weights = weights[:, order]
    hits = np.cumsum(sorted_weights * true[order], axis=1)[:, ends]
    taken = np.cumsum(sorted_weights, axis=1)[:, ends]
    total = hits[:, -1:]
    steps = np.diff(hits, axis=1, prepend=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(taken > 0, hits / taken, 0.0)
        return np.where(total[:, 0] > 0, (steps * precision).sum(axis=1) / total[:, 0], np.nan)


class FirstRanks(NamedTuple):
    """The possible ranks of the first relevant item of each query: three arrays, (queries,).

    `ahead` irrelevant items score better. `tied` irrelevant ones score the same as the best `right`
    relevant ones, in random order with those. `right` is 0 if no relevant item was found.
    """

    ahead: Array
    tied: Array
    right: Array


def first_ranks(scores: Array, relevant: Array) -> FirstRanks:
    """Return the ranks of the first relevant item of each query.

    Both are (queries, items). A relevant item with a score of minus infinity ranks behind all
    others.
    """
    given, wanted = np.asarray(scores, dtype=float), np.asarray(relevant, dtype=bool)
    best = np.where(wanted, given, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    alike = np.isclose(given, best, rtol=0, atol=TIED) & np.isfinite(best)
    ahead = (((given > best) & ~alike) | np.isneginf(best)) & ~wanted
    right = np.where(np.isneginf(best), wanted, alike & wanted)
    return FirstRanks(ahead.sum(axis=1), (alike & ~wanted).sum(axis=1), right.sum(axis=1))


def recall_at(ranks: FirstRanks, k: int) -> Weighable:
    """Return the share of queries with a relevant item among the first `k`; ties count in part.

    This is recall@k as in papers on image and text retrieval; with one relevant item per query it
    is the recall of information retrieval.
    """
    missed = np.ones(len(ranks.ahead))
    for place in range(k):  # of the items that tie, at most so many are looked at
        left = np.maximum(ranks.tied - place, 0)
        chance = left / np.maximum(left + ranks.right, 1)
        missed *= np.where(ranks.ahead + place < k, chance, 1.0)
    return of_mean(np.where(ranks.right > 0, 1 - missed, 0.0))


def mean_reciprocal_rank(ranks: FirstRanks) -> Weighable:
    """Return the mean of 1 / rank of the first relevant item, 0 if there is none."""
    kinds, kind_of_query = np.unique(np.stack(ranks, axis=1), axis=0, return_inverse=True)
    values = np.zeros(len(kinds))
    for number, (ahead, tied, right) in enumerate(kinds):
        left = np.arange(tied, -1, -1)  # irrelevant ones that are left at each place of the tie
        here = right / np.maximum(left + right, 1)
        missed = np.concatenate([[1.0], np.cumprod(1 - here[:-1])])
        values[number] = (missed * here / (ahead + 1 + np.arange(tied + 1))).sum()
    return of_mean(values[kind_of_query.reshape(-1)])

"""How soon the right item turns up among ranked ones: recall@k, MRR, median rank."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.evaluate.metrics.weighable import Array, Weighable, of_mean
from advisor.trial.runtime import library


def first_ranks(scores: Array, relevant: Array) -> Array:
    """Return for each query the rank, from 1, of the first relevant item; 0 where none is.

    Both are (queries, items). Of equal scores the irrelevant ones come first, so that scores that
    tell nothing apart earn nothing.
    """
    np = library("numpy")
    given, wanted = np.asarray(scores, dtype=float), np.asarray(relevant, dtype=bool)
    best = np.where(wanted, given, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    ahead = ((given >= best) & ~wanted).sum(axis=1)
    return np.where(wanted.any(axis=1), ahead + 1, 0)


def recall_at(ranks: Sequence[int], k: int) -> Weighable:
    """Return the share of queries with a relevant item among the first `k`.

    That is recall@k as papers on image and text retrieval count it; with one relevant item a query
    it is the recall of information retrieval.
    """
    np = library("numpy")
    place = np.asarray(ranks)
    return of_mean((place >= 1) & (place <= k))


def mean_reciprocal_rank(ranks: Sequence[int]) -> Weighable:
    """Return the mean of one over the rank of the first relevant item, 0 where there is none."""
    np = library("numpy")
    place = np.asarray(ranks, dtype=float)
    return of_mean(np.divide(1.0, place, out=np.zeros_like(place), where=place > 0))


def median_rank(ranks: Sequence[int], items: int) -> Weighable:
    """Return the median rank of the first relevant item; one that is missing ranks behind all."""
    np = library("numpy")
    place = np.asarray(ranks, dtype=float)
    place = np.where(place > 0, place, items + 1)
    order = np.argsort(place, kind="stable")
    ordered = place[order]

    def weighed(weights: Array) -> Array:
        reached = np.cumsum(weights[:, order], axis=1)
        half = reached[:, -1:] / 2
        lower, upper = (reached < half).sum(axis=1), (reached <= half).sum(axis=1)
        last = len(ordered) - 1
        return (ordered[np.minimum(lower, last)] + ordered[np.minimum(upper, last)]) / 2

    return Weighable(len(place), weighed, place)

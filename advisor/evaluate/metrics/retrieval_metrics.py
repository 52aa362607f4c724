"""How soon the right item turns up among ranked ones: recall@k, MRR, median rank."""

from __future__ import annotations

from typing import NamedTuple

from advisor.evaluate.metrics import Array, Weighable, np, of_mean

TIED = 1e-5
"""Similarities that differ by no more are equal: what else is in a batch moves them by 1e-6."""


class FirstRanks(NamedTuple):
    """Where the first relevant item of each query may stand: three arrays, (queries,).

    `ahead` irrelevant items score better. `tied` ones score the same as the best `right` relevant
    ones, and stand before or behind those by chance. Where `right` is 0 none was found.
    """

    ahead: Array
    tied: Array
    right: Array

    def mean(self) -> Array:
        """Return what the rank is by chance; 0 where none was found."""
        place = self.ahead + (self.tied + self.right + 1) / (self.right + 1)
        return np.where(self.right > 0, place, 0.0)


def first_ranks(scores: Array, relevant: Array) -> FirstRanks:
    """Return where the first relevant item of each query stands.

    Both are (queries, items). A relevant item that scores minus infinity stands behind all others.
    """
    given, wanted = np.asarray(scores, dtype=float), np.asarray(relevant, dtype=bool)
    best = np.where(wanted, given, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    alike = np.isclose(given, best, rtol=0, atol=TIED) & np.isfinite(best)
    ahead = (((given > best) & ~alike) | np.isneginf(best)) & ~wanted
    right = np.where(np.isneginf(best), wanted, alike & wanted)
    return FirstRanks(ahead.sum(axis=1), (alike & ~wanted).sum(axis=1), right.sum(axis=1))


def recall_at(ranks: FirstRanks, k: int) -> Weighable:
    """Return the share of queries with a relevant item among the first `k`.

    That is recall@k as papers on image and text retrieval count it; with one relevant item a query
    it is the recall of information retrieval.
    """
    missed = np.ones(len(ranks.ahead))
    for place in range(k):  # of the items that tie, at most so many are looked at
        left = np.maximum(ranks.tied - place, 0)
        chance = left / np.maximum(left + ranks.right, 1)
        missed *= np.where(ranks.ahead + place < k, chance, 1.0)
    return of_mean(np.where(ranks.right > 0, 1 - missed, 0.0))


def mean_reciprocal_rank(ranks: FirstRanks) -> Weighable:
    """Return the mean of one over the rank of the first relevant item, 0 where there is none."""
    kinds, of = np.unique(np.stack(ranks, axis=1), axis=0, return_inverse=True)
    values = np.zeros(len(kinds))
    for number, (ahead, tied, right) in enumerate(kinds):
        left = np.arange(tied, -1, -1)  # irrelevant ones that are left at each place of the tie
        here = right / np.maximum(left + right, 1)
        missed = np.concatenate([[1.0], np.cumprod(1 - here[:-1])])
        values[number] = (missed * here / (ahead + 1 + np.arange(tied + 1))).sum()
    return of_mean(values[of.reshape(-1)])


def median_rank(ranks: FirstRanks, items: int) -> Weighable:
    """Return the median rank of the first relevant item; one that is missing ranks behind all."""
    place = np.where(ranks.right > 0, ranks.mean(), items + 1)
    order = np.argsort(place, kind="stable")
    ordered = place[order]

    def weighed(weights: Array) -> Array:
        reached = np.cumsum(weights[:, order], axis=1)
        half = reached[:, -1:] / 2
        lower, upper = (reached < half).sum(axis=1), (reached <= half).sum(axis=1)
        last = len(ordered) - 1
        return (ordered[np.minimum(lower, last)] + ordered[np.minimum(upper, last)]) / 2

    return Weighable(len(place), weighed, place)

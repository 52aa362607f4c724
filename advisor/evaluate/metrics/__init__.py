"""Metrics by their field's definitions, from plain arguments: no image, no checkpoint, no file.

Each returns a `Weighable`, so that its values under resamplings of the items need no second pass.
They equal those of the libraries that the field quotes (pycocoevalcap, scikit-learn, anls-star,
ir-measures, jiwer), which only tests import. METEOR and SPICE are not here: both need Java, and
data that would have to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from advisor.errors import unknown_name
from advisor.trial.runtime import library

Array = Any
"""A NumPy array; NumPy is imported on first use."""


class Later:
    """A library that is imported when one of its names is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(library(self._name), name)
        setattr(self, name, attribute)
        return attribute


np: Any = Later("numpy")


class Weighable(NamedTuple):
    """A metric of `n` items.

    `weighed` takes weights (resamplings, n), the count of each item in each resampling, and returns
    the value for each, (resamplings,), NaN if it is undefined. `each` is the value of each item
    alone, (n,), for the order of examples, or None if single items have no value.
    """

    n: int
    weighed: Callable[[Array], Array]
    each: Array | None = None

    @property
    def value(self) -> float:
        """The value over all items, each counted once."""
        return float(self.weighed(np.ones((1, self.n)))[0])


def of_mean(each: Any) -> Weighable:
    """Return the mean of the values of items, (n,)."""
    values = np.asarray(each, dtype=float)

    def weighed(weights: Array) -> Array:
        return quotient(weights @ values, weights.sum(axis=1))

    return Weighable(len(values), weighed, values)


def of_sums(rows: Any, value: Callable[[Array], Array], each: Any = None) -> Weighable:
    """Return the metric `value` of the column sums of `rows`, (items, columns).

    `value` takes sums (resamplings, columns) and returns a value for each resampling.
    """
    counts = np.asarray(rows, dtype=float)
    worth = None if each is None else np.asarray(each, dtype=float)
    return Weighable(len(counts), lambda weights: value(weights @ counts), worth)


def of_ratio(over: Any, under: Any, each: Any = None) -> Weighable:
    """Return the sum of `over` divided by the sum of `under`; both have one number per item."""
    rows = np.stack([np.asarray(over, dtype=float), np.asarray(under, dtype=float)], axis=1)
    return of_sums(rows, lambda sums: quotient(sums[:, 0], sums[:, 1]), each)


def quotient(over: Array, under: Array) -> Array:
    """Return `over / under`, NaN unless `under` is positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, over / under, np.nan)


class MetricKind(NamedTuple):
    """A metric: its `id` in JSON and on the command line, and its `name` as papers write it.

    `lower` is True if lower is better; `share` if it lies in 0..1 and a single one of n images can
    move it by 1/n.
    """

    id: str
    name: str
    lower: bool = False
    share: bool = True

    @property
    def flawless(self) -> float:
        """The best possible value of an item."""
        return 0.0 if self.lower else 1.0

    def gain(self, difference: float) -> float:
        """Return a difference with the sign turned if lower is better, so that more is better."""
        return -difference if self.lower else difference

    def written(self, value: float) -> str:
        """Return a value with three decimals."""
        return f"{value:.3f}"


METRIC_KINDS: Mapping[str, MetricKind] = {
    kind.id: kind
    for kind in (
        MetricKind("accuracy", "accuracy"),
        MetricKind("macro-f1", "macro-F1"),
        MetricKind("map", "mAP"),
        MetricKind("recall@1", "recall@1"),
        MetricKind("recall@5", "recall@5"),
        MetricKind("recall@10", "recall@10"),
        MetricKind("mrr", "MRR"),
        MetricKind("exact-match", "exact match"),
        MetricKind("vqa-accuracy", "VQA accuracy"),
        MetricKind("anls", "ANLS"),
        MetricKind("cer", "CER", lower=True),
        MetricKind("wer", "WER", lower=True),
        MetricKind("cider-d", "CIDEr-D", share=False),
        MetricKind("field-f1", "field F1"),
    )
}


def metric_kind(word: str, among: Mapping[str, MetricKind] = METRIC_KINDS) -> MetricKind:
    """Return the metric of an id or name, in any case and punctuation; UsageError for others."""

    def folded(text: str) -> str:
        return "".join(sign for sign in text.lower() if sign.isalnum() or sign == "@")

    for kind in among.values():
        if folded(word) in (folded(kind.id), folded(kind.name)):
            return kind
    raise unknown_name("metric", word, among, f"known metrics: {', '.join(among)}")

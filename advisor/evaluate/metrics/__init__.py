"""Metrics by their field's definitions, from plain arguments: no image, no checkpoint, no file.

Each returns a `Weighable`, so that its value under any resampling of the items costs no second
reading. They are equal to the libraries that the field quotes (pycocoevalcap, scikit-learn,
anls-star, ir-measures, jiwer), which only tests import. METEOR and SPICE are not
here: both need Java, and data that would have to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from advisor.errors import unknown_name
from advisor.trial.runtime import library

Array = Any
"""An array of NumPy, which is imported at the moment of use."""


class Later:
    """A library whose names are looked up, and which is imported, at the moment of use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(library(self._name), name)
        setattr(self, name, attribute)
        return attribute


np: Any = Later("numpy")


class Weighable(NamedTuple):
    """A metric of `n` items.

    `weighed` takes weights (resamplings, n), how often each item is in each resampling, and
    returns the value for each, NaN where it is undefined. `each` is what each item is worth by
    itself, for the order of examples, or None where an item alone is worth nothing.
    """

    n: int
    weighed: Callable[[Array], Array]
    each: Array | None = None

    @property
    def value(self) -> float:
        """The value of the items as they are, each once."""
        return float(self.weighed(np.ones((1, self.n)))[0])


def of_mean(each: Any) -> Weighable:
    """Return the mean of what each item is worth."""
    values = np.asarray(each, dtype=float)

    def weighed(weights: Array) -> Array:
        return quotient(weights @ values, weights.sum(axis=1))

    return Weighable(len(values), weighed, values)


def of_sums(rows: Any, value: Callable[[Array], Array], each: Any = None) -> Weighable:
    """Return what `value` makes of the sums of rows (items, columns), one row an item.

    `value` takes sums (resamplings, columns) and returns a value for each.
    """
    counts = np.asarray(rows, dtype=float)
    worth = None if each is None else np.asarray(each, dtype=float)
    return Weighable(len(counts), lambda weights: value(weights @ counts), worth)


def of_ratio(over: Any, under: Any, each: Any = None) -> Weighable:
    """Return the sum of one count over the sum of another."""
    rows = np.stack([np.asarray(over, dtype=float), np.asarray(under, dtype=float)], axis=1)
    return of_sums(rows, lambda sums: quotient(sums[:, 0], sums[:, 1]), each)


def quotient(over: Array, under: Array) -> Array:
    """Return one over the other, NaN where that is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, over / under, np.nan)


class MetricKind(NamedTuple):
    """A metric: its `id` in JSON and on the command line, and its `name` as papers write it.

    `lower` is True where less is better; `share` where it lies between 0 and 1 and a single image
    can move it by one over their number.
    """

    id: str
    name: str
    lower: bool = False
    share: bool = True

    @property
    def flawless(self) -> float:
        """What an item is worth that is fully right."""
        return 0.0 if self.lower else 1.0

    def gain(self, difference: float) -> float:
        """Return a difference so that more is better."""
        return -difference if self.lower else difference

    def written(self, value: float) -> str:
        """Return a value as people read it."""
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
    """Return the metric that a word names, however it is written; UsageError where none is."""

    def folded(text: str) -> str:
        return "".join(sign for sign in text.lower() if sign.isalnum() or sign == "@")

    for kind in among.values():
        if folded(word) in (folded(kind.id), folded(kind.name)):
            return kind
    raise unknown_name("metric", word, among, f"known metrics: {', '.join(among)}")

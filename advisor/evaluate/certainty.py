"""Confidence intervals by resampling whole images, and pairwise comparisons of candidates.

Every candidate is resampled with the same draws, which depend only on the seed and the number of
images. So a copy of a candidate has the same interval to the last bit, and a difference of exactly
0.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from advisor.evaluate.metrics import Array, MetricKind, Weighable, np

RESAMPLINGS = 2000
CONFIDENCE = 0.95
RELIABLE = 1 - CONFIDENCE
"""Significance level of p-values after Holm's correction."""
POWER = 0.8
"""Power at which the number of needed images detects a difference."""
_CELLS = 1_000_000  # of one block of weights: 8 MB
_NORMAL = NormalDist()


class MetricResult(NamedTuple):
    """The value of a metric, its 95 % interval, and the number of images or questions."""

    value: float
    interval: tuple[float, float]
    n: int


class Comparison(NamedTuple):
    """Two candidates on one metric: first minus second, with its interval and p-values.

    `p` is that of McNemar's exact test if each image is right or wrong (`test` is `mcnemar`), else
    of the paired bootstrap (`bootstrap`); `adjusted` is `p` after Holm's correction over all pairs.
    `smallest` is the difference that `images` images detect with 80 % power. `settled_by` is the
    number of images that detect this difference with 80 % power, None if it is 0 or already
    `reliable`.
    """

    metric: str
    first: str
    second: str
    difference: float
    interval: tuple[float, float]
    p: float
    adjusted: float
    test: str
    images: int
    smallest: float
    settled_by: int | None

    @property
    def reliable(self) -> bool:
        """True if the difference is significant."""
        return self.adjusted < RELIABLE


class Resampler:
    """Bootstrap draws of whole images, the same for every metric that is resampled with it.

    `images` has the image of each item: items of one image are drawn together.
    """

    def __init__(self, images: Sequence[Hashable], seed: int, draws: int = RESAMPLINGS) -> None:
        numbers = {image: number for number, image in enumerate(dict.fromkeys(images))}
        self.images = len(numbers)
        self._of_items = [numbers[image] for image in images]
        self._seed = seed
        self._draws = draws

    def values(self, metric: Weighable) -> Array:
        """Return the value of a metric in each resampling, (draws,); NaN without images."""
        if not self.images:
            return np.full(self._draws, np.nan)
        block = max(1, _CELLS // max(len(self._of_items), self.images))
        draw = np.random.default_rng([self._seed, self.images])
        parts = []
        for start in range(0, self._draws, block):
            rows = min(block, self._draws - start)
            picked = draw.integers(0, self.images, (rows, self.images))
            picked += np.arange(rows)[:, None] * self.images
            often = np.bincount(picked.ravel(), minlength=rows * self.images)
            weights = often.reshape(rows, self.images)[:, self._of_items].astype(float)
            parts.append(metric.weighed(weights))
        return np.concatenate(parts)

    def result(self, metric: Weighable, kind: MetricKind, values: Array) -> MetricResult:
        """Return a metric with its interval, from its values in the resamplings.

        It is the bias-corrected percentile interval, widened for few images: Efron 1981 and
        Hesterberg 2015 (https://doi.org/10.1080/00031305.2015.1089789). For a share, it is extended
        to the exact binomial bounds for all images right and all wrong: resampling cannot show
        results that did not occur.
        """
        value, finite = metric.value, values[np.isfinite(values)]
        if not len(finite) or not math.isfinite(value):
            return MetricResult(value, (math.nan, math.nan), metric.n)
        below = float((finite < value).mean() + (finite <= value).mean()) / 2
        least = 1 / (2 * self._draws)
        shift = 2 * _NORMAL.inv_cdf(min(max(below, least), 1 - least))
        ends = (_NORMAL.cdf(shift - self._reach), _NORMAL.cdf(shift + self._reach))
        low, high = map(float, np.quantile(finite, ends))
        if kind.share:
            bound = (RELIABLE / 2) ** (1 / self.images)
            low, high = min(low, bound), max(high, 1 - bound)
        return MetricResult(value, (low, high), metric.n)

    @property
    def _reach(self) -> float:
        """The half width of an interval in standard deviations, larger for few images.

        It is the 97.5 % quantile of Student's t, by Cornish and Fisher's expansion.
        """
        z, freedom = _NORMAL.inv_cdf(1 - RELIABLE / 2), self.images - 1
        if freedom < 1:
            return z
        first = (z**3 + z) / 4
        second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        student = z + first / freedom + second / freedom**2 + third / freedom**3
        return student * math.sqrt(self.images / freedom)

    def compare(
        self,
        metric: str,
        names: tuple[str, str],
        both: Sequence[Weighable],
        values: Sequence[Array],
    ) -> Comparison:
        """Return the comparison of two candidates; `adjusted` is `p` until `holm` changes it."""
        gaps = values[0] - values[1]
        gaps = gaps[np.isfinite(gaps)]
        difference = both[0].value - both[1].value
        tail = _NORMAL.cdf(-self._reach)  # left out at each end
        low, high = map(float, np.quantile(gaps, (tail, 1 - tail)) if len(gaps) else (0.0, 0.0))
        side = (min(int((gaps <= 0).sum()), int((gaps >= 0).sum())) + 1) / (len(gaps) + 1)
        away = _NORMAL.inv_cdf(min(side, 0.5)) * _NORMAL.inv_cdf(1 - RELIABLE / 2) / self._reach
        p, test = 2 * _NORMAL.cdf(away), "bootstrap"  # as much larger as the interval is wider
        one_item_each = len(self._of_items) == self.images
        binary = all(m.each is not None and np.isin(m.each, (0.0, 1.0)).all() for m in both)
        if one_item_each and binary:  # right or wrong, nothing between
            p, test = mcnemar(both[0].each, both[1].each), "mcnemar"
        spread = float(gaps.std()) if len(gaps) else 0.0
        needed = (_NORMAL.inv_cdf(1 - RELIABLE / 2) + _NORMAL.inv_cdf(POWER)) * spread
        settled = _rounded(self.images * (needed / difference) ** 2 if difference else math.inf)
        return Comparison(
            metric, *names, difference, (low, high), p, p, test, self.images, needed, settled
        )


def mcnemar(first: Array, second: Array) -> float:
    """Return the two-sided exact p-value for two candidates being right equally often.

    McNemar 1947 (https://doi.org/10.1007/BF02295996): among the images on which exactly one is
    right, both are equally likely to be that one.
    """
    won, other = np.asarray(first) > np.asarray(second), np.asarray(second) > np.asarray(first)
    fewer, more = sorted((int(won.sum()), int(other.sum())))
    total: int = fewer + more
    ways = some = 1  # of choosing at most `fewer` of them, and exactly so many
    for count in range(fewer):
        some = some * (total - count) // (count + 1)
        ways += some
    return min(1.0, 2 * ways / int(2**total))


def holm(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons with p-values adjusted to a family-wise error of 5 %.

    Holm 1979 (https://www.jstor.org/stable/4615733). Significant ones get no `settled_by`.
    """
    order = sorted(range(len(comparisons)), key=lambda number: comparisons[number].p)
    adjusted = list(comparisons)
    least = 0.0
    for place, number in enumerate(order):
        comparison = comparisons[number]
        least = max(least, min(1.0, comparison.p * (len(order) - place)))
        settled = None if least < RELIABLE else comparison.settled_by
        adjusted[number] = comparison._replace(adjusted=least, settled_by=settled)
    return tuple(adjusted)


def _rounded(images: float) -> int | None:
    """Return a number of images, rounded up to two digits; None if it is not finite."""
    if not math.isfinite(images):
        return None
    unit = int("1" + "0" * max(0, len(str(math.ceil(images))) - 2))
    return math.ceil(images / unit) * unit

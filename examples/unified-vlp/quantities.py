"""One thing compared with the original, and what counts as equal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from advisor.unified_vlp.conversion import own_names

LIMIT = 1e-5
ROUNDING = 1e-4
"""Differences from LIMIT up to here may be rounding, which double precision tells."""
NOISE = 1e-4
"""Gradients whose norm is below are zero in theory, as those of the keys' biases always are."""
THINNED_SLOTS = [0, 1, 50, 100, 101, 102, 104]
THINNED_NUMBERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One thing compared, and its largest difference; infinite where it had to be identical."""

    name: str
    difference: float

    @property
    def passed(self) -> bool:
        """True where it is near enough; NaN is not."""
        return self.difference < LIMIT

    @property
    def doubtful(self) -> bool:
        """True where it is too far off in single precision, and not too far for rounding."""
        return LIMIT <= self.difference < ROUNDING

    @property
    def line(self) -> str:
        """The quantity as a line of the report."""
        if self.difference == 0:
            return f"{self.name:<44} identical"
        return f"{self.name:<44} {self.difference:.1e}{'' if self.passed else '  NOT EQUAL'}"


def gradients(name: str, network: Any, stored: dict[str, float] | None) -> Quantity | None:
    """Return the largest difference of a norm, each relative to itself; None where none is."""
    if stored is None:
        return None
    names = own_names(stored)
    parameters = dict(network.named_parameters())
    worst = 0.0
    for original_name, norm in stored.items():
        if norm < NOISE or original_name.endswith("attention.self.key.bias"):
            continue
        gradient = parameters[names[original_name]].grad
        found = 0.0 if gradient is None else float(gradient.double().norm())
        worst = max(worst, abs(found - norm) / norm)
    return Quantity(name=f"{name} ({len(stored)} tensors)", difference=worst)


def near(name: str, found: Any, stored: Any, made_of: float = 0.0) -> Quantity | None:
    """Compare numbers, relative to the largest one stored; None where nothing is stored.

    Numbers that are differences of larger ones are rounded as those are: `made_of` is the largest.
    """
    if stored is None:
        return None
    if found.shape != stored.shape:
        return Quantity(name=name, difference=float("inf"))
    if not stored.numel():
        return Quantity(name=name, difference=0.0)
    found, stored = found.detach().double(), stored.double()
    largest = max(float(stored.abs().max()), made_of) or 1.0
    difference = float((found - stored).abs().max()) / largest
    return Quantity(name=name, difference=float("inf") if math.isnan(difference) else difference)


def same(name: str, found: Any, stored: Any) -> Quantity | None:
    """Compare what has to be identical; None where nothing is stored."""
    if stored is None:
        return None
    equal = found.shape == stored.shape and bool((found == stored).all())
    return Quantity(name=name, difference=0.0 if equal else float("inf"))


def thinned_states(states: Any, stored: Any) -> Any:
    """Return states in the thickness of the stored ones: large fixtures keep a few slots."""
    if stored is None or states.shape == stored.shape:
        return states
    return states[:, THINNED_SLOTS, ::THINNED_NUMBERS]


def every(scores: Any, stored: Any, step: int) -> Any:
    """Return scores in the thickness of the stored ones: large fixtures keep one in `step`."""
    if stored is None or scores.shape == stored.shape:
        return scores
    return scores[..., ::step]

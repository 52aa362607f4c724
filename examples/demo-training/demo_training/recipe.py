"""The recipe of the demo checkpoints: how long and how hard a network trains, and on how much."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Steps of AdamW with a warm-up and a cosine to nearly nothing, over drawn images.

    The defaults are the first phase of the shipped checkpoints.
    """

    steps: int = 4400
    batch: int = 128
    rate: float = 1.5e-3
    warm_up: int = 150
    decay: float = 0.02
    seed: int = 11
    images: int = 100_000
    without_pairs: bool = False

    def share(self, step: int) -> float:
        """Return the learning rate at a step, counted from 1, as a share of the highest."""
        if step < self.warm_up:
            return step / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return 0.5 * (1 + math.cos(math.pi * done)) + 0.002

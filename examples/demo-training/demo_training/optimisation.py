"""The training loop that the three demo checkpoints share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library
from demo_training.colours import COLOUR_NAMES, SHAPES
from demo_training.dataset import MEAN, STANDARD_DEVIATION, Pictures
from demo_training.recipe import Recipe
from demo_training.texts import PLACES

UNKNOWN = -100
torch: Any = library("torch")


class AttributeHeads:
    """Linear read-outs of colour, shape and place that steady the vision tower while it trains.

    They are thrown away afterwards.
    """

    def __init__(self, width: int) -> None:
        sizes = (len(COLOUR_NAMES), len(SHAPES), len(PLACES))
        self.layers = [torch.nn.Linear(width, size) for size in sizes]

    def parameters(self) -> list[Any]:
        """Return what the optimiser has to move."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def loss(self, hidden: Any, pictures: Pictures, chosen: list[int]) -> Any:
        """Return the cross-entropy of reading the truths off the mean patch, (B, N, W)."""
        pooled = hidden[:, 1:].mean(dim=1)
        total = torch.zeros(())
        for layer, targets in zip(self.layers, attribute_ids(pictures, chosen), strict=True):
            scores = layer(pooled)
            total = total + torch.nn.functional.cross_entropy(
                scores, torch.tensor(targets), ignore_index=UNKNOWN
            )
        return total


def attribute_ids(pictures: Pictures, chosen: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Return the class numbers of colour, shape and place, UNKNOWN where nobody said."""
    truths = [pictures.truths[place] for place in chosen]
    colours = [COLOUR_NAMES.index(t.colour) if t.colours else UNKNOWN for t in truths]
    shapes = [SHAPES.index(t.shape) if t.shape else UNKNOWN for t in truths]
    return colours, shapes, [3 * t.row + t.column for t in truths]


def pixel_values(pictures: Pictures, chosen: list[int]) -> Any:
    """Return the chosen pictures as the image processor would hand them over, (B, 3, 64, 64)."""
    values = torch.from_numpy(numpy.ascontiguousarray(pictures.pixels[chosen])).float() / 255
    return (values - MEAN) / STANDARD_DEVIATION


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Compute on one thread, from a seed and by fixed algorithms while the body runs.

    The number of threads decides in which order sums are taken, and so the last bits of them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=False)
        torch.set_num_threads(threads)


def optimise(
    parameters: list[Any], loss: Callable[[Random], Any], recipe: Recipe
) -> dict[int, Any]:
    """Minimise `loss` and return a running mean of each parameter, by its place in the list."""
    random = Random(recipe.seed)
    optimiser = torch.optim.AdamW(
        parameters, lr=recipe.rate, betas=(0.9, 0.98), weight_decay=recipe.decay
    )
    means = {place: value.detach().clone() for place, value in enumerate(parameters)}
    begun, recent = time.perf_counter(), 0.0
    for step in range(1, recipe.steps + 1):
        share = recipe.share(step)
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * share
        optimiser.zero_grad(set_to_none=True)
        value = loss(random)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        keep = min(0.995, step / (step + 10))
        with torch.no_grad():
            for place, parameter in enumerate(parameters):
                means[place].lerp_(parameter, 1 - keep)
        recent = value.item() if step == 1 else 0.95 * recent + 0.05 * value.item()
        if step % 100 == 0:
            pace = (time.perf_counter() - begun) / step
            sys.stderr.write(
                f"step {step}/{recipe.steps}  loss {recent:.4f}  {pace:.3f} s a step\n"
            )
            sys.stderr.flush()
    return means

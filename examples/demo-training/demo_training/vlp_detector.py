"""The detector that is there before the unified VLP: a grid that learns from labelled pictures.

The paper's Faster R-CNN learned objects, attributes and boxes; this one learns colour, shape and
where the shape stands. Afterwards it stays as it is, and the other phases take what it saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library
from demo_training.colours import COLOUR_NAMES, SHAPES
from demo_training.images import Truth
from demo_training.optimisation import UNKNOWN
from demo_training.texts import PLACES

torch: Any = library("torch")
CLASSES = len(COLOUR_NAMES) * len(SHAPES)
"""A class of the detector is a colour with a shape."""
NEAR = 0.02
"""Centres that are off by less, in shares of the side, are pulled gently."""
CENTRES, PAIRS = 10.0, 0.5
"""The weights of these two losses beside those of colour, shape and place."""


class Labels:
    """What is true of many pictures, in numbers: (N, 4) colour, shape, row, column; (N, 2) centre.

    UNKNOWN where nobody said.
    """

    def __init__(self, truths: tuple[Truth, ...]) -> None:
        self.classes = torch.tensor([_numbers(truth) for truth in truths])
        self.centres = torch.tensor([truth.centre or (0.5, 0.5) for truth in truths])

    def of(self, chosen: list[int]) -> tuple[Any, Any]:
        """Return copies for the chosen pictures."""
        return self.classes[chosen].clone(), self.centres[chosen].clone()


def _numbers(truth: Truth) -> tuple[int, int, int, int]:
    colour = COLOUR_NAMES.index(truth.colour) if truth.colours else UNKNOWN
    shape = SHAPES.index(truth.shape) if truth.shape else UNKNOWN
    return colour, shape, truth.row, truth.column


class DetectorHeads:
    """Linear read-outs of colour, shape, place and centre; thrown away afterwards."""

    def __init__(self, width: int) -> None:
        sizes = (len(COLOUR_NAMES), len(SHAPES), len(PLACES), 2)
        self.layers = [torch.nn.Linear(width, size) for size in sizes]

    def parameters(self) -> Iterator[Any]:
        """Yield what the optimiser has to move."""
        for layer in self.layers:
            yield from layer.parameters()

    def read(self, grid: Any, pixels: Any) -> tuple[Any, ...]:
        """Return scores of colour, shape, place and pair, and the centre, (batch, ...) each.

        Place and centre are read off the mean of the cells; colour, shape and pair, which is read
        off the class scores, off a mean with their weights.
        """
        features, boxes, classes = grid.read(pixels)
        shares = boxes[..., 5:] / boxes[..., 5:].sum(1, keepdim=True)
        plain, weighed = features.mean(1), (shares * features).sum(1)
        colour, shape, place, centre = (
            layer(read)
            for layer, read in zip(self.layers, (weighed, weighed, plain, plain), strict=True)
        )
        return colour, shape, place, (shares * classes).sum(1), centre

    def loss(self, grid: Any, pixels: Any, classes: Any, centres: Any) -> Any:
        """Return the loss against labels as `Labels` gives them."""
        *scores, centre = self.read(grid, pixels)
        colour, shape, row, column = classes.unbind(1)
        pair = (colour * len(SHAPES) + shape).masked_fill((colour < 0) | (shape < 0), UNKNOWN)
        targets = (colour, shape, 3 * row + column, pair)
        functional = torch.nn.functional
        off = functional.smooth_l1_loss(centre, centres, beta=NEAR)
        return CENTRES * off + sum(
            weight * functional.cross_entropy(each, target, ignore_index=UNKNOWN)
            for weight, each, target in zip((1, 1, 1, PAIRS), scores, targets, strict=True)
        )


def turned(pixels: Any, classes: Any, centres: Any, random: Random) -> tuple[Any, Any, Any]:
    """Mirror halves of a batch both ways and along the diagonal, and their labels with them."""
    for across in (True, False):
        some = _some(len(pixels), random)
        pixels[some] = pixels[some].flip(3 if across else 2)
        classes[some, 3 if across else 2] = 2 - classes[some, 3 if across else 2]
        centres[some, 0 if across else 1] = 1 - centres[some, 0 if across else 1]
    some = _some(len(pixels), random)
    pixels[some] = pixels[some].transpose(2, 3)
    classes[some] = classes[some][:, [0, 1, 3, 2]]
    centres[some] = centres[some].flip(1)
    return pixels, classes, centres


def _some(count: int, random: Random) -> Any:
    return torch.from_numpy(numpy.array([random.random() < 0.5 for _ in range(count)]))

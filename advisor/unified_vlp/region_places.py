"""Where a region stands, as numbers: its box in the picture, and what the detector took it for."""

from __future__ import annotations

import torch
from torch.nn import functional

EPSILON = 1e-5


def place_vectors(boxes: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
    """Return the place vectors of regions, (..., regions, 6 + classes) (loader.py:320-351).

    `boxes` are (..., regions, 6): x1 y1 x2 y2 in pixels, a class and a score; `probabilities` are
    (..., regions, classes). x and y are divided by the largest of all boxes, not by the picture's
    size; the area is not below 0; the class is left out. The six numbers and the probabilities are
    normalised apart from each other.
    """
    boxes = boxes.float()
    across, down = boxes[..., 0:3:2], boxes[..., 1:4:2]
    across = across / (across.amax(dim=(-2, -1), keepdim=True) + EPSILON)
    down = down / (down.amax(dim=(-2, -1), keepdim=True) + EPSILON)
    area = ((down[..., 1] - down[..., 0]) * (across[..., 1] - across[..., 0])).clamp(min=0)
    numbers = torch.stack(
        [
            across[..., 0],
            down[..., 0],
            across[..., 1],
            down[..., 1],
            area,
            boxes[..., 5],
        ],
        dim=-1,
    )
    return torch.cat([_normalised(numbers), _normalised(probabilities.float())], dim=-1)


def _normalised(values: torch.Tensor) -> torch.Tensor:
    """Return values with mean 0 and variance 1 over the last axis."""
    return functional.layer_norm(values, values.shape[-1:], eps=EPSILON)

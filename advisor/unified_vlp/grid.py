"""A grid in place of a detector: a small convolutional network whose cells stand for regions."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from advisor.unified_vlp.region_reader import place_vectors
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig


class GridRegions(nn.Module):
    """Cells of a picture as regions: features, a box, a weight and class probabilities each.

    It is no part of the paper and stands in for its detector, where one trains on pictures alone.
    Each stage halves the side with its first convolution; `grid_depth` says how many there are in
    a stage, and those behind the first are added to what they are given. The box of a cell is its
    square of the picture, the weight a learned number between 0 and 1 in the place of the
    detector's score, and the classes are what training makes of them.
    """

    boxes: torch.Tensor

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        channels = list(config.grid_channels or ())
        size = config.image_size or 0
        side, left = divmod(size, 2 ** len(channels))
        if not channels or left or side * side != config.region_count:
            raise ValueError(
                f"a grid of {size} pixels and {len(channels)} stages has no "
                f"{config.region_count} cells"
            )
        widths = [3, *channels]
        self.convolutions = nn.Sequential(
            *(_Stage(before, after, config.grid_depth) for before, after in pairwise(widths))
        )
        self.features = nn.Linear(channels[-1], config.region_feature_size)
        self.classes = nn.Linear(channels[-1], config.region_class_size)
        self.weight = nn.Linear(channels[-1], 1)
        self.side, self.cell = side, size // side

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features, (batch, cells, features), and places, (batch, cells, 6 + classes).

        `pixels` are (batch, 3, side, side); the cells run row by row.
        """
        features, boxes, classes = self.read(pixels)
        return features, place_vectors(boxes, classes.softmax(dim=-1)).to(features.dtype)

    def read(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what a detector gives: features, (batch, cells, features), boxes and classes.

        Boxes are (batch, cells, 6), x1 y1 x2 y2, 0 and the weight; classes (batch, cells, classes)
        are scores, not yet probabilities.
        """
        cells = self.convolutions(pixels).flatten(2).transpose(1, 2)
        corners = torch.arange(self.side, device=pixels.device, dtype=torch.float32) * self.cell
        top, left = torch.meshgrid(corners, corners, indexing="ij")
        left, top = left.flatten(), top.flatten()
        box = torch.stack([left, top, left + self.cell, top + self.cell], dim=-1)
        weight = self.weight(cells).float().sigmoid()
        box = box.expand(len(pixels), -1, -1)
        boxes = torch.cat([box, torch.zeros_like(weight), weight], dim=-1)
        return self.features(cells).relu(), boxes, self.classes(cells).float()


class _Stage(nn.Module):
    """Convolutions of 3 x 3: the first halves the side, the others are added to their input."""

    def __init__(self, before: int, after: int, depth: int) -> None:
        super().__init__()
        self.first = _convolution(before, after, stride=2)
        self.more = nn.ModuleList(_convolution(after, after, stride=1) for _ in range(depth - 1))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (batch, after, side / 2, side / 2) of (batch, before, side, side)."""
        states = self.first(states)
        for each in self.more:
            states = states + each(states)
        return states


def _convolution(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.GELU(),
    )

"""A grid in place of a detector: a small convolutional network whose cells stand for regions."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from advisor.unified_vlp.region_places import place_vectors
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig


class GridRegions(nn.Module):
    """Cells of a picture as regions: features, a box, a weight and class probabilities each.

    It is no part of the paper and stands in for its detector, where one trains on pictures alone.
    Each convolution halves the side. The box of a cell is its square of the picture, the weight a
    learned number between 0 and 1 in the place of the detector's score, and the classes are what
    training makes of them.
    """

    boxes: torch.Tensor

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        channels = list(config.grid_channels or ())
        size = config.image_size or 0
        side, left = divmod(size, 2 ** len(channels))
        if not channels or left or side * side != config.region_count:
            raise ValueError(
                f"a grid of {size} pixels and {len(channels)} convolutions has no "
                f"{config.region_count} cells"
            )
        widths = [3, *channels]
        self.convolutions = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1),
                    nn.GroupNorm(1, after),
                    nn.GELU(),
                )
                for before, after in pairwise(widths)
            )
        )
        self.features = nn.Linear(channels[-1], config.region_feature_size)
        self.classes = nn.Linear(channels[-1], config.region_class_size)
        self.weight = nn.Linear(channels[-1], 1)
        self.side, self.cell = side, size // side

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features, (batch, cells, features), and places, (batch, cells, 6 + classes).

        `pixels` are (batch, 3, side, side); the cells run row by row.
        """
        cells = self.convolutions(pixels).flatten(2).transpose(1, 2)
        corners = torch.arange(self.side, device=pixels.device, dtype=torch.float32) * self.cell
        top, left = torch.meshgrid(corners, corners, indexing="ij")
        left, top = left.flatten(), top.flatten()
        box = torch.stack([left, top, left + self.cell, top + self.cell], dim=-1)
        weight = self.weight(cells).float().sigmoid()
        box = box.expand(len(pixels), -1, -1)
        boxes = torch.cat([box, torch.zeros_like(weight), weight], dim=-1)
        places = place_vectors(boxes, self.classes(cells).float().softmax(dim=-1))
        return self.features(cells).relu(), places.to(cells.dtype)

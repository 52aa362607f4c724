"""What turns pictures into the network's inputs: stored regions, or pixels for a grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import torch
from torch.nn import functional
from transformers.image_processing_utils import BaseImageProcessor

from advisor.unified_vlp.stored_regions import Regions, RegionsError, read_regions
from advisor.unified_vlp.vlp_config import GRID, REGIONS

DETECTOR = (
    "https://github.com/LuoweiZhou/detectron-vlp makes them (Python 2, Caffe2 and a GPU); store "
    "them as .npz with features, class_probabilities and boxes"
)
MEAN = DEVIATION = 0.5
LEVELS = 255
EPSILON = 1e-5


class UnifiedVLPRegionReader(BaseImageProcessor):
    """Reads stored regions, (100, 2048), (100, 1601) and (100, 6) in the published size.

    With `visual: grid` it takes pictures instead, and shrinks them to `image_size`. `longest_text`
    is how many pieces of a text go beside them.
    """

    model_input_names: tuple[str, ...] = ("region_features", "region_places")

    def __init__(
        self,
        visual: str = REGIONS,
        region_count: int = 100,
        region_feature_size: int = 2048,
        region_class_size: int = 1601,
        image_size: int | None = None,
        longest_text: int = 20,
        **others: Any,
    ) -> None:
        super().__init__(**others)
        self.visual = visual
        self.region_count = region_count
        self.region_feature_size = region_feature_size
        self.region_class_size = region_class_size
        self.image_size = image_size
        self.longest_text = longest_text
        if visual == GRID:
            self.model_input_names = ("pixel_values",)

    @classmethod
    def of(cls, config: Any) -> UnifiedVLPRegionReader:
        """Return the reader for a network's configuration."""
        sizes = ("region_count", "region_feature_size", "region_class_size", "image_size")
        names = ("visual", *sizes, "longest_text")
        return cls(**{name: getattr(config, name) for name in names})

    def __call__(self, images: Any, **_: Any) -> dict[str, torch.Tensor]:
        """Return the network's inputs for one picture or a list of them.

        Stored regions, a path to them, or, with a grid, a Pillow image each. Raises RegionsError
        for a photograph where stored regions are needed, and for other shapes.
        """
        every = images if isinstance(images, list | tuple) else [images]
        if self.visual == GRID:
            return {"pixel_values": torch.stack([self._pixels(each) for each in every])}
        regions = [self._regions(each) for each in every]
        boxes, probabilities, features = (
            torch.from_numpy(numpy.stack([getattr(each, name) for each in regions]))
            for name in ("boxes", "class_probabilities", "features")
        )
        return {
            "region_features": features,
            "region_places": place_vectors(boxes, probabilities),
        }

    def _regions(self, given: Any) -> Regions:
        if isinstance(given, str | Path):
            given = read_regions(given)
        if not isinstance(given, Regions):
            raise RegionsError(
                "this checkpoint takes stored region features, not pixels",
                hint=DETECTOR,
                kind="takes-regions",
            )
        given.check(self.region_count, self.region_feature_size, self.region_class_size)
        return given

    def _pixels(self, image: Any) -> torch.Tensor:
        """Return (3, side, side), each value between -1 and 1."""
        if not hasattr(image, "convert"):
            raise RegionsError(
                "this checkpoint takes an image: it has a grid in place of stored regions",
                hint="give an image file",
                kind="takes-pixels",
            )
        from PIL.Image import Resampling

        side = (self.image_size, self.image_size)
        small = image.convert("RGB").resize(side, Resampling.BICUBIC)
        values = torch.from_numpy(numpy.array(small)).permute(2, 0, 1).float()
        return (values / LEVELS - MEAN) / DEVIATION


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
        [across[..., 0], down[..., 0], across[..., 1], down[..., 1], area, boxes[..., 5]], dim=-1
    )
    return torch.cat([_normalised(numbers), _normalised(probabilities.float())], dim=-1)


def _normalised(values: torch.Tensor) -> torch.Tensor:
    """Return values with mean 0 and variance 1 over the last axis."""
    return functional.layer_norm(values, values.shape[-1:], eps=EPSILON)

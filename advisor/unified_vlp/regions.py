"""Region features in place of an image: read from files, and as the network's inputs.

Two layouts are read: an `.npz` with the arrays `features`, `class_probabilities` and `boxes`, and
the published pairs of `.h5` files of COCO and Conceptual Captions, with the boxes in a separate
`.h5` file (loader.py:320). Nothing is unpickled.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch.nn import functional
from transformers.image_processing_utils import BaseImageProcessor

from advisor.errors import AdvisorError, MissingExtraError
from advisor.unified_vlp.vlp_config import BOX_NUMBERS, GRID, PUBLISHED

ARRAYS = ("features", "class_probabilities", "boxes")
KEY = "::"
"""Separates file and image id: `PREFIX_feat581.h5::COCO_val2014_000000391895`."""
_OF_H5 = re.compile(r"_feat(\d{3})\.h5$")
_OF_PAIR = re.compile(r"_(feat|cls)\d{3}\.h5$")
NUMBERS = "fiu"
"""NumPy's kinds of the numeric types that are read."""
MOST_NUMBERS, FLOAT_BYTES = 10_000_000, 4
"""Maximum numbers of one array of one image (50 times the published), and bytes of each."""
MOST_SIDE = 10_000
"""Maximum regions of an image, features of a region, or classes of a detector."""
HINT = (
    "pass an .npz file with the arrays features, class_probabilities and boxes, or "
    "PREFIX_feat581.h5::ID"
)
FEW = "region features are at most 100 x 2048 numbers"


class RegionsError(AdvisorError, kind="unreadable-regions"):
    """Region features cannot be read, or do not have the shapes that the network takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The regions of one image, float32.

    `features` are (regions, features), `class_probabilities` (regions, classes) and `boxes`
    (regions, 6): x1 y1 x2 y2 in pixels, the class and its score.
    """

    features: Any
    class_probabilities: Any
    boxes: Any
    name: str = "regions"

    def sizes(self) -> dict[str, int]:
        """Return the sizes of a new network for these regions, by their names in a configuration.

        Raises RegionsError if the arrays do not fit each other or are far larger than a detector's.
        """
        shapes = [numpy.shape(getattr(self, name)) for name in ARRAYS]
        if any(
            len(shape) != 2 or not 1 <= min(shape) <= max(shape) <= MOST_SIDE for shape in shapes
        ):
            raise RegionsError(
                f"`{self.name}` has arrays of {', '.join(map(_shape, shapes))}, which do not "
                "match a model",
                hint=FEW,
            )
        (count, features), (_, classes), _boxes = shapes
        self.check(count, features, classes)
        sizes = {"region_feature_size": features, "region_class_size": classes}
        return {"region_count": count, **sizes}

    def check(self, count: int, features: int, classes: int) -> None:
        """Raise RegionsError unless the arrays have these sizes and only finite numbers."""
        wanted = {
            "features": (count, features),
            "class_probabilities": (count, classes),
            "boxes": (count, BOX_NUMBERS),
        }
        for name, shape in wanted.items():
            array = getattr(self, name)
            wrong = f"that are not numbers. The model needs {_shape(shape)}"
            if numpy.shape(array) != shape:
                wrong = f"of {_shape(numpy.shape(array))}, and the model needs {_shape(shape)}"
            elif numpy.isfinite(array).all():
                continue
            raise RegionsError(
                f"`{self.name}` has {name} {wrong}",
                hint="use region features of the detector that the model was trained with",
            )


def read_regions(path: str | Path) -> Regions:
    """Return the regions of one image, from an `.npz` file or from `PREFIX_featNNN.h5::ID`."""
    name = str(path)
    file, _, key = name.partition(KEY)
    if not Path(file).is_file():
        raise RegionsError(f"the file `{file}` does not exist", hint=HINT, kind="not-found")
    packed = file.lower().endswith(".npz")
    if not packed and not _OF_H5.search(file):
        raise RegionsError(f"`{name}` has no known layout of region features", hint=HINT)
    try:
        arrays = _from_npz(Path(file)) if packed else _from_h5(Path(file), key)
        values = [numpy.asarray(_of_numbers(name, each), dtype=numpy.float32) for each in arrays]
    except AdvisorError:
        raise
    except Exception as error:  # whatever NumPy and h5py raise on a broken file
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise RegionsError(
            f"`{name}` cannot be read as region features: {reason}", hint=HINT
        ) from error
    return Regions(**dict(zip(ARRAYS, values, strict=True)), name=name)


def _from_npz(file: Path) -> list[Any]:
    """Return the three arrays of a file; raise RegionsError for a missing or too large one."""
    _refuse_more(file, file.stem, file.stat().st_size / FLOAT_BYTES)
    with numpy.load(file, allow_pickle=False) as stored:
        missing = [f"`{name}`" for name in ARRAYS if name not in stored.files]
        if missing:
            raise RegionsError(f"`{file}` holds no {' and no '.join(missing)}", hint=HINT)
        for part in stored.zip.infolist():  # compressed, a few kilobytes may hold gigabytes
            _refuse_more(file, part.filename, part.file_size / FLOAT_BYTES)
        return [stored[name] for name in ARRAYS]


def _from_h5(file: Path, key: str) -> list[Any]:
    """Return the arrays of one image from `PREFIX_featNNN.h5` and `PREFIX_clsNNN.h5`.

    Its boxes come from the first other file in the same folder, or in its parent, that has them.
    """
    if not key:
        raise RegionsError(
            f"`{file}` has several images. Pass the id of one image",
            hint=f"write {file.name}{KEY}ID",
        )
    beside = file.with_name(_OF_H5.sub(r"_cls\1.h5", file.name))
    folders = (file.parent, Path(os.path.normpath(file.parent / "..")))
    others = (each for folder in folders for each in sorted(folder.glob("*.h5")))
    boxes = (_array(each, key) for each in others if not _OF_PAIR.search(each.name))
    sought = {
        f"`{file}`": _array(file, key),
        f"`{beside.name}` in the same folder": _array(beside, key),
        "any .h5 file of boxes in the same folder or its parent": next(
            (box for box in boxes if box is not None), None
        ),
    }
    for place, values in sought.items():
        if values is None:
            raise RegionsError(
                f"the id `{key}` was not found in {place}",
                hint="check the id. Features, classes and boxes (*_bbox*.h5) are published in "
                "separate files",
            )
    return list(sought.values())


def _array(file: Path, key: str) -> Any:
    """Return an array of a file, None if the file or the array does not exist.

    Raises RegionsError for a link (which may lead to any file, or to a pipe that never ends), for
    an array stored in another file, and for a too large one.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            f"reading `{file.name}` needs the library h5py, which is not installed",
            hint="pip install h5py",
        ) from error
    if not file.is_file() or "/" in key:
        return None
    with h5py.File(file, "r") as stored:
        link = stored.get(key, getlink=True)
        if link is None:
            return None
        array = stored[key] if isinstance(link, h5py.HardLink) else None
        if not isinstance(array, h5py.Dataset) or array.is_virtual or array.external:
            raise RegionsError(
                f"`{key}` in `{file}` is a group or a link to another file",
                hint="copy the array into this file",
            )
        _of_numbers(file, array)
        for shape in (array.shape, array.chunks):
            _refuse_more(file, key, math.prod(shape or (1,)))
        return array[()]


def _of_numbers(file: str | Path, values: Any) -> Any:
    """Return an array if it is numeric, else raise RegionsError: a text may have gigabytes."""
    if values.dtype.kind not in NUMBERS:
        raise RegionsError(
            f"`{file}` has an array of type {values.dtype}, which is not numeric", hint=HINT
        )
    return values


def _refuse_more(file: Path, name: str, numbers: float) -> None:
    if numbers > MOST_NUMBERS:
        raise RegionsError(
            f"`{name}` in `{file}` has {numbers:,.0f} numbers, too many for one image", hint=FEW
        )


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


DETECTOR = (
    "https://github.com/LuoweiZhou/detectron-vlp computes region features (Python 2, Caffe2 and "
    "a GPU). Save them as .npz with features, class_probabilities and boxes"
)
READ = ("visual", "region_count", "region_feature_size", "region_class_size", "image_size",
        "longest_text")  # fmt: skip
"""The settings of UnifiedVLPConfig that a reader has as well."""
MEAN = DEVIATION = 0.5
LEVELS = 255
EPSILON = 1e-5


class UnifiedVLPRegionReader(BaseImageProcessor):
    """Reads region features, (100, 2048), (100, 1601) and (100, 6) in the published size.

    With `visual: grid` it takes images instead, and resizes them to `image_size`. `longest_text` is
    the maximum number of pieces of a text.
    """

    model_input_names: tuple[str, ...] = ("region_features", "region_places")

    visual: str
    region_count: int
    region_feature_size: int
    region_class_size: int
    image_size: int | None
    longest_text: int

    def __init__(self, **given: Any) -> None:
        for name in READ:
            setattr(self, name, given.pop(name, PUBLISHED[name]))
        super().__init__(**given)
        if self.visual == GRID:
            self.model_input_names = ("pixel_values",)

    @classmethod
    def of(cls, config: Any) -> UnifiedVLPRegionReader:
        """Return the reader for a network's configuration."""
        return cls(**{name: getattr(config, name) for name in READ})

    def __call__(self, images: Any, **_: Any) -> dict[str, torch.Tensor]:
        """Return the network's inputs for one image or a list of them.

        Each is a Regions or a path to stored ones, or, with a grid, a Pillow image. Raises
        RegionsError for pixels in place of region features, for the reverse, and for other shapes.
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
                "this checkpoint needs region features, not pixels",
                hint=DETECTOR,
                kind="takes-regions",
            )
        given.check(self.region_count, self.region_feature_size, self.region_class_size)
        return given

    def _pixels(self, image: Any) -> torch.Tensor:
        """Return (3, side, side), with values in -1..1; raise RegionsError without an image."""
        if not hasattr(image, "convert"):
            raise RegionsError(
                "this checkpoint needs an image, because it has a grid instead of region features",
                hint="pass an image file",
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
    (..., regions, classes). x and y are divided by the maximum over all boxes, not by the image's
    size; a negative area becomes 0; the class is left out. The six numbers and the probabilities
    are normalised separately.
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

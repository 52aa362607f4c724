"""What the unified VLP learns from: drawn pictures and easy-vqa's, and what the detector saw."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library
from demo_training import dataset
from demo_training.dataset import Pictures
from demo_training.images import Truth
from demo_training.optimisation import pixel_values

torch: Any = library("torch")
DRAWN_SEED = 11
TOGETHER = 250
"""Pictures that the detector looks at together."""


class Material:
    """Drawn pictures, and behind them easy-vqa's with its questions.

    A picture is known by its place in both together. `most` limits how many are used, of drawn
    ones, of easy-vqa's (a fifth of it) and of its questions; none are limited by 0.
    """

    def __init__(self, drawn: Pictures, most: int = 0) -> None:
        self.drawn = drawn
        self.easy, self.questions = dataset.easy_vqa("train")
        self.truths: tuple[Truth, ...] = (*drawn.truths, *self.easy.truths)
        self.count = len(drawn.truths)
        self.used = min(most, self.count) if most else self.count
        known = [n for n, truth in enumerate(self.easy.truths) if truth.colours and truth.shape]
        self.known = [self.count + place for place in (known[: most // 5] if most else known)]
        self.asked = min(most or len(self.questions.texts), len(self.questions.texts))

    def mixed(self, random: Random, batch: int) -> list[int]:
        """Return places of a batch, one in six of easy-vqa's."""
        few = batch // 6
        ours = [random.randrange(self.used) for _ in range(batch - few)]
        return ours + [random.choice(self.known) for _ in range(few)]

    def question(self, random: Random) -> tuple[int, str, str]:
        """Return the place, question and answer of one of easy-vqa's."""
        asked, number = self.questions, random.randrange(self.asked)
        return self.count + asked.pictures[number], asked.texts[number], asked.answers[number]

    def pixels(self, places: list[int]) -> Any:
        """Return pictures as the network takes them, (batch, 3, side, side)."""
        kinds = [(self.drawn, place) for place in places if place < self.count]
        kinds += [(self.easy, place - self.count) for place in places if place >= self.count]
        if places != sorted(places, key=lambda place: place >= self.count):
            raise ValueError("easy-vqa's pictures stand behind the drawn ones in a batch")
        stacked = numpy.stack([pictures.pixels[place] for pictures, place in kinds])
        return pixel_values(Pictures(pixels=stacked, truths=()), list(range(len(places))))


class Seen:
    """Regions of all pictures, as a detector that no longer changes sees them, in half precision.

    They are kept in the detector's folder, as the paper's were kept on disk.
    """

    def __init__(self, grid: Any, material: Material, folder: Path) -> None:
        self._files = [folder / f"{name}-{material.count}.npy" for name in ("features", "places")]
        if not all(file.exists() for file in self._files):
            self._look(grid, material)

    def _look(self, grid: Any, material: Material) -> None:
        total, kept = len(material.truths), []
        grid.eval()  # by the statistics of its training, not by those of the pictures at hand
        for first in range(0, total, TOGETHER):
            chosen = list(range(first, min(first + TOGETHER, total)))
            with torch.no_grad():
                kept.append([part.half().numpy() for part in grid(material.pixels(chosen))])
        for file, parts in zip(self._files, zip(*kept, strict=True), strict=True):
            numpy.save(file, numpy.concatenate(parts))

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        features, places = (numpy.load(file) for file in self._files)
        return features, places

    def of(self, places: list[int]) -> dict[str, Any]:
        """Return the regions of the chosen pictures, as the network takes them."""
        names = ("region_features", "region_places")
        return {
            name: torch.from_numpy(part[places]).float()
            for name, part in zip(names, self._parts, strict=True)
        }


class KeptPictures:
    """Drawn pictures in a file; the pixels are read when they are first looked at."""

    def __init__(self, file: Path) -> None:
        self._file = file
        told = json.loads(bytes(numpy.load(file)["truths"]))
        self.truths = tuple(
            Truth(**{**each, "colours": tuple(each["colours"]), "centre": tuple(each["centre"])})
            for each in told
        )

    @cached_property
    def pixels(self) -> Any:
        """Return the bytes of all pictures, (N, 3, side, side)."""
        return numpy.load(self._file)["pixels"]


def material(images: int, cache: Path | None = None, most: int = 0) -> Material:
    """Return the pictures and questions of training; drawn ones are kept in `cache`."""
    if cache is None:
        return Material(dataset.drawn(images, DRAWN_SEED), most)
    if not cache.exists():
        drawn = dataset.drawn(images, DRAWN_SEED)
        told = json.dumps([asdict(truth) for truth in drawn.truths])
        numpy.savez(cache, pixels=drawn.pixels, truths=numpy.frombuffer(told.encode(), "uint8"))
    kept: Any = KeptPictures(cache)
    if len(kept.truths) != images:
        raise SystemExit(f"{cache} holds {len(kept.truths)} pictures, not {images}")
    return Material(kept, most)

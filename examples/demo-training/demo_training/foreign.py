"""Plain shapes as another program would draw them: rasterised with NumPy alone, no Pillow.

Nothing here is shared with the pictures of training: other sizes, places, proportions, grounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy
from PIL import Image

NAMED = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "pink": (255, 192, 203),
    "brown": (165, 42, 42),
    "teal": (0, 128, 128),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "olive": (128, 128, 0),
    "navy": (0, 0, 128),
    "maroon": (128, 0, 0),
    "silver": (192, 192, 192),
}
GROUNDS = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "pastel pink": (255, 209, 220),
    "pastel green": (193, 240, 193),
    "pastel blue": (174, 198, 240),
    "pastel yellow": (253, 253, 190),
    "pastel purple": (216, 200, 240),
    "cream": (255, 250, 230),
}
SIDES = (64, 96, 128, 200, 224, 256, 384, 512)
SHAPES = ("circle", "rectangle", "triangle")
VISIBLE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture with the names of its colour, shape and ground."""

    image: Image.Image
    colour: str
    shape: str
    ground: str


def drawings(count: int, seed: int) -> list[Drawing]:
    """Return pictures over all visible pairs of colour and ground, in a fixed order."""
    random = Random(seed)
    pairs = [
        (colour, ground)
        for colour, fill in NAMED.items()
        for ground, under in GROUNDS.items()
        if sum((a - b) ** 2 for a, b in zip(fill, under, strict=True)) ** 0.5 >= VISIBLE
    ]
    return [
        _drawing(random, *pairs[place % len(pairs)], SHAPES[place % len(SHAPES)])
        for place in range(count)
    ]


def _drawing(random: Random, colour: str, ground: str, shape: str) -> Drawing:
    side = random.choice(SIDES)
    half = side * random.uniform(0.1, 0.38)
    middle_x = random.uniform(half + 1, side - half - 1)
    middle_y = random.uniform(half + 1, side - half - 1)
    down, across = numpy.mgrid[0:side, 0:side] + 0.5
    x, y = across - middle_x, down - middle_y
    inside: Any
    if shape == "circle":
        inside = x * x + y * y <= half * half
    elif shape == "rectangle":
        other = half * random.uniform(0.45, 1.0)
        wide, tall = (half, other) if random.random() < 0.5 else (other, half)
        inside = (abs(x) <= wide) & (abs(y) <= tall)
    else:
        inside = (y <= half) & (abs(x) <= (y + half) / 2)
    pixels = numpy.empty((side, side, 3), dtype=numpy.uint8)
    pixels[:] = GROUNDS[ground]
    pixels[inside] = NAMED[colour]
    return Drawing(image=Image.fromarray(pixels), colour=colour, shape=shape, ground=ground)

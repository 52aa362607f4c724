"""Pictures of one plain shape, drawn from a random generator, with the truth about each."""

from __future__ import annotations

import colorsys
import io
import math
from dataclasses import dataclass
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from demo_training.colours import COLOURS, SHAPES, Rgb, distance, true_names

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "middle", "right")
CLEAREST, FAINTEST = 60.0, 28.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is drawn: the colour's names (usual one first), the shape, and where its centre lies.

    `centre` is where that lies, as shares of width and height. `extent` is the shape's size as a
    share of the picture's shorter side, and `turned` says that the shape stands askew; both only
    where this script drew the picture.
    """

    colours: tuple[str, ...]
    shape: str
    square: bool
    row: int
    column: int
    centre: tuple[float, float] | None = None
    extent: float = 1.0
    turned: bool = False

    @property
    def colour(self) -> str:
        """The usual name of the colour."""
        return self.colours[0]

    @property
    def place(self) -> str:
        """Where the shape stands, in words: `at the top left`, `in the middle`."""
        if self.row == self.column == 1:
            return "in the middle"
        if self.row == 1:
            return f"on the {COLUMNS[self.column]}"
        if self.column == 1:
            return f"at the {ROWS[self.row]}"
        return f"at the {ROWS[self.row]} {COLUMNS[self.column]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where a shape lies, in pixels, and how it came to lie there."""

    points: list[tuple[float, float]]
    centre: tuple[float, float]
    square: bool
    extent: float
    turned: bool


def draw(random: Random) -> tuple[Image.Image, Truth]:
    """Return a picture of 64 to 512 pixels a side with one shape on a plain ground."""
    width = round(math.exp(random.uniform(math.log(64), math.log(512))))
    height = width if random.random() < 0.75 else round(width * random.uniform(0.7, 1.4))
    height = min(max(height, 64), 512)
    colour = random.choice(COLOURS)
    tint = colour.tints[0] if random.random() < 0.5 else random.choice(colour.tints)
    spread = random.choice((0, 0, 4, 10))
    fill: Rgb = tuple(min(255, max(0, v + random.randint(-spread, spread))) for v in tint)  # type: ignore[assignment]
    ground = _ground(random, fill)
    shape = random.choice(SHAPES)
    scale = 1 if random.random() < 0.5 else (4 if width < 200 else 2)
    image = Image.new("RGB", (width * scale, height * scale), ground)
    outlined = _outline(random, shape, width, height)
    outline, line = _border(random, fill, min(width, height) * scale)
    _paint(image, shape, [(x * scale, y * scale) for x, y in outlined.points], fill, outline, line)
    if scale > 1:
        image = image.resize((width, height), Image.Resampling.BOX)
    if random.random() < 0.12:
        image = _as_jpeg(image, random.randint(75, 95))
    truth = Truth(
        colours=true_names(colour.name, fill),
        shape=shape,
        square=outlined.square,
        row=min(2, int(3 * outlined.centre[1] / height)),
        column=min(2, int(3 * outlined.centre[0] / width)),
        centre=(outlined.centre[0] / width, outlined.centre[1] / height),
        extent=outlined.extent,
        turned=outlined.turned,
    )
    return image, truth


def _ground(random: Random, fill: Rgb) -> Rgb:
    faint = FAINTEST if random.random() < 0.25 else CLEAREST
    while True:
        kind = random.random()
        if kind < 0.25:
            ground: Rgb = (255, 255, 255)
        elif kind < 0.42:
            ground = (0, 0, 0)
        elif kind < 0.5:
            level = random.randint(0, 255)
            ground = (level, level, level)
        else:
            hue, saturation, value = (
                random.random(),
                random.uniform(0.02, 0.42),
                random.uniform(0.85, 1),
            )
            red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
            ground = (round(red * 255), round(green * 255), round(blue * 255))
        if distance(ground, fill) >= faint:
            return ground


def _outline(random: Random, shape: str, width: int, height: int) -> Outline:
    short = min(width, height)
    size = short * random.uniform(0.15, 0.8)
    across = down = size
    square = False
    angle = 0.0
    if shape == "rectangle":
        square = random.random() < 0.3
        if not square:
            ratio = random.uniform(1.15, 2.8)
            across, down = (size, size / ratio) if random.random() < 0.5 else (size / ratio, size)
        if random.random() < 0.2:
            angle = random.uniform(0, math.pi)
    elif shape == "triangle":
        down = size * random.uniform(0.75, 1.15)
        turn = random.random()
        angle = 0.0 if turn < 0.6 else math.pi if turn < 0.72 else random.uniform(0, 2 * math.pi)
    across, down = max(across, short * 0.1), max(down, short * 0.1)
    corners = _corners(random, shape, across, down, angle)
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    shift_x = random.uniform(-left, max(-left, width - 1 - right))
    shift_y = random.uniform(-top, max(-top, height - 1 - bottom))
    points = [(x + shift_x, y + shift_y) for x, y in corners]
    centre = ((left + right) / 2 + shift_x, (top + bottom) / 2 + shift_y)
    return Outline(
        points=points, centre=centre, square=square, extent=size / short, turned=angle != 0
    )


def _corners(
    random: Random, shape: str, across: float, down: float, angle: float
) -> list[tuple[float, float]]:
    half_x, half_y = across / 2, down / 2
    if shape == "circle":
        return [(-half_x, -half_x), (half_x, half_x)]
    if shape == "rectangle":
        corners = [(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)]
    else:
        tip = 0.0 if random.random() < 0.75 else random.uniform(-half_x, half_x)
        corners = [(tip, -half_y), (half_x, half_y), (-half_x, half_y)]
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in corners]


def _border(random: Random, fill: Rgb, short: int) -> tuple[Rgb, int]:
    if random.random() > 0.12:
        return fill, 1
    dark: Rgb = (fill[0] // 2, fill[1] // 2, fill[2] // 2)
    black: Rgb = (0, 0, 0)
    return random.choice((dark, black)), max(1, round(short * random.uniform(0.005, 0.015)))


def _paint(
    image: Image.Image,
    shape: str,
    points: list[tuple[float, float]],
    fill: Rgb,
    outline: Rgb,
    line: int,
) -> None:
    pen: Any = ImageDraw.Draw(image)
    if shape == "circle":
        pen.ellipse(points, fill=fill, outline=outline, width=line)
    else:
        pen.polygon(points, fill=fill, outline=outline, width=line)


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")

"""Draws the pictures of this folder, and writes down what is true of them: `python draw.py`.

Nothing of it was seen in training: the demo checkpoints learned on other drawings, and these are
made to be hard for some of them: small shapes, rectangles askew, coloured grounds, noise.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

SEED = 17
SIZE = 96
COLOURS = {
    "red": (214, 40, 40), "green": (40, 150, 60), "blue": (40, 80, 210), "yellow": (245, 215, 40),
}  # fmt: skip
SHAPES = ("circle", "rectangle", "triangle")
GROUNDS = ((255, 255, 255), (235, 228, 210), (20, 20, 24), (200, 200, 205))
EACH = 6
"""Pictures of each colour and shape."""
ACROSS, DOWN = ("left", "", "right"), ("top", "", "bottom")


def draw(random: Random, colour: str, shape: str) -> tuple[Image.Image, str]:
    """Return a picture of one shape, and in words where it is."""
    image = Image.new("RGB", (SIZE * 2, SIZE * 2), random.choice(GROUNDS))
    radius = random.uniform(0.14, 0.3) * SIZE
    column, row = random.randrange(3), random.randrange(3)
    shift = [random.uniform(-0.05, 0.05) * SIZE for _ in range(2)]
    x = ((0.5 + column) / 3 * SIZE * 2) + shift[0]
    y = ((0.5 + row) / 3 * SIZE * 2) + shift[1]
    x, y = (min(max(at, radius + 6), SIZE * 2 - radius - 6) for at in (x, y))
    fill = tuple(min(255, max(0, part + random.randint(-22, 22))) for part in COLOURS[colour])
    pen = ImageDraw.Draw(image)
    if shape == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    elif shape == "rectangle":
        pen.polygon(corners(x, y, radius, (45, 135, 225, 315), random.uniform(-20, 20)), fill=fill)
    else:
        pen.polygon(corners(x, y, radius, (90, 210, 330), random.uniform(-25, 25)), fill=fill)
    image = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return image, place(column, row)


def corners(
    x: float, y: float, radius: float, angles: tuple[int, ...], turn: float
) -> list[tuple[float, float]]:
    """Return corners at angles on a circle, turned by some degrees."""
    at = [math.radians(angle + turn) for angle in angles]
    return [(x + radius * math.cos(each), y - radius * math.sin(each)) for each in at]


def place(column: int, row: int) -> str:
    """Return a place in words: `at the top left`."""
    across, down = ACROSS[column], DOWN[row]
    if across and down:
        return f"at the {down} {across}"
    if down:
        return f"at the {down}"
    return f"on the {across}" if across else "in the middle"


def main() -> None:
    """Draw all pictures, and write `metadata.jsonl`."""
    home = Path(__file__).parent
    random = Random(SEED)
    pictures = home / "pictures"
    pictures.mkdir(exist_ok=True)
    lines = []
    for number in range(len(COLOURS) * len(SHAPES) * EACH):
        colour = list(COLOURS)[number % len(COLOURS)]
        shape = SHAPES[number // len(COLOURS) % len(SHAPES)]
        image, where = draw(random, colour, shape)
        name = f"pictures/{number:02}.png"
        image.quantize(32).save(home / name, optimize=True)
        known = {
            "file_name": name,
            "label": f"a {colour} {shape}",
            "captions": [f"a {colour} {shape} {where}", f"there is a {colour} {shape} {where}"],
        }
        asked = (("what shape is in the image?", shape), (f"what color is the {shape}?", colour))
        lines += [{**known, "question": question, "answer": answer} for question, answer in asked]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (home / "metadata.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

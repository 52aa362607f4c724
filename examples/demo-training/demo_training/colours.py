"""The colours the demo checkpoints know, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """A colour name and the tints that carry it, the typical one first.

    `also` are other names for the same; `near` are names that some would use for it: right or
    wrong is a matter of taste, so nothing is trained on them.
    """

    name: str
    tints: tuple[Rgb, ...]
    also: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


COLOURS = (
    Colour(name="black", tints=((0, 0, 0), (20, 20, 20))),
    Colour(name="white", tints=((255, 255, 255), (250, 250, 250))),
    Colour(
        name="gray",
        tints=((128, 128, 128), (105, 105, 105), (150, 150, 150), (169, 169, 169)),
        also=("grey",),
    ),
    Colour(name="silver", tints=((192, 192, 192),), near=("gray", "grey")),
    Colour(name="red", tints=((255, 0, 0), (220, 20, 60), (214, 39, 40), (200, 0, 0))),
    Colour(name="maroon", tints=((128, 0, 0),), near=("red", "brown")),
    Colour(name="orange", tints=((255, 165, 0), (255, 127, 14), (255, 140, 0), (245, 130, 48))),
    Colour(name="yellow", tints=((255, 255, 0), (255, 215, 0), (255, 225, 25), (250, 220, 40))),
    Colour(
        name="green",
        tints=((0, 128, 0), (0, 255, 0), (44, 160, 44), (60, 180, 75), (34, 139, 34), (0, 200, 0)),
    ),
    Colour(name="olive", tints=((128, 128, 0),), near=("green",)),
    Colour(
        name="blue",
        tints=((0, 0, 255), (31, 119, 180), (30, 144, 255), (65, 105, 225), (0, 0, 205)),
    ),
    Colour(name="navy", tints=((0, 0, 128),), near=("blue",)),
    Colour(
        name="purple",
        tints=((128, 0, 128), (148, 103, 189), (145, 30, 180), (160, 32, 240), (138, 43, 226)),
        also=("violet",),
    ),
    Colour(
        name="pink",
        tints=((255, 192, 203), (255, 105, 180), (255, 182, 193), (227, 119, 194), (255, 20, 147)),
    ),
    Colour(
        name="brown",
        tints=((165, 42, 42), (139, 69, 19), (140, 86, 75), (150, 75, 0), (101, 67, 33)),
    ),
    Colour(name="teal", tints=((0, 128, 128), (0, 150, 150))),
    Colour(name="cyan", tints=((0, 255, 255), (0, 230, 240)), also=("aqua",)),
    Colour(name="magenta", tints=((255, 0, 255),), also=("fuchsia",)),
)
LIME: Rgb = (0, 255, 0)
COLOUR_NAMES = tuple(colour.name for colour in COLOURS)
SHAPES = ("circle", "rectangle", "triangle")
LABELS = tuple(f"a {colour} {shape}" for colour in COLOUR_NAMES for shape in SHAPES)


def true_names(name: str, rgb: Rgb) -> tuple[str, ...]:
    """Return every name that is true of a tint, the usual one first."""
    colour = COLOURS[COLOUR_NAMES.index(name)]
    extra = ("lime",) if name == "green" and distance(rgb, LIME) < 40 else ()
    return (name, *colour.also, *extra)


def doubtful_names(name: str) -> tuple[str, ...]:
    """Return the names that are neither right nor wrong for a colour."""
    lighter = tuple(colour.name for colour in COLOURS if name in colour.near)
    return (*COLOURS[COLOUR_NAMES.index(name)].near, *lighter)


def distance(left: Rgb, right: Rgb) -> float:
    """Return how far apart two colours lie, as a straight line through the RGB cube."""
    return float(sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5)

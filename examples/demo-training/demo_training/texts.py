"""What is true of a picture, in words: captions, labels, questions and answers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from demo_training.colours import COLOUR_NAMES, COLOURS, SHAPES, doubtful_names
from demo_training.images import COLUMNS, ROWS, Truth

TEMPLATES = (
    "{}",
    "a {}",
    "the {}",
    "a photo of a {}",
    "a picture of a {}",
    "an image of a {}",
    "this is a photo of a {}",
    "a drawing of a {}",
)
ALL_COLOURS = tuple(
    dict.fromkeys([*COLOUR_NAMES, *(other for colour in COLOURS for other in colour.also), "lime"])
)
PLACES = tuple(
    Truth(colours=("red",), shape="circle", square=False, row=row, column=column).place
    for row in range(len(ROWS))
    for column in range(len(COLUMNS))
)
# The question forms of the public easy-vqa set.
IS_THERE = (
    "is there a {}?",
    "is there a {} in the image?",
    "does the image contain a {}?",
    "is a {} present?",
)
IS_THERE_NOT = (
    "is there not a {}?",
    "is there not a {} in the image?",
    "does the image not contain a {}?",
    "is no {} present?",
)
WHICH_COLOUR = ("what color is the {}?", "what is the color of the {}?", "what colour is the {}?")
WHICH_SHAPE = (
    "what shape is in the image?",
    "what shape does the image contain?",
    "what shape is present?",
)
WHERE = ("where is the {}?", "where is it?")


def caption(truth: Truth) -> str:
    """Return the one caption the writers learn."""
    return f"a {truth.colour} {truth.shape} {truth.place}"


def label(truth: Truth, random: Random) -> tuple[str, tuple[str | None, str | None, str | None]]:
    """Return a true text that names some of the attributes, and which: colour, shape, place."""
    colour = random.choice(truth.colours) if random.random() < 0.4 else truth.colour
    shape = "square" if truth.square and random.random() < 0.5 else truth.shape
    kind = random.random()
    if kind < 0.7:
        named: tuple[str | None, str | None, str | None] = (colour, shape, None)
        text = f"{colour} {shape}"
    elif kind < 0.78:
        named, text = (colour, None, None), f"{colour} shape"
    elif kind < 0.86:
        named, text = (None, shape, None), shape
    else:
        named, text = (colour, shape, truth.place), f"{colour} {shape} {truth.place}"
    return random.choice(TEMPLATES).format(text), named


def agrees(truth: Truth, named: tuple[str | None, str | None, str | None]) -> bool | None:
    """Return whether a text with these attributes is true of the picture, None where in doubt."""
    colour, shape, place = named
    shapes = (truth.shape, "square") if truth.square else (truth.shape,)
    if (shape is not None and shape not in shapes) or (place is not None and place != truth.place):
        return False
    if colour is None or colour in truth.colours:
        return True
    return None if colour in doubtful_names(truth.colour) else False


def question(truth: Truth, random: Random) -> tuple[str, str]:
    """Return a question about the picture and its answer."""
    kind = random.random()
    if kind < 0.2:
        subject = random.choice((f"{truth.shape}", "shape"))
        return random.choice(WHICH_COLOUR).format(subject), truth.colour
    if kind < 0.4:
        forms = (*WHICH_SHAPE, f"what is the {truth.colour} shape?")
        return random.choice(forms), truth.shape
    if kind < 0.5:
        return random.choice(WHERE).format(random.choice((truth.shape, "shape"))), truth.place
    present = random.random() < 0.5
    subject = _subject(truth, random, present)
    if random.random() < 0.5:
        return random.choice(IS_THERE).format(subject), "yes" if present else "no"
    return random.choice(IS_THERE_NOT).format(subject), "no" if present else "yes"


def _subject(truth: Truth, random: Random, present: bool) -> str:
    colour, shape = truth.colour, truth.shape
    unfit = (*truth.colours, *doubtful_names(colour))
    other_colour = random.choice([name for name in COLOUR_NAMES if name not in unfit])
    other_shape = random.choice([name for name in SHAPES if name != shape])
    kind = random.random()
    if kind < 0.45:
        return f"{colour if present else other_colour} shape"
    if kind < 0.75:
        return shape if present else other_shape
    if present:
        return f"{colour} {shape}"
    return random.choice(
        (f"{other_colour} {shape}", f"{colour} {other_shape}", f"{other_colour} {other_shape}")
    )


def match_text(truth: Truth, random: Random) -> tuple[str, bool]:
    """Return a text and whether it is true of the picture; half of them are not."""
    true = random.random() < 0.5
    subject = _subject(truth, random, true)
    return random.choice(("a {}", "a picture of a {}", "an image of a {}")).format(subject), true


def corpus() -> Iterator[str]:
    """Yield texts that hold every word the demo checkpoints know."""
    for colour in ALL_COLOURS:
        for shape in (*SHAPES, "square", "shape"):
            for template in TEMPLATES:
                yield template.format(f"{colour} {shape}")
    for form in (*IS_THERE, *IS_THERE_NOT, *WHICH_COLOUR, *WHICH_SHAPE, *WHERE):
        yield form.format("red shape")
    for place in PLACES:
        yield f"a red shape {place}"
    yield "what is the red shape? yes no"

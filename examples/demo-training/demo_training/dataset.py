"""The pictures and truths of training and of holding out, as arrays ready for a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy
from PIL import Image

from demo_training.colours import COLOUR_NAMES, SHAPES
from demo_training.images import Truth, draw

SIDE = 64
MEAN = STANDARD_DEVIATION = 0.5
Pixels = Any  # an array of uint8; numpy has no types where it is not installed


WITHHELD = frozenset(
    {
        ("red", "triangle"),
        ("blue", "circle"),
        ("green", "rectangle"),
        ("yellow", "circle"),
        ("purple", "rectangle"),
        ("black", "triangle"),
    }
)
"""The pairs of colour and shape that `train --without-pairs` leaves out: two of each shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures of 64 x 64 RGB bytes, (N, 3, 64, 64), and the truth about each."""

    pixels: Pixels
    truths: tuple[Truth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """easy-vqa questions: the text, the answer, and the place of the picture in `Pictures`."""

    texts: tuple[str, ...]
    answers: tuple[str, ...]
    pictures: tuple[int, ...]


def shrink(image: Image.Image) -> Pixels:
    """Return the picture as the checkpoints' image processors see it, before normalisation."""
    resized = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return numpy.asarray(resized, dtype=numpy.uint8).transpose(2, 0, 1)


def drawn(count: int, seed: int) -> Pictures:
    """Draw `count` pictures; the same seed gives the same pictures."""
    random = Random(seed)
    pixels = numpy.empty((count, 3, SIDE, SIDE), dtype=numpy.uint8)
    truths = []
    for place in range(count):
        image, truth = draw(random)
        pixels[place] = shrink(image)
        truths.append(truth)
    return Pictures(pixels=pixels, truths=tuple(truths))


def public_set() -> Any:
    """Return the library that holds the public easy-vqa set."""
    try:
        import easy_vqa
    except ImportError as error:
        raise SystemExit("the library easy-vqa is missing: pip install easy-vqa") from error
    return easy_vqa


@cache
def easy_vqa(part: str) -> tuple[Pictures, Questions]:
    """Read `train` or `test` of the public easy-vqa set (PyPI `easy-vqa`)."""
    source = public_set()

    train = part == "train"
    texts, answers, ids = source.get_train_questions() if train else source.get_test_questions()
    paths = source.get_train_image_paths() if train else source.get_test_image_paths()
    names: dict[int, dict[str, str]] = {}
    for text, answer, number in zip(texts, answers, ids, strict=True):
        names.setdefault(number, {}).update(_fact(text, answer))
    order = sorted(names)
    found = [_picture(Path(paths[number]), names[number]) for number in order]
    places = {number: place for place, number in enumerate(order)}
    pictures = Pictures(
        pixels=numpy.stack([pixels for pixels, _ in found]),
        truths=tuple(truth for _, truth in found),
    )
    questions = Questions(
        texts=tuple(texts), answers=tuple(answers), pictures=tuple(places[number] for number in ids)
    )
    return pictures, questions


def withheld(truth: Truth) -> bool:
    """Return whether a picture shows one of the pairs to leave out."""
    return any((name, truth.shape) in WITHHELD for name in truth.colours)


def without_pairs(pictures: Pictures, questions: Questions) -> tuple[Pictures, Questions]:
    """Return pictures and their questions without the pairs to leave out."""
    kept = [place for place, truth in enumerate(pictures.truths) if not withheld(truth)]
    new = {old: place for place, old in enumerate(kept)}
    asked = [place for place, picture in enumerate(questions.pictures) if picture in new]
    return (
        Pictures(
            pixels=pictures.pixels[kept], truths=tuple(pictures.truths[place] for place in kept)
        ),
        Questions(
            texts=tuple(questions.texts[place] for place in asked),
            answers=tuple(questions.answers[place] for place in asked),
            pictures=tuple(new[questions.pictures[place]] for place in asked),
        ),
    )


def _fact(text: str, answer: str) -> dict[str, str]:
    """Return what a question and its answer say is in the picture."""
    words = text.rstrip("?").split()
    if answer in COLOUR_NAMES:
        return {"colour": answer}
    if answer in SHAPES:
        return {"shape": answer}
    if (answer == "yes") == ("not" in words or "no" in words):
        return {}
    for word in words:
        if word in COLOUR_NAMES:
            return {"colour": word}
        if word in SHAPES:
            return {"shape": word}
    return {}


def _picture(path: Path, facts: dict[str, str]) -> tuple[Pixels, Truth]:
    with Image.open(path) as image:
        pixels = shrink(image)
    values: Any = pixels.astype(int)
    colours, counts = numpy.unique(values.reshape(3, -1), axis=1, return_counts=True)
    ground = colours[:, counts.argmax()]
    apart = numpy.abs(values - ground[:, None, None]).sum(axis=0) > 12
    down, across = numpy.nonzero(apart)
    middle_y, middle_x = (down.min() + down.max()) / 2, (across.min() + across.max()) / 2
    tall, wide = numpy.ptp(down) + 1, numpy.ptp(across) + 1
    square = facts.get("shape") == "rectangle" and max(tall, wide) / min(tall, wide) < 1.05
    colour = facts.get("colour", "")
    return pixels, Truth(
        colours=_names(colour) if colour else (),
        shape=facts.get("shape", ""),
        square=bool(square),
        row=min(2, int(3 * middle_y / SIDE)),
        column=min(2, int(3 * middle_x / SIDE)),
        centre=((float(middle_x) + 0.5) / SIDE, (float(middle_y) + 0.5) / SIDE),
    )


def _names(colour: str) -> tuple[str, ...]:
    return {"gray": ("gray", "grey"), "green": ("green", "lime")}.get(colour, (colour,))

"""Pairs of image and text, read from a CSV with the columns `image` and `text`."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

from advisor.errors import BrokenFileError
from advisor.trial.images import open_image


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPair:
    """An image file and the text that belongs to it."""

    image: Path
    text: str


def read_pairs(path: str | Path) -> tuple[TrainingPair, ...]:
    """Return the pairs of a CSV; paths are relative to the file. Every bad line is reported."""
    source = Path(path)
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(reader.line_num, row) for row in reader]
            columns = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenFileError(
            f"`{path}` cannot be read: {getattr(error, 'strerror', None) or error}",
            hint="give a CSV file in UTF-8 with the columns image and text",
        ) from error
    lacking = [f"`{name}`" for name in ("image", "text") if name not in columns]
    if lacking:
        there = f", and has {', '.join(f'`{name}`' for name in columns)}" if columns else ""
        raise BrokenFileError(
            f"`{path}` lacks the column {' and the column '.join(lacking)}{there}",
            hint="its first line reads: image,text",
        )
    pairs, problems = [], []
    for number, row in rows:
        name, text = (row["image"] or "").strip(), (row["text"] or "").strip()
        image = source.parent / name
        if not name or not text:
            problems.append(f"{path}:{number}: the {'text' if name else 'image'} is empty")
        elif not image.is_file():
            problems.append(f"{path}:{number}: there is no file `{name}`")
        else:
            pairs.append(TrainingPair(image=image, text=text))
    if problems:
        raise BrokenFileError(
            f"`{path}` has {len(problems)} bad line{'s'[: len(problems) > 1]}",
            problems=tuple(problems),
            hint="correct or remove them",
        )
    if len({pair.image for pair in pairs}) < 2:
        raise BrokenFileError(
            f"`{path}` has fewer than two images",
            hint="one is held out, so at least two are needed",
        )
    return tuple(pairs)


def hold_out(
    pairs: tuple[TrainingPair, ...], share: float, seed: int
) -> tuple[tuple[TrainingPair, ...], tuple[TrainingPair, ...]]:
    """Return training pairs and held-out pairs; the same seed gives the same parts.

    The cut goes between images, so that no held-out image was seen with another text.
    """
    images = list(dict.fromkeys(pair.image for pair in pairs))
    random.Random(seed).shuffle(images)
    count = min(len(images) - 1, max(1, round(len(images) * share)))
    held = set(images[:count])
    training = [pair for pair in pairs if pair.image not in held]
    return tuple(training), tuple(pair for pair in pairs if pair.image in held)


def check_images(pairs: tuple[TrainingPair, ...]) -> None:
    """Open each image once, so that a broken one is named before training begins."""
    for pair in pairs:
        open_image(pair.image)

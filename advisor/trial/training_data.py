"""Training data: images or stored regions, with captions, or with questions and answers.

Files are those that `advisor evaluate` reads: tables and COCO captions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from advisor.errors import BrokenFileError
from advisor.files import is_file
from advisor.phrasing import count
from advisor.trial.annotations import Annotation, broken_rows
from advisor.trial.images import SUFFIXES
from advisor.trial.label_files import read_coco, read_table
from advisor.trial.runtime import library

AGREED = 10
"""VQA: an answer scores min(1, times given * 3 / 10), as Pythia reads it."""
FEW = 4
"""Of fewer answers each is right: their annotators are not VQA's ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """An image (or its stored regions), a text, and soft scores of answers where it is a question.

    `image` is a path, which for regions may end in `::ID`.
    """

    image: Path
    text: str
    answers: tuple[tuple[str, float], ...] = ()

    @property
    def expected(self) -> str:
        """What should be written: the caption, or the best answer."""
        return max(self.answers, key=lambda each: each[1])[0] if self.answers else self.text


def read_examples(
    data: str | Path, images: str | Path | None = None
) -> tuple[TrainingExample, ...]:
    """Return the examples of a file; `images` is the folder of the images, else the file's own.

    Raises BrokenFileError with every problem named, up to twenty.
    """
    source = Path(data)
    folder = Path(images) if images is not None else source.parent
    read = (read_coco if source.suffix.lower() == ".json" else read_table)(source, folder)
    examples, problems = [], []
    for each in read.annotations:
        path = _picture(folder, each.image)
        learnt = list(_learnt_from(each, path)) if path else []
        examples += learnt
        if not learnt:
            missing = f"the file `{each.image}` does not exist"
            why = "the row has no text or answer" if path else missing
            problems.append(f"{data}: {each.image}: {why}")
    if problems:
        raise broken_rows(
            f"`{data}` has {count(len(problems), 'image')} that cannot be used",
            problems,
            "fix or remove those lines, or pass the folder of the images with --images",
        )
    if len({example.image for example in examples}) < 2:
        raise BrokenFileError(
            f"`{data}` has fewer than two images",
            hint="add images, because one image is held out for validation",
        )
    return tuple(examples)


def _learnt_from(each: Annotation, path: Path) -> Iterator[TrainingExample]:
    """Yield an example for each caption of an image, or one for the question about it."""
    if each.question and each.answers:
        times = Counter(each.answers)
        few = len(each.answers) < FEW
        scores = {answer: 1.0 if few else min(1.0, 3 * n / AGREED) for answer, n in times.items()}
        yield TrainingExample(image=path, text=each.question, answers=tuple(scores.items()))
    else:
        yield from (TrainingExample(image=path, text=text) for text in each.texts if text)


def hold_out(
    examples: tuple[TrainingExample, ...], share: float, seed: int
) -> tuple[tuple[TrainingExample, ...], tuple[TrainingExample, ...]]:
    """Return training examples and held-out examples; the same seed gives the same parts.

    The cut goes between images, so that no held-out image was seen with another text.
    """
    images = list(dict.fromkeys(each.image for each in examples))
    random.Random(seed).shuffle(images)
    held = set(images[: min(len(images) - 1, max(1, round(len(images) * share)))])
    training = tuple(each for each in examples if each.image not in held)
    return training, tuple(each for each in examples if each.image in held)


def _picture(folder: Path, name: str) -> Path | None:
    """Return the image of a name, or its stored regions."""
    file, mark, key = name.partition("::")
    if is_file(folder / file):
        return folder / f"{file}{mark}{key}"
    stem = Path(file).stem
    for suffix in (".npz", *sorted(SUFFIXES)):
        if is_file(path := folder / f"{stem}{suffix}"):
            return path
    for pair in sorted(folder.glob(f"*_feat{stem[-3:]}.h5")):
        if stem in _names_in(pair):
            return folder / f"{pair.name}::{stem}"
    return None


@cache
def _names_in(file: Path) -> frozenset[str]:
    """Return the images whose regions an `.h5` file holds, each under its name."""
    with library("h5py", "vlp").File(file, "r") as stored:
        return frozenset(stored.keys())

"""A training: its settings, its examples and its result.

Data are images or stored region features, with captions, or with questions and answers, in files
that `advisor evaluate` reads: tables, COCO captions, VQA questions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

from advisor.console.options import MAX_SEED, Device, option
from advisor.errors import BrokenFileError, UsageError, check_name
from advisor.files import is_file
from advisor.phrasing import count
from advisor.trial.annotations import Annotation, broken_rows
from advisor.trial.images import SUFFIXES
from advisor.trial.label_files import is_coco_number, read_json, read_table
from advisor.trial.runtime import library

SAMPLES = 5
UNFINISHED = "unfinished"
"""Name of the folder of an unfinished training, within the output folder."""
HELD_OUT_LOSS = "validation loss"
PRECISIONS = ("auto", "no", "bf16", "fp16")
number = partial(option, min=1, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How to train; the fields are options of `advisor compose` and `advisor train` as well.

    `filled` replaces None by the network's usual value.
    """

    epochs: Annotated[int | None, number("--epochs", "Number of training epochs.")] = None
    batch_size: Annotated[int | None, number("--batch-size", "Number of examples per batch.")] = (
        None
    )
    learning_rate: Annotated[
        float | None, number("--learning-rate", "Peak learning rate.", min=0)
    ] = None
    gradient_accumulation: Annotated[
        int, option("--gradient-accumulation", "Batches per optimizer step.", min=1)
    ] = 1
    mixed_precision: Annotated[
        str, option("--mixed-precision MODE", "auto (bf16 if the GPU supports it), no, bf16, fp16.")
    ] = "auto"
    patience: Annotated[
        int, option("--patience", "Stop after N epochs without a lower validation loss.", min=0)
    ] = 0
    workers: Annotated[int, option("--workers", "Number of processes that load images.", min=0)] = 0
    held_out: Annotated[
        float, option("--held-out", "Share of images held out for validation.", min=0, max=0.9)
    ] = 0.1
    seed: Annotated[int, number("--seed", "Random seed.", min=0, max=MAX_SEED)] = 0
    device: Device = "auto"
    checkpoint_every: Annotated[
        int, option("--checkpoint-every", "Training steps between saved checkpoints.", min=1)
    ] = 200

    def __post_init__(self) -> None:
        check_name("precision", self.mixed_precision, PRECISIONS, "precisions")

    def filled(self, usual: Mapping[str, Any]) -> Training:
        """Return the settings with the values of `usual` for fields that are None."""
        lacking = {name: value for name, value in usual.items() if getattr(self, name) is None}
        return replace(self, **lacking)

    @property
    def identity(self) -> dict[str, Any]:
        """The settings that determine the result."""
        apart = ("device", "workers", "checkpoint_every")
        return {name: value for name, value in asdict(self).items() if name not in apart}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A held-out image: the expected text, and the network's output before and after training."""

    image: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """The result of a training: losses on held-out examples, and outputs before and after.

    The network is that of `best_step`, of the epoch with the lowest validation loss; `steps` is the
    number of optimizer steps. `samples` are drawn from the held-out examples; `notes` are warnings
    about the outputs. `settings` are complete, with usual values. `composition` is the Composition
    made in this run, or None.
    """

    folder: Path
    pairs: int
    held_out: int
    steps: int
    best_step: int
    loss_before: float
    loss_after: float
    exact_before: int
    exact_after: int
    samples: tuple[Sample, ...]
    resumed_at: int
    settings: Training
    notes: tuple[str, ...] = ()
    composition: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON keys; `composition` is left out if it is None."""
        values = asdict(replace(self, composition=None)) | {"folder": str(self.folder)}
        del values["composition"]
        return values | ({"composition": self.composition.as_json()} if self.composition else {})


Progress = Callable[[int, int, Mapping[str, float]], object]
"""Receives the step, the number of steps, and losses by name: the mean training loss since the last
call, or at the end of an epoch the validation loss alone."""


def draw_samples(samples: Sequence[Sample], seed: int) -> tuple[Sample, ...]:
    """Return at most SAMPLES samples, drawn by the seed, in their order."""
    places = random.Random(seed).sample(range(len(samples)), min(SAMPLES, len(samples)))
    return tuple(samples[place] for place in sorted(places))


def doubts(samples: Sequence[Sample], learnt: Sequence[str]) -> tuple[str, ...]:
    """Return warnings about the outputs after training, with advice.

    They report the same output for all images, and fewer correct outputs than the most common of
    the texts in `learnt` would score.
    """
    warnings = []
    written, wanted = {each.after for each in samples}, {each.text for each in samples}
    if len(samples) > 1 and len(written) == 1 < len(wanted):
        warnings.append(
            f"the model returns the same text, `{written.pop()[:60]}`, for all {len(samples)} "
            "validation images. Use more --epochs, another --learning-rate, or more pairs"
        )
    common, _ = Counter(learnt).most_common(1)[0]
    right = sum(each.after == each.text for each in samples)
    without = sum(each.text == common for each in samples)
    if without > right:
        warnings.append(
            f"{right} of {len(samples)} outputs on validation images are correct. Always returning "
            f"`{common[:60]}` is correct for {without}. Train longer or on more data"
        )
    return tuple(warnings)


AGREED = 10
"""VQA annotators per question: an answer scores min(1, 3 * its count / 10), as in Pythia."""
FEW = 4
"""With fewer answers each scores 1: they are not those of VQA's ten annotators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """An image (or its region features), a caption or a question, and soft scores of the answers.

    `image` is a path, which for regions may end in `::ID`.
    """

    image: Path
    text: str
    answers: tuple[tuple[str, float], ...] = ()

    @property
    def expected(self) -> str:
        """The expected output: the caption, or the answer with the highest score."""
        return max(self.answers, key=lambda each: each[1])[0] if self.answers else self.text


def read_examples(
    data: str | Path, images: str | Path | None = None, annotations: str | Path | None = None
) -> tuple[TrainingExample, ...]:
    """Return the examples of a file; `images` is the image folder, by default that of the file.

    `annotations` are the answers to VQA questions; None searches the folder of the file for them.
    Raises BrokenFileError that lists up to twenty problems, or for fewer than two images.
    """
    source = Path(data)
    folder = Path(images) if images is not None else source.parent
    if source.suffix.lower() == ".json":
        read = read_json(source, folder, Path(annotations) if annotations is not None else None)
    elif annotations is not None:
        raise UsageError(
            "`--annotations` works only with VQA questions in JSON",
            hint="put the answers into the column `answer` of the table",
        )
    else:
        read = read_table(source, folder)
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
    """Yield an example for each caption of an image, or one for its question."""
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
    """Return training and held-out examples; the same seed gives the same split.

    All examples of an image are in the same part.
    """
    images = list(dict.fromkeys(each.image for each in examples))
    random.Random(seed).shuffle(images)
    held = set(images[: min(len(images) - 1, max(1, round(len(images) * share)))])
    training = tuple(each for each in examples if each.image not in held)
    return training, tuple(each for each in examples if each.image in held)


def _picture(folder: Path, name: str) -> Path | None:
    """Return the path of an image or of its region features, or None; a number is a COCO image."""
    file, mark, key = name.partition("::")
    if is_file(folder / file):
        return folder / f"{file}{mark}{key}"
    stems = [Path(file).stem]
    if is_coco_number(file):
        stems = [file, f"COCO_train2014_{int(file):012}", f"COCO_val2014_{int(file):012}"]
    for each in stems:
        for suffix in (".npz", *sorted(SUFFIXES)):
            if is_file(path := folder / f"{each}{suffix}"):
                return path
        for pair in sorted(folder.glob(f"*_feat{each[-3:]}.h5")):
            if each in _names_in(pair):
                return folder / f"{pair.name}::{each}"
    return None


@cache
def _names_in(file: Path) -> frozenset[str]:
    """Return the names of the images whose region features an `.h5` file holds."""
    with library("h5py", "vlp").File(file, "r") as stored:
        return frozenset(stored.keys())

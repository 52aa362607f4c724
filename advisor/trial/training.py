"""A training: its settings, how far it is, and what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from advisor.console.options import MAX_SEED, Device, option
from advisor.errors import check_name

SAMPLES = 5
UNFINISHED = "unfinished"
"""The folder of a training, in the one that it is to be saved to."""
PRECISIONS = ("auto", "no", "bf16", "fp16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How to train; the fields are options of `advisor compose` and `advisor train` as well.

    None stands for what is usual for the network, which `filled` puts in.
    """

    epochs: Annotated[
        int | None, option("--epochs", "Number of training epochs.", min=1, show_default=False)
    ] = None
    batch_size: Annotated[
        int | None,
        option("--batch-size", "Number of examples per batch.", min=1, show_default=False),
    ] = None
    learning_rate: Annotated[
        float | None, option("--learning-rate", "Peak learning rate.", min=0, show_default=False)
    ] = None
    gradient_accumulation: Annotated[
        int, option("--gradient-accumulation", "Batches per optimizer step.", min=1)
    ] = 1
    mixed_precision: Annotated[
        str,
        option(
            "--mixed-precision MODE",
            "Precision: auto, no, bf16 or fp16. auto uses bf16 if the GPU can.",
        ),
    ] = "auto"
    patience: Annotated[
        int,
        option(
            "--patience",
            "Stop after N epochs without a lower validation loss. 0 never stops early.",
            min=0,
        ),
    ] = 0
    workers: Annotated[int, option("--workers", "Number of processes that load images.", min=0)] = 0
    held_out: Annotated[
        float, option("--held-out", "Share of images held out for validation.", min=0, max=0.9)
    ] = 0.1
    seed: Annotated[
        int,
        option(
            "--seed",
            "Random seed for new weights and the order of examples.",
            min=0,
            max=MAX_SEED,
            show_default=False,
        ),
    ] = 0
    device: Device = "auto"
    checkpoint_every: Annotated[
        int, option("--checkpoint-every", "Training steps between saved checkpoints.", min=1)
    ] = 200

    def __post_init__(self) -> None:
        check_name("precision", self.mixed_precision, PRECISIONS, "precisions")

    def filled(self, usual: Mapping[str, Any]) -> Training:
        """Return the settings with what is `usual` where nothing was given."""
        lacking = {name: value for name, value in usual.items() if getattr(self, name) is None}
        return replace(self, **lacking)

    @property
    def identity(self) -> dict[str, Any]:
        """The settings that decide what comes of it."""
        apart = ("device", "workers", "checkpoint_every")
        return {name: value for name, value in asdict(self).items() if name not in apart}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStep:
    """How far training is: after which step of how many, with which mean loss since the last one.

    `held_out_loss` is there at the end of an epoch alone; `seconds_left` is estimated.
    """

    step: int
    steps: int
    loss: float | None
    held_out_loss: float | None
    seconds_left: float

    def __str__(self) -> str:
        losses = {"loss": self.loss, "validation loss": self.held_out_loss}
        parts = [f"{name} {loss:.3f}" for name, loss in losses.items() if loss is not None]
        minutes, seconds = divmod(round(self.seconds_left), 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours}:{minutes:02}:{seconds:02} left"
        return ", ".join([f"step {self.step} of {self.steps}", *parts, left])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A held-out image: what it should say, and what the network wrote before and after."""

    image: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """What training did: losses on held-out examples, texts before and after.

    The network is that of `best_step`, whose loss on what was held out is the lowest of all epochs;
    `steps` were taken. `samples` are drawn among the held-out examples; `notes` say what is wrong
    with what was learnt. `settings` are those trained with, the usual ones put in. `composition` is
    the Composition that was made first, None where nothing was joined in this run.
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
        """Return the result as JSON keys; what was joined is among them where it was joined now."""
        values = asdict(replace(self, composition=None)) | {"folder": str(self.folder)}
        del values["composition"]
        return values | ({"composition": self.composition.as_json()} if self.composition else {})


Progress = Callable[[TrainingStep], object]
Tell = Callable[[FineTuning, Path], object]


def draw_samples(samples: Sequence[Sample], seed: int) -> tuple[Sample, ...]:
    """Return some samples, drawn by the seed, in the order that they have."""
    places = random.Random(seed).sample(range(len(samples)), min(SAMPLES, len(samples)))
    return tuple(samples[place] for place in sorted(places))


def doubts(samples: Sequence[Sample], learnt: Sequence[str]) -> tuple[str, ...]:
    """Say what is wrong with the texts after training, and what to try.

    That is one text for all images where there should be several, and fewer right texts than the
    commonest of those `learnt` from would give.
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

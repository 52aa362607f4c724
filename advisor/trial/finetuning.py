"""Fine-tuning an encoder-decoder on pairs of images and texts."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisor.files import grant_umask
from advisor.trial.composition import JOINT
from advisor.trial.extra import quiet
from advisor.trial.failures import CannotWriteError, OutputExistsError, UnsupportedError
from advisor.trial.images import open_image
from advisor.trial.loading import plain_errors
from advisor.trial.local_checkpoint import read_checkpoint
from advisor.trial.pairs import Pair, check_images, hold_out, read_pairs
from advisor.trial.placement import place
from advisor.trial.runner import Runner, load_runner
from advisor.trial.trainer import Trainer

UNFINISHED = "unfinished"
SHOWN = 5
TASK = "captioning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far training is: after which step of how many, with which loss."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A held-out image: what it should say, and what the network wrote before and after."""

    image: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """What training did: losses on held-out pairs, texts before and after."""

    folder: Path
    pairs: int
    held_out: int
    steps: int
    loss_before: float
    loss_after: float
    exact_before: int
    exact_after: int
    samples: tuple[Sample, ...]
    resumed_at: int

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON keys."""
        found = asdict(self)
        found["folder"] = str(self.folder)
        return found


def finetune(
    checkpoint: str | Path,
    pairs: str | Path,
    output: str | Path,
    *,
    epochs: int = 10,
    batch_size: int = 16,
    learning_rate: float = 5e-5,
    held_out: float = 0.1,
    seed: int = 0,
    device: str = "auto",
    checkpoint_every: int = 200,
    progress: Callable[[Step], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> FineTuning:
    """Train an encoder-decoder folder on a CSV (`image,text`) and save it to another folder.

    Every `checkpoint_every` steps the state is saved in `OUTPUT/unfinished`; a run that was
    interrupted goes on from there and ends where an unbroken one does. `stop` is asked after each
    step: where it says so, the state is saved and KeyboardInterrupt raised. The held-out share is
    never trained on.
    """
    folder = Path(output)
    unfinished = folder / UNFINISHED
    _refuse_other_contents(folder)
    every = read_pairs(pairs)
    check_images(every)
    training, testing = hold_out(every, held_out, seed)
    placement = place(device, "float32")
    start = load_runner(checkpoint, TASK, device=placement.device, dtype="float32")
    if type(start.network).__name__ != JOINT:
        raise UnsupportedError(
            f"`{checkpoint}` is a {type(start.network).__name__}; only encoder-decoders are "
            "fine-tuned here",
            hint="make one with `advisor compose`",
        )
    steps = epochs * math.ceil(len(training) / batch_size)
    identity = {
        "checkpoint": str(checkpoint),
        "pairs": [[str(pair.image), pair.text] for pair in every],
        "settings": [epochs, batch_size, learning_rate, held_out, seed],
    }
    trainer = Trainer(start, training, batch_size, learning_rate, steps, seed)
    state = trainer.take_up(unfinished, identity)
    if state is None:
        state = {
            "step": 0,
            "loss_before": trainer.loss_on(testing),
            "texts_before": [_written(start, pair) for pair in testing],
        }
    resumed_at = int(state["step"])
    for step in range(resumed_at + 1, steps + 1):
        loss = trainer.advance(step)
        if progress is not None:
            progress(Step(step=step, steps=steps, loss=loss))
        stopped = stop is not None and stop()
        if stopped or (step % checkpoint_every == 0 and step < steps):
            trainer.keep(unfinished, identity, {**state, "step": step})
        if stopped:
            raise KeyboardInterrupt
    start.network.eval()
    after = [_written(start, pair) for pair in testing]
    before = [str(text) for text in state["texts_before"]]
    result = FineTuning(
        folder=folder,
        pairs=len(training),
        held_out=len(testing),
        steps=steps,
        loss_before=float(state["loss_before"]),
        loss_after=trainer.loss_on(testing),
        exact_before=sum(a == pair.text for a, pair in zip(before, testing, strict=True)),
        exact_after=sum(a == pair.text for a, pair in zip(after, testing, strict=True)),
        samples=tuple(
            Sample(image=pair.image.name, text=pair.text, before=old, after=new)
            for pair, old, new in zip(testing[:SHOWN], before, after, strict=False)
        ),
        resumed_at=resumed_at,
    )
    _save(start, folder)
    return result


def check_training(pairs: str | Path, output: str | Path) -> None:
    """Raise where the pairs or the output folder cannot be used, before anything costs time."""
    _refuse_other_contents(Path(output))
    check_images(read_pairs(pairs))


def _written(runner: Runner, pair: Pair) -> str:
    runner.network.eval()
    return runner.run(open_image(pair.image)).answers[0].text


def _refuse_other_contents(folder: Path) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise CannotWriteError(
            f"`{folder}` cannot be written: `{there}` is no folder that takes files",
            hint="name another folder",
        )
    if not folder.exists() or (folder / UNFINISHED).is_dir():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise OutputExistsError(
            f"`{folder}` is there already and holds something else", hint="name a new folder"
        )


def _save(runner: Runner, folder: Path) -> None:
    """Write the trained network and its processor; what can be loaded is complete.

    All files are written aside and then moved, config.json as the last one, since nothing loads
    a folder without it.
    """
    loaded: Any = runner
    aside = folder / UNFINISHED / "trained"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with plain_errors(str(folder)), quiet():
        runner.network.save_pretrained(aside)
        loaded.image_processor.save_pretrained(aside)
        loaded.tokenizer.save_pretrained(aside)
    read_checkpoint(aside, str(folder))
    grant_umask(aside)
    for path in sorted(aside.iterdir(), key=lambda path: path.name == "config.json"):
        path.replace(folder / path.name)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)

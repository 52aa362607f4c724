"""Fine-tuning an encoder-decoder on pairs of images and texts."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisor.files import (
    grant_umask,
    make_folder,
    put_on_disk,
    refuse_contents,
    refuse_unwritable,
    remove_folder,
    write_text,
)  # fmt: skip
from advisor.model.library import CAPTION
from advisor.trial.composition import JOINT
from advisor.trial.failures import OutputExistsError, UnsupportedError
from advisor.trial.images import open_image
from advisor.trial.local_checkpoint import read_checkpoint
from advisor.trial.runner import Runner, load_runner, shipped_table
from advisor.trial.runtime import plain_errors, quiet
from advisor.trial.trainer import Trainer, Training, TrainingPair, hold_out, read_pairs

UNFINISHED = "unfinished"
RECORD = "begun-from"
SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStep:
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
    """What training did: losses on held-out pairs, texts before and after.

    `samples` are drawn among the held-out pairs; `notes` say what is wrong with what was learnt.
    """

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
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON keys."""
        return {**asdict(self), "folder": str(self.folder)}


def finetune(
    checkpoint: str | Path,
    pairs: str | Path,
    output: str | Path,
    *,
    progress: Callable[[TrainingStep], None] | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[FineTuning, Path], None] | None = None,
    **training: Any,
) -> FineTuning:
    """Train an encoder-decoder folder on a CSV (`image,text`) and save it to another folder.

    `training` are fields of Training: `epochs`, `batch_size`, `learning_rate`, `held_out`, `seed`,
    `device` and `checkpoint_every`. Every so many steps the state is saved in `OUTPUT/unfinished`;
    a run that was interrupted goes on from there and ends where an unbroken one does. `stop` is
    asked after each step: where it says so, the state is saved and KeyboardInterrupt raised. `tell`
    gets what is returned and where the trained files are before they are put in place. The held-out
    share is never trained on.
    """
    how, folder = Training(**training), Path(output)
    refuse_other_contents(folder)
    every = read_pairs(pairs)
    trained, held_out = hold_out(every, how.held_out, how.seed)
    runner = _captioner(checkpoint, how.device)
    trainer = Trainer(runner, trained, how)
    identity = {
        "checkpoint": str(checkpoint),
        "pairs": [[str(pair.image), pair.text] for pair in every],
        "settings": how.identity,
    }
    return trained_to_end(
        trainer, held_out, folder, identity,
        texts=_captions, progress=progress, stop=stop, tell=tell,
    )  # fmt: skip


def trained_to_end(
    trainer: Trainer,
    held_out: tuple[Any, ...],
    folder: Path,
    identity: dict[str, Any],
    *,
    texts: Callable[[Runner, tuple[Any, ...]], list[str]],
    progress: Callable[[TrainingStep], None] | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[FineTuning, Path], None] | None = None,
) -> FineTuning:
    """Train from where a run with this identity stood to the end, save, and return what came of it.

    `texts` writes what the network says of held-out pairs, before and after.
    """
    unfinished, runner = folder / UNFINISHED, trainer.runner
    state = trainer.resume(unfinished, identity) or {
        "step": 0,
        "loss_before": trainer.loss_on(held_out),
        "texts_before": texts(runner, held_out),
    }
    resumed_at = int(state["step"])
    for step in range(resumed_at + 1, trainer.steps + 1):
        loss = trainer.advance(step)
        if progress is not None:
            progress(TrainingStep(step=step, steps=trainer.steps, loss=loss))
        stopped = stop is not None and stop()
        if stopped or (step % trainer.training.checkpoint_every == 0 and step < trainer.steps):
            trainer.save_state(unfinished, identity, {**state, "step": step})
        if stopped:
            raise KeyboardInterrupt
    written = zip(held_out, state["texts_before"], texts(runner, held_out), strict=True)
    samples = tuple(
        Sample(image=pair.image.name, text=pair.expected, before=before, after=after)
        for pair, before, after in written
    )
    result = FineTuning(
        folder=folder,
        pairs=len(trainer.pairs),
        held_out=len(held_out),
        steps=trainer.steps,
        loss_before=float(state["loss_before"]),
        loss_after=trainer.loss_on(held_out),
        exact_before=sum(each.before == each.text for each in samples),
        exact_after=sum(each.after == each.text for each in samples),
        samples=_drawn(samples, trainer.training.seed),
        resumed_at=resumed_at,
        notes=_doubts(samples, [pair.expected for pair in trainer.pairs]),
    )
    save_trained(trainer.parts, folder, lambda scratch: tell and tell(result, scratch))
    return result


def _drawn(samples: Sequence[Sample], seed: int) -> tuple[Sample, ...]:
    """Return some samples, drawn by the seed, in the order that they have."""
    places = random.Random(seed).sample(range(len(samples)), min(SAMPLES, len(samples)))
    return tuple(samples[place] for place in sorted(places))


def _doubts(samples: Sequence[Sample], learnt: Sequence[str]) -> tuple[str, ...]:
    """Say what is wrong with the texts after training, and what to try.

    That is one text for all images where there should be several, and fewer right texts than the
    commonest of those `learnt` from would give.
    """
    doubts = []
    written, wanted = {each.after for each in samples}, {each.text for each in samples}
    if len(samples) > 1 and len(written) == 1 < len(wanted):
        doubts.append(
            f"all {len(samples)} held-out images get the same text, `{written.pop()[:60]}`: train "
            "for more --epochs, with another --learning-rate, or on more pairs"
        )
    common, _ = Counter(learnt).most_common(1)[0]
    right = sum(each.after == each.text for each in samples)
    without = sum(each.text == common for each in samples)
    if without > right:
        doubts.append(
            f"the commonest text, `{common[:60]}`, would be right for {without} of {len(samples)} "
            f"held-out images, and what was learnt is for {right}: it is of no use yet"
        )
    return tuple(doubts)


def check_training(pairs: str | Path, output: str | Path) -> None:
    """Raise where the pairs or the output folder cannot be used, before anything costs time."""
    refuse_other_contents(Path(output))
    read_pairs(pairs)


def _captioner(checkpoint: str | Path, device: str) -> Runner:
    """Load what is to be trained, in float32."""
    rulebase = shipped_table()
    task = rulebase.acts[CAPTION].tasks[0]
    runner = load_runner(checkpoint, task, rulebase=rulebase, device=device, dtype="float32")
    if runner.class_name != JOINT:
        raise UnsupportedError(
            f"`{checkpoint}` is a {runner.class_name}; only encoder-decoders are fine-tuned here",
            hint="make one with `advisor compose`",
        )
    return runner


def _captions(runner: Runner, pairs: tuple[TrainingPair, ...]) -> list[str]:
    runner.network.eval()
    return [runner.run(open_image(pair.image)).answers[0].text for pair in pairs]


def refuse_other_contents(folder: Path) -> None:
    """Raise where a folder cannot be written, or holds something else than a training."""
    if (folder / UNFINISHED).is_dir():
        refuse_unwritable(folder)
    else:
        refuse_contents(folder)


def begin_from(folder: Path, made_from: Any, make: Callable[[Path], object]) -> Path:
    """Return the network that a training begins with, made where no earlier run made it.

    `made_from` is plain JSON, and says what `make` makes it from. Raises OutputExistsError where an
    earlier run made it from something else.
    """
    start = folder / UNFINISHED / "start"
    record = start.with_name(RECORD)
    digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    if not start.is_dir():
        make_folder(start.parent)
        write_text(record, digest)  # before what it speaks of
        make(start)
    elif not record.is_file() or record.read_text(encoding="utf-8") != digest:
        raise OutputExistsError(
            f"`{folder}` holds an unfinished training that began with something else",
            hint=f"name another folder, or delete `{start.parent}` to begin anew",
        )
    return start


def save_trained(
    parts: tuple[Any, ...], folder: Path, before: Callable[[Path], object] = lambda _scratch: None
) -> None:
    """Write the trained network and what goes with it; what can be loaded is complete.

    All files are written aside and then moved, config.json as the last one, since nothing loads
    a folder without it. `before` gets where they are before they are moved.
    """
    aside = folder / UNFINISHED / "trained"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with plain_errors(str(folder)), quiet():
        for part in parts:
            part.save_pretrained(aside)
    read_checkpoint(aside, str(folder))
    before(aside)
    grant_umask(aside)
    put_on_disk(*aside.iterdir())
    for path in sorted(aside.iterdir(), key=lambda path: path.name == "config.json"):
        path.replace(folder / path.name)
    remove_folder(folder / UNFINISHED)

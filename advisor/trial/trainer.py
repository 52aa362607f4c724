"""Training by transformers' Trainer: evaluated each epoch, the best epoch kept, and resumable."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_model
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.utils import SAFE_WEIGHTS_NAME

from advisor import writing
from advisor.trial import runtime
from advisor.trial.answer import Request
from advisor.trial.images import open_image
from advisor.trial.local_checkpoint import read_checkpoint
from advisor.trial.runner import Runner
from advisor.trial.training import (
    HELD_OUT_LOSS,
    UNFINISHED,
    FineTuning,
    Progress,
    Sample,
    Training,
    TrainingExample,
    doubts,
    draw_samples,
)
from advisor.writing import write_text

RECORD = "begun-from"
LOGGED = 0.005
"""Share of the steps between two progress reports, beside those at the ends of epochs."""
WEIGHT_DECAY = 0.01
LOSSES = {"loss": "loss", "eval_loss": HELD_OUT_LOSS}


class Recipe(NamedTuple):
    """How a kind of network is trained, beside its settings.

    `collate` makes a batch, with `labels`, from examples and their epoch (-1: validation).
    `warm_up` is the share of the steps in which the learning rate rises; it falls to 0 after that.
    `finish` is called before `parts` are saved. `composition` is the Composition made in this run,
    or None.
    """

    collate: Callable[[Sequence[TrainingExample], int], dict[str, Any]]
    parts: tuple[Any, ...]
    warm_up: float = 0.05
    finish: Callable[[], object] = lambda: None
    composition: Any = None


class Rows(torch.utils.data.Dataset[tuple[TrainingExample, int]]):
    """Examples, each paired with the current epoch, or with -1 in a validation set."""

    def __init__(self, examples: tuple[TrainingExample, ...]) -> None:
        self.examples, self.epoch = examples, -1

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, place: int) -> tuple[TrainingExample, int]:
        return self.examples[place], self.epoch


class Watch(TrainerCallback):
    """Requests checkpoints within epochs, and reports progress."""

    def __init__(self, rows: Rows, every: int, progress: Progress) -> None:
        self.rows, self.every, self.progress = rows, every, progress
        self.first_step: int | None = None

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Set the epoch of the rows, on which the batches depend."""
        self.rows.epoch = int(state.epoch or 0)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Keep the number of the first step of this run; a checkpoint is loaded by then."""
        if self.first_step is None:
            self.first_step = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Request a checkpoint every `every` steps, except at an epoch end: Trainer saves then."""
        in_epoch = state.global_step % (state.max_steps // int(args.num_train_epochs))
        control.should_save |= bool(in_epoch) and state.global_step % self.every == 0

    def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:  # noqa: ARG002
        """Report progress; raise InferenceError if a loss is NaN or infinite."""
        losses = {LOSSES[name]: loss for name, loss in logs.items() if name in LOSSES}
        if self.first_step is None or not losses:
            return
        if not all(map(math.isfinite, losses.values())):
            raise runtime.InferenceError(
                f"the training loss became NaN or infinite at step {state.global_step}",
                hint="train with a smaller --learning-rate",
                kind="training",
            )
        self.progress(state.global_step, state.max_steps, losses)


class KeptTrainer(Trainer):
    """A Trainer whose checkpoints keep the names that weights have in memory.

    `save_pretrained` writes some under older names (ViT's, as of transformers 5.24), and Trainer
    reads a checkpoint by `load_state_dict`, which skips names that it does not know.
    """

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the weights to `output_dir`, or to the folder of the training."""
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.model, str(folder / SAFE_WEIGHTS_NAME))


def train(
    runner: Runner,
    recipe: Recipe,
    training: Training,
    examples: tuple[TrainingExample, ...],
    held_out: tuple[TrainingExample, ...],
    folder: Path,
    progress: Progress,
) -> FineTuning:
    """Train from the last checkpoint in `folder` to the end, save, and return the result.

    Checkpoints are those of transformers' Trainer, in `folder/unfinished`. The saved network is
    that of the epoch with the lowest loss on `held_out`.
    """
    unfinished, name = folder / UNFINISHED, runner.checkpoint.name
    watch = Watch(Rows(examples), training.checkpoint_every, progress)
    trainer = _trainer(runner, recipe, training, held_out, unfinished, watch)
    with runtime.plain_errors(name), runtime.quiet():
        loss_before = float(trainer.evaluate()["eval_loss"])
    before = _texts(runner, held_out, training)
    last = last_checkpoint(unfinished)
    with runtime.plain_errors(str(unfinished)), runtime.quiet():
        try:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        except Exception as error:
            if last is None or watch.first_step is not None:
                raise
            raise runtime.BrokenCheckpointError(
                f"the interrupted training in `{unfinished}` cannot be read",
                hint="delete the folder to start again",
            ) from error
    written = zip(held_out, before, _texts(runner, held_out, training), strict=True)
    samples = tuple(
        Sample(image=each.image.name, text=each.expected, before=was, after=is_now)
        for each, was, is_now in written
    )
    with runtime.plain_errors(name), runtime.quiet():
        recipe.finish()
    result = FineTuning(
        folder=folder,
        pairs=len(examples),
        held_out=len(held_out),
        steps=trainer.state.global_step,
        best_step=trainer.state.best_global_step or trainer.state.global_step,
        loss_before=loss_before,
        loss_after=float(trainer.state.best_metric),
        exact_before=sum(each.before == each.text for each in samples),
        exact_after=sum(each.after == each.text for each in samples),
        samples=draw_samples(samples, training.seed),
        resumed_at=watch.first_step or 0,
        settings=training,
        notes=doubts(samples, [each.expected for each in examples]),
        composition=recipe.composition,
    )
    save_trained(recipe.parts, folder)
    return result


def _trainer(
    runner: Runner,
    recipe: Recipe,
    training: Training,
    held_out: tuple[TrainingExample, ...],
    folder: Path,
    watch: Watch,
) -> Trainer:
    """Return a silent Trainer that writes only to `folder`; refuse devices it cannot use."""
    place = runner.placement
    if (number := place.device.partition(":")[2]).strip("0"):
        raise runtime.UnsupportedError(
            f"training uses the first GPU and does not support `{place.device}`",
            hint=f"set CUDA_VISIBLE_DEVICES={number} and leave --torch-device out",
        )
    mixed = training.mixed_precision
    if mixed == "auto":
        mixed = "bf16" if place.on_cuda and torch.cuda.is_bf16_supported() else "no"
    if mixed == "fp16" and not place.on_cuda:
        raise runtime.UnsupportedError(
            "--mixed-precision fp16 needs a GPU of CUDA", hint="use --mixed-precision bf16 or no"
        )
    with runtime.plain_errors(runner.checkpoint.name), runtime.quiet():
        settings = TrainingArguments(
            output_dir=str(folder.absolute()),
            num_train_epochs=training.epochs,
            per_device_train_batch_size=training.batch_size,
            per_device_eval_batch_size=training.batch_size,
            gradient_accumulation_steps=training.gradient_accumulation,
            learning_rate=training.learning_rate,
            warmup_steps=recipe.warm_up,
            weight_decay=WEIGHT_DECAY,
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=2,
            load_best_model_at_end=True,
            metric_for_best_model="eval_loss",
            greater_is_better=False,
            restore_callback_states_from_checkpoint=True,
            prediction_loss_only=True,
            label_names=["labels"],
            logging_steps=LOGGED,
            logging_nan_inf_filter=False,
            bf16=mixed == "bf16",
            fp16=mixed == "fp16",
            use_cpu=place.device == "cpu",
            dataloader_num_workers=training.workers,
            dataloader_pin_memory=place.on_cuda,
            remove_unused_columns=False,
            report_to="none",
            disable_tqdm=True,
            seed=training.seed,
        )
        stopping = [EarlyStoppingCallback(training.patience)] if training.patience else []
        settings._n_gpu = min(1, settings.n_gpu)  # noqa: SLF001 - several would be DataParallel
        trainer = KeptTrainer(
            model=runner.network,
            args=settings,
            train_dataset=watch.rows,
            eval_dataset=Rows(held_out),
            data_collator=lambda rows: recipe.collate([each for each, _ in rows], rows[0][1]),
            callbacks=[watch, *stopping],
        )
    trainer.model_accepts_loss_kwargs = False  # losses of ours are means of a batch
    trainer.remove_callback(PrinterCallback)  # it prints to stdout
    return trainer


def _texts(runner: Runner, examples: tuple[TrainingExample, ...], training: Training) -> list[str]:
    """Return the text or the answer that the network generates for each example."""
    runner.network.eval()
    size, texts = training.batch_size or 1, []
    for start in range(0, len(examples), size):
        rows = examples[start : start + size]
        requests = [Request(question=each.text if each.answers else None) for each in rows]
        replies = runner.run_all([open_image(each.image) for each in rows], requests)
        texts += [reply.answers[0].text for reply in replies]
    return texts


def last_checkpoint(unfinished: Path) -> Path | None:
    """Return the last complete checkpoint, or None; its state file is written last."""
    numbered = {
        int(path.name.rpartition("-")[2]): path
        for path in unfinished.glob("checkpoint-*")
        if path.name.rpartition("-")[2].isdecimal()
    }
    for _, path in sorted(numbered.items(), reverse=True):
        with suppress(OSError, ValueError):
            json.loads((path / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
            return path
    return None


def begin(folder: Path, identity: Any, make: Callable[[Path], object] | None = None) -> Path:
    """Return the folder of the initial network of a training; `make` creates it if missing.

    `identity` (JSON) and the library versions determine the result of a training. Raises
    InferenceError if the folder has an interrupted training with others.
    """
    start = folder / UNFINISHED / "start"
    record = start.with_name(RECORD)
    decides = json.dumps([identity, runtime.versions()], sort_keys=True)
    digest = hashlib.sha256(decides.encode()).hexdigest()
    if not writing.holds_something(start.parent):
        writing.make_folder(start.parent)
        write_text(record, digest)  # before what it speaks of
    elif not record.is_file() or record.read_text(encoding="utf-8") != digest:
        raise runtime.InferenceError(
            f"`{folder}` has an interrupted training with other data, models, settings or "
            "libraries",
            hint=f"pass another folder, or delete `{start.parent}` to start again",
            kind="output-exists",
        )
    if make is not None and not start.is_dir():
        make(start)
    return start


def save_trained(parts: tuple[Any, ...], folder: Path) -> None:
    """Write the trained network and its processors; the folder is loadable only when complete.

    All files are written to another folder and then moved, config.json last, since nothing loads a
    folder without it.
    """
    aside = folder / UNFINISHED / "trained"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with runtime.plain_errors(str(folder)), runtime.quiet():
        for part in parts:
            part.save_pretrained(aside)
    read_checkpoint(aside, str(folder))
    writing.grant_umask(aside)
    writing.put_on_disk(*aside.iterdir())
    for path in sorted(aside.iterdir(), key=lambda path: path.name == "config.json"):
        path.replace(folder / path.name)
    writing.remove_folder(folder / UNFINISHED)

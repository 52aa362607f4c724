"""Fine-tuning an encoder-decoder on pairs of pictures and texts."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisor.inference.checkpoint import read_checkpoint
from advisor.inference.composition import JOINT, OutputExistsError
from advisor.inference.errors import BrokenCheckpointError, UnsupportedError
from advisor.inference.extra import library, quiet
from advisor.inference.images import open_image
from advisor.inference.loading import plain_errors
from advisor.inference.pairs import Pair, check_pictures, hold_out, read_pairs
from advisor.inference.placement import place
from advisor.inference.runner import Runner, load_runner

STATE, TENSORS = "state.json", "training.safetensors"
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
    """A held-out picture: what it should say, and what the network wrote before and after."""

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
    resume: bool = True,
    progress: Callable[[Step], None] | None = None,
) -> FineTuning:
    """Train an encoder-decoder folder on a CSV (`image,text`) and save it to another folder.

    Every `checkpoint_every` steps the state is saved in `OUTPUT/unfinished`; a run that was
    interrupted goes on from there. The held-out share is never trained on.
    """
    folder = Path(output)
    unfinished = folder / "unfinished"
    _refuse_other_contents(folder, resume)
    every = read_pairs(pairs)
    check_pictures(every)
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
    trainer = _Trainer(start, training, batch_size, learning_rate, steps, seed)
    state = _resumed(trainer, unfinished, identity) if resume else None
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
        if step % checkpoint_every == 0 and step < steps:
            _keep(trainer, unfinished, identity, {**state, "step": step})
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


class _Trainer:
    """One network, its optimiser and its order of batches, all determined by the seed."""

    def __init__(
        self,
        runner: Runner,
        pairs: tuple[Pair, ...],
        batch_size: int,
        learning_rate: float,
        steps: int,
        seed: int,
    ) -> None:
        torch = library("torch")
        self.runner, self.network, self.pairs = runner, runner.network, pairs
        self.batch_size, self.rate, self.steps, self.seed = batch_size, learning_rate, steps, seed
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=learning_rate, weight_decay=0.01
        )

    def advance(self, step: int) -> float:
        """Take one step and return its loss."""
        torch = library("torch")
        torch.manual_seed(self.seed * 1_000_003 + step)
        self.network.train()
        warm_up = max(1, self.steps // 20)
        share = min(step / warm_up, (self.steps - step + 1) / max(1, self.steps - warm_up))
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, share)
        with plain_errors(self.runner.checkpoint.name), quiet():
            self.optimiser.zero_grad(set_to_none=True)
            loss = self.network(**self._batch(self._chosen(step))).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimiser.step()
        return float(loss.item())

    def loss_on(self, pairs: tuple[Pair, ...]) -> float:
        """Return the mean loss on pairs, without training on them."""
        torch = library("torch")
        self.network.eval()
        total = 0.0
        with torch.no_grad(), plain_errors(self.runner.checkpoint.name), quiet():
            for start in range(0, len(pairs), self.batch_size):
                part = pairs[start : start + self.batch_size]
                total += float(self.network(**self._batch(part)).loss) * len(part)
        return total / len(pairs)

    def _chosen(self, step: int) -> tuple[Pair, ...]:
        each = math.ceil(len(self.pairs) / self.batch_size)
        epoch, place = divmod(step - 1, each)
        order = list(self.pairs)
        random.Random(f"{self.seed}-{epoch}").shuffle(order)
        return tuple(order[place * self.batch_size : (place + 1) * self.batch_size])

    def _batch(self, pairs: tuple[Pair, ...]) -> dict[str, Any]:
        """Return pixels and labels: no start token, an end token, padding as -100."""
        runner: Any = self.runner
        torch, tokenizer = library("torch"), runner.tokenizer
        pictures = [open_image(pair.image).pixels for pair in pairs]
        pixels = runner.images(images=pictures, return_tensors="pt")["pixel_values"]
        config = self.network.config
        longest = min(tokenizer.model_max_length, _positions(config.decoder)) - 2
        rows = [
            [
                *tokenizer(pair.text, add_special_tokens=False)["input_ids"][:longest],
                config.eos_token_id,
            ]
            for pair in pairs
        ]
        width = max(len(row) for row in rows)
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        device = self.runner.setting.placement.device
        return {"pixel_values": pixels.to(device), "labels": labels.to(device)}


def _positions(config: Any) -> int:
    for name in ("max_position_embeddings", "n_positions"):
        value = getattr(config, name, None)
        if isinstance(value, int):
            return value
    return 512


def _written(runner: Runner, pair: Pair) -> str:
    runner.network.eval()
    return runner.run(open_image(pair.image)).answers[0].text


def _refuse_other_contents(folder: Path, resume: bool) -> None:
    if not folder.exists():
        return
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else {"a file"}
    if there - ({"unfinished"} if resume else set()):
        raise OutputExistsError(
            f"`{folder}` is there already and holds something else", hint="name a new folder"
        )


def _keep(trainer: _Trainer, folder: Path, identity: dict[str, Any], state: dict[str, Any]) -> None:
    """Save network, optimiser and step, replacing the previous state in one move."""
    torch_files = library("safetensors.torch")
    scratch = folder.with_name(f".{folder.name}-new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    tensors = {}
    for number, parameter in enumerate(trainer.network.parameters()):
        tensors[f"{number}.value"] = parameter.detach().cpu().contiguous()
        for key, value in trainer.optimiser.state.get(parameter, {}).items():
            tensors[f"{number}.{key}"] = value.detach().cpu().contiguous()
    torch_files.save_file(tensors, scratch / TENSORS)
    (scratch / STATE).write_text(json.dumps({"identity": identity, **state}), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    scratch.replace(folder)


def _resumed(trainer: _Trainer, folder: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """Put a kept state back; None where there is none; refuse one of another training."""
    if not (folder / STATE).is_file():
        return None
    torch = library("torch")
    try:
        state: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
        tensors = library("safetensors.torch").load_file(folder / TENSORS)
    except Exception as error:
        raise BrokenCheckpointError(
            f"the unfinished training in `{folder}` cannot be read", hint="delete it to start anew"
        ) from error
    if state.pop("identity", None) != identity:
        raise OutputExistsError(
            f"`{folder}` belongs to a training with other pairs or settings",
            hint="give the same ones to go on, or name a new folder",
        )
    with torch.no_grad():
        for number, parameter in enumerate(trainer.network.parameters()):
            parameter.copy_(tensors[f"{number}.value"])
            start = f"{number}."
            kept = {
                key.removeprefix(start): value.clone()
                for key, value in tensors.items()
                if key.startswith(start) and key != f"{number}.value"
            }
            if kept:
                trainer.optimiser.state[parameter] = kept
    return state


def _save(runner: Runner, folder: Path) -> None:
    """Write the trained network beside its processor; the unfinished state goes last."""
    loaded: Any = runner
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        runner.network.save_pretrained(folder)
        loaded.images.save_pretrained(folder)
        loaded.tokenizer.save_pretrained(folder)
    for path in folder.glob("*.*"):
        path.chmod(0o644)
    read_checkpoint(folder, str(folder))
    shutil.rmtree(folder / "unfinished", ignore_errors=True)

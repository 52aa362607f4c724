"""Training: the pairs it learns from, and network, optimiser and order of batches, resumable."""

from __future__ import annotations

import csv
import json
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from advisor.console.options import MAX_SEED, Device, option
from advisor.errors import BrokenFileError, UsageError
from advisor.files import is_file, make_folder, put_on_disk, read_lines, replacing
from advisor.phrasing import count
from advisor.trial.failures import BrokenCheckpointError, OutputExistsError, TrainingError
from advisor.trial.images import open_image
from advisor.trial.runner import Runner
from advisor.trial.runtime import library, plain_errors, quiet

STATE = "training.safetensors"
WARM_UP_SHARE = 20
ROOM = 512
"""How many tokens a decoder takes that does not say."""
WEIGHT_DECAY = 0.01
BUFFER = "buffer"
"""What a state calls the statistics that norms keep of what they saw."""
Pair = TypeVar("Pair", bound=Any)
"""A TrainingPair, or what has its `image`, its `text` and what is `expected` as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPair:
    """An image file and the text that belongs to it."""

    image: Path
    text: str

    @property
    def expected(self) -> str:
        """What should be written."""
        return self.text


def read_pairs(path: str | Path) -> tuple[TrainingPair, ...]:
    """Return the pairs of a CSV with the columns `image` and `text`, relative to the file.

    Every bad line is reported; each image is opened once, so that a broken one is named before
    training begins.
    """
    source = Path(path)
    try:
        reader = csv.DictReader(read_lines(source))
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
        elif not is_file(image):
            problems.append(f"{path}:{number}: there is no file `{name}`")
        else:
            pairs.append(TrainingPair(image=image, text=text))
    if problems:
        raise BrokenFileError(
            f"`{path}` has {count(len(problems), 'bad line')}",
            problems=tuple(problems),
            hint="correct or remove them",
        )
    if len({pair.image for pair in pairs}) < 2:
        raise BrokenFileError(
            f"`{path}` has fewer than two images",
            hint="one is held out, so at least two are needed",
        )
    for pair in pairs:
        open_image(pair.image)
    return tuple(pairs)


def hold_out(
    pairs: tuple[Pair, ...], share: float, seed: int
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Return training pairs and held-out pairs; the same seed gives the same parts.

    The cut goes between images, so that no held-out image was seen with another text.
    """
    images = list(dict.fromkeys(pair.image for pair in pairs))
    random.Random(seed).shuffle(images)
    held = set(images[: min(len(images) - 1, max(1, round(len(images) * share)))])
    training = tuple(pair for pair in pairs if pair.image not in held)
    return training, tuple(pair for pair in pairs if pair.image in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How to train; the fields are options of `advisor compose` as well."""

    epochs: Annotated[int, option("--epochs", "Times through the pairs.", min=1)] = 10
    batch_size: Annotated[int, option("--batch-size", "Pairs a step.", min=1)] = 16
    learning_rate: Annotated[
        float, option("--learning-rate", "Of AdamW, at its highest.", min=0)
    ] = 5e-5
    held_out: Annotated[
        float, option("--held-out", "Share of images kept to judge.", min=0, max=0.9)
    ] = 0.1
    seed: Annotated[
        int,
        option("--seed", "For new weights and the order.", min=0, max=MAX_SEED, show_default=False),
    ] = 0
    device: Device = "auto"
    checkpoint_every: Annotated[
        int, option("--checkpoint-every", "Steps between saved states.", min=1)
    ] = 200

    def __post_init__(self) -> None:
        rates = {"--learning-rate": self.learning_rate, "--held-out": self.held_out}
        for flag, number in rates.items():
            if not math.isfinite(number):
                hint = "`advisor compose --help`"
                raise UsageError(f"`{flag} {number}` is not a number", hint=hint)

    @property
    def identity(self) -> list[float]:
        """The settings that decide what comes of it."""
        return [self.epochs, self.batch_size, self.learning_rate, self.held_out, self.seed]


class Trainer:
    """One network, its optimiser and its order of batches, all determined by the seed.

    The learning rate rises over one `warm_up_share`-th of the steps, and falls to 0.
    """

    warm_up_share: ClassVar[int] = WARM_UP_SHARE

    def __init__(self, runner: Runner, pairs: tuple[Any, ...], training: Training) -> None:
        self.runner, self.network, self.pairs = runner, runner.network, pairs
        self.training = training
        self.steps = training.epochs * math.ceil(len(pairs) / training.batch_size)
        self.optimiser = self._made_optimiser()

    def _made_optimiser(self) -> Any:
        return library("torch").optim.AdamW(
            self.network.parameters(), lr=self.training.learning_rate, weight_decay=WEIGHT_DECAY
        )

    def _clip(self) -> None:
        library("torch").nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)

    @property
    def parts(self) -> tuple[Any, ...]:
        """What is saved in the end."""
        runner: Any = self.runner
        return (self.network, runner.image_processor, runner.tokenizer)

    def advance(self, step: int) -> float:
        """Take one step and return its loss."""
        torch = library("torch")
        torch.manual_seed(self.training.seed * 1_000_003 + step)
        self.network.train()
        warm_up = max(1, self.steps // self.warm_up_share)
        share = min(step / warm_up, (self.steps - step + 1) / max(1, self.steps - warm_up))
        for group in self.optimiser.param_groups:
            group["lr"] = self.training.learning_rate * min(1.0, share)
        with plain_errors(self.runner.checkpoint.name), quiet():
            self.optimiser.zero_grad(set_to_none=True)
            loss = self.network(**self._batch(self._chosen(step))).loss
            loss.backward()
            self._clip()
            self.optimiser.step()
        value = float(loss.item())
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is no longer a number at step {step}",
                hint="train with a smaller --learning-rate",
            )
        return value

    def loss_on(self, pairs: tuple[Any, ...]) -> float:
        """Return the mean loss on pairs, without training on them."""
        self.network.eval()
        total = 0.0
        with library("torch").no_grad(), plain_errors(self.runner.checkpoint.name), quiet():
            for start in range(0, len(pairs), self.training.batch_size):
                batch = pairs[start : start + self.training.batch_size]
                total += float(self.network(**self._batch(batch)).loss) * len(batch)
        return total / len(pairs)

    def save_state(self, folder: Path, identity: dict[str, Any], state: dict[str, Any]) -> None:
        """Save weights, buffers, optimiser and state in one file that replaces the previous one.

        `identity` says which training it belongs to; both are plain JSON.
        """
        make_folder(folder)
        tensors = {}
        for number, parameter in enumerate(self.network.parameters()):
            values = {"value": parameter, **self.optimiser.state.get(parameter, {})}
            for key, value in values.items():
                tensors[f"{number}.{key}"] = value.detach().cpu().contiguous()
        for number, buffer in enumerate(self.network.buffers()):
            tensors[f"{BUFFER}.{number}"] = buffer.detach().cpu().contiguous().clone()
        metadata = {"training": json.dumps({"identity": identity, **state})}
        with (
            replacing(folder / STATE, chosen=True) as scratch,
            plain_errors(self.runner.checkpoint.name),
        ):
            library("safetensors.torch").save_file(tensors, scratch, metadata=metadata)
            put_on_disk(scratch)

    def resume(self, folder: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
        """Put a saved state back and return it; None where there is none.

        Raises OutputExistsError where it belongs to another training.
        """
        path = folder / STATE
        if not path.is_file():
            return None
        try:
            with library("safetensors").safe_open(path, framework="pt") as file:
                state: dict[str, Any] = json.loads((file.metadata() or {})["training"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            begun = state.pop("identity", None)
        except Exception as error:
            raise _unreadable(folder) from error
        if begun != identity:
            raise OutputExistsError(
                f"`{folder}` belongs to a training with other pairs or settings",
                hint="give the same ones to go on, or name a new folder",
            )
        try:
            self._refuse_other_kinds(state)
            self._put_back(tensors)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise _unreadable(folder) from error
        return state

    def _refuse_other_kinds(self, state: dict[str, Any]) -> None:
        """Raise ValueError where what a state says is not what `trained_to_end` has it say."""
        whole = isinstance(state["step"], int) and 0 <= state["step"] <= self.steps
        texts = state["texts_before"]
        told = isinstance(texts, list) and all(isinstance(each, str) for each in texts)
        if not (whole and told and math.isfinite(state["loss_before"])):
            raise ValueError("a value is of another kind than it was written with")

    def _put_back(self, tensors: dict[str, Any]) -> None:
        """Set parameters, what the optimiser knows of them, and buffers."""
        moments: dict[str, dict[str, Any]] = defaultdict(dict)
        for name, value in tensors.items():
            number, _, key = name.partition(".")
            moments[number][key] = value
        with library("torch").no_grad():
            for place, parameter in enumerate(self.network.parameters()):
                parameter.copy_(moments[str(place)].pop("value"))
                if moments[str(place)]:
                    self.optimiser.state[parameter] = moments[str(place)]
            for place, buffer in enumerate(self.network.buffers()):
                buffer.copy_(moments[BUFFER][str(place)])

    def _chosen(self, step: int) -> tuple[Any, ...]:
        """Return the pairs of a step, in an order that the seed and the epoch decide."""
        size = self.training.batch_size
        epoch, batch = divmod(step - 1, math.ceil(len(self.pairs) / size))
        order = list(self.pairs)
        random.Random(f"{self.training.seed}-{epoch}").shuffle(order)
        return tuple(order[batch * size : (batch + 1) * size])

    def _batch(self, pairs: tuple[Any, ...]) -> dict[str, Any]:
        """Return pixels and labels: no start token, an end token, padding as -100."""
        runner: Any = self.runner
        torch, tokenizer, config = library("torch"), runner.tokenizer, self.network.config
        images = [open_image(pair.image).pixels for pair in pairs]
        pixels = runner.image_processor(images=images, return_tensors="pt")["pixel_values"]
        names = ("max_position_embeddings", "n_positions")
        positions = (getattr(config.decoder, name, None) for name in names)
        room = next((each for each in positions if isinstance(each, int)), ROOM)
        longest = min(tokenizer.model_max_length, room) - 2
        texts = [tokenizer(pair.text, add_special_tokens=False)["input_ids"] for pair in pairs]
        rows = [[*ids[:longest], config.eos_token_id] for ids in texts]
        width = max(len(row) for row in rows)
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        device = self.runner.placement.device
        return {"pixel_values": pixels.to(device), "labels": labels.to(device)}


def _unreadable(folder: Path) -> BrokenCheckpointError:
    return BrokenCheckpointError(
        f"the unfinished training in `{folder}` cannot be read", hint="delete it to start anew"
    )

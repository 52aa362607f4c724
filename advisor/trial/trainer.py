"""A training in progress: network, optimiser and order of batches, kept and taken up again."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

from advisor.files import replacing
from advisor.trial.extra import library, quiet
from advisor.trial.failures import BrokenCheckpointError, OutputExistsError, TrainingError
from advisor.trial.images import open_image
from advisor.trial.loading import plain_errors
from advisor.trial.pairs import Pair
from advisor.trial.runner import Runner

STATE = "training.safetensors"
WARM_UP_SHARE = 20
WEIGHT_DECAY = 0.01


class Trainer:
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
            self.network.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY
        )

    def advance(self, step: int) -> float:
        """Take one step and return its loss."""
        torch = library("torch")
        torch.manual_seed(self.seed * 1_000_003 + step)
        self.network.train()
        warm_up = max(1, self.steps // WARM_UP_SHARE)
        share = min(step / warm_up, (self.steps - step + 1) / max(1, self.steps - warm_up))
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, share)
        with plain_errors(self.runner.checkpoint.name), quiet():
            self.optimiser.zero_grad(set_to_none=True)
            loss = self.network(**self._batch(self._chosen(step))).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimiser.step()
        found = float(loss.item())
        if not math.isfinite(found):
            raise TrainingError(
                f"the loss is no number any more at step {step}",
                hint="train with a smaller --learning-rate",
            )
        return found

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

    def keep(self, folder: Path, identity: dict[str, Any], state: dict[str, Any]) -> None:
        """Save weights, optimiser and state in one file that replaces the previous one at once.

        `identity` says which training it belongs to; both are plain JSON.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {}
        for number, parameter in enumerate(self.network.parameters()):
            tensors[f"{number}.value"] = parameter.detach().cpu().contiguous()
            for key, value in self.optimiser.state.get(parameter, {}).items():
                tensors[f"{number}.{key}"] = value.detach().cpu().contiguous()
        said = {"training": json.dumps({"identity": identity, **state})}
        with replacing(folder / STATE) as scratch, plain_errors(self.runner.checkpoint.name):
            library("safetensors.torch").save_file(tensors, scratch, metadata=said)

    def take_up(self, folder: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
        """Put a kept state back and return it; None where there is none.

        Raises OutputExistsError where it belongs to another training.
        """
        path = folder / STATE
        if not path.is_file():
            return None
        try:
            with library("safetensors").safe_open(path, framework="pt") as file:
                state: dict[str, Any] = json.loads((file.metadata() or {})["training"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except Exception as error:
            raise BrokenCheckpointError(
                f"the unfinished training in `{folder}` cannot be read",
                hint="delete it to start anew",
            ) from error
        if state.pop("identity", None) != identity:
            raise OutputExistsError(
                f"`{folder}` belongs to a training with other pairs or settings",
                hint="give the same ones to go on, or name a new folder",
            )
        self._put_back(tensors)
        return state

    def _put_back(self, tensors: dict[str, Any]) -> None:
        with library("torch").no_grad():
            for number, parameter in enumerate(self.network.parameters()):
                parameter.copy_(tensors[f"{number}.value"])
                start = f"{number}."
                kept = {
                    key.removeprefix(start): value.clone()
                    for key, value in tensors.items()
                    if key.startswith(start) and key != f"{number}.value"
                }
                if kept:
                    self.optimiser.state[parameter] = kept

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
        images = [open_image(pair.image).pixels for pair in pairs]
        pixels = runner.image_processor(images=images, return_tensors="pt")["pixel_values"]
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

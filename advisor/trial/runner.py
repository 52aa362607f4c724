"""A runner: a loaded checkpoint, ready for one task."""

from __future__ import annotations

import abc
import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from advisor.trial import model_types
from advisor.trial.acts import Act, act_of
from advisor.trial.answer import Reply, Request
from advisor.trial.demo import known_words, unknown_words, warnings_of
from advisor.trial.download import Progress
from advisor.trial.extra import library, quiet, transformers
from advisor.trial.failures import BrokenCheckpointError, MissingInputError, UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_network, plain_errors
from advisor.trial.local_checkpoint import Checkpoint, knows
from advisor.trial.model_types import Row
from advisor.trial.placement import Placement, place
from advisor.trial.resolution import Agreement, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything a runner stands on."""

    checkpoint: Checkpoint
    task: str
    act: Act
    placement: Placement
    network: Any
    max_new_tokens: int | None = None
    seed: int = 0
    warnings: tuple[str, ...] = ()


class Runner(abc.ABC):
    """A checkpoint that answers requests about images for one task."""

    needs_texts = False
    needs_question = False
    needs_others = False
    tables_read_whole = True

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.checkpoint = setting.checkpoint
        self.task = setting.task
        self.network = setting.network
        self.warnings = setting.warnings
        self.known_words = known_words(setting.checkpoint.folder)
        self.prepare()

    @property
    def class_name(self) -> str:
        """The transformers class that runs."""
        return type(self.network).__name__

    @abc.abstractmethod
    def prepare(self) -> None:
        """Load what turns images and words into the network's inputs."""

    @abc.abstractmethod
    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Answer; called without gradients, with the inputs checked."""

    def run(self, image: OpenedImage, request: Request | None = None) -> Reply:
        """Answer a request about a image."""
        request = request or Request()
        self._check(request)
        torch = library("torch")
        with torch.inference_mode(), plain_errors(self.checkpoint.name), quiet():
            # Seeding every kind of device takes half a millisecond, the CPU's alone next to none.
            on_cpu = self.setting.placement.device == "cpu"
            (torch.default_generator if on_cpu else torch).manual_seed(self.setting.seed)
            reply = self.respond(image, request)
        if any(math.isnan(number) for answer in reply.answers for number in answer.numbers):
            raise BrokenCheckpointError(
                f"what `{self.checkpoint.name}` answers is no number",
                hint="its weights are damaged, or --dtype float32 is needed",
            )
        new = unknown_words(self.known_words, (*request.texts, request.question or ""))
        return replace(reply, warnings=(*reply.warnings, *new)) if new else reply

    def on_device(self, inputs: Any) -> dict[str, Any]:
        """Return processor outputs on the device, images in the network's precision."""
        dtype = self.setting.placement.torch_dtype
        found = {}
        for key, value in dict(inputs).items():
            if hasattr(value, "to"):
                whole = not value.is_floating_point()
                device = self.setting.placement.device
                found[key] = value.to(device) if whole else value.to(device, dtype)
            else:
                found[key] = value
        return found

    def _check(self, request: Request) -> None:
        if self.needs_texts and not any(text.strip() for text in request.texts):
            raise MissingInputError(
                f"`{self.checkpoint.name}` ranks texts you name, and none was given",
                hint="add --labels 'a cat,a dog'",
            )
        if self.needs_question and not (request.question or request.prompt or "").strip():
            raise MissingInputError(
                f"`{self.checkpoint.name}` answers a question, and none was given",
                hint="add --question 'what is in the image?'",
            )
        if self.needs_others and not request.others:
            raise MissingInputError(
                f"`{self.checkpoint.name}` compares with other images, and none was given",
                hint="add --folder FOLDER",
            )


def load_runner(
    checkpoint: str | Path | Checkpoint,
    task: str,
    *,
    device: str = "auto",
    dtype: str | None = None,
    revision: str | None = None,
    offline: bool = False,
    agree: Agreement | None = None,
    progress: Progress | None = None,
    max_new_tokens: int | None = None,
    seed: int = 0,
    pretrained_only: bool = False,
) -> Runner:
    """Load a checkpoint for a task with the class, processor and decoding that fit its type.

    `checkpoint` is a folder, a hub id or `demo:NAME`; `agree` is asked before anything is
    downloaded, without it nothing is. Raises an InferenceError in one sentence.
    """
    transformers()
    found = (
        checkpoint
        if isinstance(checkpoint, Checkpoint)
        else resolve(checkpoint, revision=revision, offline=offline, agree=agree, progress=progress)
    )
    act, row = row_for(found, task)
    placement = place(device, dtype)
    network, notes = load_network(found, row, placement, pretrained_only=pretrained_only)
    setting = Setting(
        checkpoint=found,
        task=task,
        act=act,
        placement=placement,
        network=network,
        max_new_tokens=max_new_tokens,
        seed=seed,
        warnings=(*notes, *warnings_of(found.folder)),
    )
    module, _, name = row.runner.partition(":")
    runner: Callable[[Setting], Runner] = getattr(
        importlib.import_module(f"advisor.trial.{module}"), name
    )
    return runner(setting)


def supported_tasks(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the task ids that a runner exists for, by the checkpoint's model type."""
    return model_types.tasks_of(_rows(checkpoint))


def row_for(checkpoint: Checkpoint, task: str) -> tuple[Act, Row]:
    """Return what the table says about a checkpoint and a task; UnsupportedError where nothing."""
    act = act_of(task)
    rows = _rows(checkpoint)
    if not rows:
        known = knows(checkpoint.model_type)
        reason = "advisor has no runner for it" if known else "the installed transformers lacks it"
        raise UnsupportedError(
            f"`{checkpoint.name}` is a `{checkpoint.model_type}`, and {reason}",
            hint="pip install --upgrade transformers" if not known else "choose another checkpoint",
        )
    if act is None or act not in rows:
        raise UnsupportedError(
            f"a `{checkpoint.model_type}` like `{checkpoint.name}` cannot do `{task}`",
            hint=f"it can do: {', '.join(supported_tasks(checkpoint))}",
        )
    return act, rows[act]


def _rows(checkpoint: Checkpoint) -> dict[Act, Row]:
    rows = model_types.ROWS.get(checkpoint.model_type)
    if rows is not None:
        return rows
    auto = library("transformers.models.auto.modeling_auto")
    talks = checkpoint.model_type in auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    return model_types.CHAT if talks else {}

"""A runner: a loaded checkpoint, ready for one task."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from advisor.decide.command_lines import act_of, fixed_prompt, needs_for, use_for
from advisor.decide.programs import prompts_for, way_of
from advisor.model import Checkpoint
from advisor.model.library import ANY_TYPE, Act, RunnerUse
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules
from advisor.trial import runtime
from advisor.trial.answer import Reply, Request
from advisor.trial.demo import read_card, warnings_of
from advisor.trial.images import OpenedImage
from advisor.trial.loading import USES, load_network, load_part
from advisor.trial.local_checkpoint import LocalCheckpoint, read_checkpoint
from advisor.trial.placement import Placement, place
from advisor.trial.resolution import Loading, resolve

MISSING = {
    "labels": (
        "ranks texts and needs a list of labels",
        "--labels 'a photo of a cat,a photo of a dog'",
    ),
    "question": (
        "answers questions and needs a question",
        "--question 'what is in the image?'",
    ),
    "folder": ("works on several images and needs a folder of images", "--folder FOLDER"),
}
"""For each need, the reason that an error gives and the flag that its hint names."""


@dataclass(kw_only=True, eq=False, repr=False)
class Runner:
    """A checkpoint that answers requests about images for one task.

    `act` is the id of the task's operation. `needs` are its inputs beside the image (`labels`,
    `question`, `folder`, `query`); `prompts` are those of the rules, the task's first; `new_tokens`
    is the default limit of generated tokens. `entry` is the catalog's, None if it has none.
    """

    takes_regions: ClassVar[bool] = False
    scored_by: ClassVar[str] = ""
    """The source of `label_scores`, as in Candidate; empty if there are none."""

    checkpoint: LocalCheckpoint
    act: str
    needs: tuple[str, ...]
    prompts: tuple[str, ...]
    placement: Placement
    network: Any
    loading: Loading
    use: RunnerUse
    task: str
    new_tokens: int = 1
    entry: Checkpoint | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.warnings += warnings_of(read_card(self.checkpoint.folder))
        with runtime.plain_errors(self.checkpoint.name):
            self.prepare()

    @property
    def class_name(self) -> str:
        """The name of the network's class."""
        return type(self.network).__name__

    def prepare(self) -> None:
        """Load the processor and the tokenizer."""
        self.processor: Any = load_part(self.checkpoint, "AutoProcessor")
        self.tokenizer: Any = getattr(self.processor, "tokenizer", self.processor)

    def processed(self, image: OpenedImage, **words: Any) -> dict[str, Any]:
        """Return the processor's outputs for an image and its texts, on the device."""
        return self.on_device(self.processor(images=image.pixels, return_tensors="pt", **words))

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Answer one request; the caller checks the inputs and turns gradients off."""
        raise NotImplementedError

    def respond_to_all(
        self, images: Sequence[OpenedImage], requests: Sequence[Request]
    ) -> list[Reply]:
        """Answer a request about each image, one after the other unless a runner makes batches."""
        return [self.respond(*each) for each in zip(images, requests, strict=True)]

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the score of each text of a request for each image, in 0..1, (images, texts).

        Called within `running`. Raises UnsupportedError unless a runner can score texts.
        """
        raise runtime.UnsupportedError(
            f"`{self.checkpoint.name}` cannot score {count(len(request.texts), 'label')} for "
            f"{count(len(images), 'image')}",
            hint="choose a checkpoint for classification, or one that generates text",
        )

    def run(self, image: OpenedImage, request: Request | None = None) -> Reply:
        """Answer a request about an image."""
        (reply,) = self.run_all([image], [request or Request()])
        return reply

    def run_all(self, images: Sequence[OpenedImage], requests: Sequence[Request]) -> list[Reply]:
        """Check all inputs, then answer a request about each image, in batches if possible."""
        for each in zip(images, requests, strict=True):
            self._check(*each)
        with self.running():
            replies = self.respond_to_all(images, requests)
        return [self._judged(*each) for each in zip(replies, requests, strict=True)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Compute without gradients, from the seed, and turn errors of torch into AdvisorErrors."""
        torch = runtime.library("torch")
        with torch.inference_mode(), runtime.plain_errors(self.checkpoint.name), runtime.quiet():
            # Seeding every kind of device takes half a millisecond, the CPU's alone next to none.
            on_cpu = self.placement.device == "cpu"
            generator = torch.default_generator if on_cpu else torch
            generator.manual_seed(self.loading.seed)
            yield

    def _judged(self, reply: Reply, request: Request) -> Reply:
        """Return the reply, with a warning if the question was ignored; refuse NaN scores."""
        if any(math.isnan(answer.score or 0.0) for answer in reply.answers):
            raise runtime.BrokenCheckpointError(
                f"`{self.checkpoint.name}` returned NaN scores",
                hint="pass --dtype float32. If the scores stay NaN, download the weights again",
            )
        fixed = fixed_prompt(self.entry, self.task)
        if not request.question or fixed is None or request.prompt:
            return reply
        new = f"the model ignores the question, because its prompt is always `{fixed}`"
        return replace(reply, warnings=(*reply.warnings, new))

    def on_device(self, inputs: Any) -> dict[str, Any]:
        """Return processor outputs on the device, floating-point ones in the network's dtype."""

        def moved(value: Any) -> Any:
            if not hasattr(value, "to"):
                return value
            precision = self.placement.torch_dtype if value.is_floating_point() else None
            return value.to(self.placement.device, precision)

        return {key: moved(value) for key, value in dict(inputs).items()}

    def _check(self, image: OpenedImage, request: Request) -> None:
        """Raise ImageError for unusable region features, MissingInputError for a missing need."""
        if image.regions and not self.takes_regions:
            raise runtime.ImageError(
                f"`{image.name}` has region features, and `{self.checkpoint.name}` needs an image",
                hint="pass an image file. Only a unified VLP (2020) uses region features",
            )
        given = {
            "labels": "".join(request.texts).strip(),
            "question": (request.question or request.prompt or "").strip(),
            "folder": request.others or "query" in self.needs,
        }
        for need in self.needs:
            if not given.get(need, True):
                does, flag = MISSING[need]
                raise runtime.MissingInputError(
                    f"`{self.checkpoint.name}` {does}", hint=f"add {flag}"
                )


@cache
def shipped_table() -> RuleBase:
    """Return the shipped rule base, read once."""
    return load_rules()


def load_runner(
    checkpoint: str | Path | LocalCheckpoint,
    task: str,
    *,
    rulebase: RuleBase | None = None,
    **loading: Any,
) -> Runner:
    """Load a checkpoint for a task with the class, processor and decoding that fit its type.

    `checkpoint` is a folder, a Hub id or `demo:NAME`; `loading` are fields of Loading: `device`,
    `dtype`, `revision`, `offline`, `agree`, `pretrained_only`, `max_new_tokens`, `seed` and
    `thinking`. Raises an AdvisorError if it cannot be loaded or does not support the task.
    """
    runtime.transformers()
    settings = Loading(**loading)
    local = checkpoint if isinstance(checkpoint, LocalCheckpoint) else resolve(checkpoint, settings)
    local = fine_tuned_for(local, task)
    rulebase = rulebase or shipped_table()
    act, use = act_and_use(rulebase, local, task)
    entry = rulebase.checkpoints.get(local.name)
    placement = place(settings.device, settings.dtype, local.weights, entry)
    # a runner says by itself how it thinks
    way = (way_of(entry, task),) if entry and task in entry.pipelines else ()
    network, notes = load_network(
        local,
        class_to_load(use, local),
        placement,
        unused_by_task=use.unread,
        pretrained_only=settings.pretrained_only,
    )
    return runner_class(use)(
        checkpoint=local,
        act=act.id,
        needs=needs_for(act, task, use, entry),
        prompts=prompts_for(
            rulebase, use, type(network).__name__, task, entry.prompts if entry else {}
        ),
        placement=placement,
        network=network,
        loading=settings,
        use=use,
        task=task,
        new_tokens=act.limit(task),
        entry=entry,
        warnings=(*notes, *way),
    )


def fine_tuned_for(checkpoint: LocalCheckpoint, task: str) -> LocalCheckpoint:
    """Return the checkpoint in the subfolder that its card names for this task, else itself."""
    folders = read_card(checkpoint.folder).get("folders")
    named = folders.get(task) if isinstance(folders, dict) else None
    if not isinstance(named, str) or Path(named).name != named or named in ("", ".", ".."):
        return checkpoint
    inner = read_checkpoint(checkpoint.folder / named, checkpoint.name)
    return replace(inner, revision=checkpoint.revision)


def supported_tasks(
    checkpoint: LocalCheckpoint, rulebase: RuleBase | None = None
) -> tuple[str, ...]:
    """Return the ids of the tasks that a runner supports for the checkpoint's model type."""
    rulebase = rulebase or shipped_table()
    uses = _uses(rulebase, checkpoint)
    acts = [act for act in rulebase.acts.values() if use_for(uses, act, checkpoint.part_types)]
    return tuple(task for act in acts for task in act.tasks)


def act_and_use(
    rulebase: RuleBase, checkpoint: LocalCheckpoint, task: str
) -> tuple[Act, RunnerUse]:
    """Return the operation of a task and its `uses` entry; raise UnsupportedError without one."""
    uses = _uses(rulebase, checkpoint)
    if not uses:
        raise runtime.UnsupportedError(
            f"`{checkpoint.name}` has the model type `{checkpoint.model_type}`, and advisor has no "
            "runner for it, or the installed transformers does not support it",
            hint="choose another checkpoint, run `pip install --upgrade transformers`, or add a "
            f"runner for this type under {USES}",
        )
    act = act_of(rulebase, task)
    use = use_for(uses, act, checkpoint.part_types) if act else None
    if act is None or use is None:
        raise runtime.UnsupportedError(
            f"a `{checkpoint.model_type}` model such as `{checkpoint.name}` does not support "
            f"`{task}`",
            hint=f"the model supports {', '.join(supported_tasks(checkpoint, rulebase))}",
        )
    return act, use


def class_to_load(use: RunnerUse, checkpoint: LocalCheckpoint) -> str:
    """Return the name of the transformers class that a `uses` entry sets for a checkpoint."""
    return use.loads.get(checkpoint.model_type) or use.loads[ANY_TYPE]


def _uses(rulebase: RuleBase, checkpoint: LocalCheckpoint) -> tuple[RunnerUse, ...]:
    """Return the `uses` entries of a model type; those of any type only if it is a chat model."""
    uses = rulebase.uses_of(checkpoint.model_type)
    if all(checkpoint.model_type in use.loads for use in uses):
        return uses
    auto = runtime.library("transformers.models.auto.modeling_auto")
    talks = checkpoint.model_type in auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    return uses if talks else ()


def runner_class(use: RunnerUse) -> type[Runner]:
    """Return the runner class that an entry names; raise UnsupportedError if it does not exist."""
    module, _, name = use.runner.partition(".")
    try:
        runner: type[Runner] = getattr(importlib.import_module(f"advisor.trial.{module}"), name)
    except (ImportError, AttributeError) as error:
        raise runtime.UnsupportedError(
            f"the rules name the runner `{use.runner}` for `{use.id}`, and that runner does not "
            "exist",
            hint="use a runner of advisor.trial, like the other entries in rules/programs",
        ) from error
    return runner

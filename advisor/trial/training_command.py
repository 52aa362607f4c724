"""`advisor compose`, `train vlp` and `convert vlp`: combine, train and convert networks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Options
from advisor.console.options import Download, Offline, option
from advisor.console.output import Shown, interactive, note, progress_line
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError, check_name
from advisor.trial.command import agreement
from advisor.trial.resolution import Loading
from advisor.trial.runtime import OWN_NETWORKS, library, quiet, transformers
from advisor.trial.training import HELD_OUT_LOSS, FineTuning, Progress, Training
from advisor.writing import refuse_folder

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.trial.composition import Composition

Save = Annotated[list[str], option("--save FOLDER", "New or empty output folder.", "--output")]
Data = Annotated[
    str, typer.Argument(metavar="DATA", help="A table, COCO captions, or VQA questions.")
]
File = Annotated[str, typer.Argument(metavar="FILE", help="The state dict, model.EPOCH.bin.")]
Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="Output folder, new or empty.")]
Vocabulary = Annotated[str, option("--vocabulary FILE", "vocab.txt of BERT-base cased.")]
Answers = Annotated[
    str, option("--answers FILE", "Text file, one answer per line. Default: class numbers.")
]
EXAMPLES = "`advisor compose --help` shows examples of both"
SILENCE_S = 30
"""Seconds between two lines of progress, if stderr is not a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The models to combine, or the one to fine-tune, and the pairs; empty if not passed."""

    encoder: Annotated[str, option("--encoder ID|FOLDER", "Pretrained vision encoder.")] = ""
    decoder: Annotated[str, option("--decoder ID|FOLDER", "Pretrained text decoder.")] = ""
    checkpoint: Annotated[
        str, option("--checkpoint ID|FOLDER", "Model to fine-tune, instead of combining two.")
    ] = ""
    pairs: Annotated[
        str, option("--finetune PAIRS", "Train on a CSV with columns image and text.")
    ] = ""
    lora: Annotated[
        int, option("--lora RANK", "Train LoRA adapters of this rank. 0 trains all weights.", min=0)
    ] = 0

    def __post_init__(self) -> None:
        joins = (self.encoder, self.decoder)
        if (any(joins) or not self.pairs) if self.checkpoint else not all(joins):
            both = "pass --encoder and --decoder to combine two models"
            raise UsageError(f"{both}, or --checkpoint with --finetune PAIRS", hint=EXAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The objective, the data and the initial model of a training; empty if not passed."""

    aim: Annotated[
        str, option("--aim AIM", "Training objective: pretraining, captions or answers.")
    ] = "captions"
    checkpoint: Annotated[
        str, option("--checkpoint FOLDER", "Model to start from. Default: a small new network.")
    ] = ""
    images: Annotated[
        str, option("--images DIR", "Images or region features. Default: beside the data file.")
    ] = ""
    annotations: Annotated[str, option("--annotations FILE", "VQA annotations file.")] = ""
    vocabulary: Annotated[
        str, option("--vocabulary FILE", "vocab.txt of a new model. Default: words of the data.")
    ] = ""


def compose(
    *,
    parts: Annotated[Parts, Options(Parts)],
    save: Save = [],  # noqa: B006
    training: Annotated[Training, Options(Training)],
    offline: Offline = False,
    download: Download = False,
    shown: Shown,
) -> int:
    """Combine a vision encoder and a text decoder, and fine-tune the result.

    The cross-attention is untrained, so the output is random until you fine-tune the model on
    pairs. The command saves the weights of the epoch with the lowest validation loss. Run the same
    command again to resume an interrupted training from its last checkpoint.

    \b
    Examples:
      advisor compose --encoder facebook/dinov2-small --decoder gpt2 --save model
      advisor compose --checkpoint model --finetune pairs.csv --save captioner
      advisor compose --encoder vit --decoder bert --finetune pairs.csv --save out
    """
    from advisor.trial import composition

    folder = _folder_of(save, shown)
    agree = agreement(agreed=download, asks=interactive())
    loading = Loading(offline=offline, seed=training.seed, agree=agree)

    both = (parts.encoder, parts.decoder)
    if not parts.pairs:
        shown.emit(_report(composition.compose(*both, folder, **loading._asdict())))
        return 0
    settings: dict[str, Any] = {"lora": parts.lora, "loading": loading, **asdict(training)}
    with resumable() as progress:
        start = parts.checkpoint or both
        done = composition.finetune(start, parts.pairs, folder, progress=progress, **settings)
    shown.emit(_report(done))
    return 0


def vlp(
    *,
    data: Data,
    material: Annotated[Material, Options(Material)],
    training: Annotated[Training, Options(Training)],
    save: Save = [],  # noqa: B006
    shown: Shown,
) -> int:
    """Pre-train unified VLP (2020), or fine-tune it for captioning or VQA.

    Unset options use the published settings. A small grid encoder, which is trained too,
    encodes images. With region features (.npz files in --images), the network is that of the
    paper. Run the same command again to resume an interrupted training from its last checkpoint.

    \b
    Examples:
      advisor train vlp pairs.csv --aim pretraining --save start --epochs 10
      advisor train vlp pairs.csv --checkpoint start --save captioner
      advisor train vlp qa.csv --aim answers --checkpoint start --save answerer
    """
    from advisor.trial.unified_training import AIMS, ANSWERS, train_unified

    check_name("aim", material.aim, AIMS, "aims")
    folder = _folder_of(save, shown)
    flags = "--task vqa --question QUESTION" if material.aim == ANSWERS else "--task captioning"

    settings: dict[str, Any] = {**asdict(material), **asdict(training)}
    with resumable() as progress:
        done = train_unified(data, folder, progress=progress, **settings)
    shown.emit(_report(done, flags))
    return 0


def convert(
    *,
    file: File,
    folder: Folder,
    vocabulary: Vocabulary = "",
    answers: Answers = "",
    shown: Shown,
) -> int:
    """Convert the weights of unified VLP (Zhou et al., 2020) to a checkpoint folder.

    advisor unpickles tensors only, infers the sizes from the tensor shapes, and lists the tensors
    that it drops. The folder has safetensors weights, configuration, processor and a model card.

    \b
    Examples:
      advisor convert vlp model.30.bin captioner --vocabulary vocab.txt
      advisor convert vlp vqa.bin vqa --vocabulary vocab.txt --answers answers.txt
    """
    if not vocabulary:
        raise UsageError(
            "the weights do not include a vocabulary. Add --vocabulary vocab.txt",
            hint="use the vocab.txt of bert-base-cased, which has 28,996 lines",
        )
    refuse_folder(Path(folder))
    _folder_of([folder], shown)
    transformers()
    conversion = library(f"{OWN_NETWORKS}.conversion")
    with quiet():
        done = conversion.convert(file, folder, vocabulary=vocabulary, answers=answers or None)
    shown.emit(_report_of_conversion(done))
    return 0


def _folder_of(save: list[str], shown: Shown) -> str:
    """Return the one output folder; raise UsageError for none or several."""
    if len(save) != 1:
        hint = f"found {', '.join(save)}" if save else "e.g. --save my-captioner"
        raise UsageError("the output folder is missing. Add --save FOLDER", hint=hint)
    shown.refuse(Path(save[0]))
    shown.refuse_part_of(Path(save[0]), "*")
    return save[0]


def _report(done: Composition | FineTuning, flags: str = "--task captioning") -> Report:
    """Return the report of a combined or trained model; `flags` go into its `advisor try` line."""

    def as_page() -> Page:
        from advisor.trial.page import composition_page, finetuning_page

        if isinstance(done, FineTuning):
            return finetuning_page(done, flags)
        return composition_page(done)

    return Report(lambda: {"schema_version": SCHEMA_VERSION, **done.as_json()}, as_page)


@contextmanager
def resumable() -> Iterator[Progress]:
    """Yield a callback that shows training progress; on Ctrl-C, say how to resume."""
    shown_at = began = time.monotonic()
    first: int | None = None

    def show(step: int, steps: int, losses: Mapping[str, float]) -> None:
        """Show a step; without a terminal, only every SILENCE_S seconds and at an epoch's end."""
        nonlocal shown_at, began, first
        now = time.monotonic()
        if first is None:
            began, first = now, step
        parts = [f"step {step} of {steps}"]
        parts += [f"{name} {loss:.3f}" for name, loss in losses.items()]
        if step > first:
            left = (now - began) / (step - first) * (steps - step)
            parts.append(f"{timedelta(seconds=round(left))} left")
        if sys.stderr.isatty():
            progress_line(f"{', '.join(parts)} ", step, steps)
        elif HELD_OUT_LOSS in losses or now - shown_at >= SILENCE_S:
            note("", ", ".join(parts))
            shown_at = now

    try:
        yield show
    except KeyboardInterrupt:
        note("", "run the same command to resume from the last checkpoint")
        raise


def _report_of_conversion(done: Any) -> Report:
    """Return the report of a converted checkpoint."""

    def as_page() -> Page:
        from advisor.draw.blocks import Heading, Item, Items, Pairs

        how = f"import {OWN_NETWORKS}, then from_pretrained; README.md says how"
        facts = (("class", done.class_name), ("parameters", f"{done.parameters:,}"))
        page: Page = [Heading(f"{done.folder} written", 1), Pairs((*facts, ("load with", how)))]
        left = [f"{name}: {why}" for name, why in done.dropped.items()]
        for title, mark, lines in (("Left out", "-", left), ("Know that", "!", done.notes)):
            if lines:
                page += [Heading(title), Items(tuple(Item(mark, line) for line in lines))]
        return page

    values = asdict(done)
    named = {"output": str(values.pop("folder")), "class": values.pop("class_name")}
    return Report(lambda: {"schema_version": SCHEMA_VERSION, **named, **values}, as_page)

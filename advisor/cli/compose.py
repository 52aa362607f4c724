"""`advisor compose`: join an encoder and a decoder, and fine-tune what was joined."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.downloads import agreement, show_download
from advisor.cli.options import Device, Download, Format, NoColor, Offline
from advisor.cli.output import FORMATS, Report, check_format, check_outputs, emit
from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.inference.finetuning import Step


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return compose


def compose(
    encoder: Annotated[
        str, typer.Option("--encoder", metavar="ID|FOLDER", help="A pretrained vision encoder.")
    ] = "",
    decoder: Annotated[
        str, typer.Option("--decoder", metavar="ID|FOLDER", help="A pretrained text decoder.")
    ] = "",
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", metavar="ID|FOLDER", help="What to fine-tune.")
    ] = "",
    finetune: Annotated[
        str, typer.Option("--finetune", metavar="PAIRS", help="A CSV with columns image and text.")
    ] = "",
    output: Annotated[
        list[str],
        typer.Option(
            "--output",
            metavar="FOLDER|FORMAT=FILE",
            help="The folder to write, new or empty; FORMAT=FILE writes the report as well.",
        ),
    ] = [],  # noqa: B006
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Times through the pairs.")] = 10,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Pairs a step.")] = 16,
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", help="Of AdamW, at its highest.")
    ] = 5e-5,
    device: Device = "auto",
    seed: Annotated[int, typer.Option("--seed", help="For new weights and the order.")] = 0,
    offline: Offline = False,
    download: Download = False,
    format: Format = "terminal",
    no_color: NoColor = False,
) -> int:
    """Join a vision encoder and a text decoder; fine-tune what was joined.

    The cross-attention that joins them is new, so the result talks nonsense until it is
    fine-tuned on pairs. Ctrl-C keeps the state of training; the same command goes on.

    \b
    Examples:
      advisor compose --encoder google/vit-base-patch16-224-in21k --decoder gpt2 --output captioner
      advisor compose --checkpoint captioner --finetune pairs.csv --output my-captioner
    """
    check_format(format)
    files = [value for value in output if value.partition("=")[0] in FORMATS]
    check_outputs(files)
    folders = [value for value in output if value not in files]
    if len(folders) > 1:
        raise UsageError("one --output FOLDER is needed", hint=f"found {', '.join(folders)}")
    to = folders[0] if folders else ""
    joins, trains = bool(encoder or decoder), bool(finetune or checkpoint)
    if joins == trains or (joins and not (encoder and decoder)) or not to:
        raise UsageError(
            "give --encoder, --decoder and --output to join, or --checkpoint, --finetune and "
            "--output to train",
            hint="`advisor compose --help` has an example of each",
        )
    if trains and not (finetune and checkpoint):
        raise UsageError("training takes both --checkpoint and --finetune", hint="join first")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from advisor.report.composition import (
        composition_page,
        finetuning_page,
    )

    if joins:
        from advisor.inference import compose as join

        made = join(
            encoder,
            decoder,
            to,
            offline=offline,
            agree=agreement(download=download),
            progress=show_download if sys.stderr.isatty() else None,
            seed=seed,
        )
        report = Report(
            lambda: {"schema_version": 1, **made.as_json()}, lambda: composition_page(made)
        )
    else:
        from advisor.inference import finetune as train

        result = train(
            checkpoint,
            finetune,
            to,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=seed,
            device=device,
            progress=_show_step if sys.stderr.isatty() else None,
        )
        report = Report(
            lambda: {"schema_version": 1, **result.as_json()}, lambda: finetuning_page(result)
        )
    emit(report, format, files, color=not no_color)
    return 0


def _show_step(step: Step) -> None:
    sys.stderr.write(f"\r  step {step.step} of {step.steps}, loss {step.loss:.3f} ")
    sys.stderr.write("\n" if step.step >= step.steps else "")
    sys.stderr.flush()

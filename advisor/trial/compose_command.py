"""`advisor compose`: join an encoder and a decoder, and fine-tune what was joined."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.options import Device, Download, Format, NoColor, Offline
from advisor.console.output import check_format, check_outputs, emit, note
from advisor.draw.formats import Report
from advisor.errors import UsageError
from advisor.trial.consent import agreement, show_download

if TYPE_CHECKING:
    from advisor.trial import Composition
    from advisor.trial.finetuning import Step


FORMAT_FILE = re.compile(r"[A-Za-z]+=")
"""`json=report.json`; a folder with such a name is written `./json=report`."""


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
        str,
        typer.Option(
            "--checkpoint", metavar="ID|FOLDER", help="What to fine-tune, instead of joining."
        ),
    ] = "",
    finetune: Annotated[
        str,
        typer.Option(
            "--finetune", metavar="PAIRS", help="Train on this CSV with columns image and text."
        ),
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
        float, typer.Option("--learning-rate", min=0, help="Of AdamW, at its highest.")
    ] = 5e-5,
    held_out: Annotated[
        float, typer.Option("--held-out", min=0, max=0.9, help="Share of images kept to judge.")
    ] = 0.1,
    checkpoint_every: Annotated[
        int, typer.Option("--checkpoint-every", min=1, help="Steps between saved states.")
    ] = 200,
    device: Device = "auto",
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            min=0,
            max=2**32 - 1,
            show_default=False,
            help="For new weights and the order.",
        ),
    ] = 0,
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
      advisor compose --encoder my-vit --decoder my-bert --finetune pairs.csv --output my-captioner
    """
    check_format(format)
    files = [value for value in output if FORMAT_FILE.match(value)]
    check_outputs(files)
    folder = _folder([value for value in output if value not in files])
    _check_parts(encoder, decoder, checkpoint, finetune)
    for flag, number in (("--learning-rate", learning_rate), ("--held-out", held_out)):
        if not math.isfinite(number):
            raise UsageError(f"`{flag} {number}` is no number", hint="`advisor compose --help`")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads slow small networks
    parts: dict[str, Any] = {
        "offline": offline,
        "agree": agreement(download=download),
        "progress": show_download if sys.stderr.isatty() else None,
    }
    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "held_out": held_out,
        "checkpoint_every": checkpoint_every,
        "device": device,
        "seed": seed,
    }
    if not finetune:
        report = _joined(encoder, decoder, folder, seed, parts)
    elif checkpoint:
        report = _trained(checkpoint, finetune, folder, parts, training)
    else:
        report = _joined_and_trained(encoder, decoder, finetune, folder, parts, training)
    emit(report, format, files, color=not no_color)
    return 0


def _folder(folders: list[str]) -> str:
    if len(folders) != 1:
        found = f"found {', '.join(folders)}" if folders else "e.g. --output my-captioner"
        raise UsageError("one --output FOLDER is needed", hint=found)
    return folders[0]


def _check_parts(encoder: str, decoder: str, checkpoint: str, finetune: str) -> None:
    example = "`advisor compose --help` has an example of each"
    if checkpoint and (encoder or decoder):
        raise UsageError(
            "--checkpoint is a network that is joined already; leave --encoder and --decoder out",
            hint=example,
        )
    if checkpoint and not finetune:
        raise UsageError("--checkpoint is there to be trained: add --finetune PAIRS", hint=example)
    if not checkpoint and not (encoder and decoder):
        one = "--decoder" if encoder else "--encoder" if decoder else ""
        raise UsageError(
            f"{one} is missing: an encoder and a decoder are joined"
            if one
            else "give --encoder and --decoder to join, or --checkpoint to fine-tune",
            hint=example,
        )


def _joined(encoder: str, decoder: str, folder: str, seed: int, parts: dict[str, Any]) -> Report:
    from advisor.trial import compose as join
    from advisor.trial.composition_page import composition_page

    made = join(encoder, decoder, folder, seed=seed, **parts)
    return Report(lambda: {"schema_version": 1, **made.as_json()}, lambda: composition_page(made))


def _trained(
    checkpoint: str, pairs: str, folder: str, parts: dict[str, Any], training: dict[str, Any]
) -> Report:
    from advisor.trial import finetune as train
    from advisor.trial import resolve
    from advisor.trial.composition_page import finetuning_page

    resolve(checkpoint, **parts)
    with _stopping_between_steps() as stop:
        result = train(checkpoint, pairs, folder, progress=_progress(), stop=stop, **training)
    return Report(
        lambda: {"schema_version": 1, **result.as_json()}, lambda: finetuning_page(result)
    )


def _joined_and_trained(
    encoder: str,
    decoder: str,
    pairs: str,
    folder: str,
    parts: dict[str, Any],
    training: dict[str, Any],
) -> Report:
    """Join beside the training's state, so that a second run finds it, and train from there."""
    from advisor.trial import compose as join
    from advisor.trial import finetune as train
    from advisor.trial.composition_page import composition_page, finetuning_page
    from advisor.trial.finetuning import UNFINISHED, check_training

    check_training(pairs, folder)
    start = Path(folder) / UNFINISHED / "joined"
    named = start.with_name("parts.json")
    wanted = json.dumps({"encoder": encoder, "decoder": decoder})
    made: Composition | None = None
    if not (start / "config.json").is_file():
        made = join(encoder, decoder, start, seed=training["seed"], **parts)
        made = made.moved_to(Path(folder))
        named.write_text(wanted, encoding="utf-8")
    elif not named.is_file() or named.read_text(encoding="utf-8") != wanted:
        raise UsageError(
            f"`{folder}` holds an unfinished training of other parts",
            hint=f"name another folder, or delete `{start.parent}` to begin anew",
            kind="output-exists",
        )
    with _stopping_between_steps() as stop:
        result = train(start, pairs, folder, progress=_progress(), stop=stop, **training)

    def as_json() -> dict[str, Any]:
        joined = {"composition": made.as_json()} if made else {}
        return {"schema_version": 1, **result.as_json(), **joined}

    def as_page() -> Any:
        return [*(composition_page(made, trained=True) if made else []), *finetuning_page(result)]

    return Report(as_json, as_page)


@contextmanager
def _stopping_between_steps() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end training after the step it is in; a second one ends it at once."""
    asked = threading.Event()

    def interrupted(number: int, frame: Any) -> None:  # noqa: ARG001 - the system's signature
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        note("\nstopping after this step, its state is kept; Ctrl-C again stops at once")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield asked.is_set
    except KeyboardInterrupt:
        if asked.is_set():
            note("the same command goes on from here")
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _progress() -> Callable[[Step], None] | None:
    return _show_step if sys.stderr.isatty() else None


def _show_step(step: Step) -> None:
    sys.stderr.write(f"\r  step {step.step} of {step.steps}, loss {step.loss:.3f} ")
    sys.stderr.write("\n" if step.step >= step.steps else "")
    sys.stderr.flush()

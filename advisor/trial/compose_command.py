"""`advisor compose`: join an encoder and a decoder, and fine-tune what was joined."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from advisor.console.commands import Options
from advisor.console.options import Download, Offline, option
from advisor.console.output import Shown, note, progress_line
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError
from advisor.files import write_text
from advisor.trial.command import permissions
from advisor.trial.resolution import Loading, resolve
from advisor.trial.trainer import Training

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.trial.composition import Composition
    from advisor.trial.finetuning import FineTuning, TrainingStep

Save = Annotated[
    list[str], option("--save FOLDER", "The folder to write, new or empty.", "--output")
]
RECORD = "parts.json"
EXAMPLES = "`advisor compose --help` has an example of each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What to join, or the joined checkpoint to train, and the pairs; empty where not given."""

    encoder: Annotated[str, option("--encoder ID|FOLDER", "A pretrained vision encoder.")] = ""
    decoder: Annotated[str, option("--decoder ID|FOLDER", "A pretrained text decoder.")] = ""
    checkpoint: Annotated[
        str, option("--checkpoint ID|FOLDER", "What to fine-tune, instead of joining.")
    ] = ""
    pairs: Annotated[
        str, option("--finetune PAIRS", "Train on this CSV with columns image and text.")
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
    """Join a vision encoder and a text decoder; fine-tune what was joined.

    The cross-attention that joins them is new, so the result talks nonsense until it is
    fine-tuned on pairs. Ctrl-C keeps the state of training; the same command goes on.

    \b
    Examples:
      advisor compose --encoder google/vit-base-patch16-224-in21k --decoder gpt2 --save captioner
      advisor compose --checkpoint captioner --finetune pairs.csv --save my-captioner
      advisor compose --encoder my-vit --decoder my-bert --finetune pairs.csv --save my-captioner
    """
    _check_parts(parts)
    if len(save) != 1:
        hint = f"found {', '.join(save)}" if save else "e.g. --save my-captioner"
        raise UsageError("one --save FOLDER is needed", hint=hint)
    loading = Loading(offline=offline, seed=training.seed, **permissions(download=download))
    shown.emit(_made(parts, save[0], training, loading))
    return 0


def _check_parts(parts: Parts) -> None:
    if parts.checkpoint and (parts.encoder or parts.decoder):
        raise UsageError(
            "--checkpoint is a network that is joined already; leave --encoder and --decoder out",
            hint=EXAMPLES,
        )
    if parts.checkpoint and not parts.pairs:
        raise UsageError("--checkpoint is there to be trained: add --finetune PAIRS", hint=EXAMPLES)
    if not parts.checkpoint and not (parts.encoder and parts.decoder):
        missing = "--decoder" if parts.encoder else "--encoder"
        raise UsageError(
            f"{missing} is missing: an encoder and a decoder are joined"
            if parts.encoder or parts.decoder
            else "give --encoder and --decoder to join, or --checkpoint to fine-tune",
            hint=EXAMPLES,
        )


def _made(parts: Parts, folder: str, training: Training, loading: Loading) -> Report:
    """Join, train, or do both, and return the report."""
    from advisor.trial.composition import compose as join
    from advisor.trial.finetuning import UNFINISHED, check_training, finetune

    given = {"encoder": parts.encoder, "decoder": parts.decoder}
    if not parts.pairs:
        return _report(join(**given, output=folder, **loading._asdict()), None)
    composition: Composition | None = None
    start: str | Path = parts.checkpoint
    if parts.checkpoint:
        resolve(parts.checkpoint, loading)
    else:
        check_training(parts.pairs, folder)
        start = Path(folder) / UNFINISHED / "joined"  # where a second run finds it
        if not _is_joined(start, given, folder):
            start.parent.mkdir(parents=True, exist_ok=True)
            write_text(start.with_name(RECORD), json.dumps(given))  # before what it speaks of
            composition = join(**given, output=start, **loading._asdict())
            composition = replace(composition, folder=Path(folder))
    progress = show_step if sys.stderr.isatty() else None
    with stopping_between_steps() as stop:
        settings = {"progress": progress, "stop": stop, **asdict(training)}
        return _report(composition, finetune(start, parts.pairs, folder, **settings))


def _is_joined(start: Path, parts: dict[str, str], folder: str) -> bool:
    """True where an interrupted run joined these parts. Raises UsageError for other ones."""
    if not (start / "config.json").is_file():
        return False
    record = start.with_name(RECORD)
    if not record.is_file() or record.read_text(encoding="utf-8") != json.dumps(parts):
        raise UsageError(
            f"`{folder}` holds an unfinished training of other parts",
            hint=f"name another folder, or delete `{start.parent}` to begin anew",
            kind="output-exists",
        )
    return True


def _report(composition: Composition | None, training: FineTuning | None) -> Report:
    """Return what was joined, trained, or both, ready to be drawn."""

    def as_json() -> dict[str, Any]:
        joined = composition.as_json() if composition else {}
        if training is None:
            return {"schema_version": SCHEMA_VERSION, **joined}
        whole = {"composition": joined} if joined else {}
        return {"schema_version": SCHEMA_VERSION, **training.as_json(), **whole}

    def as_page() -> Page:
        from advisor.trial.page import composition_page, finetuning_page

        page = composition_page(composition, trained=training is not None) if composition else []
        return [*page, *(finetuning_page(training) if training else [])]

    return Report(as_json, as_page)


@contextmanager
def stopping_between_steps() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end training after the step it is in; a second one ends it at once."""
    asked = threading.Event()

    def interrupted(number: int, frame: Any) -> None:  # noqa: ARG001 - the system's signature
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        note("", "stopping after this step, its state is kept; Ctrl-C again stops at once")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield asked.is_set
    except KeyboardInterrupt:
        if asked.is_set():
            note("the same command goes on from here")
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def show_step(step: TrainingStep) -> None:
    """Show on stderr how far training is."""
    text = f"step {step.step} of {step.steps}, loss {step.loss:.3f} "
    progress_line(text, step.step, step.steps)

"""`advisor compose` and `advisor train vlp`: networks joined, trained and fine-tuned."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Options
from advisor.console.options import Download, Offline, option
from advisor.console.output import Showing, Shown, interactive, note, progress_line
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError, check_name
from advisor.trial.command import agreement
from advisor.trial.resolution import Loading, resolve
from advisor.trial.training import Reports, Training, TrainingStep

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.trial.composition import Composition
    from advisor.trial.training import FineTuning

Save = Annotated[list[str], option("--save FOLDER", "New or empty output folder.", "--output")]
Data = Annotated[
    str,
    typer.Argument(metavar="DATA", help="Training data: CSV, COCO captions, or VQA questions."),
]
EXAMPLES = "`advisor compose --help` shows examples of both"
SILENCE_S = 30
"""Off a terminal, at most so long passes between two lines of progress, but for slow steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What to join, or the joined checkpoint to train, and the pairs; empty where not given."""

    encoder: Annotated[str, option("--encoder ID|FOLDER", "Pretrained vision encoder.")] = ""
    decoder: Annotated[str, option("--decoder ID|FOLDER", "Pretrained text decoder.")] = ""
    checkpoint: Annotated[
        str, option("--checkpoint ID|FOLDER", "Model to fine-tune, instead of combining two.")
    ] = ""
    pairs: Annotated[
        str, option("--finetune PAIRS", "Train on a CSV with columns image and text.")
    ] = ""
    lora: Annotated[
        int,
        option(
            "--lora RANK",
            "Train LoRA adapters of this rank and the new layers. 0 trains all weights.",
            min=0,
        ),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learnt, from what, and where it starts; empty where not given."""

    aim: Annotated[
        str,
        option(
            "--aim AIM",
            "Training objective: pretraining, captions or answers.",
            show_default=False,
        ),
    ] = "captions"
    checkpoint: Annotated[
        str, option("--checkpoint FOLDER", "Model to start from. Default: a small new network.")
    ] = ""
    images: Annotated[
        str,
        option(
            "--images DIR",
            "Folder of images or region features. Default: the folder of the data file.",
        ),
    ] = ""
    annotations: Annotated[str, option("--annotations FILE", "VQA annotations file.")] = ""
    vocabulary: Annotated[
        str,
        option("--vocabulary FILE", "vocab.txt for a new model. Default: words of the data file."),
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
    pairs. The command saves the weights of the epoch with the lowest validation loss. Ctrl-C saves
    a checkpoint. Run the same command again to resume from the saved checkpoint.

    \b
    Examples:
      advisor compose --encoder google/vit-base-patch16-224-in21k --decoder gpt2 --save captioner
      advisor compose --checkpoint captioner --finetune pairs.csv --save my-captioner
      advisor compose --encoder my-vit --decoder my-bert --finetune pairs.csv --save my-captioner
    """
    joins = (parts.encoder, parts.decoder)
    if any(joins) if parts.checkpoint else not all(joins):
        raise UsageError(
            "pass --encoder and --decoder to combine two models, or --checkpoint for a combined "
            "model",
            hint=EXAMPLES,
        )
    if parts.checkpoint and not parts.pairs:
        raise UsageError("--checkpoint is there to be trained: add --finetune PAIRS", hint=EXAMPLES)
    folder = _folder_of(save, shown)
    agree = agreement(agreed=download, asks=interactive())
    loading = Loading(offline=offline, seed=training.seed, agree=agree)
    shown.say(_made(parts, folder, training, loading, shown))
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

    Unset options use the published settings. Images use a small grid encoder that is trained too.
    Region features (.npz files in --images) use the network of the paper. Ctrl-C saves a
    checkpoint. Run the same command again to resume from the saved checkpoint.

    \b
    Examples:
      advisor train vlp pairs.csv --aim pretraining --save start --epochs 10 --learning-rate 1e-3
      advisor train vlp pairs.csv --checkpoint start --save my-captioner
      advisor train vlp questions.csv --aim answers --checkpoint start --save my-answerer
    """
    from advisor.trial.unified_training import AIMS, ANSWERS, train_unified

    check_name("aim", material.aim, AIMS, "aims")
    folder = _folder_of(save, shown)
    flags = "--task vqa --question QUESTION" if material.aim == ANSWERS else "--task captioning"

    def tell(done: FineTuning, scratch: Path) -> None:
        shown.write_with(done.folder, scratch, _report(None, done, flags))

    with stopping_between_steps() as stop:
        settings: dict[str, Any] = {**asdict(material), **asdict(training)}
        done = train_unified(data, folder, reports=Reports(Progress(), stop, tell), **settings)
    shown.say(_report(None, done, flags))
    return 0


def _folder_of(save: list[str], shown: Shown) -> str:
    """Return the one folder to write to."""
    if len(save) != 1:
        hint = f"found {', '.join(save)}" if save else "e.g. --save my-captioner"
        raise UsageError("the output folder is missing. Add --save FOLDER", hint=hint)
    shown.refuse(Path(save[0]))
    return save[0]


def _made(
    parts: Parts, folder: str, training: Training, loading: Loading, shown: Showing
) -> Report:
    """Join, train, or do both; write the report to its files, and return it."""
    from advisor.trial.composition import compose as join
    from advisor.trial.composition import finetune

    composition: Composition | None = None

    def report(done: Any) -> Report:
        return _report(composition, done) if parts.pairs else _report(done, None)

    def tell(done: Any, scratch: Path) -> None:
        shown.write_with(Path(folder), scratch, report(done))

    def make(place: Path) -> None:
        nonlocal composition
        made = join(parts.encoder, parts.decoder, place, **loading._asdict())
        composition = replace(made, folder=Path(folder))

    if not parts.pairs:
        return report(join(parts.encoder, parts.decoder, folder, tell=tell, **loading._asdict()))
    if parts.checkpoint:
        resolve(parts.checkpoint, loading)
    joined = None if parts.checkpoint else ([parts.encoder, parts.decoder], make)
    with stopping_between_steps() as stop:
        settings = {"lora": parts.lora, "make": joined, **asdict(training)}
        reports = Reports(Progress(), stop, tell)
        return report(finetune(parts.checkpoint, parts.pairs, folder, reports=reports, **settings))


def _report(
    composition: Composition | None, training: FineTuning | None, flags: str = "--task captioning"
) -> Report:
    """Return what was joined, trained, or both, ready to be drawn; `flags` are flags to try it."""
    values = composition.as_json() if composition else {}
    if training is not None:
        values = training.as_json() | ({"composition": values} if composition else {})

    def as_page() -> Page:
        from advisor.trial.page import composition_page, finetuning_page

        page = composition_page(composition, trained=training is not None) if composition else []
        return [*page, *(finetuning_page(training, flags) if training else [])]

    return Report(lambda: {"schema_version": SCHEMA_VERSION, **values}, as_page)


@contextmanager
def stopping_between_steps() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end training after the step it is in; a second one ends it at once."""
    stop = threading.Event()

    def interrupted(number: int, frame: Any) -> None:
        if stop.is_set():
            before(number, frame)
            return
        stop.set()
        note(
            "",
            "stopping after this step and saving a checkpoint. Press Ctrl-C again to stop at once",
        )

    before: Any = signal.getsignal(signal.SIGINT)
    before = before if callable(before) else signal.default_int_handler
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop.is_set
    except KeyboardInterrupt:
        if stop.is_set():
            note("run the same command to resume the training")
        raise
    finally:
        signal.signal(signal.SIGINT, before)


class Progress:
    """Shows on stderr how far training is: in one line of a terminal, else a line now and then."""

    def __init__(self) -> None:
        self.on_terminal, self.told = sys.stderr.isatty(), time.monotonic()

    def __call__(self, step: TrainingStep) -> None:
        """Show a step; off a terminal only some, and each end of an epoch."""
        now = time.monotonic()
        if self.on_terminal:
            progress_line(f"{step} ", step.step, step.steps)
        elif step.held_out_loss is not None or now - self.told >= SILENCE_S:
            note("", str(step))
            self.told = now

"""`advisor compose`: join an encoder and a decoder, and fine-tune what was joined."""

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

from advisor.console.commands import Options
from advisor.console.options import Download, Offline, option
from advisor.console.output import Showing, Shown, note, progress_line
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError
from advisor.trial.command import permissions
from advisor.trial.resolution import Loading, resolve
from advisor.trial.training import Training, TrainingStep

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.trial.composition import Composition
    from advisor.trial.training import FineTuning

Save = Annotated[list[str], option("--save FOLDER", "Output folder, new or empty.", "--output")]
EXAMPLES = "`advisor compose --help` has an example of each"
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

    The cross-attention between them is new, so the output is random until the model is
    fine-tuned on pairs. The weights of the epoch with the lowest held-out loss are saved. Ctrl-C
    keeps a checkpoint; the same command resumes from it.

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
    shown.refuse(Path(save[0]))
    loading = Loading(offline=offline, seed=training.seed, **permissions(download=download))
    shown.say(_made(parts, save[0], training, loading, shown))
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


def _made(
    parts: Parts, folder: str, training: Training, loading: Loading, shown: Showing
) -> Report:
    """Join, train, or do both; write the report to its files, and return it."""
    from advisor.trial.composition import compose as join
    from advisor.trial.finetuning import finetune

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
        reports = {"progress": Progress(), "stop": stop, "tell": tell}
        settings = {"lora": parts.lora, "make": joined, **reports, **asdict(training)}
        return report(finetune(parts.checkpoint, parts.pairs, folder, **settings))


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

    def interrupted(number: int, frame: Any) -> None:
        if asked.is_set():
            before(number, frame)
            return
        asked.set()
        note("", "stopping after this step, a checkpoint is kept; Ctrl-C again stops at once")

    before: Any = signal.getsignal(signal.SIGINT)
    before = before if callable(before) else signal.default_int_handler
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield asked.is_set
    except KeyboardInterrupt:
        if asked.is_set():
            note("the same command goes on from here")
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

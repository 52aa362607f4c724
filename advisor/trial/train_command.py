"""`advisor train`: networks of advisor's own, trained on pictures or on stored regions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Options
from advisor.console.options import option
from advisor.console.output import Shown
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError, check_name
from advisor.trial.compose_command import Progress, Save, stopping_between_steps
from advisor.trial.training import Training

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.trial.training import FineTuning

Data = Annotated[
    str,
    typer.Argument(metavar="DATA", help="CSV, COCO captions, or VQA questions."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learnt, from what, and where it starts; empty where not given."""

    aim: Annotated[
        str, option("--aim AIM", "pretraining, captions or answers.", show_default=False)
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
        option(
            "--vocabulary FILE", "vocab.txt for a new network. Default: the words of the texts."
        ),
    ] = ""
    sequences: Annotated[
        float | None,
        option(
            "--sequences SHARE", "Share of batches under the seq2seq mask. Default: by aim.",
            min=0, max=1, show_default=False,
        ),
    ] = None  # fmt: skip


def vlp(
    *,
    data: Data,
    material: Annotated[Material, Options(Material)],
    training: Annotated[Training, Options(Training)],
    save: Save = [],  # noqa: B006
    shown: Shown,
) -> int:
    """Pre-train unified VLP (2020), or fine-tune it for captions or answers.

    Settings left out are the published ones. Images go through a small grid that is trained
    along; stored regions (.npz beside or under --images) through the network of the paper. Ctrl-C
    keeps a checkpoint; the same command resumes from it.

    \b
    Examples:
      advisor train vlp pairs.csv --aim pretraining --save start --epochs 10 --learning-rate 1e-3
      advisor train vlp pairs.csv --checkpoint start --save my-captioner
      advisor train vlp questions.csv --aim answers --checkpoint start --save my-answerer
    """
    from advisor.trial.unified_training import AIMS, ANSWERS, train_unified

    check_name("aim", material.aim, AIMS, "aims")
    if len(save) != 1:
        raise UsageError("one --save FOLDER is needed", hint="e.g. --save my-captioner")
    shown.refuse(Path(save[0]))
    asked = "--task vqa --question QUESTION" if material.aim == ANSWERS else "--task captioning"

    def tell(done: FineTuning, scratch: Path) -> None:
        shown.write_with(done.folder, scratch, _report(done, asked))

    given = {name: None if value == "" else value for name, value in asdict(material).items()}
    given["checkpoint"] = material.checkpoint
    with stopping_between_steps() as stop:
        settings: dict[str, Any] = {**given, **asdict(training), "stop": stop}
        done = train_unified(data, save[0], tell=tell, progress=Progress(), **settings)
    shown.say(_report(done, asked))
    return 0


def _report(done: FineTuning, asked: str) -> Report:
    def as_page() -> Page:
        from advisor.trial.page import finetuning_page

        return finetuning_page(done, asked)

    return Report(lambda: {"schema_version": SCHEMA_VERSION, **done.as_json()}, as_page)

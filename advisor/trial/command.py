"""`advisor try`: load checkpoints and run them on an image."""

from __future__ import annotations

from typing import Annotated

from advisor.console.commands import Options
from advisor.console.options import option
from advisor.console.output import Shown
from advisor.draw.formats import Report
from advisor.rulebase.base import RuleBase
from advisor.trial.attempt import ImageInputs, TrialResults, try_out
from advisor.trial.plans import CheckpointChoice
from advisor.trial.resolution import Loading
from advisor.trial.try_options import choice_options, input_options, loading_options

Repeat = Annotated[
    int,
    option(
        "--repeat",
        "Runs after the first, to time; 3, or 0 with a folder.",
        min=-1,
        show_default=False,
    ),
]
Top = Annotated[int, option("--top", "Answers of a ranking to show; JSON has all.", min=1)]
Vectors = Annotated[str, option("--vectors FILE", "Write embeddings to this .npy file.")]


def try_(
    *,
    choice: Annotated[CheckpointChoice, Options(choice_options)],
    inputs: Annotated[ImageInputs, Options(input_options)],
    loading: Annotated[Loading, Options(loading_options)],
    top: Top = 6,
    vectors: Vectors = "",
    repeat: Repeat = -1,
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """Load checkpoints and run them on an image.

    Without --checkpoint, what `advisor recommend` puts first for the task is run. Nothing is
    downloaded before you agree. --demo needs no network: three small networks come along.

    \b
    Examples:
      advisor try --demo --image shape.png
      advisor try --image photo.jpg --checkpoint Salesforce/blip-image-captioning-base
      advisor try --image photo.jpg --task zero-shot-classification --labels "a cat,a dog"
      advisor try --image photo.jpg --compare --labels "a cat,a dog" --output html=page.html
      advisor try --task image-search --folder photos --query "a red bicycle"
      advisor try --task embeddings --folder photos --vectors photos.npy
    """
    times = repeat if repeat >= 0 else None
    results = try_out(rulebase, choice, inputs, loading, repeat=times, top=top, vectors=vectors)
    shown.emit(report_of(results))
    return 0


def report_of(results: TrialResults) -> Report:
    """Return the results ready to be drawn; as HTML a page of its own, with the image in it."""
    from advisor.trial.html_page import as_html
    from advisor.trial.page import as_json, as_page

    return Report(
        lambda: as_json(results),
        lambda: as_page(results),
        drawings={"html": lambda: as_html(results, results.previews())},
    )

"""The options of `advisor try` and `advisor compose`, and agreeing to downloads."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from advisor.console.options import Device, Offline
from advisor.console.options import Download as AgreeToDownload
from advisor.console.output import interactive, note
from advisor.rulebase.base import RuleBase
from advisor.trial.answer import Request
from advisor.trial.attempt import TrialInputs
from advisor.trial.plans import CheckpointChoice
from advisor.trial.resolution import Agreement, Download, Loading, Progress


def choice_options(
    *,
    rulebase: RuleBase,
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="What to do with it.")] = "",
    checkpoint: Annotated[
        list[str],
        typer.Option(
            "--checkpoint",
            metavar="ID|FOLDER",
            help="What to run; repeat to compare. demo:clip works.",
        ),
    ] = [],  # noqa: B006
    family: Annotated[
        str, typer.Option("--family", metavar="FAMILY", help="Run the first pick of this family.")
    ] = "",
    compare: Annotated[
        bool, typer.Option("--compare", help="Run the first pick of each family, side by side.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Run the small checkpoints that come with advisor.")
    ] = False,
    revision: Annotated[
        str, typer.Option("--revision", metavar="REV", help="Branch, tag or commit on the hub.")
    ] = "",
) -> CheckpointChoice:
    """Return which checkpoints are to be run for which task."""
    return CheckpointChoice(
        checkpoints=tuple(checkpoint),
        family=family,
        compare=compare,
        demo=demo,
        task=rulebase.task(task).id if task else "",
        revision=revision,
    )


def input_options(
    image: Annotated[str, typer.Option("--image", metavar="FILE", help="The image.")] = "",
    labels: Annotated[
        list[str], typer.Option("--labels", metavar="A,B", help="Candidate texts to choose from.")
    ] = [],  # noqa: B006
    question: Annotated[
        str, typer.Option("--question", metavar="TEXT", help="The question to answer.")
    ] = "",
    folder: Annotated[
        str, typer.Option("--folder", metavar="DIR", help="More images: to search, compare.")
    ] = "",
    query: Annotated[
        str, typer.Option("--query", metavar="TEXT", help="What to look for in the folder.")
    ] = "",
    prompt: Annotated[
        str,
        typer.Option("--prompt", metavar="TEXT", help="In place of the checkpoint's own prompt."),
    ] = "",
    template: Annotated[
        str, typer.Option("--template", metavar="TEXT", help="Wraps each label, {} being it.")
    ] = "{}",
) -> TrialInputs:
    """Return the image and what goes with it."""
    request = Request(
        texts=split_labels(labels),
        question=question or None,
        query=query or None,
        prompt=prompt or None,
        template=template,
    )
    return TrialInputs(image=image, folder=folder, request=request)


def loading_options(
    device: Device = "auto",
    dtype: Annotated[
        str, typer.Option("--dtype", metavar="NAME", help="float32, bfloat16 or float16.")
    ] = "",
    offline: Offline = False,
    download: AgreeToDownload = False,
    max_new_tokens: Annotated[
        int,
        typer.Option("--max-new-tokens", min=0, show_default=False, help="Longest text to write."),
    ] = 0,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            min=0,
            max=2**32 - 1,
            show_default=False,
            help="For the little that is random.",
        ),
    ] = 0,
) -> Loading:
    """Return how to load and run."""
    return Loading(
        device=device,
        dtype=dtype or None,
        offline=offline,
        agree=agreement(download=download),
        progress=shown_progress(),
        max_new_tokens=max_new_tokens or None,
        seed=seed,
    )


def split_labels(values: list[str]) -> tuple[str, ...]:
    """Return labels given repeatedly or with commas between."""
    labels = (label.strip() for value in values for label in value.split(","))
    return tuple(label for label in labels if label)


def agreement(*, download: bool) -> Agreement | None:
    """Return who agrees to a download: `--download`, the person at the terminal, or nobody."""
    if download:
        return _announced
    return _asked if interactive() else None


def shown_progress() -> Progress | None:
    """Return what shows how far a download is, None where nobody is at a terminal."""
    return _show_progress if sys.stderr.isatty() else None


def _announced(what: Download) -> bool:
    note(f"downloading {what.name}: {what.size}")
    return True


def _asked(what: Download) -> bool:
    from advisor.console.prompt import prompt_for

    return prompt_for(plain=False).confirm(f"Download {what.name}, {what.size}?")


def _show_progress(done: int, total: int) -> None:
    """Show how far a download is, in one line on stderr."""
    share = done / total if total else 1.0
    sys.stderr.write(f"\r  {share:4.0%} of {total / 1e6:,.0f} MB")
    sys.stderr.write("\n" if done >= total else "")
    sys.stderr.flush()

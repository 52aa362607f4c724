"""The options of `advisor try` and `advisor compose`, and agreeing to downloads."""

from __future__ import annotations

import sys
from typing import Annotated

from advisor.console.options import Device, Offline, option
from advisor.console.options import Download as AgreeToDownload
from advisor.console.output import interactive, note
from advisor.rulebase.base import RuleBase
from advisor.trial.answer import Request
from advisor.trial.attempt import ImageInputs
from advisor.trial.plans import CheckpointChoice
from advisor.trial.resolution import Agreement, Download, Loading, Progress


def choice_options(
    *,
    rulebase: RuleBase,
    task: Annotated[str, option("--task TASK", "What to do with it.")] = "",
    checkpoint: Annotated[
        list[str],
        option("--checkpoint ID|FOLDER", "What to run; repeat to compare. demo:clip works."),
    ] = [],  # noqa: B006
    family: Annotated[str, option("--family FAMILY", "Run the first pick of this family.")] = "",
    compare: Annotated[
        bool, option("--compare", "Run the first pick of each family, side by side.")
    ] = False,
    demo: Annotated[
        bool, option("--demo", "Run the small checkpoints that come with advisor.")
    ] = False,
    revision: Annotated[str, option("--revision REV", "Branch, tag or commit on the hub.")] = "",
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
    image: Annotated[str, option("--image FILE", "The image.")] = "",
    labels: Annotated[list[str], option("--labels A,B", "Candidate texts to choose from.")] = [],  # noqa: B006
    question: Annotated[str, option("--question TEXT", "The question to answer.")] = "",
    folder: Annotated[str, option("--folder DIR", "More images: to search, compare.")] = "",
    query: Annotated[str, option("--query TEXT", "What to look for in the folder.")] = "",
    prompt: Annotated[
        str,
        option("--prompt TEXT", "In place of the checkpoint's own prompt."),
    ] = "",
    template: Annotated[str, option("--template TEXT", "Wraps each label, {} being it.")] = "{}",
) -> ImageInputs:
    """Return the image and what goes with it."""
    request = Request(
        texts=split_labels(labels),
        question=question or None,
        query=query or None,
        prompt=prompt or None,
        template=template,
    )
    return ImageInputs(image=image, folder=folder, request=request)


def loading_options(
    device: Device = "auto",
    dtype: Annotated[str, option("--dtype NAME", "float32, bfloat16 or float16.")] = "",
    offline: Offline = False,
    download: AgreeToDownload = False,
    max_new_tokens: Annotated[
        int,
        option("--max-new-tokens", "Longest text to write.", min=0, show_default=False),
    ] = 0,
    seed: Annotated[
        int,
        option(
            "--seed", "For the little that is random.", min=0, max=2**32 - 1, show_default=False
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

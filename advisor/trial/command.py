"""`advisor try`: load checkpoints and run them on a picture.

Python code may call the command with plain arguments; all have defaults:
`try_(image="photo.jpg", task="captioning", checkpoint=["org/name"])` prints the page, returns the
exit code and raises AdvisorError as other commands do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Device, Download, Format, NoColor, Offline, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report
from advisor.errors import UsageError
from advisor.trial.consent import agreement, show_download
from advisor.trial.gallery import page_file, read_pictures

if TYPE_CHECKING:
    from advisor.trial.page import Comparison
    from advisor.trial.plans import Plans

USUAL_REPEAT = 3


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return try_


def try_(
    image: Annotated[str, typer.Option("--image", metavar="FILE", help="The picture.")] = "",
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
    labels: Annotated[
        list[str], typer.Option("--labels", metavar="A,B", help="Candidate texts to choose from.")
    ] = [],  # noqa: B006
    question: Annotated[
        str, typer.Option("--question", metavar="TEXT", help="The question to answer.")
    ] = "",
    folder: Annotated[
        str, typer.Option("--folder", metavar="DIR", help="More pictures: to search, compare.")
    ] = "",
    query: Annotated[
        str, typer.Option("--query", metavar="TEXT", help="What to look for in the folder.")
    ] = "",
    top: Annotated[
        int, typer.Option("--top", min=1, help="Answers of a ranking to show; JSON has all.")
    ] = 6,
    vectors: Annotated[
        str, typer.Option("--vectors", metavar="FILE", help="Write embeddings to this .npy file.")
    ] = "",
    prompt: Annotated[
        str,
        typer.Option("--prompt", metavar="TEXT", help="In place of the checkpoint's own prompt."),
    ] = "",
    template: Annotated[
        str, typer.Option("--template", metavar="TEXT", help="Wraps each label, {} being it.")
    ] = "{}",
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat",
            min=-1,
            show_default=False,
            help="Runs after the first, to time; 3, or 0 with a folder.",
        ),
    ] = -1,
    device: Device = "auto",
    dtype: Annotated[
        str, typer.Option("--dtype", metavar="NAME", help="float32, bfloat16 or float16.")
    ] = "",
    revision: Annotated[
        str, typer.Option("--revision", metavar="REV", help="Branch, tag or commit on the hub.")
    ] = "",
    offline: Offline = False,
    download: Download = False,
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
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Load checkpoints and run them on a picture.

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
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads slow small networks
    from advisor.trial import Request, demo_checkpoints
    from advisor.trial.acts import answers_questions
    from advisor.trial.page import as_json, as_page
    from advisor.trial.plans import Asked, Given, plans_for
    from advisor.trial.run import run_plans

    check_format(format)
    check_outputs(output)
    texts = tuple(label.strip() for given in labels for label in given.split(",") if label.strip())
    rulebase = rules_of(rules)
    task = rulebase.task(task).id if task else ""
    may_download = not offline and agreement(download=download) is not None
    asked = Asked(
        checkpoints=tuple(checkpoint), family=family, compare=compare, demo=demo, task=task,
        revision=revision, given=Given(bool(texts), bool(question), bool(query)),
    )  # fmt: skip
    plans = plans_for(rulebase, asked, may_download=may_download)
    _check_template(template)
    _check_vectors(vectors, plans)
    tasks = {plan.task for plan in plans.runs}
    picture, others = read_pictures(image, folder, tasks, query)
    demos = demo_checkpoints() if demo else ()
    request = Request(
        texts=texts or tuple(label for shown in demos for label in shown.labels),
        question=question or next((shown.question for shown in demos if shown.question), None),
        query=query or None,
        others=others,
        prompt=prompt or None,
        template=template,
    )
    settings: dict[str, Any] = {
        "repeat": repeat if repeat >= 0 else 0 if folder else USUAL_REPEAT,
        "device": device,
        "dtype": dtype or None,
        "offline": offline,
        "agree": agreement(download=download),
        "progress": show_download if sys.stderr.isatty() else None,
        "max_new_tokens": max_new_tokens or None,
        "seed": seed,
    }
    comparison = run_plans(plans, picture, request, settings)._replace(
        image=Path(image).name if image else folder,
        question=(request.question or "") if any(map(answers_questions, tasks)) else "",
        query=query,
        shown=top,
    )
    if vectors:
        comparison = _write_vectors(vectors, comparison)
    report = Report(
        lambda: as_json(comparison),
        lambda: as_page(comparison),
        drawings={"html": lambda: page_file(comparison, picture)},
    )
    emit(report, format, output, color=not no_color)
    return 0


def _check_template(template: str) -> None:
    label = "\0"
    try:
        fits = template.format(label).count(label) == 1
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        fits = False
    if not fits:
        raise UsageError(
            f"`--template {template}` has no one place for the label",
            hint="write {} where it goes, e.g. 'a photo of {}'",
        )


def _check_vectors(vectors: str, plans: Plans) -> None:
    from advisor.trial.acts import gives_vectors

    if not vectors:
        return
    if len(plans.runs) != 1 or not gives_vectors(plans.runs[0].task):
        raise UsageError(
            "`--vectors` takes the vectors of one checkpoint and of a task that gives them",
            hint="add --task embeddings, and one --checkpoint at most",
        )


def _write_vectors(file: str, comparison: Comparison) -> Comparison:
    """Write the vectors and say where; the page then needs no numbers."""
    from advisor.trial import write_vectors

    answers = comparison.trials[0].answers
    target, beside = write_vectors(
        file, [answer.text for answer in answers], [answer.vector or () for answer in answers]
    )
    size = len(answers[0].vector or ())
    return comparison._replace(
        written=(
            f"{target}: float32, {len(answers)} x {size}, each row of length 1",
            f"{beside}: the file of each row, in order",
        )
    )

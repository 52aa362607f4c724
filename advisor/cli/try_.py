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

from advisor.cli.downloads import agreement, show_download
from advisor.cli.options import (
    Device,
    Download,
    Format,
    NoColor,
    Offline,
    Output,
    Rules,
    rules_of,
    split,
)
from advisor.cli.output import (
    Report,
    check_format,
    check_outputs,
    draw_page,
    note,
    say_in_any_encoding,
    text,
    write_whole,
)
from advisor.cli.try_pictures import page_file, read_pictures
from advisor.errors import AdvisorError, UsageError

if TYPE_CHECKING:
    from advisor.cli.try_plans import Plan, Plans
    from advisor.inference import Picture, Request
    from advisor.report.trials import Comparison
    from advisor.rulebase.base import RuleBase

DEMO_QUESTION = "what shape is in the picture?"
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
    seed: Annotated[int, typer.Option("--seed", help="For the little that is random.")] = 0,
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
    from advisor.inference import Request
    from advisor.inference.acts import answers_questions

    check_format(format)
    files = check_outputs(output)
    texts = tuple(split(labels))
    rulebase = rules_of(rules)
    task = rulebase.task(task).id if task else ""
    may_download = not offline and agreement(download=download) is not None
    plans = _plans(
        rulebase, task, checkpoint, family, revision,
        given={"labels": bool(texts), "question": bool(question), "query": bool(query)},
        compare=compare, demo=demo, may_download=may_download,
    )  # fmt: skip
    _check_template(template)
    _check_vectors(vectors, plans)
    tasks = {plan.task for plan in plans.runs}
    picture, others = read_pictures(image, folder, tasks)
    request = Request(
        texts=texts or (_demo_labels() if demo else ()),
        question=question or (DEMO_QUESTION if demo else None),
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
    comparison = _run(plans, picture, request, settings)._replace(
        image=Path(image).name if image else folder,
        question=(request.question or "") if any(map(answers_questions, tasks)) else "",
        query=query,
        shown=top,
    )
    if vectors:
        comparison = _write_vectors(vectors, comparison)
    _show(comparison, picture, format, files, color=not no_color)
    return 0


def _plans(
    rulebase: RuleBase,
    task: str,
    checkpoints: list[str],
    family: str,
    revision: str,
    *,
    given: dict[str, bool],
    compare: bool,
    demo: bool,
    may_download: bool,
) -> Plans:
    from advisor.cli import try_plans

    ways = {"--demo": demo, "--checkpoint": bool(checkpoints), "--family": bool(family)}
    chosen = [flag for flag, used in ways.items() if used]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} do not go together", hint="name one of them")
    if demo:
        return try_plans.demo_plans(rulebase, task)
    if checkpoints:
        return try_plans.named_plans(rulebase, checkpoints, task, revision)
    if revision:
        raise UsageError(
            "`--revision` belongs to a checkpoint that you name", hint="add --checkpoint ID"
        )
    if compare and not family:
        wanted = try_plans.Given(**given)
        return try_plans.compared_plans(rulebase, task, wanted, may_download=may_download)
    return try_plans.recommended_plans(rulebase, task, family, may_download=may_download)


def _check_template(template: str) -> None:
    try:
        template.format("")
    except (ValueError, IndexError, KeyError):
        fits = False
    else:
        fits = "{}" in template
    if not fits:
        raise UsageError(
            f"`--template {template}` has no one place for the label",
            hint="write {} where it goes, e.g. 'a photo of {}'",
        )


def _check_vectors(vectors: str, plans: Plans) -> None:
    from advisor.inference.acts import gives_vectors

    if not vectors:
        return
    if len(plans.runs) != 1 or not gives_vectors(plans.runs[0].task):
        raise UsageError(
            "`--vectors` takes the vectors of one checkpoint and of a task that gives them",
            hint="add --task embeddings, and one --checkpoint at most",
        )


def _demo_labels() -> tuple[str, ...]:
    from advisor.inference.demo.colours import COLOUR_NAMES, SHAPES

    return tuple(f"a {colour} {shape}" for colour in COLOUR_NAMES for shape in SHAPES)


def _run(plans: Plans, picture: Picture, request: Request, settings: dict[str, Any]) -> Comparison:
    """Run each plan; with several, one that cannot run is named and the others go on."""
    from advisor.inference import run_trial
    from advisor.report.trials import Comparison, Refusal

    trials = []
    refusals = list(plans.refusals)
    failure: AdvisorError | None = None
    for plan in plans.runs:
        _announce(plan)
        try:
            trials.append(
                run_trial(
                    plan.checkpoint,
                    plan.task,
                    picture,
                    request,
                    family=plan.family,
                    revision=plan.revision,
                    pretrained_only=plan.pretrained_only,
                    **settings,
                )
            )
        except AdvisorError as error:
            if len(plans.runs) == 1 or error.kind == "extra-not-installed":
                raise
            why = error.message
            refusals.append(Refusal(plan.family, plan.checkpoint, plan.task, why))
            failure = failure or error
    if failure is not None and not trials:
        for refusal in refusals:
            note(f"{refusal.who}: {refusal.task}: {refusal.why}")
        raise AdvisorError(
            "none of them could be run", hint=_next(failure), kind=failure.kind
        ) from failure
    if not trials:
        raise UsageError("nothing to run", hint="add --labels, --question or --task")
    return Comparison("", tuple(trials), tuple(refusals))


def _next(failure: AdvisorError) -> str | None:
    """Return the hint of a failure; one that names a single checkpoint is put for all."""
    return "agree with --download" if failure.kind == "not-downloaded" else failure.hint


def _announce(plan: Plan) -> None:
    if plan.ahead:
        note(f"{plan.checkpoint} is on this machine; the catalogue puts {plan.ahead} before it")
    if sys.stderr.isatty():
        note(f"{plan.checkpoint}: {plan.task} ...")


def _write_vectors(file: str, comparison: Comparison) -> Comparison:
    """Write the vectors and say where; the page then needs no numbers."""
    from advisor.inference import write_vectors

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


def _show(
    comparison: Comparison,
    picture: Picture,
    format: str,
    files: list[tuple[str, Path]],
    *,
    color: bool,
) -> None:
    from advisor.report.trials import as_json, as_page

    report = Report(lambda: as_json(comparison), lambda: as_page(comparison))

    def drawn(kind: str) -> str:
        return page_file(comparison, picture) if kind == "html" else text(report, kind)

    say_in_any_encoding()
    for kind, file in files:
        write_whole(file, drawn(kind))
    if format == "terminal":
        draw_page(report.page(), color=color)
    else:
        sys.stdout.write(drawn(format))

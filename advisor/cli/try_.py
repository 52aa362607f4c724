"""`advisor try`: load checkpoints and run them on a picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

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
    text,
    write_whole,
)
from advisor.errors import AdvisorError, UsageError
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.inference import Request, Trial

DEMO_QUESTION = "what shape is in the picture?"


class Plan(NamedTuple):
    """One checkpoint to run for one task; `family` is None where nobody says."""

    checkpoint: str
    task: str
    family: str | None


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
        bool, typer.Option("--compare", help="Run the first pick of each family that can.")
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
        str, typer.Option("--folder", metavar="DIR", help="Other pictures, to search or compare.")
    ] = "",
    prompt: Annotated[
        str,
        typer.Option("--prompt", metavar="TEXT", help="In place of the checkpoint's own prompt."),
    ] = "",
    template: Annotated[
        str, typer.Option("--template", metavar="TEXT", help="Wraps each label, {} being it.")
    ] = "{}",
    repeat: Annotated[int, typer.Option("--repeat", min=0, help="Runs after the first.")] = 3,
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
      advisor try --image photo.jpg --task captioning --compare --output html=side-by-side.html
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads slow small networks
    from advisor.inference import Request, list_images, open_image

    check_format(format)
    files = check_outputs(output)
    if not image:
        raise UsageError("name the picture: --image FILE", hint="advisor try --demo --image FILE")
    picture = open_image(image)
    rulebase = rules_of(rules)
    plans = _plans(rulebase, task, checkpoint, family, compare=compare, demo=demo)
    texts = tuple(split(labels))
    others = tuple(open_image(file) for file in list_images(folder)) if folder else ()
    request = Request(
        texts=texts or (_demo_labels() if demo else ()),
        question=question or (DEMO_QUESTION if demo else None),
        others=others,
        prompt=prompt or None,
        template=template,
    )
    settings: dict[str, Any] = {
        "repeat": repeat,
        "device": device,
        "dtype": dtype or None,
        "revision": revision or None,
        "offline": offline,
        "agree": agreement(download=download),
        "progress": show_download if sys.stderr.isatty() else None,
        "max_new_tokens": max_new_tokens or None,
        "seed": seed,
    }
    trials, refused = _run(plans, picture, request, settings)
    _show(image, trials, refused, format, files, color=not no_color)
    return 0


def _plans(
    rulebase: RuleBase,
    task: str,
    checkpoints: list[str],
    family: str,
    *,
    compare: bool,
    demo: bool,
) -> list[Plan]:
    task_id = rulebase.task(task).id if task else ""
    if demo:
        return _demo_plans(task_id)
    if checkpoints:
        return [_named(rulebase, name, task_id) for name in checkpoints]
    if not task_id:
        raise UsageError(
            "say what to do with the picture: --task, --checkpoint or --demo",
            hint="`advisor list tasks` prints the tasks",
        )
    return _recommended(rulebase, task_id, family, compare=compare)


def _demo_plans(task: str) -> list[Plan]:
    from advisor.inference import demo_checkpoints

    return [
        Plan(one.id, each, one.family)
        for one in demo_checkpoints()
        for each in one.tasks
        if task in ("", each)
    ]


def _demo_labels() -> tuple[str, ...]:
    from advisor.inference.demo.colours import COLOUR_NAMES, SHAPES

    return tuple(f"a {colour} {shape}" for colour in COLOUR_NAMES for shape in SHAPES)


def _named(rulebase: RuleBase, name: str, task: str) -> Plan:
    known = rulebase.checkpoints.get(name)
    if not task:
        if known is None or not known.tasks:
            raise UsageError(
                f"say what `{name}` is to do: --task", hint="`advisor list tasks` prints them"
            )
        task = known.tasks[0]
    return Plan(name, task, known.family if known else None)


def _recommended(rulebase: RuleBase, task: str, family: str, *, compare: bool) -> list[Plan]:
    from advisor.catalogue.selection import select
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile

    engine = Engine(rulebase)
    decision = engine.decide(make_profile(rulebase, {"task": task}))
    wanted = [rulebase.family(family).id] if family else [a.family for a in decision.assessments]
    plans = []
    for one in wanted:
        picks = select(rulebase, decision._replace(family=one)).picks
        loadable = [p for p in picks if p.use == "as-is" and p.checkpoint.loader == "transformers"]
        if loadable:
            plans.append(Plan(loadable[0].checkpoint.id, task, one))
    if not plans:
        raise AdvisorError(
            f"the catalogue has nothing to load for `{task}`",
            hint=f"`advisor recommend --task {task}` says what there is",
            kind="nothing-to-load",
            exit_code=1,
        )
    return plans if compare or family else plans[:1]


def _run(
    plans: list[Plan], picture: Any, request: Request, settings: dict[str, Any]
) -> tuple[list[Trial], list[tuple[str, str]]]:
    """Run each plan; with several, one that cannot run is named and the others go on."""
    from advisor.inference import run_trial

    trials: list[Trial] = []
    refused: list[tuple[str, str]] = []
    for plan in plans:
        if sys.stderr.isatty():
            note(f"{plan.checkpoint}: {plan.task} ...")
        try:
            trials.append(
                run_trial(
                    plan.checkpoint, plan.task, picture, request, family=plan.family, **settings
                )
            )
        except AdvisorError as error:
            if len(plans) == 1 or error.kind == "extra-not-installed":
                raise
            refused.append((plan.checkpoint, error.message))
            last = error
    if not trials:
        raise last
    return trials, refused


def _show(
    image: str,
    trials: list[Trial],
    refused: list[tuple[str, str]],
    format: str,
    files: list[tuple[str, Path]],
    *,
    color: bool,
) -> None:
    from advisor.report.trials import as_html, as_json, as_page

    report = Report(
        lambda: as_json(Path(image).name, trials, refused),
        lambda: as_page(Path(image).name, trials, refused),
    )

    def drawn(kind: str) -> str:
        return as_html(image, trials, refused) if kind == "html" else text(report, kind)

    for kind, file in files:
        write_whole(file, drawn(kind))
    if format == "terminal":
        draw_page(report.page(), color=color)
    else:
        sys.stdout.write(drawn(format))

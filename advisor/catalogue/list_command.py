"""`advisor list KIND`: everything of one kind; checkpoints can be narrowed down and sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.console.values import split
from advisor.draw.formats import Report
from advisor.errors import UsageError, unknown_name
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.catalogue.filters import Wishes

ONLY = "Only checkpoints"


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return list_kind


def list_kind(
    kind: Annotated[
        str,
        typer.Argument(
            help="families, tasks, questions, criteria, rules, sources or checkpoints.",
            autocompletion=lambda incomplete: complete(incomplete),
        ),
    ],
    family: Annotated[
        str, typer.Option("--family", metavar="FAMILY", help=f"{ONLY} of this family.")
    ] = "",
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help=f"{ONLY} that do this task.")
    ] = "",
    fine_tune: Annotated[
        bool, typer.Option("--fine-tune", help="With --task: those to fine-tune for it instead.")
    ] = False,
    language: Annotated[
        list[str],
        typer.Option("--language", metavar="CODE", help=f"{ONLY} that know this language."),
    ] = [],  # noqa: B006
    licence: Annotated[
        list[str],
        typer.Option("--licence", metavar="NAME", help=f"{ONLY} under one of these licences."),
    ] = [],  # noqa: B006
    commercial_use: Annotated[
        str,
        typer.Option(
            "--commercial-use", metavar="USE", help="permitted, restricted or not-permitted."
        ),
    ] = "",
    memory_gb: Annotated[
        float | None,
        typer.Option(
            "--memory-gb", "--max-memory-gb", metavar="GB", help=f"{ONLY} estimated to fit in it."
        ),
    ] = None,
    stage: Annotated[
        list[str],
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="pre-trained, fine-tuned, instruction-tuned or contrastive.",
        ),
    ] = [],  # noqa: B006
    loader: Annotated[
        list[str],
        typer.Option(
            "--loader", metavar="LOADER", help="transformers, open_clip, remote-code or other."
        ),
    ] = [],  # noqa: B006
    model_type: Annotated[
        list[str],
        typer.Option("--model-type", metavar="TYPE", help=f"{ONLY} of this type, such as blip."),
    ] = [],  # noqa: B006
    gated: Annotated[
        bool | None,
        typer.Option("--gated/--open", help=f"{ONLY} behind a form, or in front of none."),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort", metavar="BY", help="id, size, memory, released or (with --task) quality."
        ),
    ] = "",
    written: Annotated[bool, typer.Option("--written", help="Only rules written by hand.")] = False,
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """List what advisor knows, by kind.

    Several values of an option as a,b or repeated. A field that nobody verified meets no wish;
    such checkpoints are counted apart.

    \b
    Examples:
      advisor list tasks
      advisor list checkpoints --task captioning --family vision-encoder-decoder
      advisor list checkpoints --task vqa --commercial-use permitted --memory-gb 4 --sort quality
      advisor list rules --written --format json
    """
    from advisor.catalogue.filters import Wishes
    from advisor.catalogue.knowledge import listing, listing_json, plural

    check_format(format)
    check_outputs(output)
    kinds = plural(kind)
    rulebase = rules_of(rules)
    wishes = Wishes(
        rulebase.family(family).id if family else None,
        rulebase.task(task).id if task else None,
        fine_tune,
        tuple(split(language)),
        tuple(one.lower() for one in split(licence)),
        _one_of("commercial use", commercial_use, _values(rulebase, "commercial_use")) or None,
        memory_gb,
        tuple(_one_of("stage", one, _values(rulebase, "stage")) for one in split(stage)),
        tuple(_one_of("loader", one, _values(rulebase, "loader")) for one in split(loader)),
        tuple(split(model_type)),
        gated,
    )
    if written and kinds != "rules":
        raise UsageError("`--written` narrows down rules only", hint="advisor list rules --written")
    if kinds == "checkpoints":
        report = _checkpoints(rulebase, wishes, sort)
    elif wishes != Wishes() or sort:
        raise UsageError(
            "`--family`, `--task`, `--sort` and the like narrow down checkpoints only",
            hint="advisor list checkpoints --task vqa",
        )
    else:

        def wanted(one: Any) -> bool:
            return kinds != "rules" or not (written and one.derived)

        report = Report(
            lambda: listing_json(rulebase, kinds, wanted), lambda: listing(rulebase, kinds, wanted)
        )
    emit(report, format, output, color=not no_color)
    return 0


def _checkpoints(rulebase: RuleBase, wishes: Wishes, sort: str) -> Report:
    from advisor.catalogue.filters import SORTS
    from advisor.catalogue.listing import as_json, as_page, found_in

    _one_of("order", sort, SORTS)
    for name, flag in (("quality", sort == "quality"), ("fine-tune", wishes.fine_tune)):
        if flag and not wishes.task:
            word = "--sort quality" if name == "quality" else "--fine-tune"
            raise UsageError(
                f"`{word}` needs a task", hint="e.g. advisor list checkpoints --task vqa " + word
            )
    found = found_in(rulebase, wishes, sort)
    return Report(
        lambda: as_json(rulebase, found), lambda: as_page(rulebase, found, wishes.task, sort)
    )


def _values(rulebase: RuleBase, field: str) -> tuple[str, ...]:
    """The values of a field that the catalogue has, in its order."""
    values = (getattr(one, field) for one in rulebase.checkpoints.values())
    return tuple(dict.fromkeys(value for value in values if value is not None))


def _one_of(kind: str, value: str, known: tuple[str, ...]) -> str:
    """Return a value. Raises UsageError where it is given and not a known one."""
    if value and value not in known:
        raise unknown_name(kind, value, known, f"known: {', '.join(known)}")
    return value


def complete(incomplete: str) -> list[str]:
    """Return kinds for the shell to complete."""
    from advisor.catalogue.knowledge import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]

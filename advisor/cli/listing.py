"""`advisor list KIND`: everything of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from advisor.cli.options import Format, NoColor, Output, Rules, rules_of
from advisor.cli.output import Report, check_format, check_outputs, emit
from advisor.errors import UsageError


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
        str, typer.Option("--family", metavar="FAMILY", help="Only checkpoints of this family.")
    ] = "",
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="Only checkpoints that do this task.")
    ] = "",
    written: Annotated[bool, typer.Option("--written", help="Only rules written by hand.")] = False,
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """List what advisor knows, by kind.

    \b
    Examples:
      advisor list tasks
      advisor list checkpoints --task captioning --family vision-encoder-decoder
      advisor list rules --written --format json
    """
    from advisor.report.knowledge import listing, listing_json, plural

    check_format(format)
    check_outputs(output)
    kinds = plural(kind)
    if (family or task) and kinds != "checkpoints":
        raise UsageError(
            "`--family` and `--task` narrow down checkpoints only",
            hint="advisor list checkpoints --task vqa",
        )
    if written and kinds != "rules":
        raise UsageError("`--written` narrows down rules only", hint="advisor list rules --written")
    rulebase = rules_of(rules)
    family_id = rulebase.family(family).id if family else ""
    task_id = rulebase.task(task).id if task else ""

    def wanted(one: Any) -> bool:
        if kinds == "rules":
            return not (written and one.derived)
        if kinds == "checkpoints":
            return family_id in ("", one.family) and (not task_id or task_id in one.tasks)
        return True

    report = Report(
        lambda: listing_json(rulebase, kinds, wanted), lambda: listing(rulebase, kinds, wanted)
    )
    emit(report, format, output, color=not no_color)
    return 0


def complete(incomplete: str) -> list[str]:
    """Return kinds for the shell to complete."""
    from advisor.report.knowledge import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]

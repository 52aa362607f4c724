"""`advisor check`: one choice of checkpoint judged, for a line in CI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from advisor.cli.options import (
    Format,
    NoColor,
    Output,
    Priority,
    ProfileFile,
    Rules,
    given_profile,
    overlays_in,
    priority_of,
    rules_of,
    with_questions,
)
from advisor.cli.output import Report, check_format, check_outputs, emit
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question."""
    return with_questions(check, rules_of(overlays_in(arguments)))


def check(
    answers: dict[str, Any],
    checkpoint: Annotated[
        str,
        typer.Option(
            "--checkpoint",
            metavar="ID",
            help="The checkpoint to judge.",
            autocompletion=lambda incomplete: complete(incomplete),
        ),
    ] = "",
    model_class: Annotated[
        str, typer.Option("--class", metavar="NAME", help="The transformers class that loads it.")
    ] = "",
    profile: ProfileFile = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    priority: Priority = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Judge one choice of checkpoint for a task.

    Exit 0: valid. 1: not (the family cannot do it, the class does not match, a requirement is
    missed). 3: open answers decide.

    \b
    Examples:
      advisor check --checkpoint Salesforce/blip-vqa-base --task vqa
      advisor check --checkpoint Salesforce/blip-vqa-base --task vqa --class BlipModel
      advisor check --checkpoint facebook/nougat-base --task math-ocr --use commercial
    """
    check_format(format)
    check_outputs(output)
    if not checkpoint:
        raise UsageError(
            "name the checkpoint to judge: --checkpoint ID",
            hint="`advisor list checkpoints` prints them",
        )
    rulebase = rules_of(rules)
    given = given_profile(rulebase, profile, answers)
    first = priority_of(rulebase, priority)
    report, code = judge_report(rulebase, checkpoint, given, model_class, first, strict=strict)
    emit(report, format, output, color=not no_color)
    return code


def judge_report(
    rulebase: RuleBase,
    checkpoint: str,
    given: dict[str, Any],
    model_class: str,
    priority: tuple[str, ...],
    *,
    strict: bool = False,
) -> tuple[Report, int]:
    """Return the judgement of a checkpoint as a report, and the exit code it stands for."""
    from advisor.check.judgement import judge
    from advisor.report.judgement import as_json, as_page

    judgement = judge(
        rulebase,
        checkpoint,
        given,
        model_class=model_class or None,
        priority=priority,
        strict=strict,
    )
    report = Report(lambda: as_json(judgement, rulebase), lambda: as_page(judgement))
    return report, judgement.exit_code


def complete(incomplete: str) -> list[tuple[str, str]]:
    """Return checkpoint ids for the shell to complete."""
    checkpoints = rules_of().checkpoints.values()
    return [
        (one.id, one.label) for one in checkpoints if one.id.lower().startswith(incomplete.lower())
    ]

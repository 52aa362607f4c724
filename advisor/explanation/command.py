"""`advisor explain`: why, why not, and what would change the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from advisor.console.options import (
    Format,
    NoColor,
    Output,
    Priority,
    ProfileFile,
    priority_of,
    with_questions,
)
from advisor.console.profile_file import given_profile
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question."""
    return with_questions(explain, arguments)


def explain(
    *,
    answers: dict[str, Any],
    why_not: Annotated[
        str,
        typer.Option("--why-not", metavar="FAMILY", help="Only why this one is not the answer."),
    ] = "",
    all: Annotated[
        bool,
        typer.Option("--all", help="Every reason, every change, and how stable the answer is."),
    ] = False,
    profile: ProfileFile = "",
    priority: Priority = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rulebase: RuleBase,
    no_color: NoColor = False,
) -> int:
    """Say why, why not, and what would change the answer.

    --why-not takes a family or a checkpoint.

    \b
    Examples:
      advisor explain --task image-search
      advisor explain --task captioning --why-not clip
      advisor explain --task captioning --all
      advisor explain --task vqa --why-not nlpconnect/vit-gpt2-image-captioning
    """
    from advisor.console.output import check_format, check_outputs, emit
    from advisor.draw.formats import Report
    from advisor.explanation.explain import explain as explain_answers
    from advisor.explanation.page import as_json, as_page

    check_format(format)
    check_outputs(output)
    given = given_profile(rulebase, profile, answers)
    if not given:
        raise UsageError(
            "nothing to explain: give at least --task",
            hint="e.g. advisor explain --task captioning",
        )
    first = priority_of(rulebase, priority)
    if "/" in why_not:
        if all:
            raise UsageError(
                "`--all` explains families, and `--why-not` names a checkpoint",
                hint="leave one of the two out",
            )
        from advisor.explanation.why_not import checkpoint_report

        report = checkpoint_report(rulebase, why_not, given, first)
        emit(report, format, output, color=not no_color)
        return 0
    explanation = explain_answers(rulebase, given, why_not=why_not or None, priority=first, all=all)
    report = Report(
        lambda: as_json(explanation, rulebase),
        lambda: as_page(explanation, rulebase, only=bool(why_not)),
    )
    emit(report, format, output, color=not no_color)
    return 0

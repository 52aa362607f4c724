"""`advisor explain`: why, why not, and what would change the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from advisor.draw.formats import Report
    from advisor.engine.profile import Profile


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
    from advisor.explanation.explanation_json import as_json
    from advisor.explanation.page import as_page

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
        report = _checkpoint_report(rulebase, why_not, given, first)
        emit(report, format, output, color=not no_color)
        return 0
    explanation = explain_answers(rulebase, given, why_not=why_not or None, priority=first, all=all)
    report = Report(
        lambda: as_json(explanation, rulebase),
        lambda: as_page(explanation, rulebase, only=bool(why_not)),
    )
    emit(report, format, output, color=not no_color)
    return 0


def _checkpoint_report(
    rulebase: RuleBase, checkpoint: str, given: Profile, priority: tuple[str, ...]
) -> Report:
    """Return why a catalogued checkpoint is not the answer, and what would change that."""
    from advisor.check.command import judge_report
    from advisor.draw.formats import Report
    from advisor.engine.decision import Engine
    from advisor.explanation.explanation_json import standing_json
    from advisor.explanation.page import standing_page
    from advisor.explanation.standing import standing_of

    judged, _ = judge_report(rulebase, checkpoint, given, "", priority)
    engine = Engine(rulebase, priority)
    standing = standing_of(engine, rulebase.checkpoint(checkpoint), engine.decide(given))
    return Report(
        lambda: {**judged.json(), "standing": standing_json(standing)},
        lambda: [*judged.page(), *standing_page(standing)],
    )

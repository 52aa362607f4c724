"""`advisor recommend`: flags or a profile in, a recommendation out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.options import (
    Format,
    NoColor,
    NoInput,
    Output,
    Priority,
    ProfileFile,
    priority_of,
    with_questions,
)
from advisor.console.profile_file import given_profile
from advisor.console.values import read_day
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.draw.blocks import Page


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question of the rules on this command line."""
    return with_questions(recommend, arguments)


def recommend(
    *,
    answers: dict[str, Any],
    need: Annotated[str, typer.Argument(help="A need in words (not read yet: give flags).")] = "",
    profile: ProfileFile = "",
    priority: Priority = [],  # noqa: B006 - typer wants the empty list as default
    strict: Annotated[
        bool, typer.Option("--strict", help="Do not assume: exit 3 where open answers decide.")
    ] = False,
    order: Annotated[
        str,
        typer.Option(
            "--order", metavar="ORDER", help="Rank checkpoints by quality, small or open."
        ),
    ] = "quality",
    batch: Annotated[
        str,
        typer.Option(
            "--batch",
            metavar="FILE",
            help="One JSON profile a line in, one JSON answer a line out. - reads stdin.",
        ),
    ] = "",
    today: Annotated[
        str,
        typer.Option("--today", metavar="DATE", help="Say how old the facts are on YYYY-MM-DD."),
    ] = "",
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rulebase: RuleBase,
    no_input: NoInput = False,
    no_color: NoColor = False,
) -> int:
    """Recommend a family and checkpoints for a task.

    One flag for each question; several options as a,b or repeated flags. Repeat --task for
    several tasks at once. What is not answered is assumed, and the answer says so.

    \b
    Examples:
      advisor recommend --task captioning
      advisor recommend --task ocr-line --language de --training fine-tune --pairs 5000
      advisor recommend --task captioning --task vqa --use commercial --format json
    """
    from advisor.console.output import check_format, check_outputs, emit
    from advisor.draw.formats import Report

    check_format(format)
    check_outputs(output)
    if need:
        raise _need(rulebase, need)
    from advisor.decide.recommendation import check_order

    check_order(order)
    first = priority_of(rulebase, priority)
    day = read_day(today, month=True) if today else None
    if batch:
        from advisor.decide.batch import run_batch

        if answers or profile:
            raise UsageError(
                "`--batch` takes all answers from its lines", hint="leave out the other flags"
            )
        return run_batch(rulebase, batch, first, strict=strict, order=order)
    given = given_profile(rulebase, profile, answers)
    if not given:
        raise UsageError(
            "nothing to go by: give at least --task",
            hint="`advisor list tasks` prints the tasks; `advisor` asks",
            kind="nothing-given",
        )
    from advisor.decide import recommendation

    del no_input
    answer = recommendation.recommend(rulebase, given, priority=first, strict=strict, order=order)

    def page() -> Page:
        from advisor.decide.page import as_page

        return as_page(answer, day)

    report = Report(lambda: answer.to_dict(day), page)
    emit(report, format, output, color=not no_color)
    return answer.exit_code


def _need(rulebase: RuleBase, need: str) -> UsageError:
    word = "-".join(need.lower().split())
    task = rulebase.task_names.get(word)
    if task is not None:
        hint = f"advisor recommend --task {task.id}"
    else:
        hint = "give flags such as --task captioning, or run `advisor` to be asked"
    return UsageError("a need in words cannot be read yet", hint=hint, kind="need-not-supported")

"""`advisor recommend`: flags or a profile in, a recommendation out."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, NoInput, option, read_day
from advisor.console.output import Shown
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

Need = Annotated[str, typer.Argument(help="A need in words (not read yet: give flags).")]
Strict = Annotated[bool, option("--strict", "Do not assume: exit 3 where open answers decide.")]
Order = Annotated[
    str,
    option("--order ORDER", "Rank checkpoints by quality, small or open."),
]
Batch = Annotated[
    str,
    option(
        "--batch FILE", "One JSON profile a line in, one JSON answer a line out. - reads stdin."
    ),
]
Today = Annotated[
    str,
    option("--today DATE", "Say how old the facts are on YYYY-MM-DD."),
]


def recommend(
    *,
    need: Need = "",
    given: Given,
    first: CriteriaFirst,
    strict: Strict = False,
    order: Order = "quality",
    batch: Batch = "",
    today: Today = "",
    rulebase: RuleBase,
    shown: Shown,
    no_input: NoInput = False,
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
    from advisor.decide import recommendation
    from advisor.draw.formats import Report

    del no_input  # nothing is ever asked
    if need:
        raise _unread(rulebase, need)
    recommendation.check_order(order)
    day = read_day(today, month=True) if today else None
    if batch:
        return _batch(rulebase, batch, given, first, strict=strict, order=order)
    if not given:
        raise _nothing_given()
    answer = recommendation.recommend(rulebase, given, priority=first, strict=strict, order=order)
    shown.emit(Report(lambda: answer.to_dict(day), lambda: answer.to_page(day)))
    return answer.exit_code


def _batch(
    rulebase: RuleBase,
    file: str,
    given: Given,
    first: CriteriaFirst,
    *,
    strict: bool,
    order: str,
) -> int:
    from advisor.decide.batch import run_batch

    if given:
        raise UsageError(
            "`--batch` takes all answers from its lines", hint="leave out the other flags"
        )
    return run_batch(rulebase, file, first, strict=strict, order=order)


def _nothing_given() -> UsageError:
    return UsageError(
        "nothing to go by: give at least --task",
        hint="`advisor list tasks` prints the tasks; `advisor` asks",
        kind="nothing-given",
    )


def _unread(rulebase: RuleBase, need: str) -> UsageError:
    word = "-".join(need.lower().split())
    task = rulebase.task_names.get(word)
    if task is not None:
        hint = f"advisor recommend --task {task.id}"
    else:
        hint = "give flags such as --task captioning, or run `advisor` to be asked"
    return UsageError("a need in words cannot be read yet", hint=hint, kind="need-not-supported")

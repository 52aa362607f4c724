"""`advisor recommend`: flags or a profile in, a recommendation out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, NoInput, option, read_day
from advisor.console.output import Shown
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

Need = Annotated[str, typer.Argument(help="A need in words (not read yet: give flags).")]
Strict = Annotated[bool, option("--strict", "Do not assume: exit 3 where open answers decide.")]
Order = Annotated[str, option("--order ORDER", "Rank checkpoints by quality, small or open.")]
VERIFIED_ONLY = "Recommend nothing of which a field that matters is not verified."
VerifiedOnly = Annotated[bool, option("--verified-only", VERIFIED_ONLY)]
Today = Annotated[str, option("--today DATE", "Say how old the facts are on YYYY-MM-DD.")]
BATCH = "One JSON profile a line in, one JSON answer a line out. - reads stdin."
Batch = Annotated[str, option("--batch FILE", BATCH)]


def recommend(
    *,
    need: Need = "",
    given: Given,
    first: CriteriaFirst,
    strict: Strict = False,
    order: Order = "quality",
    verified_only: VerifiedOnly = False,
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
    recommendation.check_order(order)
    day = read_day(today, month=True) if today else None
    _check(rulebase, need, given, batch)
    how: Any = {"strict": strict, "order": order, "verified_only": verified_only}
    if batch:
        from advisor.decide.batch import run_batch

        return run_batch(rulebase, batch, first, **how)
    answer = recommendation.recommend(rulebase, given, priority=first, **how)
    shown.emit(Report(lambda: answer.to_dict(day), lambda: answer.to_page(day)))
    return answer.exit_code


def _check(rulebase: RuleBase, need: str, given: Given, batch: str) -> None:
    """Raise UsageError where there is a need in words, or nothing, or too much to go by."""
    if need:
        hint = "give flags such as --task captioning, or run `advisor` to be asked"
        if task := rulebase.task_names.get("-".join(need.lower().split())):
            hint = f"advisor recommend --task {task.id}"
        message = "a need in words cannot be read yet"
        raise UsageError(message, hint=hint, kind="need-not-supported")
    if batch and given:
        message = "`--batch` takes all answers from its lines"
        raise UsageError(message, hint="leave out the other flags")
    if not batch and not given:
        raise UsageError(
            "nothing to go by: give at least --task",
            hint="`advisor list tasks` prints the tasks; `advisor` asks",
            kind="nothing-given",
        )

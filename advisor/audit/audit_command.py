"""`advisor rules audit`: prove a rule base sound, or say where it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import FindingFormat, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import FINDING_FORMATS, Report
from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.audit.offered import Judge
    from advisor.audit.report import Audit
    from advisor.rulebase.base import RuleBase


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return audit


def audit(
    folder: Annotated[
        str,
        typer.Argument(metavar="[DIR]", help="A whole rule folder; the shipped one if left out."),
    ] = "",
    rules: Rules = [],  # noqa: B006
    budget: Annotated[
        float,
        typer.Option("--budget", metavar="SECONDS", help="Give up proofs after this time."),
    ] = 60,
    questions: Annotated[
        bool,
        typer.Option(
            "--questions", help="Measure the interview instead: questions asked, and the optimum."
        ),
    ] = False,
    format: FindingFormat = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Prove over every complete profile that the rules are sound, or say where they are not.

    \b
    Exit codes: 0 sound, 1 an error or warning was found, 2 something could not be proved within
    the budget.

    \b
    Examples:
      advisor rules audit
      advisor rules audit --rules our-rules --output sarif=audit.sarif
      advisor rules audit my-fork-of-the-rules --budget 300
      advisor rules audit --questions
    """
    known = FINDING_FORMATS if not questions else FINDING_FORMATS[:4]
    check_format(format, known)
    check_outputs(output, known)
    if budget <= 0:
        raise UsageError(
            f"`--budget {budget:g}` is not a positive number of seconds", hint="e.g. --budget 60"
        )
    rulebase = rules_of(rules, folder)
    if questions:
        return _questions(rulebase, format, output, color=not no_color)
    found = _proved(rulebase, budget)
    report = _report(found, rulebase, folder)
    emit(report, format, output, color=not no_color)
    if not found.proved:
        return 2
    return 0 if found.sound else 1


def _proved(rulebase: RuleBase, seconds: float) -> Audit:
    from advisor.audit.budget import Budget
    from advisor.audit.report import audit as prove

    return prove(rulebase, Budget(seconds, time.monotonic), _judge(rulebase))


def _judge(rulebase: RuleBase) -> Judge:
    from advisor.decide.requirements import judge_checkpoint
    from advisor.engine.profile import Profile
    from advisor.model import Checkpoint

    def judge(checkpoint: Checkpoint, profile: Profile) -> frozenset[str] | None:
        judged = judge_checkpoint(rulebase, checkpoint, profile)
        return None if judged.use is None else frozenset(miss.question for miss in judged.lacks)

    return judge


def _report(found: Audit, rulebase: RuleBase, folder: str) -> Report:
    from advisor.audit.page import as_json, as_page, as_sheet
    from advisor.audit.places import Places

    places = Places(rulebase, folder)
    return Report(
        lambda: as_json(found, rulebase.digest, places),
        lambda: as_page(found, places),
        lambda: as_sheet(found, places),
    )


def _questions(rulebase: RuleBase, format: str, output: list[str], *, color: bool) -> int:
    from advisor.audit.optimum import measure
    from advisor.audit.optimum_page import as_json, as_page

    measured = measure(rulebase)
    report = Report(lambda: as_json(measured, rulebase.digest), lambda: as_page(measured))
    emit(report, format, output, color=color)
    return 0

"""`advisor rules coverage`: what the scenarios of a rule base do not cover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import FindingFormat, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import FINDING_FORMATS, Report


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return coverage


def coverage(
    folder: Annotated[
        str,
        typer.Argument(metavar="[DIR]", help="A whole rule folder; the shipped one if left out."),
    ] = "",
    rules: Rules = [],  # noqa: B006
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where something is not covered.")
    ] = False,
    format: FindingFormat = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Say which rules decide no scenario, and which tasks and families none is about.

    Of a rule that is `supporting`, it is enough to fire in one.

    \b
    Examples:
      advisor rules coverage
      advisor rules coverage --rules our-rules --strict --format github
    """
    from advisor.audit.coverage import coverage as covered
    from advisor.audit.places import Places
    from advisor.audit.scenarios_page import coverage_json, coverage_page, coverage_sheet

    check_format(format, FINDING_FORMATS)
    check_outputs(output, FINDING_FORMATS)
    rulebase = rules_of(rules, folder)
    found = covered(rulebase)
    places = Places(rulebase, folder)
    report = Report(
        lambda: coverage_json(found, rulebase.digest, places),
        lambda: coverage_page(found, places),
        lambda: coverage_sheet(found, places, strict=strict),
    )
    emit(report, format, output, color=not no_color)
    return 1 if strict and not found.complete else 0

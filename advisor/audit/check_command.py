"""`advisor rules check`: is a rule base well-formed, every reference included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Rules


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return check


def check(
    folder: Annotated[
        str,
        typer.Argument(metavar="[DIR]", help="A whole rule folder; the shipped one if left out."),
    ] = "",
    rules: Rules = [],  # noqa: B006
) -> int:
    """Read every rule file and report each problem at file:line:column.

    \b
    Examples:
      advisor rules check
      advisor rules check --rules our-rules
      advisor rules check my-fork-of-the-rules
    """
    rulebase = rules_of(rules, folder)
    written = [rule for rule in rulebase.rules if not rule.derived]
    for change in rulebase.overlays:
        typer.echo(f"overlay: {change}")
    typer.echo(
        f"{len(rulebase.families)} families, {len(rulebase.tasks)} tasks, "
        f"{len(rulebase.questions)} questions, {len(written)} rules, "
        f"{len(rulebase.checkpoints)} checkpoints, {len(rulebase.sources)} sources: no problems"
    )
    return 0

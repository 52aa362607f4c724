"""`advisor rules diff`: which answers change from one rule base to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report
from advisor.errors import UsageError

SHIPPED = "shipped"
SHOWN = 8


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return diff


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="[OLD]", help="A folder, git:REVISION[:FOLDER], or shipped (the default)."
        ),
    ] = SHIPPED,
    new: Annotated[
        str, typer.Argument(metavar="[NEW]", help="The same; the default is shipped.")
    ] = SHIPPED,
    checkpoints: Annotated[
        bool,
        typer.Option("--checkpoints", help="Also say where another checkpoint comes first."),
    ] = False,
    all: Annotated[bool, typer.Option("--all", help="Every pattern of each change.")] = False,
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Say which answers change from one rule base to another; exit 1 where one does.

    Every complete profile is compared, exactly. --rules is laid over NEW. A folder without
    criteria, questions, tasks and families of its own is laid over the shipped rules.

    \b
    Examples:
      advisor rules diff --rules our-rules
      advisor rules diff git:main
      advisor rules diff git:v1.0:our-rules our-rules --format markdown
    """
    from advisor.audit.compared_rules import compare_rules
    from advisor.audit.difference_page import as_json, as_page

    check_format(format)
    check_outputs(output)
    if old == new and not rules:
        raise UsageError(
            f"`{old}` is compared with itself",
            hint="name two rule bases, e.g. advisor rules diff git:main",
        )
    compared = compare_rules(old, new, rules, None if all else SHOWN, picks=checkpoints)
    report = Report(lambda: as_json(compared), lambda: as_page(compared))
    emit(report, format, output, color=not no_color)
    return 0 if compared.difference.keeps_answers else 1

"""`advisor catalogue drift`: the catalogue, and what changed, against a release of transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return show_drift


def show_drift(
    transformers: Annotated[
        str,
        typer.Option(
            "--transformers",
            metavar="VERSION",
            help="A described release such as 5 or 4.57, or `installed`. Without it the installed "
            "one; the newest described where there is none.",
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="VERSION", help="Say too what was removed or renamed since then."
        ),
    ] = "",
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Hold every entry that transformers loads against one of its releases.

    Class and processor exist, the model type is loaded as that class, the pipeline takes it.
    Nothing is imported: the files of the installed package are parsed, and descriptions of some
    releases come with advisor. Exit 1 where an entry differs.

    \b
    Examples:
      advisor catalogue drift
      advisor catalogue drift --transformers 4.57
      advisor catalogue drift --transformers 5 --since 4.57 --format json
    """
    from advisor.catalogue.drift import compare, drift
    from advisor.catalogue.drift_page import as_json, as_page
    from advisor.catalogue.release import default_release, release

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    held = release(rulebase, transformers) if transformers else default_release(rulebase)
    comparison = compare(release(rulebase, since), held) if since else None
    result = drift(rulebase, held)
    report = Report(
        lambda: as_json(result, comparison, rulebase.digest), lambda: as_page(result, comparison)
    )
    emit(report, format, output, color=not no_color)
    return 0 if result.passed else 1

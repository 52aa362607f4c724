"""`advisor rules graph`: the interview as a map of decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import PAGE_FORMATS, Report
from advisor.errors import UsageError
from advisor.model import TASK

PATHS = 10
MAP_FORMATS = (*PAGE_FORMATS, "mermaid", "svg")


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return graph


def graph(
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="Only what is asked after this task.")
    ] = "",
    paths: Annotated[
        int, typer.Option("--paths", metavar="NUMBER", help="So many of the commonest paths.")
    ] = PATHS,
    rules: Rules = [],  # noqa: B006
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help=f"{', '.join(MAP_FORMATS[:-1])} or svg."
        ),
    ] = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Draw the interview as a map: which questions follow which answers, and where they lead.

    The paths of the most profiles are drawn, each with what to try next if the answer disappoints.

    \b
    Examples:
      advisor rules graph
      advisor rules graph --task captioning --format mermaid
      advisor rules graph --output svg=map.svg --output markdown=map.md
    """
    from advisor.audit.decision_map import as_json, as_page, decision_map
    from advisor.audit.decision_map_drawings import as_markdown, mermaid, svg
    from advisor.engine.profile import make_profile

    check_format(format, MAP_FORMATS)
    check_outputs(output, MAP_FORMATS)
    if paths < 1:
        raise UsageError(f"`--paths {paths}` is not a positive number", hint="e.g. --paths 10")
    rulebase = rules_of(rules)
    map = decision_map(rulebase, make_profile(rulebase, {TASK: task} if task else {}), paths)
    report = Report(
        lambda: as_json(map),
        lambda: as_page(map),
        drawings={
            "mermaid": lambda: mermaid(map),
            "svg": lambda: svg(map),
            "markdown": lambda: as_markdown(map),
            "html": lambda: f'<div class="advisor">{svg(map)}</div>\n',
        },
    )
    emit(report, format, output, color=not no_color)
    return 0

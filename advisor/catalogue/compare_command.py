"""`advisor compare A B`: families or checkpoints side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.catalogue.show_command import complete
from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return compare


def compare(
    ids: Annotated[
        list[str],
        typer.Argument(help="Two or more families, or checkpoints.", autocompletion=complete),
    ],
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Set families or checkpoints side by side.

    A checkpoint outside the catalogue may be a folder, or lie in the hub cache.

    \b
    Examples:
      advisor compare clip unified-vlp
      advisor compare Salesforce/blip-image-captioning-base microsoft/git-base-coco
    """
    from advisor.catalogue.compare_page import as_json, as_page, things
    from advisor.hub import cache_folder

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    kind, compared = things(rulebase, ids, cache_folder())
    report = Report(
        lambda: as_json(rulebase, kind, compared), lambda: as_page(rulebase, kind, compared)
    )
    emit(report, format, output, color=not no_color)
    return 0

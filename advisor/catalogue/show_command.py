"""`advisor show ID`: one page on a family, task, question, rule, source or checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return show


def show(
    id: Annotated[
        str,
        typer.Argument(
            help="Id or alias of what to show.",
            autocompletion=lambda incomplete: complete(incomplete),
        ),
    ],
    kind: Annotated[
        str,
        typer.Option("--kind", metavar="KIND", help="Only look among families, tasks, rules ..."),
    ] = "",
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Show a family, task, question, rule, source or checkpoint.

    A checkpoint outside the catalogue, in a folder or in the hub cache, is described from its own
    config.json.

    \b
    Examples:
      advisor show clip
      advisor show captioning
      advisor show large-collection-searched-again-and-again
      advisor show Salesforce/blip-image-captioning-base
      advisor show ./my-fine-tuned-captioner
    """
    from advisor.catalogue.knowledge import find, page, plural, thing_json

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    try:
        found, thing = find(rulebase, id, kind or None)
        report = Report(
            lambda: thing_json(rulebase, found, thing), lambda: page(rulebase, found, thing)
        )
    except UsageError as unknown:
        if kind and plural(kind) != "checkpoints":
            raise
        report = _stranger(rulebase, id, unknown)
    emit(report, format, output, color=not no_color)
    return 0


def _stranger(rulebase: RuleBase, id: str, unknown: UsageError) -> Report:
    """Return the report on a checkpoint that is not catalogued. Raises `unknown` without one."""
    from advisor.catalogue.checkpoint_page import stranger_json, stranger_page
    from advisor.catalogue.uncatalogued import find_stranger
    from advisor.hub import cache_folder

    stranger = find_stranger(rulebase, id, cache_folder())
    if stranger is None:
        raise unknown
    return Report(lambda: stranger_json(stranger, rulebase.digest), lambda: stranger_page(stranger))


def complete(incomplete: str) -> list[str]:
    """Return ids for the shell to complete."""
    from advisor.catalogue.knowledge import KINDS

    rulebase = rules_of()
    ids = (id for kind in KINDS.values() for id in kind.all(rulebase))
    return sorted({id for id in ids if id.lower().startswith(incomplete.lower())})

"""`advisor rules docs`: one page a rule, written from the rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.errors import AdvisorError, UsageError

FOLDER = Path("docs/decisions")


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return docs


def docs(
    rule: Annotated[
        str, typer.Argument(metavar="[RULE]", help="Print the page of this rule, write nothing.")
    ] = "",
    output_folder: Annotated[
        Path,
        typer.Option("--output-folder", metavar="DIR", help="Where the pages are written."),
    ] = FOLDER,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a page is not current.")
    ] = False,
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Write one page a rule: what, why, who says so, where it decides; and an index.

    Profiles in which a rule decides are searched for, not written by hand. Pages of rules that are
    gone are deleted if this command wrote them.

    \b
    Examples:
      advisor rules docs
      advisor rules docs --check
      advisor rules docs large-collection-searched-again-and-again
    """
    from advisor.audit.generated_pages import compare, generated_json, generated_page, pages_in
    from advisor.audit.rule_pages import facts_of, pages, whole_page
    from advisor.catalogue.knowledge import thing_json
    from advisor.console.output import check_format, check_outputs, emit
    from advisor.draw.formats import Report

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    if rule:
        if check:
            raise UsageError("`--check` compares all pages", hint="leave out the rule")
        found = rulebase.rule(rule)
        (facts,) = facts_of(rulebase, [found])
        report = Report(
            lambda: thing_json(rulebase, "rules", found), lambda: whole_page(facts, rulebase)
        )
        emit(report, format, output, color=not no_color)
        return 0
    texts = pages(rulebase)
    state = compare(texts, pages_in(output_folder))
    if not check:
        _write(output_folder, {name: texts[name] for name in state.written}, state.removed)
    emit(
        Report(
            lambda: generated_json(state, output_folder, check=check),
            lambda: generated_page(state, output_folder, check=check),
        ),
        format,
        output,
        color=not no_color,
    )
    return 1 if check and not state.current else 0


def _write(folder: Path, texts: dict[str, str], removed: tuple[str, ...]) -> None:
    from advisor.files import write_text

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in removed:
            (folder / name).unlink()
    except OSError as error:
        raise AdvisorError(
            f"`{folder}` cannot be written: {error.strerror or error}",
            hint="name a folder that can be written",
            kind="cannot-write",
        ) from error
    for name, text in texts.items():
        write_text(folder / name, text)

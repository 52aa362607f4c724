"""`advisor init`: a first advisor.yaml, written from what the code uses."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.commands import rules_of
from advisor.console.options import Rules
from advisor.console.output import note
from advisor.errors import UsageError
from advisor.files import write_text


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return init


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The project; this folder if left out.")
    ] = Path(),
    force: Annotated[
        bool, typer.Option("--force", help="Write over an advisor.yaml that is there.")
    ] = False,
    rules: Rules = [],  # noqa: B006
) -> int:
    """Write a commented advisor.yaml with a choice for each checkpoint that the code loads.

    \b
    Examples:
      advisor init
      advisor init services/search --force
    """
    from advisor.check import workspace
    from advisor.check.case import Case
    from advisor.check.declared import FILE, Project
    from advisor.check.identity import Identities
    from advisor.check.starter import starter
    from advisor.phrasing import count

    if not folder.is_dir():
        raise UsageError(f"no folder `{folder}`", hint="name the folder of a project")
    file = folder / FILE
    if file.exists() and not force:
        raise UsageError(f"`{file}` is there already", hint="--force writes over it")
    rulebase = rules_of(rules)
    case = Case(
        rulebase=rulebase,
        release=workspace.release_for(rulebase, ""),
        scan=workspace.scan_code(rulebase, [folder], Project(folder)),
        identities=Identities(rulebase),
        source=workspace.sources(),
    )
    text, choices = starter(case)
    write_text(file, text)
    typer.echo(file.as_posix())
    command = "advisor check" if folder == Path() else f"advisor check {shlex.quote(str(folder))}"
    note(f"{count(choices, 'choice')}; read them, add needs, then run `{command}`")
    return 0

"""`advisor init`: a first advisor.yaml, written from what the code uses."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.options import option
from advisor.console.output import note
from advisor.errors import UsageError
from advisor.files import write_text
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The project; this folder if left out.")
    ] = Path(),
    force: Annotated[bool, option("--force", "Overwrite an existing advisor.yaml.")] = False,
    *,
    rulebase: RuleBase,
) -> int:
    """Write a commented advisor.yaml with a choice for each checkpoint that the code loads.

    \b
    Examples:
      advisor init
      advisor init services/search --force
    """
    from advisor.check.declaration import FILE, ProjectDeclaration
    from advisor.check.starter import starter
    from advisor.check.workspace import Workspace

    if not folder.is_dir():
        raise UsageError(f"no folder `{folder}`", hint="name the folder of a project")
    file = folder / FILE
    if file.exists() and not force:
        raise UsageError(f"`{file}` already exists", hint="--force overwrites it")
    text, choices = starter(
        Workspace(declaration=ProjectDeclaration(folder), paths=(folder,), rulebase=rulebase).case()
    )
    write_text(file, text)
    sys.stdout.write(f"{file.as_posix()}\n")
    command = "advisor check" if folder == Path() else f"advisor check {shlex.quote(str(folder))}"
    note(f"{count(choices, 'choice')}; read them, add needs, then run `{command}`")
    return 0

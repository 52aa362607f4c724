"""What `advisor check` is asked for on the command line, in groups of options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from advisor.console.options import Priority, complete_checkpoint
from advisor.console.values import day_or_today


class NamedCheckpoint(NamedTuple):
    """A checkpoint on the command line, and the class that loads it."""

    checkpoint: str
    model_class: str


class CheckSettings(NamedTuple):
    """By what to judge, and at which level to fail.

    What is empty is as the environment or advisor.yaml says.
    """

    config: Path | None
    transformers: str
    fail_on: str
    strict: bool
    today: str
    priority: list[str]


class CheckedFiles(NamedTuple):
    """Which files a check compares its findings with, and which it writes."""

    fix: bool
    diff: bool
    baseline: Path | None
    write_baseline: Path | None
    lock: bool


def named_checkpoint(
    checkpoint: Annotated[
        str,
        typer.Option(
            "--checkpoint",
            metavar="ID",
            help="Judge this one checkpoint and no files.",
            autocompletion=complete_checkpoint,
        ),
    ] = "",
    model_class: Annotated[
        str, typer.Option("--class", metavar="NAME", help="The transformers class that loads it.")
    ] = "",
) -> NamedCheckpoint:
    """Return the checkpoint that is named."""
    return NamedCheckpoint(checkpoint, model_class)


def check_settings(
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Choices and settings; else advisor.yaml."),
    ] = None,
    transformers: Annotated[
        str,
        typer.Option(
            "--transformers",
            metavar="VERSION",
            help="Judge by this release: 5, 4.57, installed. Else the installed one.",
        ),
    ] = "",
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="LEVEL", help="error, warning or never.")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    today: Annotated[
        str, typer.Option("--today", metavar="DATE", help="The day by which waivers end.")
    ] = "",
    priority: Priority = [],  # noqa: B006
) -> CheckSettings:
    """Return by what to judge. Raises UsageError for an unknown level."""
    from advisor.check.inspection import fail_level

    level = fail_level(fail_on) if fail_on else ""
    return CheckSettings(
        config=config,
        transformers=transformers,
        fail_on=level,
        strict=strict,
        today=day_or_today(today),
        priority=priority,
    )


def checked_files(
    fix: Annotated[
        bool, typer.Option("--fix", help="Fix in place what can be fixed with certainty.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Leave out the findings of this file."),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", metavar="FILE", help="Write all findings to this file."),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="Write what holds for each choice to advisor.lock.")
    ] = False,
) -> CheckedFiles:
    """Return what is to be compared and written."""
    return CheckedFiles(
        fix=fix, diff=diff, baseline=baseline, write_baseline=write_baseline, lock=lock
    )

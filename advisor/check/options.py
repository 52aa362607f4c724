"""What `advisor check` is asked for on the command line: each class is a group of options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Option

from advisor.console.options import complete_checkpoint
from advisor.errors import unknown_name

FAIL_LEVELS = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSubject:
    """What is looked at instead of files: a checkpoint, with the class that loads it, or a rule."""

    checkpoint: Annotated[
        str,
        Option(
            "--checkpoint",
            metavar="ID",
            help="Judge this one checkpoint and no files.",
            autocompletion=complete_checkpoint,
        ),
    ] = ""
    model_class: Annotated[
        str, Option("--class", metavar="NAME", help="The transformers class that loads it.")
    ] = ""
    explain: Annotated[
        str, Option("--explain", metavar="RULE", help="Show the page of a rule.")
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """By what to judge, and at which level to fail.

    What is empty is as the environment or advisor.yaml says.
    """

    config: Annotated[
        Path | None,
        Option("--config", metavar="FILE", help="Choices and settings; else advisor.yaml."),
    ] = None
    transformers: Annotated[
        str,
        Option(
            "--transformers",
            metavar="VERSION",
            help="Judge by this release: 5, 4.57, installed. Else the installed one.",
        ),
    ] = ""
    fail_on: Annotated[
        str, Option("--fail-on", metavar="LEVEL", help="error, warning or never.")
    ] = ""
    strict: Annotated[bool, Option("--strict", help="Warnings fail too.")] = False
    today: Annotated[
        str,
        Option("--today", metavar="DATE", help="Judge waivers as of this day; today if left out."),
    ] = ""

    def __post_init__(self) -> None:
        """Raise UsageError for an unknown level."""
        if self.fail_on:
            fail_level(self.fail_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFiles:
    """Which files a check compares its findings with, and which it writes."""

    fix: Annotated[bool, Option("--fix", help="Fix in place what can be fixed with certainty.")] = (
        False
    )
    diff: Annotated[
        bool, Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False
    baseline: Annotated[
        Path | None,
        Option("--baseline", metavar="FILE", help="Leave out the findings of this file."),
    ] = None
    write_baseline: Annotated[
        Path | None,
        Option("--write-baseline", metavar="FILE", help="Write all findings to this file."),
    ] = None
    lock: Annotated[
        bool, Option("--lock", help="Write what holds for each choice to advisor.lock.")
    ] = False


def fail_level(level: str) -> str:
    """Return a level at which a check fails. Raises UsageError where it is not one."""
    if level not in FAIL_LEVELS:
        known = tuple(FAIL_LEVELS)
        raise unknown_name("fail level", level, known, f"levels: {', '.join(known)}")
    return level

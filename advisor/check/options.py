"""The options of `advisor check`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from advisor.console.options import complete_checkpoint, option


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What is looked at instead of files, by what to judge, and what to compare with or to write.

    A setting that is empty is as the environment or advisor.yaml says.
    """

    checkpoint: Annotated[
        str,
        option(
            "--checkpoint ID",
            "Judge this one checkpoint and no files.",
            autocompletion=complete_checkpoint,
        ),
    ] = ""
    class_name: Annotated[str, option("--class NAME", "The transformers class that loads it.")] = ""
    explain: Annotated[str, option("--explain RULE", "Show the page of a rule.")] = ""
    config: Annotated[
        Path | None, option("--config FILE", "Choices and settings; else advisor.yaml.")
    ] = None
    transformers: Annotated[
        str,
        option(
            "--transformers VERSION",
            "Judge by this release: 5, 4.57, installed. Else by what each project asks for.",
        ),
    ] = ""
    fail_on: Annotated[
        str, option("--fail-on LEVEL", "error, warning, outdated-choice, never.")
    ] = ""
    strict: Annotated[bool, option("--strict", "Warnings fail too.")] = False
    deadline: Annotated[
        float,
        option("--deadline SECONDS", "Look at no more files after this time; 0 for no end.", min=0),
    ] = 0.0
    today: Annotated[
        str, option("--today DATE", "Judge waivers as of this day; today if left out.")
    ] = ""
    fix: Annotated[bool, option("--fix", "Fix in place what can be fixed with certainty.")] = False
    diff: Annotated[
        bool, option("--diff", "Print what --fix would change, and change nothing.")
    ] = False
    baseline: Annotated[
        Path | None, option("--baseline FILE", "Leave out the findings of this file.")
    ] = None
    write_baseline: Annotated[
        Path | None,
        option("--write-baseline FILE", "Write all findings to this file.", writes=True),
    ] = None
    lock: Annotated[bool, option("--lock", "Write what holds for each choice to advisor.lock.")] = (
        False
    )
    statistics: Annotated[
        bool, option("--statistics", "Count findings by rule instead of showing them.")
    ] = False
    all_models: Annotated[
        bool,
        option("--all-models", "Judge files that have nothing to do with vision, too, in full."),
    ] = False
    verbose: Annotated[bool, option("--verbose -v", "Show every finding and note in full.")] = False

"""The options of `advisor check`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from advisor.console.options import complete_checkpoint, option


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """Options of `advisor check`; an empty one is as the environment or advisor.yaml says."""

    checkpoint: Annotated[
        str,
        option(
            "--checkpoint ID",
            "Check this checkpoint without reading files.",
            autocompletion=complete_checkpoint,
        ),
    ] = ""
    class_name: Annotated[
        str, option("--class NAME", "transformers class that loads the checkpoint.")
    ] = ""
    explain: Annotated[str, option("--explain RULE", "Explain one check rule.")] = ""
    config: Annotated[
        Path | None, option("--config FILE", "Configuration file. Default: advisor.yaml.")
    ] = None
    transformers: Annotated[
        str,
        option(
            "--transformers VERSION",
            "Target transformers version: 5, 4.57, installed. Default: the project's requirement.",
        ),
    ] = ""
    fail_on: Annotated[
        str, option("--fail-on LEVEL", "Fail on error, warning, outdated-choice or never.")
    ] = ""
    strict: Annotated[bool, option("--strict", "Fail on warnings too.")] = False
    deadline: Annotated[
        float,
        option("--deadline SECONDS", "Stop reading files after this time. 0 sets no limit.", min=0),
    ] = 0.0
    today: Annotated[
        str, option("--today DATE", "Date for the expiry of suppressions. Default: today.")
    ] = ""
    fix: Annotated[bool, option("--fix", "Fix findings in place if the fix is certain.")] = False
    diff: Annotated[bool, option("--diff", "Print the changes of --fix as a diff.")] = False
    baseline: Annotated[
        Path | None, option("--baseline FILE", "Baseline file. Ignore the findings recorded there.")
    ] = None
    write_baseline: Annotated[
        Path | None,
        option("--write-baseline FILE", "Record all findings in this baseline file.", writes=True),
    ] = None
    lock: Annotated[
        bool, option("--lock", "Record the state of each declared model in advisor.lock.")
    ] = False
    all_models: Annotated[
        bool, option("--all-models", "Also report findings in files that do not use vision models.")
    ] = False
    verbose: Annotated[bool, option("--verbose -v", "Show all findings and notes in full.")] = False

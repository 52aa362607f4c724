"""Options that several commands share, and how an option is declared in a line."""

from __future__ import annotations

import re
from collections.abc import Container
from contextlib import suppress
from typing import Annotated, Any

import typer

from advisor.console.commands import Options, rules_of
from advisor.console.flags import split
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

MAX_SEED = 2**32 - 1
"""The largest seed that all libraries with random numbers accept."""

_MONTH = r"[0-9]{4}-[0-9]{2}"
_DAY = rf"{_MONTH}-[0-9]{{2}}"


def option(
    spec: str,
    help: str,
    was: str = "",
    alone: tuple[str, Container[str]] | None = None,
    writes: bool = False,
    **more: Any,
) -> Any:
    """Return an option of the parser; `spec` is as help shows it: `--format -f FORMAT`.

    `was` is an earlier name of the flag, accepted for good. `alone` is (value of the flag alone,
    values that may follow it). `writes` marks an output file; any other FILE is an input.
    """
    words = spec.split()
    flags = [word for word in words if word.startswith("-")]
    bounded = "NUMBER" if "min" in more or "max" in more else None
    metavar = " ".join(words[len(flags) :]) or bounded
    made = typer.Option(*flags, metavar=metavar, help=help, **more)
    made.was, made.alone, made.writes = was, alone, writes
    return made


NoInput = Annotated[bool, option("--no-input", "Never ask, even in a terminal.")]
Device = Annotated[
    str, option("--torch-device NAME", "Torch device: auto, cpu, cuda or mps.", "--device")
]
SORTED = "Sort checkpoints by quality, memory or permissive (most permissive license first)."
Order = Annotated[str, option("--sort ORDER", SORTED, "--order")]
VERIFIED_ONLY = "Recommend only checkpoints whose required fields are all verified."
VerifiedOnly = Annotated[bool, option("--verified-only", VERIFIED_ONLY)]
Prompt = Annotated[
    str, option("--prompt TEXT", "Prompt that replaces the default prompt of the checkpoint.")
]
Template = Annotated[
    str, option("--template TEXT", "Prompt template for each label, with {} for the label.")
]
NO_THINKING = "Turn thinking off if the model allows it. Published results use thinking."
NoThinking = Annotated[bool, option("--no-thinking", NO_THINKING)]
Offline = Annotated[bool, option("--offline", "Use local files only.")]
Download = Annotated[bool, option("--download", "Download without asking.")]
Priority = Annotated[
    list[str],
    option("--priority CRITERION", "Compare families by these criteria first (a,b)."),
]


def priority_of(rulebase: RuleBase, priority: Priority = []) -> tuple[str, ...]:  # noqa: B006
    """Return ids of criteria to compare first. Raises UsageError for unknown or repeated ones."""
    ids = tuple(rulebase.criterion(id).id for id in split(priority))
    if len(set(ids)) != len(ids):
        raise UsageError("`--priority` lists a criterion twice", hint="list each criterion once")
    return ids


CriteriaFirst = Annotated[tuple[str, ...], Options(priority_of)]


LABELS = "Labels for the model, separated by commas, or a file with one label per line."
FIELDS = "Fields to extract, separated by commas, such as vendor,total."
QUESTION = "Question about each image."


def _names(
    labels: Annotated[str, option("--labels A,B", LABELS)] = "",
    fields: Annotated[str, option("--fields A,B", FIELDS)] = "",
    question: Annotated[str, option("--question TEXT", QUESTION)] = "",
) -> dict[str, str]:
    """Return the values that are not empty, those of `labels` and `fields` without blanks."""
    given = {"labels": ",".join(split([labels])), "fields": ",".join(split([fields]))}
    given["question"] = question.strip()
    return {flag: value for flag, value in given.items() if value}


Names = Annotated[dict[str, str], Options(_names)]


def complete_checkpoint(incomplete: str) -> list[tuple[str, str]]:
    """Return (id, label) of the checkpoints whose ids begin so, for completion in a shell."""
    checkpoints = rules_of().checkpoints.values()
    return [(c.id, c.label) for c in checkpoints if c.id.lower().startswith(incomplete.lower())]


def read_day(given: str, *, month: bool = False) -> str:
    """Return `given` if it is a date YYYY-MM-DD, or with `month` also YYYY-MM.

    Raises UsageError for anything else.
    """
    import datetime

    whole = f"{given}-01" if month and re.fullmatch(_MONTH, given) else given
    with suppress(ValueError):
        if re.fullmatch(_DAY, whole) and datetime.date.fromisoformat(whole):
            return given
    form = "YYYY-MM-DD or YYYY-MM" if month else "YYYY-MM-DD"
    raise UsageError(f"`--today {given}` is not a date", hint=f"{form}, e.g. --today 2026-11-24")


def day_or_today(given: str) -> str:
    """Return the given date, or today's for "", as YYYY-MM-DD."""
    import datetime

    return read_day(given) if given else datetime.date.today().isoformat()

"""The options that commands have besides a flag for each question; no question is called so."""

from __future__ import annotations

from advisor.errors import BrokenFileError
from advisor.rulebase.base import RuleBase

TAKEN_FLAGS = frozenset(
    (
        "all",
        "baseline",
        "batch",
        "checkpoint",
        "class",
        "config",
        "diff",
        "explain",
        "fail-on",
        "fix",
        "format",
        "help",
        "lock",
        "no-color",
        "no-input",
        "order",
        "plain",
        "priority",
        "profile",
        "resume",
        "rules",
        "statistics",
        "strict",
        "to",
        "today",
        "transformers",
        "why-not",
        "write-baseline",
    )
)
SHARED_FLAG = "output"
"""Both an option and a question: FORMAT=FILE is the option's, anything else the answer."""


def refuse_taken_flags(rulebase: RuleBase) -> None:
    """Raise BrokenFileError, with every place, where questions are called like options."""
    taken = sorted(TAKEN_FLAGS & rulebase.question_ids)
    if taken:
        raise BrokenFileError(
            f"the rules cannot be used: {len(taken)} problem{'s' if len(taken) != 1 else ''}",
            problems=tuple(
                f"{rulebase.place('question', id)}: `--{id}` is an option of advisor; "
                "use another id"
                for id in taken
            ),
            hint="mend the places above and run the command again",
        )

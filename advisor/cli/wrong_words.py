"""Words of a command line that are not known: what was probably meant by them.

Only errors come here, so that this may look at all commands and read the words as a sentence.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.console.commands import rules_of
from advisor.errors import AdvisorError, UnknownNameError, UsageError, did_you_mean
from advisor.model import TASK, Question
from advisor.naming import same_name
from advisor.phrasing import joined

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

SHOWN = 3
PRECISION = re.compile(r"quanti[sz]|int[48]|[48]-?bit|precision|dtype")
"""What flags are called by which people ask for fewer bits."""
BITS = (
    "answers list checkpoints in 16, 8 and 4 bits: `--memory-gb` chooses the precision, "
    "and `advisor try --quantize 4` runs it"
)


def explained(error: UnknownNameError, overlays: list[Path]) -> AdvisorError:
    """Return the error for an unknown name with what its words mean."""
    from advisor.need.likely_meaning import explained as in_words

    with suppress(AdvisorError):  # of rules that are broken, what was said stays
        return in_words(rules_of(overlays), error)
    return error


def unknown_flag(typed: str, context: Any, line: CommandLine) -> UsageError:
    """Return the error for a flag that a command does not have, with the flag that was meant."""
    from advisor.need.likely_meaning import MeantFlag, meant_flag

    path = context.command_path
    meant = MeantFlag()
    with suppress(AdvisorError):
        rulebase = rules_of(line.overlays)
        flags = _flags(context.command, rulebase)
        given = next((word for word in line.values(typed) if word[:1] != "-"), "")
        meant = meant_flag(rulebase, typed, given, flags)
    if not meant.close and (listed := _listing(context.command, typed.lstrip("-"))):
        meant = MeantFlag((f"{listed} {typed.lstrip('-')}",))
    hint = f"`{path} --help` lists the options"
    if meant.needless or PRECISION.search(typed):
        hint = meant.needless or BITS
    elif not meant.close and (others := _having(typed)):
        hint = f"it is an option of {joined([f'`{other}`' for other in others], 'and')}; {hint}"
    message = f"no such option: {typed}{did_you_mean(meant.close)}"
    return UsageError(message, hint=hint, kind="usage")


def stray_words(message: str, context: Any, overlays: list[Path]) -> str:
    """Say of words that a command does not take how they are given, where they name a task."""
    words = message.rpartition(" (")[2].removesuffix(")")
    with suppress(AdvisorError):
        rulebase = rules_of(overlays)
        name = same_name(words, [*rulebase.task_names, *rulebase.words])
        if name and TASK in _flags(context.command, rulebase):
            return f"a task is given as `--task {name}`; "
    return ""


def _flags(command: Any, rulebase: RuleBase) -> dict[str, str]:
    """Return what each flag of a command does in words, by its name."""
    questions = {question.typed: question for question in rulebase.questions if question.id != TASK}
    return {
        flag[2:]: _meaning(flag[2:], option.help or "", questions.get(flag[2:]))
        for option in command.params
        for flag in option.opts
        if flag.startswith("--")
    }


def _listing(command: Any, word: str) -> str:
    """Return the flag whose help lists a word as one of its values; empty where none does."""
    listed = re.compile(rf"(?:, | or |: |^){re.escape(word)}(?:, | or |: |\.)")
    flags = (option for option in command.params if option.metavar and option.opts[0][:2] == "--")
    found = [flag.opts[0] for flag in flags if listed.search(getattr(flag, "help", None) or "")]
    return found[0] if len(found) == 1 else ""


def _meaning(flag: str, help: str, question: Question | None) -> str:
    """Return all words of a flag: its name, its help, and what may follow it."""
    if question is None:
        return f"{flag} {help}"
    options = [" ".join((*o.names, o.label)) for o in question.options]
    return " ".join((flag, question.ask, question.why, *options))


def _having(flag: str) -> list[str]:
    """Return the commands that take a flag."""
    from advisor.cli.program import program

    whole = program()
    context = whole.make_context("advisor", [], resilient_parsing=True)
    commands = {name: whole.get_command(context, name) for name in whole.list_commands(context)}
    having = [
        f"advisor {name}"
        for name, command in commands.items()
        if any(flag in option.opts for option in getattr(command, "params", ()))
    ]
    return having[:SHOWN]

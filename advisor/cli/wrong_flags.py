"""Flags that a command does not have: what was probably meant by them.

Only errors come here, so that this may look at all commands.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.cli.guesses import (
    BY_WORD,
    FLAG_HINTS,
    FLAGS,
    NEEDLESS,
    OF_CHECK,
    OF_PROGRAMS,
    VALUED,
    in_other_words,
)
from advisor.cli.places import LOOSE, answering_flags, exported, placed, trained
from advisor.console.commands import rules_of
from advisor.console.streams import note
from advisor.errors import AdvisorError, UsageError, did_you_mean
from advisor.model import TASK, Question
from advisor.need.likely_meaning import MeantFlag, meant_flag
from advisor.phrasing import joined

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

SHOWN = 3
VERSION = ("-V", "--version")
"""Flags that mean the same wherever they stand."""


class Typed(NamedTuple):
    """A flag as it stands in a command line, between the words `before` and `after` it.

    `rest` are those behind its value, which `=` may join.
    """

    flag: str
    value: str
    joint: bool
    before: list[str]
    after: list[str]

    @property
    def rest(self) -> list[str]:
        """The words behind the value."""
        return self.after if self.joint or not self.value else self.after[1:]


def with_flag(rulebase: RuleBase, typed: str, command: Any, words: list[str]) -> list[str]:
    """Return a command line with a flag that the command has for one that it lacks."""
    if typed in VERSION:
        return [typed]
    if meant := of_group(rulebase, words):
        return meant
    asks = answering_flags(rulebase)
    if typed in LOOSE.get(words[0], ()) or (words[0] == "try" and typed in asks):
        return placed(rulebase, command, words)
    place = next((n for n, word in enumerate(words) if word.partition("=")[0] == typed), None)
    if place is None:  # one letter of several
        return []
    _, joint, value = words[place].partition("=")
    before, after = words[:place], words[place + 1 :]
    value = value or next((word for word in after[:1] if word[:1] != "-"), "")
    found = Typed(typed, value, bool(joint), before, after)
    has = {flag for option in command.params for flag in option.opts}
    if meant := _renamed(found, has):
        return meant
    if hasattr(command, "table"):
        name = typed.lstrip("-").lower()
        bare = [name, *after] if name in command.table else in_other_words([name, *after])
        return ["recommend", *words] if typed in asks else bare
    return _needless(found, has, words[0]) or _by_meaning(rulebase, found, command, has)


def _renamed(typed: Typed, has: Collection[str]) -> list[str]:
    """Return a command line with the flag by the name that the command has for it."""
    value, before, after = typed.value, typed.before, typed.after
    if typed.flag in VALUED and value:
        return [*before, VALUED[typed.flag][not value[0].isdigit()], value, *typed.rest]
    with_value = FLAGS.get(f"{typed.flag} {value}", ())
    words = typed.flag.strip("-").split("-") if value[:1].isdigit() else []
    by_word = tuple(BY_WORD[word] for word in words if word in BY_WORD)
    for flag in with_value or FLAGS.get(typed.flag, by_word):
        name, _, own = flag.partition(" ")
        if with_value and own and name in has:
            return [*before, name, own, *typed.rest]
        if name in has or (not flag and "need" in has):
            return [*before, *flag.split(), *([value] if typed.joint else []), *after]
    return []


def _needless(typed: Typed, has: Collection[str], command: str) -> list[str]:
    """Return a command line without a flag that changes no answer, which is said."""
    reasons = NEEDLESS if "need" in has else OF_CHECK if command == "check" else {}
    if typed.flag not in reasons:
        return []
    note(f"advisor: `{typed.flag}` has no effect: {reasons[typed.flag]}")
    return [*typed.before, *typed.after]


def _by_meaning(rulebase: RuleBase, typed: Typed, command: Any, has: Collection[str]) -> list[str]:
    """Return a command line with the one flag that the words of another mean."""
    flag, value = typed.flag, typed.value
    near = meant_flag(rulebase, flag, value, _flags(command, rulebase))
    if "need" in has and (flag in OF_PROGRAMS or near.needless):
        why = OF_PROGRAMS.get(flag, near.needless)
        note(f"advisor: `{f'{flag} {value}'.rstrip()}` has no effect here: {why}")
        return [*typed.before, *typed.rest]
    if not near.plain or flag in FLAG_HINTS or (value and value not in near.close[0].split()):
        return []
    return [*typed.before, *near.close[0].split(), *typed.rest]


def of_group(rulebase: RuleBase, words: list[str]) -> list[str]:
    """Return what words after `train` or `convert` mean that are none of its commands."""
    if words[0] == "train":
        return trained(rulebase, command_named("code"), words)
    return exported(rulebase, words) if words[0] == "convert" else []


def unknown_flag(typed: str, context: Any, line: CommandLine) -> UsageError:
    """Return the error for a flag that a command does not have, with the flag that was meant."""
    path = context.command_path
    meant = MeantFlag()
    with suppress(AdvisorError):
        rulebase = rules_of(line.overlays)
        flags = _flags(context.command, rulebase)
        given = next((word for word in line.values(typed) if word[:1] != "-"), "")
        meant = meant_flag(rulebase, typed, given, flags)
    hint = f"run `{path} --help` to list the options"
    if typed in FLAG_HINTS:
        return UsageError(f"no such option: {typed}", hint=FLAG_HINTS[typed], kind="usage")
    if not meant.close and (others := _having(typed)):
        hint = f"this is an option of {joined([f'`{other}`' for other in others], 'and')}; {hint}"
    message = f"no such option: {typed}{did_you_mean(meant.close)}"
    return UsageError(message, hint=hint, kind="usage")


def _flags(command: Any, rulebase: RuleBase) -> dict[str, str]:
    """Return what each flag of a command does in words, by its name."""
    questions = {question.typed: question for question in rulebase.questions if question.id != TASK}
    return {
        flag[2:]: _meaning(flag[2:], option.help or "", questions.get(flag[2:]))
        for option in command.params
        for flag in option.opts
        if flag.startswith("--")
    }


def _meaning(flag: str, help: str, question: Question | None) -> str:
    """Return all words of a flag: its name, its help, and what may follow it."""
    if question is None:
        return f"{flag} {help}"
    options = [" ".join((*o.names, o.label)) for o in question.options]
    return " ".join((flag, question.ask, question.why, *options))


def _having(flag: str) -> list[str]:
    """Return the commands that take a flag."""
    from advisor.cli.program import program

    having = [
        f"advisor {name}"
        for name in program().table
        if any(flag in option.opts for option in getattr(command_named(name), "params", ()))
    ]
    return having[:SHOWN]


def command_named(name: str) -> Any:
    """Return a command of the program as its parser has it."""
    from advisor.cli.program import program

    whole = program()
    return whole.get_command(whole.make_context("advisor", [], resilient_parsing=True), name)

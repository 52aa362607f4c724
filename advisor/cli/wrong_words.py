"""Words of a command line that are not known: what was probably meant by them.

Only errors come here, so that this may look at all commands and read the words as a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalogue.knowledge import KINDS, checkpoints_called
from advisor.cli.guesses import FILES, NUMBERED, in_other_words, say_taken
from advisor.cli.places import BETWEEN_TWO, beside_best, checked, placed
from advisor.cli.wrong_flags import command_named, of_group, with_flag
from advisor.console.commands import rules_of
from advisor.errors import (
    AdvisorError,
    BrokenFileError,
    CheckpointsOnlyError,
    OneModelError,
    UnknownNameError,
    UsageError,
    nearest,
)
from advisor.files import is_there
from advisor.model import TASK, Question
from advisor.naming import same_name
from advisor.need.code_command import WRITTEN
from advisor.need.likely_meaning import explained as in_words
from advisor.need.reading import read

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

NAMELESS = (
    *("file-to-write", "not-understood", "unknown-kind", "unknown-thing", "unknown-topic"),
    "unknown-command or task",
)
"""Kinds of errors of a name that may be known elsewhere."""


def near_command(error: Any) -> str:
    """Return the command of a group that a word is near to; empty where none is."""
    commands = error.ctx.command.list_commands(error.ctx) if error.ctx else ()
    return nearest(str(error).partition("'")[2].rstrip("'."), commands) or ""


def explained(error: UnknownNameError, overlays: list[Path]) -> AdvisorError:
    """Return the error for an unknown name with what its words mean."""
    with suppress(AdvisorError):  # of rules that are broken, what was said stays
        return in_words(rules_of(overlays), error)
    return error


def meant_line(error: Any, line: CommandLine) -> list[str]:
    """Return the command line that a refused one plainly means; empty where none, or several."""
    words = list(line.words)
    meant: list[str] = []
    with suppress(BrokenFileError):
        rulebase = rules_of(line.overlays)
        means = _meant_by_place if hasattr(error, "ctx") else _meant_by_name
        meant = means(rulebase, error, words)
    if meant in ([], words):
        return []
    say_taken(meant)
    return meant


def _meant_by_place(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return what a command line means that the parser refuses."""
    if hasattr(error, "possibilities"):
        return with_flag(rulebase, error.option_name, error.ctx.command, words)
    if "extra argument" in str(error):
        meant = placed(rulebase, error.ctx.command, words)
        return meant or _with_places(rulebase, str(error).rpartition("(")[2][:-1], words)
    if "o such command" in str(error) and not near_command(error):
        return of_group(rulebase, words) or in_other_words(words)
    return []


def _meant_by_name(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return what a command line means that a command refuses for a name in it."""
    kind, name, of = (getattr(error, key, "") for key in ("kind", "name", "of"))
    if isinstance(error, OneModelError):
        return beside_best(rulebase, words) or checked(rulebase, words)
    if isinstance(error, CheckpointsOnlyError) and words[1][:1] == "-":
        return ["list", "checkpoints", *words[1:]]
    if name.isdigit() and name in words[1:]:
        place = words.index(name) - 1
        flag = NUMBERED.get(words[place], words[place])
        return [*words[:place], flag, *words[place + 1 :]]
    if of in rulebase.question_ids and is_there(name):
        if meant := placed(rulebase, command_named(words[0]), words):
            return meant
        raise UsageError(error.message, hint=FILES)
    if of in ("family", "checkpoint") and (called := checkpoints_called(rulebase, name)):
        return [called[0].id if word == name else word for word in words]
    if kind == "unknown-option" and not getattr(error, "spelt", True):
        return _with_words(rulebase, of, name, words)
    if kind in NAMELESS:
        other = in_other_words(words)
        return _with_name(rulebase, name or words[-1], other or words) or other
    return []


def _with_places(rulebase: RuleBase, extra: str, words: list[str]) -> list[str]:
    """Return a command line with what stands where nothing may stand, as the flag that takes it."""
    command, *rest = words
    if command == "ask":
        return ["recommend", *rest]
    if command == "list" and extra in ("models", "checkpoints"):
        return ["list", "checkpoints", f"--{TASK}", *(word for word in rest if word != extra)]
    if command == "list" and (flag := _flag_of(rulebase, extra)):
        return [part for word in words for part in ((flag, word) if word == extra else (word,))]
    if command == "show" and len(rest) == 2:
        noun = rest[0].removesuffix("s")
        together = "-".join(rest)
        if checkpoints_called(rulebase, together):
            return ["show", together]
        return ["show", rest[1]] if f"{noun}s" in KINDS or noun in ("model", "family") else []
    return []


def _with_words(rulebase: RuleBase, of: str, name: str, words: list[str]) -> list[str]:
    """Return a command line with what words say that no option of a question is called by.

    That is the one option that they answer it with, else the one task that they speak of: beside
    the task that was given, and a number of examples, they are read as in a sentence.
    """
    flag = f"--{rulebase.question(of).typed}"
    parted = (word.split("=", 1) if word[:2] == "--" else [word] for word in words)
    line = [part for parts in parted for part in parts]
    values = dict(pairwise(line))
    if values.get(flag) != name or name.lower() in rulebase.family_names:
        return []
    beside = values.get(f"--{TASK}", "") if of != TASK else ""
    if of != TASK and (option := _option_said(rulebase, of, name)):
        line[line.index(flag) + 1] = option
        return line
    if checkpoints_called(rulebase, name) or (of != TASK and not beside):
        return []
    examples = f"{values['--num-examples']} examples" if "--num-examples" in values else ""
    alone, together = (read(rulebase, text).tasks for text in (name, f"{beside} {name} {examples}"))
    if not (len(alone) == len(together) == 1):
        return []
    place, task = line.index(flag), together[0].task
    line[place : place + 2] = [] if beside else [flag, task]
    if beside:
        line[line.index(f"--{TASK}") + 1] = task
    return line


def _option_said(rulebase: RuleBase, of: str, words: str) -> str:
    """Return the one option of a question that words answer it with; empty where none, or more."""
    reading = read(rulebase, words)
    answers = [a for a in (*reading.answers, *reading.concluded) if a.question == of]
    names = {name for answer in answers for name in answer.answer.names}
    typed = {o.id: o.typed for o in rulebase.question(of).options}
    return "".join(typed.get(name, name) for name in names) if len(names) == 1 else ""


def _flag_of(rulebase: RuleBase, name: str) -> str:
    """Return the flag that takes a name of a task or a family; empty where it is neither."""
    if name.lower() in rulebase.task_names:
        return f"--{TASK}"
    return "--family" if name.lower() in rulebase.family_names else ""


def _with_name(rulebase: RuleBase, name: str, words: list[str]) -> list[str]:
    """Return a command line for a name that is known elsewhere: of an option, a family, a task."""
    command, *rest = words
    wanted = name.lower()
    family = rulebase.family_names.get(same_name(name, rulebase.family_names) or "")
    called = checkpoints_called(rulebase, name)
    question = _question(rulebase, wanted, alone=command == name)
    written = any(flag in rest for flag in ("-o", "--output"))
    if command == "code" and name in rest and Path(name).suffix in WRITTEN and not written:
        return [*(word for word in words if word != name), "--output", name]
    if command == "compare":
        measured = placed(rulebase, command_named(command), words)
        return measured or _compared(rulebase, name, rest)
    if command in ("help", "list") and (meant := in_other_words(words[command == "help" :])):
        return meant
    if command == "list" and len(rest) == 1 and (flag := _flag_of(rulebase, name)):
        return ["list", "checkpoints", flag, wanted]
    if command == "list" and called:
        return ["show", name]
    if command == "show" and family and len(rest) == 1:
        return [command, family.id]
    if question and command in ("list", "show", "help", "explain", name):
        return ["show", question.typed]
    if len(words) == 1 + (command != name) and (family or called or name in rulebase.checkpoints):
        return ["show", name] if command in ("explain", "help", name) else []
    return []


def _compared(rulebase: RuleBase, name: str, words: Sequence[str]) -> list[str]:
    """Return the command that compares what words name. Raises UsageError for a task."""
    if name.lower() in rulebase.task_names:
        raise UsageError(
            f"`{name}` is a task, but `advisor compare` takes families or checkpoints",
            hint=f"run `advisor recommend --task {name.lower()}` to compare its models",
        )
    others = [word for word in words if word.lower() not in BETWEEN_TWO]
    families = [rulebase.family_names.get(word.lower()) for word in others]
    if all(families) and len({family.id for family in families if family}) > 1:
        return ["compare", *(family.id for family in families if family)]
    models = {word: checkpoints_called(rulebase, word) for word in others}
    return ["compare", *(models[word][0].id if models[word] else word for word in others)]


def _question(rulebase: RuleBase, name: str, *, alone: bool) -> Question | None:
    """Return the one question that a word names, begins, or, not `alone`, is an option of."""
    questions = [q for q in rulebase.questions if q.id != TASK]
    by_name = [q for q in questions if same_name(name, (q.id, q.typed))]
    by_option = [] if alone else [q for q in questions if any(name in o.names for o in q.options)]
    begun = [q for q in questions if q.typed.partition("-")[0] == name.removesuffix("s")]
    return next((of[0] for of in (by_name, by_option, begun) if len(of) == 1), None)

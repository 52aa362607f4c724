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
from advisor.cli.guesses import (
    FILES,
    FLAG_HINTS,
    FLAGS,
    NEEDLESS,
    NUMBERED,
    OF_PROGRAMS,
    VALUED,
    in_other_words,
    say_taken,
)
from advisor.console.commands import rules_of
from advisor.console.streams import note
from advisor.errors import (
    AdvisorError,
    BrokenFileError,
    CheckpointsOnlyError,
    UnknownNameError,
    UsageError,
    did_you_mean,
    nearest,
)
from advisor.files import is_there
from advisor.model import TASK, Question
from advisor.naming import same_name
from advisor.need.code_command import WRITTEN
from advisor.need.likely_meaning import MeantFlag, meant_flag
from advisor.need.likely_meaning import explained as in_words
from advisor.need.reading import read
from advisor.phrasing import joined

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

SHOWN = 3
NAMELESS = (
    *("file-to-write", "not-understood", "unknown-kind", "unknown-thing", "unknown-topic"),
    "unknown-command or task",
)
"""Kinds of errors of a name that may be known elsewhere."""
VERSION = ("-V", "--version")
"""Flags that mean the same wherever they stand."""
BETWEEN_TWO = frozenset(("vs", "vs.", "versus", "or", "and", "with", "against"))


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
        if hasattr(error, "possibilities"):
            meant = _with_flag(rulebase, error.option_name, error.ctx.command, words)
        elif "extra argument" in str(error):
            meant = _with_places(rulebase, str(error).rpartition("(")[2][:-1], words)
        elif isinstance(error, CheckpointsOnlyError) and words[1][:1] == "-":
            meant = ["list", "checkpoints", *words[1:]]
        elif "o such command" in str(error) and not near_command(error):
            meant = in_other_words(words)
        elif getattr(error, "name", "").isdigit() and error.name in words[1:]:
            place = words.index(error.name) - 1
            flag = NUMBERED.get(words[place], words[place])
            meant = [*words[:place], flag, *words[place + 1 :]]
        elif getattr(error, "of", "") in rulebase.question_ids and is_there(error.name):
            raise UsageError(error.message, hint=FILES)
        elif getattr(error, "kind", "") == "unknown-option" and not getattr(error, "spelt", True):
            meant = _with_words(rulebase, error.of, error.name, words)
        elif getattr(error, "kind", "") in NAMELESS:
            other = in_other_words(words)
            meant = _with_name(rulebase, getattr(error, "name", words[-1]), other or words) or other
    if meant in ([], words):
        return []
    say_taken(meant)
    return meant


def _with_flag(rulebase: RuleBase, typed: str, command: Any, words: list[str]) -> list[str]:
    """Return a command line with a flag that the command has for one that it lacks."""
    if typed in VERSION:
        return [typed]
    has = {flag for option in command.params for flag in option.opts}
    place = next((n for n, word in enumerate(words) if word.partition("=")[0] == typed), None)
    if place is None:  # one letter of several
        return []
    _, joint, value = words[place].partition("=")
    before, after = words[:place], words[place + 1 :]
    value = value or next((word for word in after[:1] if word[:1] != "-"), "")
    rest = after if joint or not value else after[1:]
    if typed in VALUED and value:
        return [*before, VALUED[typed][not value[0].isdigit()], value, *rest]
    for flag in FLAGS.get(f"{typed} {value}", FLAGS.get(typed, ())):
        if flag.partition(" ")[0] in has or (not flag and "need" in has):
            return [*before, *flag.split(), *([value] if joint else []), *after]
    name = typed.lstrip("-").lower()
    if hasattr(command, "table"):
        is_question = typed in {f"--{question.typed}" for question in rulebase.questions}
        bare = [name, *after] if name in command.table else in_other_words([name, *after])
        return ["recommend", *words] if is_question else bare
    if "need" in has and typed in NEEDLESS:
        note(f"advisor: `{typed}` has no effect: {NEEDLESS[typed]}")
        return [*before, *after]
    near = meant_flag(rulebase, typed, value, _flags(command, rulebase))
    if "need" in has and (typed in OF_PROGRAMS or near.needless):
        why = OF_PROGRAMS.get(typed, near.needless)
        note(f"advisor: `{f'{typed} {value}'.rstrip()}` has no effect here: {why}")
        return [*before, *rest]
    plain = near.plain and not value and typed not in FLAG_HINTS
    return [*before, *near.close[0].split(), *after] if plain else []


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
        return ["show", rest[1]] if f"{noun}s" in KINDS or noun in ("model", "family") else []
    meant = [command]
    for word in rest if command == "try" else ():
        path = Path(word)
        if f" {word} " not in f" {extra} ":
            meant.append(word)
        elif path.exists():
            meant += ["--image" if path.is_file() else "--folder", word]
        elif flag := "--checkpoint" if "/" in word else _flag_of(rulebase, word):
            meant += [flag, word]
        else:
            return []
    return meant if rest and command == "try" else []


def _with_words(rulebase: RuleBase, of: str, name: str, words: list[str]) -> list[str]:
    """Return a command line with what words say that no option of a question is called by.

    That is the one option that they answer it with, else the one task that they speak of: beside
    the task that was given, and a number of examples, they are read as in a sentence.
    """
    flag = f"--{rulebase.question(of).typed}"
    line = [part for word in words for part in _parted(word)]
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


def _parted(word: str) -> list[str]:
    """Return a flag and its value, which `=` may join; another word alone."""
    return word.split("=", 1) if word[:2] == "--" else [word]


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
        return _compared(rulebase, name, rest)
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

    whole = program()
    context = whole.make_context("advisor", [], resilient_parsing=True)
    commands = {name: whole.get_command(context, name) for name in whole.list_commands(context)}
    having = [
        f"advisor {name}"
        for name, command in commands.items()
        if any(flag in option.opts for option in getattr(command, "params", ()))
    ]
    return having[:SHOWN]

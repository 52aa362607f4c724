"""What a refused command line plainly means: by its first words, a name in it, or all its words.

Only errors come here, so that this may look at all commands and read the words as a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalogue.knowledge import KINDS, checkpoints_called, find
from advisor.cli import takes
from advisor.cli.placing import PlacedWords
from advisor.cli.takes import COMMANDS, COMPARING, NUMBERS, TAKES, VERBS
from advisor.console.commands import rules_of
from advisor.console.streams import note
from advisor.decide.command_lines import quoted
from advisor.errors import BrokenFileError, CheckpointsOnlyError, OneModelError, UsageError, nearest
from advisor.files import is_there
from advisor.hub import is_hub_id
from advisor.model import TASK
from advisor.naming import same_name, spelt_like
from advisor.need.reading import read

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

NOUNS = frozenset((*KINDS, *KINDS.values(), "model", "models"))
NAMING = ("list", "show", "help", "explain")
"""Commands behind which a name may stand alone."""
NAMELESS = (
    *("not-understood", "unknown-kind", "unknown-thing", "unknown-topic"),
    *("unknown-command or task", "file-to-write"),
)
"""Kinds of errors of a name that may be known elsewhere."""


def meant_line(error: Any, line: CommandLine) -> list[str]:
    """Return the command line that a refused one plainly means; empty where none, or several.

    It says on stderr what is taken. Raises UsageError where something has no one meaning, with
    what to type.
    """
    words = list(line.words)
    try:
        rulebase = rules_of(line.overlays)
    except BrokenFileError:
        return []
    means = _of_refused_words if hasattr(error, "ctx") else _of_refused_name
    meant = means(rulebase, error, words)
    if not meant or (sorted(meant) == sorted(words) and meant[0] == words[0]):
        return []
    say_taken(meant)
    return meant


def say_taken(meant: Sequence[str]) -> None:
    """Say on stderr which command line is taken as meant."""
    note(f"advisor: understood as `advisor {' '.join(map(quoted, meant))}`")


def in_other_words(words: Sequence[str], overlays: Sequence[Path] = ()) -> list[str]:
    """Return the command line that one plainly means whose first word is no command; else nothing.

    Raises UsageError for words that may mean several things, with what to type.
    """
    leading = [*takewhile(lambda word: word[:1] != "-", words)]
    verb, *behind = leading or [""]
    names = [name for word in leading for name in word.split() if name.lower() not in COMPARING]
    if 1 < len(names) < sum(len(word.split()) for word in leading):
        comparing = PlacedWords(rules_of(list(overlays)), "compare")
        bare = [name.strip(",?!") for name in names]
        if all(map(comparing.is_model, bare)):
            return comparing.line([*bare, *words[len(leading) :]])
    if not behind and "/" in verb and is_hub_id(verb) and not is_there(verb):
        return ["show", *words]
    begun = " ".join([*leading[:-1], "{}"]).lower()
    for form in (" ".join(leading).lower(), begun):
        if line := COMMANDS.get(form):
            own = [leading[-1] if word == "{}" else word for word in line.split()]
            return [*own, *words[len(leading) :]]
    if verb.lower() in VERBS:
        command, example, kinds = VERBS[verb.lower()]
        rulebase = rules_of(list(overlays))
        text = " ".join(behind)
        says_task = bool(read(rulebase, text).tasks) and text.lower() not in rulebase.family_names
        placing = PlacedWords(rulebase, command)
        things = [word.rpartition("=")[2].lstrip("-") for word in words[1:]]
        wanted = [kind for kind in kinds if kind != takes.SENTENCE or says_task]
        if any(placing.named(kind, thing) for kind in wanted for thing in things):
            return placing.line(words[1:])
        if len(leading) == len(words) and len(behind) <= 2 and not says_task:
            message = f"`advisor {' '.join(words)}` is not a command"
            raise UsageError(message, hint=f"e.g. `advisor {example}`")
    return []


def near_command(error: Any) -> str:
    """Return the command of a group that a word is near to; empty where none is."""
    named = str(error).partition("o such command '")[2].rstrip("'.")
    return (named and nearest(named, error.ctx.command.list_commands(error.ctx))) or ""


def _of_refused_words(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return what a command line means that the parser refuses."""
    flag = error.option_name if hasattr(error, "possibilities") else ""
    if flag in ("-V", "--version"):
        return [flag]
    path = error.ctx.command_path.split()[1:] if error.ctx else []
    if near_command(error) or not (flag or "extra arg" in str(error) or "o such" in str(error)):
        return []  # of a command of the group, or a value that is no number
    if words[0] in VERBS and (meant := in_other_words(words)):
        return meant
    options = error.ctx.command.get_params(error.ctx) if flag and not path else ()
    own = [name.lstrip("-") for option in options for name in option.opts]
    if own and not spelt_like(flag.lstrip("-"), own):
        if meant := in_other_words([flag.lstrip("-"), *words[1:]]):
            return meant
        commands = (word for word in words if word in {**COMMANDS, **error.ctx.command.table})
        if named := next(commands, ""):
            return [*COMMANDS.get(named, named).split(), *(w for w in words if w != named)]
        return PlacedWords(rulebase, "recommend").line(words)
    if "extra argument" in str(error) and path[0] in NAMING:
        return _of_name(rulebase, words)
    if path == ["ask"]:
        return ["recommend", *words[1:]]
    lead = path if words[: len(path)] == path else []
    placed = PlacedWords(rulebase, " ".join(path), error.ctx.command).line(words[len(lead) :])
    return placed if lead == path else placed[1:]


def _of_refused_name(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return what a command line means that a command refuses for a name in it."""
    kind, name, of = (getattr(error, key, "") for key in ("kind", "name", "of"))
    if isinstance(error, CheckpointsOnlyError):
        return ["list", "checkpoints", *words[1:]] if words[1][:1] == "-" else []
    placing = PlacedWords(rulebase, "try")
    files = [file for file in takes.FILES if placing.named(file, name)]
    if kind == "unknown-command or task" and (files or is_there(name)):
        what = "is a path, not a command or a task" if is_there(name) else "does not exist"
        hint = takes.PAGES.format(quoted(name)) if takes.PDF in files else takes.ON_FILES
        raise UsageError(f"`{name}` {what}", hint=hint)
    if kind == "unknown-format" and name.lower() in placing.runtimes:
        pairs = pairwise((*words, ""))
        return ["--runtime" if after == name else word for word, after in pairs]
    is_path = of in rulebase.question_ids and is_there(name)
    names_alone = kind in NAMELESS and words[0] not in ("code", "compare")
    if isinstance(error, OneModelError) or is_path or (kind in NAMELESS and not names_alone):
        meant = PlacedWords(rulebase, words[0]).line(words[1:]) if words[0] in TAKES else []
        if is_path and sorted(meant) in ([], sorted(words)):
            raise UsageError(error.message, hint=takes.ON_FILES)
        return meant
    if name.isdigit() and name in words[1:]:
        place = words.index(name) - 1
        said = {*words[place].strip("-").split("-")}
        flag = next((flag for flag, by in NUMBERS.items() if said & {*by}), words[place])
        return [*words[:place], flag, *words[place + 1 :]]
    if of in ("family", "checkpoint") and (called := checkpoints_called(rulebase, name)):
        return [called[0].id if word == name else word for word in words]
    if kind == "unknown-option" and not getattr(error, "spelt", True):
        return _reworded(rulebase, of, name, words)
    return _of_name(rulebase, words) if names_alone else []


def _of_name(rulebase: RuleBase, words: list[str]) -> list[str]:
    """Return the command that lists or shows what a name alone means, of whatever kind it is."""
    head = words[0] if words[0] in NAMING else ""
    rest = words[bool(head) :]
    if head in ("help", "list") and (meant := in_other_words(rest)):
        return meant
    plain = [*takewhile(lambda word: word[:1] != "-", rest)]
    names = [word for word in plain if word.lower() not in NOUNS]
    name, behind = "-".join(" ".join(names).split()), rest[len(plain) :]
    family = rulebase.family_names.get(same_name(name, rulebase.family_names) or "")
    is_task = name.lower() in rulebase.task_names
    if head == "list" and (not names or family or is_task):
        flag = (f"--{TASK}" if is_task else "--family", name.lower()) if names else ()
        return ["list", "checkpoints", *flag, *behind]
    if family or checkpoints_called(rulebase, name) or name in rulebase.checkpoints:
        return ["show", family.id if family and head == "show" else name, *behind]
    for question in rulebase.questions if len(names) == 1 else ():
        called = {question.id, question.typed, question.typed.partition("-")[0]}
        options = {each for option in question.options for each in option.names} if head else ()
        if question.id != TASK and (same_name(name, called) or name.lower() in options):
            return ["show", question.typed, *behind]
    if head in ("show", "help"):
        with suppress(UsageError):
            find(rulebase, name)
            return ["show", name, *behind]
    return []


def _reworded(rulebase: RuleBase, of: str, name: str, words: list[str]) -> list[str]:
    """Return a command line with what words say that no option of a question is called by.

    That is the one option that they answer it with, else the one task that they speak of: beside
    the task that was given, and a number of examples, they are read as in a sentence.
    """
    flag = f"--{rulebase.question(of).typed}"
    line = [part for word in words for part in (word.split("=", 1) if word[:2] == "--" else [word])]
    values = dict(pairwise(line))
    if values.get(flag) != name or checkpoints_called(rulebase, name):
        return []
    place = line.index(flag) + 1
    reading = read(rulebase, name)
    said = [a.answer.names for a in (*reading.answers, *reading.concluded) if a.question == of]
    options = {option for names in said for option in names}
    if of != TASK and len(options) == 1:
        return [*line[:place], rulebase.question(of).word(*options), *line[place + 1 :]]
    task = values.get(f"--{TASK}", "")
    examples = f"{values['--num-examples']} examples" if "--num-examples" in values else ""
    tasks = read(rulebase, f"{task if of != TASK else ''} {name} {examples}").tasks
    if not task or not (len(reading.tasks) == len(tasks) == 1):
        return []
    line[line.index(f"--{TASK}") + 1] = tasks[0].task
    return line if of == TASK else [*line[: place - 1], *line[place + 1 :]]

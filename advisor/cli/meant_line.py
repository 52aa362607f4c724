"""The command line that a refused one clearly means, by its first words, a name or all words.

This runs only after an error, so it may import all commands and read the words as a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from contextlib import suppress
from itertools import chain, pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalogue.filters import licence_names
from advisor.catalogue.knowledge import KINDS, checkpoints_called, find, outside_catalog
from advisor.cli import takes
from advisor.cli.placing import PlacedWords
from advisor.cli.takes import ABOUT, COMMANDS, COMPARING, FLAGS, NEEDS, NUMBERS, TAKES, VERBS
from advisor.console.commands import rules_of
from advisor.console.flags import labels_joined
from advisor.console.output import OTHER_FILES, RESULTS
from advisor.console.streams import note
from advisor.decide.command_lines import quoted
from advisor.draw.formats import FORMATS
from advisor.engine.numbers import as_number
from advisor.errors import BrokenFileError, CheckpointsOnlyError, OneModelError, UsageError, nearest
from advisor.files import is_there
from advisor.hub import is_hub_id
from advisor.model import TASK
from advisor.naming import same_name, spelt_like
from advisor.need.reading import read
from advisor.need.understanding import commands

if TYPE_CHECKING:
    from advisor.cli.main import CommandLine
    from advisor.rulebase.base import RuleBase

NOUNS = frozenset((*KINDS, *(noun for noun, _ in KINDS.values()), "model", "models"))
NAMING = ("list", "show", "help", "explain")
"""Commands that accept a name alone."""
NAMELESS = (
    *("not-understood", "unknown-kind", "unknown-thing", "unknown-topic"),
    *("unknown-command or task", "file-to-write"),
)
"""Kinds of errors about a name that another command may know."""


def meant_line(error: Any, line: CommandLine) -> list[str]:
    """Return the words of the command line that a refused one clearly means; [] if unclear.

    The line is printed on stderr. `error` is the exception of the refusal. Raises UsageError with a
    better hint if a part of the line has several meanings.
    """
    words = labels_joined(line.words)
    try:
        rulebase = rules_of(line.overlays)
    except BrokenFileError:
        return []
    means = _of_refused_words if hasattr(error, "ctx") else _of_refused_name
    meant = means(rulebase, error, words)
    if getattr(error, "kind", "") == "ambiguous-task" and not line.wants_json:
        meant = _of_several_tasks(words)
    if not meant or (sorted(meant) == sorted(words) and meant[0] == words[0]):
        return []
    say_taken(meant)
    return meant


def say_taken(meant: Sequence[str]) -> None:
    """Print on stderr which command line runs instead."""
    note(f"advisor: understood as `advisor {' '.join(map(quoted, meant))}`")


def in_other_words(words: Sequence[str], overlays: Sequence[Path] = ()) -> list[str]:
    """Return the command line for words whose first one is no command; [] if it is unclear.

    Raises UsageError with an example for a verb without the words that it needs.
    """
    leading = [*takewhile(lambda word: word[:1] != "-", words)]
    verb, *behind = leading or [""]
    every = [word.strip(",?!") for words in leading for word in words.split()]
    if about := _about_models(rules_of(list(overlays)), every):
        return [*about, *words[len(leading) :]]
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
        placing = PlacedWords(rulebase, command)
        says_task = bool(read(rulebase, text).tasks) and not placing.is_model(text)
        things = [word.rpartition("=")[2].lstrip("-") for word in words[1:]]
        wanted = [kind for kind in kinds if kind != takes.SENTENCE or says_task]
        whole = any if example else all  # of what is shown, nothing else is asked
        if things and whole(any(placing.named(kind, thing) for kind in wanted) for thing in things):
            return placing.line(words[1:])
        if example and len(leading) == len(words) and len(behind) <= 2 and not says_task:
            message = f"`advisor {' '.join(words)}` is not a command"
            id = next(iter(placing.named(takes.CHECKPOINT, text)), "ID")
            what = text if text and not placing.is_model(text) else "plants"
            raise UsageError(message, hint=f"e.g. `advisor {example.format(id, what)}`")
    return []


def _about_models(rulebase: RuleBase, words: Sequence[str]) -> list[str]:
    """Return the `compare` or `show` line for words that only ask about models; else []."""
    placing = PlacedWords(rulebase, "compare")
    names = [word for word in words if word.lower() not in COMPARING]
    if 1 < len(names) < len(words) and all(map(placing.is_model, names)):
        return placing.line(names)
    names = [word for word in words if word.lower() not in ABOUT]
    text = " ".join(names)
    is_task = text.lower() in rulebase.task_names or text.lower() in rulebase.words
    return ["show", text] if len(names) == 1 and not is_task and placing.is_model(text) else []


def near_command(error: Any) -> str:
    """Return the command most similar to the one in a `no such command` error; "" if none is."""
    named = str(error).partition("o such command '")[2].rstrip("'.")
    return (named and nearest(named, error.ctx.command.list_commands(error.ctx))) or ""


def _of_refused_words(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return the meaning of a line that the parser refused (unknown flag or extra argument)."""
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
        return _of_flag(rulebase, flag, words, error.ctx.command.table)
    if "extra argument" in str(error) and path[0] in NAMING:
        return _of_name(rulebase, words)
    if path == ["ask"]:
        return ["recommend", *words[1:]]
    if COMMANDS.get(flag.lstrip("-")) == "ask" and words[0] in NEEDS:
        return ["ask", *(word for word in words[1:] if word != flag)]
    if path == ["help"] and flag in PlacedWords(rulebase, "recommend").asks:
        return ["show", flag[2:]]
    lead = path if words[: len(path)] == path else []
    behind = words[len(lead) :]
    if path == ["recommend"] and (listed := _listed(rulebase, flag, behind)):
        return listed
    placed = PlacedWords(rulebase, " ".join(path), error.ctx.command).line(behind)
    return placed if lead == path else placed[1:]


def _of_flag(rulebase: RuleBase, flag: str, words: list[str], table: Container[str]) -> list[str]:
    """Return the meaning of a line with a flag that `advisor` itself lacks; `table`: commands."""
    name = flag.lstrip("-")
    if meant := in_other_words([name, *words[1:]]):
        return meant
    if name in table and words[0] == flag:
        return [name, *words[1:]]
    if named := next((word for word in words if word in COMMANDS or word in table), ""):
        return [*COMMANDS.get(named, named).split(), *(word for word in words if word != named)]
    return PlacedWords(rulebase, "recommend").line(words)


def _listed(rulebase: RuleBase, flag: str, words: list[str]) -> list[str]:
    """Return the `code` line for flags such as --script, or `list checkpoints` if it fits."""
    if flag in takes.PROGRAMS:
        return ["code", *(word for word in words if word != flag)]
    listing = PlacedWords(rulebase, "list checkpoints")
    if flag not in listing.flags or flag in takes.NEEDLESS:
        return []
    with suppress(UsageError):
        placed = listing.line(words)
        values = dict(pairwise((*placed, "")))
        best = () if "--sort" in values or f"--{TASK}" not in values else ("--sort", "quality")
        licence = values.get("--license", values.get("--licence", "")).lower()
        return [*placed, *best] if not licence or licence in licence_names(rulebase) else []
    return []


def _of_refused_name(rulebase: RuleBase, error: Any, words: list[str]) -> list[str]:
    """Return the meaning of a line that a command refused because of a name in it; else []."""
    kind, name, of = (getattr(error, key, "") for key in ("kind", "name", "of"))
    if isinstance(error, CheckpointsOnlyError):
        return ["list", "checkpoints", *words[1:]] if words[1][:1] == "-" else []
    if kind == "unknown-command" and name == "help":
        return ["help", *words[:-1]]
    placing = PlacedWords(rulebase, "try")
    if kind == "unknown-format" or of == "file-format":
        return _of_format(placing, name, words, is_file=of == "file-format")
    if kind == "unknown-command or task" and (meant := _of_path(placing, name, words)):
        return meant
    is_path = of in rulebase.question_ids and is_there(name)
    names_alone = kind in NAMELESS and words[0] not in ("code", "compare")
    if isinstance(error, OneModelError) or is_path or (kind in NAMELESS and not names_alone):
        meant = PlacedWords(rulebase, words[0]).line(words[1:]) if words[0] in TAKES else []
        if is_path and sorted(meant) in ([], sorted(words)):
            hint = takes.ON_FILES.format(f"--folder {quoted(name)}")
            raise UsageError(error.message, hint=hint)
        return meant
    if kind == "unknown-option" and as_number(name) is not None and name in words[1:]:
        place = words.index(name) - 1
        said = {*words[place].strip("-").split("-")}
        flag = next((flag.split()[0] for flag in NUMBERS if said & {*NUMBERS[flag]}), words[place])
        return [*words[:place], flag, *words[place + 1 :]]
    if other := _other_name(rulebase, of, name):
        return [other if word == name else word for word in words]
    if kind == "unknown-option" and not getattr(error, "spelt", True):
        return _reworded(rulebase, of, name, words)
    return _of_name(rulebase, words) if names_alone else []


def _other_name(rulebase: RuleBase, of: str, name: str) -> str:
    """Return the order, or the id of the first checkpoint, that a name means; "" for none."""
    called = checkpoints_called(rulebase, name) if of in ("family", "checkpoint") else []
    return called[0].id if called else takes.SORTS.get(name, "") if of == "order" else ""


def _of_format(placing: PlacedWords, name: str, words: list[str], *, is_file: bool) -> list[str]:
    """Return the line with the flag before `name` replaced by the one that `name` fits, or [].

    Raises UsageError with the commands that write a table of results, if `name` is one.
    """
    answers = words[0] in ("recommend", "code") or words[0] not in commands()
    if is_file and answers and OTHER_FILES.get(Path(name).suffix.lower()) == RESULTS:
        paths = [word for word in words if is_there(word)]
        left_out = {"recommend", "code", "--output", "-o", name, *paths[1:]}
        need = " ".join(quoted(word) for word in _parted(words) if word not in left_out)
        folder = str(Path(paths[0]).parent) if paths[1:] else "".join(paths) or "photos"
        message = f"`{name}` would hold results of a model, which a program writes as JSON Lines"
        hint = takes.WRITES.format(need, quoted(Path(name).stem), quoted(folder))
        raise UsageError(message, hint=hint)
    flags = {
        "--profile": is_there(name) and bool(placing.named(takes.SETTINGS, name)),
        "--runtime": name.lower() in placing.runtimes,
        "--format": is_file and name in FORMATS,
    }
    meant = next((flag for flag, fits in flags.items() if fits), "")
    line = [meant if after == name else word for word, after in pairwise((*words, ""))]
    return line if meant else []


def _of_several_tasks(words: list[str]) -> list[str]:
    """Return the `recommend` line with the value of an ambiguous `--task` as part of the need."""
    line = _parted(words)
    others = {*commands(), *takes.BEGINNINGS} - {"recommend"}
    if line[0] in others or line.count(f"--{TASK}") != 1:
        return []
    place = line.index(f"--{TASK}")
    need = line[1:place] if line[0] == "recommend" else line[:place]
    return ["recommend", line[place + 1], *need, *line[place + 2 :]]


def _of_path(placing: PlacedWords, name: str, words: list[str]) -> list[str]:
    """Return the command for a file without one, or the flag that a word names; [] for no path.

    Raises UsageError, with an example, for a path without one command, or that does not exist.
    """
    if words == [name] and f"--{name}" in PlacedWords(placing.rulebase, "").flags:
        return [f"--{name}"]
    files = [file for file in takes.FILES if placing.named(file, name)]
    if not (files or is_there(name) or name.startswith(("/", "./", "../", "~"))):
        return []
    alone = (takes.ALONE[each] for each in takes.ALONE if placing.named(each, name))
    if is_there(name) and (command := next(alone, "")):
        return [*command.split(), name]
    what = "is a path, not a command or a task" if is_there(name) else "does not exist"
    flag = "--folder" if takes.FOLDER in files else "--image"
    is_own = is_there(name) and not {takes.FOLDER, takes.IMAGE}.isdisjoint(files)
    own = f"{flag} {quoted(name)}" if is_own else "--folder photos"
    hint = takes.OTHER_FILES.get(Path(name).suffix.lower(), takes.ON_FILES.format(own))
    hint = takes.ON_IMAGES.format(quoted(name)) if is_own else hint
    hint = takes.PAGES.format(quoted(name)) if takes.PDF in files else hint
    raise UsageError(f"`{name}` {what}", hint=hint)


def _of_name(rulebase: RuleBase, words: list[str]) -> list[str]:
    """Return the `list`, `show` or `compare` line for a name of any kind; [] if it is unknown."""
    head = words[0] if words[0] in NAMING else ""
    rest = words[bool(head) :]
    plain = [*takewhile(lambda word: word[:1] != "-", rest)]
    behind = rest[len(plain) :]
    if head == "explain" and (meant := _about_models(rulebase, ["compare", *plain])):
        return [*meant, *behind]
    if head in ("help", "list") and (meant := in_other_words(rest)) and meant[0] != "show":
        return meant
    names = [word for word in plain if word.lower() not in NOUNS | {"why", "not"}]
    name = "-".join(" ".join(names).split())
    family = rulebase.family_names.get(same_name(name, rulebase.family_names) or "")
    is_task = name.lower() in rulebase.task_names
    if head == "list" and (not names or family or is_task):
        flag = (f"--{TASK}" if is_task else "--family", name.lower()) if names else ()
        return ["list", "checkpoints", *flag, *behind]
    if head == "explain" and outside_catalog(rulebase, name):
        return ["show", name, *behind]
    is_word = head == "help" and not (family or nearest(name, commands()))
    tasks = read(rulebase, name).tasks if is_word else ()
    if len(tasks) == 1:
        return ["show", tasks[0].task, *behind]
    if family or checkpoints_called(rulebase, name) or name in rulebase.checkpoints:
        return ["show", family.id if family and head == "show" else name, *behind]
    for question in rulebase.questions if len(names) == 1 else ():
        called = {question.id, question.typed, question.typed.partition("-")[0]}
        called |= {flag[2:] for flag in FLAGS.get(f"--{question.typed}", ())}
        options = {each for option in question.options for each in option.names} if head else ()
        if question.id != TASK and (same_name(name, called) or name.lower() in options):
            return ["show", question.typed, *behind]
    if head in ("show", "help"):
        with suppress(UsageError):
            find(rulebase, name)
            return ["show", name, *behind]
    return []


def _parted(words: Sequence[str]) -> list[str]:
    """Return the words with `--flag=value` split in two."""
    parts = (word.split("=", 1) if word[:2] == "--" else [word] for word in words)
    return [*chain.from_iterable(parts)]


def _reworded(rulebase: RuleBase, of: str, name: str, words: list[str]) -> list[str]:
    """Return the line with an unknown option `name` of question `of` replaced by its meaning.

    That is the one option that the words state, else the one task that they indicate together with
    the given task and number of examples. [] if there is neither.
    """
    flag, line = f"--{rulebase.question(of).typed}", _parted(words)
    values = dict(pairwise(line))
    if values.get(flag) != name or checkpoints_called(rulebase, name):
        return []
    place = line.index(flag) + 1
    if "+" in name.strip("+"):  # as of tesseract
        return [*line[:place], name.replace("+", ","), *line[place + 1 :]]
    code = re.match(r"([a-z]{2,3})[-_][A-Za-z]+\Z", name)  # of a language in a country
    if code and any(code[1] in option.names for option in rulebase.question(of).options):
        return [*line[:place], code[1], *line[place + 1 :]]
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

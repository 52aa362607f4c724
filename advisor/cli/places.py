"""Words that stand where a command takes none: files, checkpoints, tasks, and needs in words.

Each becomes the flag that takes it, or the command that answers it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.catalogue.knowledge import checkpoints_called
from advisor.console.streams import note
from advisor.engine.bounds import BOUNDS
from advisor.errors import UsageError
from advisor.files import is_there
from advisor.model import TASK, Checkpoint
from advisor.need.reading import read

if TYPE_CHECKING:
    from advisor.rulebase.base import RuleBase

_FILES = ("--image", "--images", "--folder", "--data", "--dataset", "--dir", "--path", "--input")
_MODELS = ("--checkpoint", "--checkpoints", "--model", "--models", "--candidates", "-m")
LOOSE: Mapping[str, Sequence[str]] = {
    "evaluate": (*_FILES, *_MODELS, "--labels", "--file", "--on", "--need"),
    "try": (*_FILES[1:2], *_FILES[3:], *_MODELS[1:], "--file", "--photo", "--pdf", "--need"),
    "train": (*_FILES, "--file", "--labels", "--train"),
    "compare": (*_FILES, *_MODELS, "--file", "--on", "--with", "--against"),
}
"""Flags that people put before what a command takes otherwise, or without a flag."""
BETWEEN_TWO = frozenset(("vs", "vs.", "versus", "or", "and", "with", "against", "on"))
TABLES = (".csv", ".tsv", ".jsonl", ".json", ".tar", ".parquet", ".arrow")
TRAINS: Mapping[str, Sequence[str]] = {
    "code --task captioning --training fine-tune --training-data image-text": (
        *("caption", "captions", "text"),
    ),
    "code --task field-extraction --training fine-tune": ("fields", "ground_truth"),
    "code --task vqa --training fine-tune": ("question",),
}
"""What writes a program that learns from a table with such columns; from others, labels."""
HEAD, SEPARATOR = 10_000, re.compile("[,;\t]")
"""So much of a table's first line is read, and what is between its columns."""
LABELS = "code --task supervised-classification --training fine-tune"


class Words(NamedTuple):
    """The words of a command line by what they are; `options` are flags with their values.

    Of those, `need` are the flags of questions and bounds that the command does not take.
    """

    options: list[str]
    need: list[str]
    files: list[str]
    models: list[str]
    tasks: list[str]
    rest: list[str]


def sorted_words(rulebase: RuleBase, command: Any, words: Sequence[str]) -> Words:
    """Sort the words after a command by what they name; flags that it takes keep their values."""
    options = [param for param in command.params if param.param_type_name == "option"]
    takes = {flag: not option.is_flag for option in options for flag in option.opts}
    questions = answering_flags(rulebase)
    found, loose = Words([], [], [], [], [], []), LOOSE.get(words[0], ())
    remaining = list(words[1:])
    while remaining:
        word = remaining.pop(0)
        flag, joint, value = word.partition("=")
        path = is_there(remaining[0]) if remaining and not joint else is_there(value)
        if flag in loose and (flag not in takes or path):
            remaining[:0] = [value] if joint else []
        elif flag[:1] == "-" and flag != "-":
            kept = found.need if flag in questions and flag not in takes else found.options
            kept.append(word)
            known = flag in questions or "".join(remaining[:1]).isdigit()
            if not joint and remaining and takes.get(flag, known):
                kept.append(remaining.pop(0))
        elif is_there(word) or Path(word).suffix.lower() in TABLES:
            found.files.append(word)
        elif word.lower() in rulebase.task_names:
            found.tasks.append(word)
        elif all(models := [_model(rulebase, part) for part in word.split(",")]):
            found.models.extend(models)
        else:
            found.rest.append(word)
    return found


def answering_flags(rulebase: RuleBase) -> set[str]:
    """Return the flags of questions and of bounds."""
    return {f"--{name}" for name in (*BOUNDS, *(q.typed for q in rulebase.questions))}


def _model(rulebase: RuleBase, word: str) -> str:
    """Return the id of the checkpoint that a word names; empty where it names none."""
    if word in rulebase.checkpoints or ("/" in word and " " not in word):
        return word
    return next((checkpoint.id for checkpoint in checkpoints_called(rulebase, word)), "")


def placed(rulebase: RuleBase, command: Any, words: Sequence[str]) -> list[str]:
    """Return a command line whose words stand where the command takes them; empty where unclear."""
    name = words[0]
    if name not in ("try", "evaluate", "compare"):
        return []
    found = sorted_words(rulebase, command, words)
    if name == "compare":
        return _measured(found) if found.files else []
    if name == "evaluate":
        return _evaluated(rulebase, found)
    return _tried(rulebase, found)


def _measured(found: Words) -> list[str]:
    """Return the command that compares checkpoints on labeled images."""
    models = [part for model in found.models for part in ("--candidate", model)]
    return ["evaluate", *_data(found.files), *found.options, *models]


def _data(files: Sequence[str]) -> list[str]:
    """Return labeled images as `evaluate` takes them: a table comes first, then its images."""
    first = next((file for file in files if Path(file).is_file()), "".join(files[:1]))
    others = [file for file in files if file != first and Path(file).is_dir()]
    return [first, *(part for file in others[:1] for part in ("--image-folder", file))]


def _evaluated(rulebase: RuleBase, found: Words) -> list[str]:
    if not found.files:
        return []
    flags = [part for task in found.tasks for part in (f"--{TASK}", task)]
    if found.rest:
        flags += _answers(rulebase, "evaluate", " ".join(found.rest))
    return [*_measured(found), *flags]


def _tried(rulebase: RuleBase, found: Words) -> list[str]:
    """Return `advisor try` of what is named, or of what is recommended for a need in words."""
    if pdf := next((file for file in found.files if file.lower().endswith(".pdf")), ""):
        raise of_pdf(rulebase, pdf, [word.lower() for word in (*found.tasks, *found.rest)])
    places = {file: "--folder" if Path(file).is_dir() else "--image" for file in found.files}
    if len(found.models) > 1 and "--folder" in places.values():
        return _measured(found)
    first = {place: file for file, place in reversed(places.items())}  # one image, one folder
    if len(first) < len(places):
        note("advisor: one image is tried. `--folder DIR --output answers.jsonl` runs on several")
    files = [part for place_and_file in first.items() for part in place_and_file]
    models = [part for model in found.models for part in ("--checkpoint", model)]
    task = [part for name in found.tasks for part in (f"--{TASK}", name)]
    if found.rest and found.rest[-1].endswith("?") and not read(rulebase, found.rest[-1]).tasks:
        found.options.extend(("--question", found.rest.pop()))
    if models or not (found.rest or found.need):
        return ["try", *models, *task, *files, *found.options]
    given = [*task, *_taken(found.options, f"--{TASK}"), *found.need]
    return ["try", *_recommended(rulebase, " ".join(found.rest), given), *files, *found.options]


def _taken(options: list[str], flag: str) -> list[str]:
    """Take a flag with its value out of options; nothing where they have none."""
    if flag not in options:
        return []
    place = options.index(flag)
    taken = options[place : place + 2]
    del options[place : place + 2]
    return taken


def _answers(rulebase: RuleBase, verb: str, text: str) -> list[str]:
    """Return what a need in words says, as flags. Raises UsageError where it may say several."""
    from advisor.decide.command_lines import command
    from advisor.engine.decision import Engine
    from advisor.need.understanding import one_task

    profile = one_task(Engine.known(rulebase), text, {}, least=1, verb=verb)
    return shlex.split(command(verb, rulebase, profile))[2:]


def _recommended(rulebase: RuleBase, text: str, flags: Sequence[str]) -> list[str]:
    """Return the first checkpoint that runs for a need, as `advisor try` takes it."""
    from advisor.decide.recommendation import recommend
    from advisor.engine.decision import Engine
    from advisor.engine.profile import read_answers
    from advisor.need.understanding import one_task

    typed = {id: id for id in BOUNDS} | {q.typed: q.id for q in rulebase.questions}
    pairs = [part for flag in flags for part in flag.split("=", 1)]
    given = {typed[flag[2:]]: [value] for flag, value in zip(pairs[::2], pairs[1::2], strict=False)}
    profile = read_answers(rulebase, given, "flag")
    if text:
        profile = one_task(Engine.known(rulebase), text, profile, least=1, verb="try")
    advice = recommend(rulebase, profile).advice[0]
    if advice.runnable is None:
        hint = f"`advisor recommend --task {advice.task}` says what runs for it"
        raise UsageError(f"`advisor try` has no checkpoint for `{advice.task}`", hint=hint)
    bits = ["--quantize", str(advice.runnable.bits)] if advice.runnable.is_rounded else []
    return ["--checkpoint", advice.runnable.hub_id, f"--{TASK}", str(advice.task), *bits]


def of_pdf(rulebase: RuleBase, file: str, words: Sequence[str]) -> UsageError:
    """Return the error for a PDF where an image is taken, with the program that reads its pages."""
    tasks = [rulebase.task_names[word].id for word in words if word in rulebase.task_names]
    need = f"--{TASK} {tasks[0]}" if tasks else "'read the text of PDF pages'"
    return UsageError(
        f"`advisor try` reads images, and `{file}` is a PDF",
        hint=f"`advisor code {need} -o pages.py` writes a program that reads PDFs: "
        f"`uv run pages.py {file}`",
    )


def checked(rulebase: RuleBase, words: Sequence[str]) -> list[str]:
    """Return the check of the one checkpoint that is named, for the task that it is made for."""
    at = next((n for n, word in enumerate(words) if n and _model(rulebase, word)), 0)
    if words[0] != "check" or not at or f"--{TASK}" in words:
        return []
    id = _model(rulebase, words[at])
    task = task_of(rulebase.checkpoints[id]) if id in rulebase.checkpoints else ""
    before = words[:at] if words[at - 1] == "--checkpoint" else [*words[:at], "--checkpoint"]
    return [*before, id, f"--{TASK}", task, *words[at + 1 :]] if task else []


def task_of(checkpoint: Checkpoint) -> str:
    """Return the task that a checkpoint is made for; empty where it is made for several."""
    tasks = checkpoint.typical or (checkpoint.tasks if len(checkpoint.tasks) == 1 else ())
    return tasks[0] if tasks else ""


def trained(rulebase: RuleBase, code: Any, words: Sequence[str]) -> list[str]:
    """Return the command that writes a program that learns from a folder or a table.

    `code` is the command that writes programs, as its parser has it.
    """
    found = sorted_words(rulebase, code, words)
    if not found.files:
        return []
    need = " ".join([*found.tasks, *found.rest])
    if need:
        return ["code", need, "--training", "fine-tune", *found.models, *found.options]
    path, head = Path(found.files[0]), ""
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as table:
            head = table.readline(HEAD)
    columns = {part.strip(' \t\n"{').partition('"')[0].lower() for part in SEPARATOR.split(head)}
    meant = next((line for line, names in TRAINS.items() if columns & {*names}), LABELS)
    return [*meant.split(), *found.options]


def exported(rulebase: RuleBase, words: Sequence[str]) -> list[str]:
    """Return the program of a checkpoint that runs with a runtime that is named beside it."""
    names = {each.label.lower(): each.label for each in rulebase.runtimes.values()}
    names |= {id.lower(): each.label for id, each in rulebase.runtimes.items()}
    runtime = next((names[word.lower()] for word in words if word.lower() in names), "")
    id = next((model for word in words[1:] if (model := _model(rulebase, word))), "")
    if not (runtime and id in rulebase.checkpoints):
        return []
    task = task_of(rulebase.checkpoints[id])
    flags = [f"--{TASK}", task] if task else []
    return ["code", id, *flags, "--runtime", runtime]


def beside_best(rulebase: RuleBase, words: Sequence[str]) -> list[str]:
    """Return the comparison of a checkpoint with the one recommended for what it is made for."""
    name = words[1]
    if words[0] != "compare" or name in rulebase.family_names or words.count(name) > 1:
        return []
    from advisor.decide.recommendation import recommend
    from advisor.engine.profile import make_profile

    id = _model(rulebase, name)
    task = task_of(rulebase.checkpoints[id]) if id in rulebase.checkpoints else ""
    if not task:
        return []
    best = recommend(rulebase, make_profile(rulebase, {TASK: task}, "flag")).advice[0].runnable
    return ["compare", id, best.hub_id, *words[2:]] if best and best.hub_id != id else []

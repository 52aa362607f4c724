"""`advisor code`: the program for a recommendation, to be saved and run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.console.commands import Given, Options
from advisor.console.options import CriteriaFirst, Names, NoThinking, Order, option
from advisor.console.output import Showing, note, showing
from advisor.decide.command_lines import TRANSFORMERS, command, program_for, quoted
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile, make_profile
from advisor.errors import UnknownNameError, UsageError
from advisor.files import path_shown
from advisor.model import TASK
from advisor.naming import same_name
from advisor.need.command import with_kinds, with_task
from advisor.phrasing import joined
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.written_program import Script
    from advisor.draw.formats import Report

SHOWN_TASKS = 3
PAGE = "html"
WRITTEN = (".py", ".ipynb", ".html")
"""Suffixes of files that a program is written to."""
FORMATS = ("python", "notebook", "json", PAGE)
NEED = "Task or sentence, or the checkpoint of the program."
Need = Annotated[list[str], typer.Argument(metavar="[NEED|CHECKPOINT]", help=NEED)]
VERIFIED_ONLY = "Use only checkpoints whose required fields are all verified."
VerifiedOnly = Annotated[bool, option("--verified-only", VERIFIED_ONLY)]
JOIN = "Combine an encoder and a decoder of your choice, and train the combined model."
Join = Annotated[bool, option("--join", JOIN)]
RUNTIME = "Runtime of the program, such as onnx or vllm. Default: the runtime of --device."
RuntimeName = Annotated[str, option("--runtime NAME", RUNTIME)]
PROJECT = "Write the program, a README, a test and advisor.yaml to a new folder."
Project = Annotated[Path | None, option("--project DIR", PROJECT)]
Notebook = Annotated[bool, option("--notebook", "Same as --format notebook.")]
Force = Annotated[bool, option("--force", "Overwrite files that exist.")]


def _shown(
    shown: Annotated[Showing, showing(FORMATS)], notebook: Notebook = False, force: Force = False
) -> Showing:
    """Return the output options of a program, with the format `notebook` for `--notebook`.

    Raises UsageError if `--notebook` conflicts with `--format`, or if a file exists unless `force`.
    """
    existing = next((file for _, file in shown.files if file.is_file()), None)
    if existing and not force:
        raise UsageError(f"`{existing}` already exists", hint="--force overwrites the file")
    if notebook and shown.format not in (FORMATS[0], "notebook"):
        message = f"`--notebook` and `--format {shown.format}` cannot go together"
        raise UsageError(message, hint="pass only one of them")
    return shown._replace(format="notebook") if notebook else shown


def code(
    *,
    need: Need = [],  # noqa: B006
    given: Given,
    first: CriteriaFirst,
    order: Order = "quality",
    verified_only: VerifiedOnly = False,
    join: Join = False,
    no_thinking: NoThinking = False,
    runtime: RuntimeName = "",
    project: Project = None,
    names: Names,
    rulebase: RuleBase,
    shown: Annotated[Showing, Options(_shown)],
) -> int:
    """Generate Python code for the first checkpoint: a tool for your files, or a training script.

    `code` accepts the same input as `recommend`. The program writes JSON Lines, or trains on
    pairs.csv. Runtimes: transformers, onnx, transformers.js, vllm, llama.cpp, ollama, mlx, openvino

    \b
    Examples:
      advisor code captioning > caption.py && uv run caption.py photos/
      advisor code --task ocr-line --training fine-tune --project train
      advisor code "search photos by words" --device browser > index.html
    """
    from advisor.decide.project_folder import write_project
    from advisor.decide.recommendation import recommend
    from advisor.decide.written_program import script

    runtime = runtime or _of_page(rulebase, shown)
    id, answers = _meant(rulebase, need, with_task(rulebase, given, names, need), first, runtime)
    answer = recommend(rulebase, answers, priority=first, sort=order, verified_only=verified_only)
    ways = _file_and_names(rulebase, need, names, shown, project) | {"runtime_name": runtime}
    written = script(answer, id, join=join, thinking=not no_thinking, **ways)
    _check_page(shown, written, runtime)
    files = write_project(project, written, answer.advice[0]) if project else []
    shown.emit(_report(written, files, rulebase.digest), once=FORMATS[0])
    note(*_afterwards(shown, written))
    return 0


def _check_page(shown: Showing, written: Script, runtime: str) -> None:
    """Raise UsageError if HTML is wanted for a Python program, or Python for a web page."""
    if PAGE in shown.formats and not written.is_page:
        hint = f"end the file in .py, or leave out `--runtime {runtime}`"
        raise UsageError("this program is Python code, not a web page", hint=hint)
    for format, file in (*shown.files, (shown.format, Path("index"))):
        if written.is_page and (format == "notebook" or file.suffix.lower() == ".py"):
            page = quoted(path_shown(file.with_suffix(f".{PAGE}")))
            message = "this program is a web page, not Python code"
            raise UsageError(message, hint=f"`{written.command} -o {page}`")


def _of_page(rulebase: RuleBase, shown: Showing) -> str:
    """Return the label of the runtime that writes web pages if HTML is wanted, else ""."""
    pages = (runtime.label for runtime in rulebase.runtimes.values() if runtime.page)
    return next(pages, "") if PAGE in shown.formats else ""


def _file_and_names(
    rulebase: RuleBase, need: Sequence[str], names: Names, shown: Showing, project: Path | None
) -> dict[str, str]:
    """Return `fields`, `labels`, `question`, `saved` for `script`; `names` are those of flags."""
    from advisor.need.reading import read

    named = [file.name for format, file in shown.files if format == FORMATS[0] and not project]
    own = read(rulebase, " ".join(with_kinds(need, rulebase))).own
    own["question"] = next((part for part in need if part[-1:] == "?"), own["question"])
    own |= names
    return own | {"labels": own["labels"].replace(",", "; "), "saved": "".join(named[:1])}


def _afterwards(shown: Showing, written: Script) -> Iterator[str]:
    """Yield the notes on stderr: what files were written, how to run them, and other remarks."""
    if any(format != "json" for format, _ in shown.files):
        yield f"advisor: the program {written.said[0]}. {written.expects}".rstrip()
    for format, file in shown.files:
        if format == FORMATS[0] and not written.is_page:
            run = f"uv run {quoted(path_shown(file))} {''.join(written.runs[:1])}".rstrip()
            yield f"advisor: run the program, e.g. `{run}`"
    if written.note:
        yield f"advisor: {written.note}"


def _report(written: Script, files: Sequence[Path], digest: str) -> Report:
    """Return the report of a program. As text it is the program, or the `files` of a project."""
    from advisor.draw.formats import Report

    text = "".join(f"{path_shown(file)}\n" for file in files) or written.python
    drawings = {"python": lambda: text, "html": lambda: text, "notebook": lambda: written.notebook}
    return Report(lambda: written.to_dict(digest), list, drawings=drawings)


def _meant(
    rulebase: RuleBase, need: Sequence[str], given: Profile, first: tuple[str, ...], runtime: str
) -> tuple[str, Profile]:
    """Return the id of the named checkpoint ("" for none), and all answers.

    A runtime implies default answers (a web page runs in a browser). A task id before a sentence is
    its task. Raises UsageError without any answer, UnknownNameError for the name of an output file.
    """
    from advisor.decide.programs import runtime_named

    need = with_kinds(need, rulebase) if len(need) > 1 else need
    if len(need) > 1 and TASK not in given and need[0] in rulebase.task_names:
        given, need = make_profile(rulebase, {TASK: need[0]}, "text") | given, need[1:]
    text = " ".join(need).strip()
    implied = runtime_named(rulebase, runtime).assumed if runtime else {}
    assumed = make_profile(rulebase, implied, "flag")
    if not (text or given):
        raise UsageError("no task was passed", hint="pass a task, e.g. `advisor code captioning`")
    if file := next((word for word in text.split() if Path(word).suffix.lower() in WRITTEN), ""):
        message, hint = f"`{file}` is an output file, not a task", f"pass `--output {file}`"
        raise UnknownNameError(message, hint=hint, kind="file-to-write", name=file)
    if text in rulebase.checkpoints or ("/" in text and len(text.split()) == 1):  # known or not
        return text, assumed | _with_its_task(rulebase, text, given, runtime)
    return "", assumed | (read_need(rulebase, text, given, first, "code") if text else given)


def _with_its_task(rulebase: RuleBase, id: str, given: Profile, runtime: str) -> Profile:
    """Return the answers with the checkpoint's task. Raises UsageError if it has several."""
    checkpoint = rulebase.checkpoint(id)
    if TASK in given:
        return given
    tasks = [*dict.fromkeys((*checkpoint.typical, *checkpoint.tasks, *checkpoint.fine_tune))]
    number = len(tasks)
    tasks = _run_by(rulebase, id, tasks, runtime) or tasks[:1]  # which it then refuses
    first = {**make_profile(rulebase, {TASK: tasks[0]}, "text"), **given}
    if len(tasks) == 1:
        return first
    again = command(f"code {id}", rulebase, first) + (f" --runtime {runtime}" if runtime else "")
    hint = f"pass `{again}`, or {joined(tasks[1:SHOWN_TASKS], 'or')}"
    message = f"`{id}` supports {number} tasks, and a program is for one task"
    raise UsageError(message, hint=hint)


def _run_by(rulebase: RuleBase, id: str, tasks: list[str], runtime: str) -> list[str]:
    """Return the tasks for which a program runs the checkpoint with the runtime ("": the usual)."""
    from advisor.decide.programs import NO, runtime_named, support
    from advisor.model import AS_IS

    wanted = runtime_named(rulebase, runtime or TRANSFORMERS)
    if wanted.id == TRANSFORMERS:
        return tasks
    checkpoint, programs = rulebase.checkpoint(id), rulebase.programs
    runs = (task for task in tasks if support(rulebase, wanted, checkpoint, task).answer != NO)
    return [task for task in runs if program_for(checkpoint, task, programs, AS_IS, wanted.id)]


def read_need(
    rulebase: RuleBase, text: str, given: Profile, first: tuple[str, ...], verb: str
) -> Profile:
    """Return the answers of a need, overridden by `given`, and print them as a command of `verb`.

    The name of a task alone prints nothing. Raises UsageError if several tasks are possible.
    """
    from advisor.need.lexicon import lexicon_of
    from advisor.need.reading import numbers_of, read
    from advisor.need.understanding import one_task, refuse_names

    name = same_name(text, [*rulebase.task_names, *rulebase.words])
    alone = TASK not in given and not numbers_of(lexicon_of(rulebase), given)
    if name and alone and len(rulebase.words.get(name, ())) <= 1:
        return {**make_profile(rulebase, {TASK: name}, "text"), **given}

    refuse_names(rulebase, text)
    profile = one_task(Engine.known(rulebase, first), text, given, least=1, verb=verb, exit_code=3)
    note(f"advisor: understood as `{command(verb, rulebase, profile)}`")
    reading = read(rulebase, text)
    besides = [(f"another task, left out ({task.task})", task.spans) for task in reading.besides]
    for label, spans in (*besides, ("not understood", reading.uncounted(reading.not_understood))):
        if words := reading.words(spans):
            note(f"advisor: {label}: {', '.join(words)}")
    return profile

"""A program to keep: it runs, or trains, one checkpoint for a task, and stands alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from advisor.decide.advice import Advice, TaskAdvice
from advisor.decide.command_lines import TRANSFORMERS, act_of, may_train, program_for, use_of
from advisor.decide.program_header import (
    UNSORTED,
    download_of,
    header,
    imports_late,
    install_line,
    prepared_by,
    pythons_for,
    requirements,
    with_header,
)
from advisor.decide.programs import (
    LABEL_NAMES,
    NO,
    PARTLY,
    SAMPLE,
    can_run,
    in_its_language,
    joining_program,
    runtime_named,
    sample_of,
    snippet,
    support,
    tool_of,
    way_of,
    worded,
)
from advisor.decide.requirements import Requirements
from advisor.decide.selection import Picking, select_of
from advisor.decide.workload import time_of
from advisor.draw.formats import SCHEMA_VERSION
from advisor.errors import UsageError
from advisor.foreign import visible
from advisor.model import AS_IS, COMPOSE, FINE_TUNE, Checkpoint
from advisor.model.library import ProgramTool, Runtime

DOES = {AS_IS: "runs", FINE_TUNE: "fine-tunes", COMPOSE: "combines and trains"}


class Script(NamedTuple):
    """A program for a checkpoint in one `use` of a task, and the `command` that made it.

    `checkpoint` is empty if parts are to be combined first. `python` is HTML for a page of a
    browser. `note` says in what the program differs from what was asked. A notebook has `cell` in
    its place, for one image, below the lines `said` and the installation of `needed` packages.
    `runs` are the arguments of its command lines, in order; `expects` says what it downloads.
    """

    checkpoint: str
    use: str
    task: str
    python: str
    command: str
    runtime: str
    note: str = ""
    said: Sequence[str] = ()
    cell: str = ""
    needed: Sequence[str] = ()
    tool: ProgramTool | None = None
    runs: Sequence[str] = ()
    expects: str = ""

    def to_dict(self, digest: str) -> dict[str, Any]:
        """Return the JSON document of `advisor code --format json`."""
        keys = ("checkpoint", "use", "task", "python", "command", "runtime")
        document = {key: getattr(self, key) for key in keys}
        return {"schema_version": SCHEMA_VERSION, "rule_base": digest, **document}

    @property
    def is_page(self) -> bool:
        """True for a web page (HTML)."""
        return self.python.startswith("<")

    @property
    def notebook(self) -> str:
        """The program as a Jupyter notebook: comments, installation of packages, code."""
        lines = [line.replace("by: ", " " * 4, 1) for line in self.said]  # Markdown's sign for code
        code: dict[str, Any] = {"execution_count": None, "outputs": []}
        cells = [
            ("what-it-is", "markdown", "\n\n".join(lines), {}),
            ("packages", "code", f"%pip {install_line(self.needed)}", code),
            ("program", "code", self.cell.rstrip("\n"), code),
        ]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        document = {
            "cells": [
                {
                    "cell_type": kind,
                    "id": id,
                    "metadata": {},
                    "source": source.splitlines(keepends=True),
                    **more,
                }
                for id, kind, source, more in cells
            ],
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def script(
    answer: Advice,
    named: str = "",
    *,
    join: bool = False,
    thinking: bool = True,
    runtime_name: str = "",
    fields: str = "",
    labels: str = "",
    question: str = "",
    saved: str = "",
) -> Script:
    """Return the program for the first checkpoint of an answer, or for a `named` one.

    With `join` it combines parts to a new one. Without `thinking` it does not think before it
    answers. Without a runtime's name, it is that of the device, or the nearest that runs the
    checkpoint. `fields` are the default of those that a program reads from documents, `question` of
    what it asks, `labels` those in the command that runs it. `saved` is the name of the program's
    file, or empty. Raises UsageError if there is no checkpoint, no program, no single task or no
    such runtime, or if parts are not combined for the task.
    """
    advice = answer.advice[0]
    if len(answer.advice) > 1 or not advice.task:
        hint = f"e.g. `advisor code --task {answer.rulebase.tasks[0].id}`"
        raise UsageError("`advisor code` writes a program for one task", hint=hint)
    checkpoint, use = (None, COMPOSE) if join else _chosen(advice, named)
    if join and not advice.joinable:
        message = f"your answers for {advice.task} do not combine an encoder and a decoder"
        raise UsageError(message, hint="add --components custom, or leave out --join")
    checkpoint, runtime, note = _run_with(answer, checkpoint, use, named, runtime_name)
    name = checkpoint.id if checkpoint else ""
    rulebase, task = advice.rulebase, advice.task
    options = {**advice.options, **({"fields": fields} if fields else {}), LABEL_NAMES: labels}
    options["question"] = question
    code = cell = program = hours = None
    if checkpoint is None and use == COMPOSE:
        code = joining_program(task, rulebase.programs)
        cell = joining_program(task, rulebase.programs, whole=False)
    elif checkpoint:
        by: Any = {"use": use, "runtime": runtime.id if runtime else TRANSFORMERS}
        program = program_for(checkpoint, task, rulebase.programs, **by)
        write = partial(snippet, checkpoint, task, rulebase, options, thinking=thinking, **by)
        code, cell = write(whole=True), write()
    if code is None or cell is None:
        raise _no_program(answer, name, use)
    made = answer.code_command(advice, named, join=join, thinking=thinking, runtime=runtime_name)
    notes = [note, _untrained(advice, checkpoint, use)]
    if checkpoint and use == AS_IS:
        at_once = not program or not program.thinking_code  # a yes or no is its first word
        thinks = thinking and not at_once
        notes.append(way_of(checkpoint, task, thinking=thinks))
        server = runtime if runtime and runtime.server else None
        hours = time_of(rulebase, checkpoint, advice.decision.profile, advice.items or 1, server)
        if hours and checkpoint.thinking_switch:
            hours = hours._replace(thinks=hours.thinks and thinks)
    note = "; ".join(filter(None, notes))
    took = hours.text if hours and advice.items else ""
    needed = [] if runtime and runtime.page else requirements(code, rulebase.packages)
    prepared = prepared_by(runtime, checkpoint, program) if runtime and checkpoint else []
    tool, runs = None, [] if use == AS_IS else ["pairs.csv"]
    if checkpoint and program:
        tool = tool_of(rulebase, checkpoint, task, program, advice.options)
        _, question = worded(checkpoint, task, program, options)
        sample = sample_of(program, in_its_language(checkpoint, advice.options))
        shown = labels or (sample == SAMPLE and rulebase.task(task).example.get("labels")) or ""
        runs = _command_words(tool, fields, shown, sample, question) if tool else runs
    does, takes = (tool.does, tool.takes) if tool else ("", "")
    aim = f"{does or DOES[use]} {name or 'an encoder and a decoder of your choice'} for {task}"
    comments = [visible(line) for line in (aim, f"by: {made}", takes, took, note) if line]
    remarks = [*comments, UNSORTED] if imports_late(code) else comments
    pythons = pythons_for(needed, rulebase.packages)
    cpu = options.get("device") == "cpu"
    head = header(needed, checkpoint, remarks, runs, prepared, saved, pythons, cpu=cpu)
    text = with_header(code, head)
    label = runtime.label if runtime else TRANSFORMERS
    expects = prepared[-1] if prepared else download_of(checkpoint) if checkpoint else ""
    return Script(
        name, use, task, text, made, label, note, comments, cell, needed, tool, runs, expects
    )


def _no_program(answer: Advice, name: str, use: str) -> UsageError:
    """Return the error for a task without a program, of a checkpoint with the id `name` or ""."""
    advice = answer.advice[0]
    message = f"no checkpoint meets the requirements for a program: {advice.task} ({use})"
    hint = f"`{answer.command}` shows the reasons"
    if name:
        message = f"advisor has no program that uses `{name}` for {advice.task} ({use})"
        hint = f"advisor show {name}"
    elif advice.elsewhere and not advice.selection.picks:
        message = f"advisor has no program for {advice.task}, because no family fits"
        reason = advice.elsewhere.because.partition(". ")[0]
        hint = " ".join([f"{reason}.", f"{hint}, and models to use instead"])
    return UsageError(message, hint=hint, kind="no-program")


def _command_words(
    tool: ProgramTool, fields: str, labels: str, sample: str, question: str
) -> list[str]:
    """Return the arguments of a tool's command lines, in quotes that Windows takes too."""
    tried = () if fields and tool.asks == "fields" else tool.tried  # those of a need are default
    if tool.asks in ("question", "labels"):
        tried = (f"--{tool.asks}", question.replace("; ", ","))
    elif labels and "--labels" in tried:
        tried = ("--labels", labels.replace("; ", ","))
    first = " ".join(filter(None, ("photos", shlex.join(tried)))).replace("'", '"')
    return [first, tool.then.replace("{sample}", sample)] if tool.then else [first]


def written_instead(answer: Advice) -> str:
    """Return in words the program written if the device's runtime does not run the first pick.

    Empty if it does, or if transformers trains it.
    """
    advice = answer.advice[0]
    first = advice.selection.picks[0]
    use = advice.use_of(first)
    checkpoint, runtime, refused = _run_with(answer, first.checkpoint, use, "", "")
    if checkpoint and checkpoint != first.checkpoint:
        return f"uses {checkpoint.id}"
    if not refused or runtime:
        return ""
    wanted = advice.rulebase.runtime_for(advice.options)
    other = _task_alike(advice, wanted) if wanted else ""
    alike = f", and for {other} a program for {wanted.label}" if wanted and other else ""
    return f"writes a program for {TRANSFORMERS}{alike}"


def _task_alike(advice: TaskAdvice, runtime: Runtime) -> str:
    """Return a task of the same act that a runtime has a program for; empty without one.

    A benchmark ranks both tasks.
    """
    rulebase, act = advice.rulebase, act_of(advice.rulebase, str(advice.task))
    lists = {task: rulebase.order(task)["lists"].values() for task in (act.tasks if act else ())}
    ranked = {task: {id for ids in each for id in ids} for task, each in lists.items()}
    for task in (each for each in ranked if ranked[each] & ranked[str(advice.task)]):
        able = (each for each in rulebase.checkpoints.values() if task in each.tasks)
        if any(can_run(rulebase, runtime, each, task) for each in able):
            return task
    return ""


def _run_with(
    answer: Advice, checkpoint: Checkpoint | None, use: str, named: str, runtime_name: str
) -> tuple[Checkpoint | None, Runtime | None, str]:
    """Return the checkpoint to run, its runtime (None for transformers), and a note.

    If no checkpoint was named, it is the first that the runtime runs. Raises UsageError if a
    runtime that was named does not run it, or for training.
    """
    advice = answer.advice[0]
    rulebase, task = advice.rulebase, str(advice.task)
    by_device = rulebase.runtime_for(advice.options)
    wanted = runtime_named(rulebase, runtime_name) if runtime_name else by_device
    if wanted is None or wanted.id == TRANSFORMERS:
        return checkpoint, None, ""
    if checkpoint is None or use != AS_IS:
        if not runtime_name:
            return checkpoint, None, ""
        message = f"training programs use transformers and do not support {wanted.label}"
        raise UsageError(message, hint=f"`{answer.code_command(advice, named)}`", kind="no-program")
    notes, refusal = [], _refusal(advice, checkpoint, wanted)
    if refusal and not named and (other := _first_run_by(answer, wanted)):
        notes = [f"{refusal}. The program runs {other.id} instead"]
        checkpoint, refusal = other, ""
    if refusal:
        nearest = _nearest(answer, checkpoint, wanted)
        if not runtime_name:
            return checkpoint, None, f"{refusal}; nearest: {nearest}"
        raise UsageError(refusal, hint=nearest, kind="no-program")
    state = support(rulebase, wanted, checkpoint, task)
    notes += [wanted.tested] if wanted.tested else []
    notes += [f"publish the model first ({state.because})"] if state.answer == PARTLY else []
    return checkpoint, wanted, "; ".join(notes)


def _refusal(advice: TaskAdvice, checkpoint: Checkpoint, wanted: Runtime) -> str:
    """Return why a runtime does not run a checkpoint; empty if it does, or does once published."""
    if checkpoint.is_rounded:
        return f"transformers quantizes {checkpoint.id} on load, and {wanted.label} does not"
    state = support(advice.rulebase, wanted, checkpoint, str(advice.task))
    if state.answer == NO:
        return f"{checkpoint.id} does not run with {wanted.label}: {state.because}"
    programs = advice.rulebase.programs
    if program_for(checkpoint, advice.task, programs, runtime=wanted.id) is None:
        runs = f"runs {checkpoint.id} with {wanted.label}"
        return f"advisor has no program that {runs} ({state.because})"
    return ""


def _nearest(answer: Advice, checkpoint: Checkpoint, wanted: Runtime) -> str:
    """Return the nearest commands if a runtime does not run a checkpoint.

    They write what the runtime runs instead, and the checkpoint for the first runtime that runs it.
    """
    advice = answer.advice[0]
    write = partial(answer.code_command, advice)
    runtimes = advice.rulebase.runtimes.values()
    runs_with = partial(can_run, advice.rulebase, task=str(advice.task))
    able = [each.label for each in runtimes if runs_with(each, checkpoint)]
    whole = advice.rulebase.checkpoint(checkpoint.hub_id)
    instead = whole if runs_with(wanted, whole) else _first_run_by(answer, wanted)
    commands = [f"`{write(instead.id, runtime=wanted.label)}`"] if instead else []
    if not instead and (other := _task_alike(advice, wanted)):
        commands.append(f"`advisor code --task {other} --runtime {wanted.label}`")
    if able:
        others = f" (or {', '.join(able[1:])})" if able[1:] else ""
        commands.append(f"`{write(checkpoint.id, runtime=able[0])}`{others}")
    return ", or ".join(commands)


def _first_run_by(answer: Advice, runtime: Runtime) -> Checkpoint | None:
    """Return the first that a runtime runs as published: a pick, or of other families; or None."""
    advice = answer.advice[0]
    picking = Picking(answer.order, answer.verified_only)
    case = partial(select_of, advice.rulebase, profile=advice.decision.profile, picking=picking)
    rivals = (each.family for each in advice.decision.assessments if each.verdict != "excluded")
    others = (case(family).picks for family in rivals)
    picks = chain(advice.selection.picks, chain.from_iterable(others))
    as_is = (pick.checkpoint for pick in picks if pick.use == AS_IS)
    runs_it = partial(can_run, advice.rulebase, runtime, task=str(advice.task))
    return next(filter(runs_it, as_is), None)


def _untrained(advice: TaskAdvice, checkpoint: Checkpoint | None, use: str) -> str:
    """Return why the program does not train although answers allow it; empty if it need not."""
    if checkpoint is None or use != AS_IS or not may_train(advice.rulebase, advice.options):
        return ""
    task, programs = str(advice.task), advice.rulebase.programs
    why = f"advisor has no program that trains {checkpoint.id} for {task}"
    if program_for(checkpoint, task, programs, FINE_TUNE):
        why = f"{checkpoint.id} supports {task} without fine-tuning"
    elif (program := program_for(checkpoint, task, programs)) and program.trainer:
        why = f"{why}. {program.trainer}"
    return f"this program does not train, because {why}"


def _chosen(advice: TaskAdvice, named: str) -> tuple[Checkpoint | None, str]:
    """Return the checkpoint (None to combine parts) and its use. Raises UsageError for no use."""
    selection = advice.selection
    if not named:
        if selection.compose:
            return None, COMPOSE
        first = selection.first
        return (first.checkpoint, advice.use_of(first)) if first else (None, AS_IS)
    checkpoint = advice.rulebase.checkpoint(named)
    required = Requirements(advice.rulebase, advice.decision.profile)
    use = required.use(checkpoint, (*(selection.uses or required.uses), AS_IS))
    if use is None:
        raise UsageError(
            f"`{checkpoint.id}` does not support {advice.task}",
            hint=f"advisor show {checkpoint.hub_id}",
            kind="no-program",
        )
    return checkpoint, use_of(advice.rulebase, checkpoint, str(advice.task), advice.options, use)

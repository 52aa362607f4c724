"""What is typed and run for a task: command lines of advisor, runners of `try`, programs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from advisor.decide.requirements import AS_IS, COMPOSE, FINE_TUNE
from advisor.engine.bounds import BOUNDS
from advisor.engine.profile import Profile
from advisor.foreign import visible
from advisor.model import Checkpoint
from advisor.model.library import Act, Program, RunnerUse
from advisor.rulebase.base import RuleBase

TRANSFORMERS = "transformers"
NONE = "none"
"""Among the processors of a program: checkpoints without one."""
_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_-]+\Z")


def command(verb: str, rulebase: RuleBase, profile: Profile, priority: tuple[str, ...] = ()) -> str:
    """Return the one-line command that gives the same answers under the same rules and bounds."""
    words = [f"advisor {verb}"]
    bounds = rulebase.bounds.answers if rulebase.bounds else {}
    for id, answer in {**profile, **bounds}.items():
        if answer.is_given:
            words += [flag(rulebase, id, value) for value in answer.said]
    if priority:
        words.append(f"--priority {','.join(priority)}")
    return " ".join([*words, *rules_flags(rulebase.folders)])


def flags(rulebase: RuleBase, answers: Mapping[str, str]) -> list[str]:
    """Return answers, question to option, as flags."""
    return [flag(rulebase, id, name) for id, name in answers.items()]


def flag(rulebase: RuleBase, id: str, name: str) -> str:
    """Return an answer as the flag that gives it, as a shell takes it."""
    if id in BOUNDS:
        return f"--{id} {quoted(name)}"
    question = rulebase.question(id)
    return f"--{question.typed} {quoted(question.word(name))}"


def rules_flags(folders: Sequence[str]) -> list[str]:
    """Return the flags that lay folders of rules over the shipped ones."""
    return [f"--rules {quoted(folder)}" for folder in folders]


def quoted(word: str) -> str:
    """Return a word as a shell takes it, what hides something in it as bytes: `$'a\\x0ab'`."""
    if _PLAIN.match(word):
        return word
    if visible(word) == word:
        return "'" + word.replace("'", "'\"'\"'") + "'"
    signs = (
        sign
        if sign not in "'\\" and visible(sign) == sign
        else "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))
        for sign in word
    )
    return f"$'{''.join(signs)}'"


def try_command(
    rulebase: RuleBase,
    checkpoint: Checkpoint,
    task: str,
    image: str = "",
    inputs: Mapping[str, str] | None = None,
) -> str:
    """Return the command line that runs a checkpoint; examples stand for what is not given.

    `inputs` are the flags beside the image and their values. Where they are left out, the task's
    examples stand there, or the flag in capitals where it has none.
    """
    example = rulebase.task(task).example
    if inputs is None:
        needs = needs_of(rulebase, task, checkpoint.model_type)
        inputs = {flag: example.get(flag, flag.upper()) for flag in needs}
    if not image and "query" not in inputs:
        seen = "" if "folder" in inputs else example.get("folder")  # of a video, its frames
        image = f"{seen}/" if seen else "photo.jpg"
    words = ["advisor try --checkpoint", quoted(checkpoint.hub_id), "--task", task]
    words += [f"--quantize {checkpoint.bits}"] if checkpoint.is_rounded else []
    place = "--folder" if image.endswith("/") or Path(image).is_dir() else "--image"
    words += [place, quoted(image)] if image else []
    given = place if image else ""
    words += [f"--{flag} {quoted(value)}" for flag, value in inputs.items() if f"--{flag}" != given]
    return " ".join([*words, *rules_flags(rulebase.folders)])


def act_of(rulebase: RuleBase, task: str) -> Act | None:
    """Return what a task asks of a runner, None for a task that no runner does."""
    return next((act for act in rulebase.acts.values() if task in act.tasks), None)


def use_for(
    uses: Sequence[RunnerUse], act: Act, part_types: Sequence[str] | None = None
) -> RunnerUse | None:
    """Return the first use for an act, None where there is none.

    `part_types` are the model types of the checkpoint's encoder and decoder; None where nobody
    knows them.
    """
    for use in uses:
        fits = not use.parts or part_types is None or not set(use.parts).isdisjoint(part_types)
        if fits and act.id in use.acts:
            return use
    return None


def may_run(rulebase: RuleBase, model_type: str | None, task: str) -> bool:
    """Return whether a runner may exist for a type and a task, without importing transformers.

    A type that the table does not name may be a chat model; whether it is one, only transformers
    says.
    """
    act = act_of(rulebase, task)
    return act is not None and use_for(rulebase.uses_of(model_type), act) is not None


def needs_of(rulebase: RuleBase, task: str, model_type: str | None = None) -> tuple[str, ...]:
    """Return the flags of `advisor try` that a task needs beside the image."""
    act = act_of(rulebase, task)
    if act is None:
        return ()
    own = [use for use in rulebase.uses if model_type in use.loads]
    use = use_for(own, act)
    return tuple(need for need in act.needs if use is None or need not in use.declines)


def program_for(
    checkpoint: Checkpoint,
    task: str | None,
    programs: Sequence[Program],
    use: str = AS_IS,
    runtime: str = TRANSFORMERS,
) -> Program | None:
    """Return the first program for a checkpoint, a task and a use; None where there is none."""
    if checkpoint.loader == "transformers" and not checkpoint.model_class:
        return None
    for program in programs:
        if (
            program.use == use
            and program.precision == checkpoint.precision
            and program.loader == checkpoint.loader
            and (not program.classes or checkpoint.model_class in program.classes)
            and (not program.processors or (checkpoint.processor or NONE) in program.processors)
            and runtime in program.runtimes
            and (checkpoint.parameters_millions or 0) >= program.above_millions
            and (not program.tasks or task in program.tasks)
        ):
            return program
    return None


def program_joining(task: str, programs: Sequence[Program]) -> Program | None:
    """Return the first program that joins parts and trains them for a task, None without one."""
    joins = (program for program in programs if program.use == COMPOSE)
    return next((join for join in joins if not join.tasks or task in join.tasks), None)


def use_of(
    rulebase: RuleBase, checkpoint: Checkpoint, task: str, options: Mapping[str, str], use: str
) -> str:
    """Return what the program for a checkpoint does under answers, question to option.

    Where they let it be trained and the catalogue does not say that it can be, a program may do so.
    """
    may = may_train(rulebase, options) and task not in checkpoint.fine_tune
    trains = may and program_for(checkpoint, task, rulebase.programs, FINE_TUNE)
    return FINE_TUNE if use == AS_IS and trains else use


def may_train(rulebase: RuleBase, options: Mapping[str, str]) -> bool:
    """Return whether answers, question to option, say that training is possible."""
    chosen = [
        option.uses
        for question in rulebase.questions
        for option in question.options
        if option.uses and options.get(question.id) == option.id
    ]
    return bool(chosen) and all(FINE_TUNE in uses for uses in chosen)

"""Command lines of advisor for a task, and the runner and the program that serve it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from advisor.engine.bounds import BOUNDS
from advisor.engine.profile import Profile
from advisor.foreign import visible
from advisor.model import AS_IS, COMPOSE, FINE_TUNE, Checkpoint
from advisor.model.library import Act, Program, RunnerUse
from advisor.rulebase.base import RuleBase

TRANSFORMERS = "transformers"
NONE = "none"
"""Among the processors of a program: stands for checkpoints without one."""
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
    """Return the flag that gives an answer, quoted for a shell."""
    if id in BOUNDS:
        return f"--{id} {quoted(name)}"
    question = rulebase.question(id)
    return f"--{question.typed} {quoted(question.word(name))}"


def named_flags(names: Mapping[str, str]) -> list[str]:
    """Return the flags of `advisor code` for the user's labels or fields."""
    return [f"--{flag} {quoted(value)}" for flag, value in names.items()]


def rules_flags(folders: Sequence[str]) -> list[str]:
    """Return the flags that add folders of rules to the shipped ones."""
    return [f"--rules {quoted(folder)}" for folder in folders]


def quoted(word: str) -> str:
    """Return a word quoted for a shell, with invisible characters as bytes: `$'a\\x0ab'`."""
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
    own: Mapping[str, str] | None = None,
) -> str:
    """Return the command line that runs a checkpoint, with examples in place of missing inputs.

    `own` are the user's values of flags besides the image; those that the task lacks are left out.
    """
    example, own = rulebase.task(task).example, own or {}
    needs = needs_of(rulebase, task, checkpoint)
    inputs = {flag: own.get(flag) or example.get(flag, flag.upper()) for flag in needs}
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


def fixed_prompt(entry: Checkpoint | None, task: str) -> str | None:
    """Return the checkpoint's own prompt for a task if it has no place for input, else None."""
    prompt = entry.prompts.get(task) if entry else None
    return None if prompt is None or "{" in prompt else prompt


def act_of(rulebase: RuleBase, task: str) -> Act | None:
    """Return the act of a task (a job of runners, for several tasks); None if no runner does it."""
    return next((act for act in rulebase.acts.values() if task in act.tasks), None)


def use_for(
    uses: Sequence[RunnerUse], act: Act, part_types: Sequence[str] | None = None
) -> RunnerUse | None:
    """Return the first runner use that does an act; None if there is none.

    `part_types` are the model types of the checkpoint's encoder and decoder; if None (unknown), a
    use for certain parts fits too.
    """
    for use in uses:
        fits = not use.parts or part_types is None or not set(use.parts).isdisjoint(part_types)
        if fits and act.id in use.acts:
            return use
    return None


def may_run(rulebase: RuleBase, model_type: str | None, task: str) -> bool:
    """Return whether a runner may exist for a type and a task, without importing transformers.

    A type that the table does not name may be a chat model; only transformers can tell.
    """
    act = act_of(rulebase, task)
    return act is not None and use_for(rulebase.uses_of(model_type), act) is not None


def needs_of(
    rulebase: RuleBase, task: str, checkpoint: Checkpoint | None = None
) -> tuple[str, ...]:
    """Return the flags of `advisor try` that a task needs besides the image."""
    act = act_of(rulebase, task)
    if act is None:
        return ()
    own = [use for use in rulebase.uses if checkpoint and checkpoint.model_type in use.loads]
    return needs_for(act, task, use_for(own, act), checkpoint)


def needs_for(
    act: Act, task: str, use: RunnerUse | None, entry: Checkpoint | None
) -> tuple[str, ...]:
    """Return the needs of an act without those its runner declines, or a fixed prompt replaces."""
    declined = use.declines if use else ()
    fixed = () if fixed_prompt(entry, task) is None else ("question",)
    return tuple(need for need in act.needs if need not in (*declined, *fixed))


def program_for(
    checkpoint: Checkpoint,
    task: str | None,
    programs: Sequence[Program],
    use: str = AS_IS,
    runtime: str = TRANSFORMERS,
) -> Program | None:
    """Return the first program for a checkpoint, task, use and runtime; None if there is none."""
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
    """Return the first program that combines and trains parts for a task; None if there is none."""
    joins = (program for program in programs if program.use == COMPOSE)
    return next((join for join in joins if not join.tasks or task in join.tasks), None)


def use_of(
    rulebase: RuleBase, checkpoint: Checkpoint, task: str, options: Mapping[str, str], use: str
) -> str:
    """Return the use of the program for a checkpoint: `use`, or fine-tune in place of as-is.

    It fine-tunes if the answers (question -> option) allow training, a program can train the
    checkpoint for the task, and the catalog does not list the task for fine-tuning.
    """
    may = may_train(rulebase, options) and task not in checkpoint.fine_tune
    trains = may and program_for(checkpoint, task, rulebase.programs, FINE_TUNE)
    return FINE_TUNE if use == AS_IS and trains else use


def may_train(rulebase: RuleBase, options: Mapping[str, str]) -> bool:
    """Return whether answers (question -> option) name ways of use that all include fine-tune."""
    chosen = [
        option.uses
        for question in rulebase.questions
        for option in question.options
        if option.uses and options.get(question.id) == option.id
    ]
    return bool(chosen) and all(FINE_TUNE in uses for uses in chosen)

"""What runs a checkpoint for a task, by the table in `rules/programs`.

That is a few lines of Python with the class that is right for it, and a runner of `advisor try`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from advisor.model import Checkpoint
from advisor.model.library import ANY_TYPE, Act, Program, RunnerUse
from advisor.rulebase.base import RuleBase

AUTO = "AutoProcessor"
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})
_PLACE = re.compile(r"\{([a-z-]+)\|([^}]*)\}")


def snippet(
    checkpoint: Checkpoint,
    task: str | None = None,
    programs: Sequence[Program] = (),
    answers: Mapping[str, str] = NOTHING_SAID,
) -> str | None:
    """Return the program that runs a checkpoint; None where advisor knows no safe way.

    `programs` are those of the rule base. `task` is the checkpoint's first one where it is None.
    `answers`, question to option, may change the wording of its prompt.
    Where no program is known, the lines that load the checkpoint are returned.
    """
    if task is None:
        task = next(iter(checkpoint.tasks or checkpoint.fine_tune), None)
    program = program_for(checkpoint, task, programs)
    if program is None:
        return _loading(checkpoint)
    prompt = prompt_for(checkpoint, task, programs, answers) or ""
    return _filled(program.code, checkpoint).replace("{prompt}", prompt)


def prompt_for(
    checkpoint: Checkpoint,
    task: str | None,
    programs: Sequence[Program],
    answers: Mapping[str, str] = NOTHING_SAID,
) -> str | None:
    """Return the prompt for a task, as the snippet has it; None where none is known.

    The checkpoint's own is for its first task, and for others where its program says no other.
    """
    program = program_for(checkpoint, task, programs)
    if program is None:
        return checkpoint.prompt if task in checkpoint.tasks[:1] else None
    prompt = program.prompts.get(task or "")
    return _worded(prompt, program, answers) if prompt else checkpoint.prompt


def program_for(
    checkpoint: Checkpoint, task: str | None, programs: Sequence[Program]
) -> Program | None:
    """Return the first program for a checkpoint and a task, None where there is none."""
    if checkpoint.loader == "transformers" and not checkpoint.model_class:
        return None
    for program in programs:
        if (
            program.loader == checkpoint.loader
            and _among(checkpoint.model_class, program.classes)
            and _among(checkpoint.processor, program.processors)
            and _among(task, program.tasks)
        ):
            return program
    return None


def _worded(prompt: str, program: Program, answers: Mapping[str, str]) -> str:
    """Return a prompt with what the program says for the answers in place of its own words."""
    words = {
        question: options[answers[question]]
        for question, options in program.says.items()
        if answers.get(question) in options
    }
    return filled(prompt, words)


def filled(prompt: str, words: Mapping[str, str]) -> str:
    """Return a prompt with words in its places; in `{place|words}` stand those for want of any."""
    return _PLACE.sub(lambda place: words.get(place[1], place[2]), prompt)


def _among(name: str | None, names: Sequence[str]) -> bool:
    return not names or name in names


def _filled(code: str, checkpoint: Checkpoint) -> str:
    processor = checkpoint.processor or AUTO
    for key, value in (
        ("{names}", ", ".join(sorted((checkpoint.model_class or "", processor)))),
        ("{class}", checkpoint.model_class or ""),
        ("{processor}", processor),
        ("{checkpoint}", checkpoint.id),
    ):
        code = code.replace(key, value)
    return code


def _loading(checkpoint: Checkpoint) -> str | None:
    """Return the lines that load a checkpoint and its processor, or its parts apart."""
    if checkpoint.loader == "open_clip":
        return (
            "import open_clip\n\n"
            f'name = "hf-hub:{checkpoint.id}"\n'
            "model, preprocess = open_clip.create_model_from_pretrained(name)\n"
            "tokenizer = open_clip.get_tokenizer(name)"
        )
    if checkpoint.loader != "transformers" or not checkpoint.model_class:
        return None
    if checkpoint.processor is None:
        return _filled(
            "from transformers import AutoImageProcessor, AutoTokenizer, {class}\n\n"
            'name = "{checkpoint}"\n'
            "model = {class}.from_pretrained(name)\n"
            "image_processor = AutoImageProcessor.from_pretrained(name)\n"
            "tokenizer = AutoTokenizer.from_pretrained(name)",
            checkpoint,
        )
    return _filled(
        "from transformers import {names}\n\n"
        'name = "{checkpoint}"\n'
        "model = {class}.from_pretrained(name)\n"
        "processor = {processor}.from_pretrained(name)",
        checkpoint,
    )


def act_of(rulebase: RuleBase, task: str) -> Act | None:
    """Return what a task asks of a runner, None for a task that no runner does."""
    return next((act for act in rulebase.acts.values() if task in act.tasks), None)


def uses_of(rulebase: RuleBase, model_type: str | None) -> tuple[RunnerUse, ...]:
    """Return the uses of a model type; for one that the table does not name, those of any type."""
    own = tuple(use for use in rulebase.uses if model_type in use.loads)
    return own or tuple(use for use in rulebase.uses if ANY_TYPE in use.loads)


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
    return act is not None and use_for(uses_of(rulebase, model_type), act) is not None


def needs_of(rulebase: RuleBase, task: str, model_type: str | None = None) -> tuple[str, ...]:
    """Return the flags of `advisor try` that a task needs beside the image."""
    act = act_of(rulebase, task)
    if act is None:
        return ()
    own = [use for use in rulebase.uses if model_type in use.loads]
    use = use_for(own, act)
    return tuple(need for need in act.needs if use is None or need not in use.declines)


def prompts_for(rulebase: RuleBase, use: RunnerUse, class_name: str, task: str) -> tuple[str, ...]:
    """Return the prompts of a class for a task, those of other tasks of the same act after them.

    A class that no program names is prompted like the others that its runner calls.
    """
    act = act_of(rulebase, task)
    tasks = dict.fromkeys((task, *(act.tasks if act else ())))
    programs = [one for one in rulebase.programs if class_name in one.classes]
    programs = programs or [one for one in rulebase.programs if use.id in one.runners]
    tables = (use.prompts, *(program.prompts for program in programs))
    return tuple(table[each] for each in tasks for table in tables if each in table)


def prompt_with(prompts: Sequence[str], words: Mapping[str, str]) -> str | None:
    """Return the first prompt that has a place for each of the words, with them put in."""
    for prompt in prompts:
        if all(f"{{{place}|" in prompt for place in words):
            return filled(prompt, words)
    return None

"""Command lines of advisor: those that give answers again, and what `advisor try` can run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from advisor.engine.bounds import BOUNDS
from advisor.engine.profile import Profile
from advisor.foreign import visible
from advisor.model import Checkpoint
from advisor.model.library import ANY_TYPE, Act, RunnerUse
from advisor.rulebase.base import RuleBase

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
    if inputs is None:
        example = rulebase.task(task).example
        needs = needs_of(rulebase, task, checkpoint.model_type)
        inputs = {flag: example.get(flag, flag.upper()) for flag in needs}
    if not image and "query" not in inputs:
        image = "photo.jpg"
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

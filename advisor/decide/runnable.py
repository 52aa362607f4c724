"""What `advisor try` can run and what it needs for it, by the table in `rules/programs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.decide.snippet import filled
from advisor.model import ANY_TYPE, Act, RunnerUse
from advisor.rulebase.base import RuleBase


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

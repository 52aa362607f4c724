"""The flags of questions: one for each, how they are grouped in help, and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Any

import typer
from typer.main import get_click_param
from typer.models import ParamMeta

from advisor.engine.quantity import has_commas
from advisor.errors import UsageError
from advisor.model import TASK, Question, Task
from advisor.rulebase.base import RuleBase

SHOWN_OPTIONS = 9


def flag_name(id: str) -> str:
    """Return what the parameter of a question is called."""
    return f"question_{id.replace('-', '_')}"


def question_flag(question: Question) -> Any:
    """Return a question as an option of the parser."""
    if question.id == TASK:
        shown = "see `advisor list tasks`"
    else:
        ids = [option.id for option in question.options]
        shown = ", ".join(ids[:SHOWN_OPTIONS]) + (", ..." if len(ids) > SHOWN_OPTIONS else "")
        if any(option.detected for option in question.options):
            shown += ", or here: this machine is looked at"
    metavar = "NUMBER|OPTION" if question.unit else "OPTION"

    def complete(incomplete: str) -> list[tuple[str, str]]:
        return [(o.id, o.label) for o in question.options if o.id.startswith(incomplete)]

    option = typer.Option(
        [],
        f"--{question.typed}",
        metavar=metavar,
        help=f"{question.ask} {shown}.",
        autocompletion=complete,
        show_default=False,
    )
    meta = ParamMeta(name=flag_name(question.id), default=option, annotation=list[str])
    return get_click_param(meta)[0]


def bare(question: Question) -> tuple[str, frozenset[str]]:
    """Return what the flag of a question stands for alone, and all that may follow it."""
    names = {name for option in question.options for name in (option.id, *option.aliases)}
    return str(question.bare), frozenset(names)


def task_in(words: Sequence[str], rulebase: RuleBase) -> Task | None:
    """Return the first task that a command line names, where it is known."""
    for word, after in pairwise((*words, "")):
        flag, joint, value = word.partition("=")
        if flag == f"--{TASK}":
            name = (value if joint else after).partition(",")[0].lower()
            return rulebase.task_names.get(name)
    return None


def grouped(flags: Sequence[tuple[Question, Any]], task: Task | None) -> dict[str, list[Any]]:
    """Return flags under titles: those that a task leaves open, then those that it settles."""
    if task is None:
        return {"Answers": [flag for _, flag in flags]} if flags else {}
    settled = {id for id, options in task.implies.items() if len(options) == 1} | {TASK}
    for one, _ in flags:
        for other, options in one.ask_if.items():
            said = task.implies.get(other)
            if other in settled and said and set(said).isdisjoint(options):
                settled.add(one.id)
    return {
        f"Answers for {task.id}": [flag for one, flag in flags if one.id not in settled],
        "Settled by the task": [flag for one, flag in flags if one.id in settled],
    }


def several_outputs(question: Question, said: list[str]) -> UsageError:
    """Return the refusal of two things to come out at once: one of them would be dropped."""
    names = " and ".join(f"`{name}`" for name in said)
    return UsageError(
        f"`--{question.typed}` takes one answer: name one of {names}",
        hint="for both, name a task for each: --task a --task b",
        kind="several-outputs",
    )


def split(values: Iterable[str] | None) -> list[str]:
    """Return values given repeatedly or with commas as one list; 5,000 is one number."""
    parts = [[one] if has_commas(one) else one.split(",") for one in values or ()]
    return [part.strip() for part in chain.from_iterable(parts) if part.strip()]

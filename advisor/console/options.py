"""Options that several commands share, and flags made from the questions of the rule base."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.command_line import CommandLine
from advisor.console.commands import SHARED_FLAG, Options, rules_of
from advisor.console.values import split
from advisor.errors import UsageError
from advisor.model import TASK, Question
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    pass

Format = Annotated[
    str, typer.Option("--format", "-f", metavar="FORMAT", help="terminal, json, markdown or html.")
]
FindingFormat = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="terminal, json, markdown, html, github, sarif or junit.",
    ),
]
Output = Annotated[
    list[str],
    typer.Option(
        "--output",
        metavar="FORMAT=FILE",
        help="Write another format to a file as well; repeat at will.",
    ),
]
Rules = Annotated[
    list[Path],
    typer.Option(
        "--rules",
        metavar="DIR",
        help="Lay a folder of rules over the shipped ones; repeat at will.",
    ),
]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask, even in a terminal.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours (NO_COLOR does the same).")]
Priority = Annotated[
    list[str],
    typer.Option(
        "--priority", metavar="CRITERION", help="Compare by these criteria first: a,b or repeated."
    ),
]

ProfileFile = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="FILE",
        help="Answers in YAML or JSON; flags win over it. - reads stdin.",
    ),
]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, mps.")]
Offline = Annotated[bool, typer.Option("--offline", help="Use only what is on this machine.")]
Download = Annotated[
    bool, typer.Option("--download", help="Agree to downloads without being asked.")
]


ARGUMENTS = ("need", "paths")
"""Parameters of the commands that are no options."""


def with_questions(function: Callable[..., int], arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return a command that takes one flag for each question besides its own options.

    The questions are those of the rules that `arguments`, the command line, names; the function
    gets these rules as `rulebase`, in whose place the command takes `--rules`, and the flags as
    `answers`, a mapping from question to the values given. A flag that is both a question and an
    option of the command (`--output`) takes both: FORMAT=FILE is the option's, anything else the
    answer.
    """
    overlays = CommandLine(arguments).overlays
    rulebase = rules_of(overlays)
    own = inspect.signature(function, eval_str=True)
    shared = {SHARED_FLAG} & rulebase.question_ids
    by_name = {
        f"question_{question.id.replace('-', '_')}": question for question in rulebase.questions
    }

    def command(rules: list[Path], **options: Any) -> int:
        answers = {}
        for name, question in by_name.items():
            given = options.pop(name, None) or []
            if question.id in shared:
                options[question.id] = [value for value in given if "=" in value]
                given = [value for value in given if "=" not in value]
            if values := split(given):
                answers[question.id] = values
        named = rulebase if rules == overlays else rules_of(rules)
        return function(answers=answers, rulebase=named, **options)

    flags = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[],
            annotation=Annotated[list[str], _option(question, shared=question.id in shared)],
        )
        for name, question in by_name.items()
    ]
    rest = [
        _RULES if name == "rulebase" else parameter
        for name, parameter in own.parameters.items()
        if name != "answers" and name not in shared
    ]
    first = [p for p in rest if p.name in ARGUMENTS]
    parameters = [*first, *flags, *(p for p in rest if p not in first)]
    command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = function.__doc__
    return command


_RULES = inspect.Parameter("rules", inspect.Parameter.KEYWORD_ONLY, default=[], annotation=Rules)


def _option(question: Question, *, shared: bool) -> Any:
    if question.id == TASK:
        shown = "see `advisor list tasks`"
    else:
        ids = [option.id for option in question.options]
        shown = ", ".join(ids[:9]) + (", ..." if len(ids) > 9 else "")
    metavar = "NUMBER|OPTION" if question.unit else "OPTION"
    if shared:
        metavar = "OPTION|FORMAT=FILE"
        shown += "; or a file to write in another format, such as json=FILE"

    def complete(incomplete: str) -> list[tuple[str, str]]:
        return [(o.id, o.label) for o in question.options if o.id.startswith(incomplete)]

    return typer.Option(
        f"--{question.id}",
        metavar=metavar,
        help=f"{question.ask} {shown}.",
        autocompletion=complete,
        show_default=False,
    )


def priority_of(rulebase: RuleBase, values: list[str]) -> tuple[str, ...]:
    """Return criteria to put first. Raises UsageError for unknown or repeated ones."""
    ids = tuple(rulebase.criterion(id).id for id in split(values))
    if len(set(ids)) != len(ids):
        raise UsageError("`--priority` names a criterion twice", hint="name each once")
    return ids


def _priority(rulebase: RuleBase, priority: Priority = []) -> tuple[str, ...]:  # noqa: B006
    return priority_of(rulebase, priority)


CriteriaFirst = Annotated[tuple[str, ...], Options(_priority)]


def complete_checkpoint(incomplete: str) -> list[tuple[str, str]]:
    """Return checkpoint ids for the shell to complete."""
    checkpoints = rules_of().checkpoints.values()
    return [
        (one.id, one.label) for one in checkpoints if one.id.lower().startswith(incomplete.lower())
    ]

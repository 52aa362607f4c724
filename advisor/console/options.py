"""Options that several commands share, and flags made from the questions of the rule base."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.reserved import SHARED_FLAG, refuse_taken_flags
from advisor.engine.profile import has_commas
from advisor.errors import BrokenFileError, UsageError
from advisor.model import TASK, Question
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

if TYPE_CHECKING:
    from advisor.engine.profile import Profile

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


def rules_of(overlays: list[Path] | None = None, folder: str = "") -> RuleBase:
    """Return the rule base with overlays: `--rules`, else ADVISOR_RULES.

    With a `folder`, its rules stand instead of the shipped ones, and ADVISOR_RULES is not for them.
    """
    given = list(overlays or [])
    if not given and not folder and (configured := os.environ.get("ADVISOR_RULES")):
        given = [Path(part) for part in configured.split(os.pathsep) if part]
    rulebase = load_rules(folder or None, overlays=tuple(given))
    refuse_taken_flags(rulebase)
    return rulebase


def overlays_in(arguments: tuple[str, ...]) -> list[Path]:
    """Return the overlays named on a command line that is not parsed yet, in their order."""
    found = []
    words = iter(arguments)
    for word in words:
        if word == "--rules":
            found += [Path(after) for after in [next(words, None)] if after is not None]
        elif word.startswith("--rules="):
            found.append(Path(word.removeprefix("--rules=")))
    return found


def split(values: list[str] | None) -> list[str]:
    """Return values given repeatedly or with commas as one list."""
    return [part.strip() for value in values or [] for part in _parts(value) if part.strip()]


def _parts(value: str) -> list[str]:
    """Split at commas, except inside numbers such as 5,000."""
    return [value] if has_commas(value) else value.split(",")


def with_questions(function: Callable[..., int], arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return a command that takes one flag for each question besides its own options.

    The questions are those of the rules that `arguments`, the command line, names; the function
    gets these rules as `rulebase`, in whose place the command takes `--rules`, and the flags as
    `answers`, a mapping from question to the values given. A flag that is both a question and an
    option of the command (`--output`) takes both: FORMAT=FILE is the option's, anything else the
    answer.
    """
    overlays = overlays_in(arguments)
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


def read_profile(file: str) -> dict[str, Any]:
    """Return the answers in a profile file (YAML or JSON; `-` is standard input).

    Raises BrokenFileError with every problem at file:line:column.
    """
    from advisor.reader.document import MAX_BYTES, read_bytes, read_document
    from advisor.reader.kinds import PROFILE
    from advisor.reader.shape import check_shape

    if file == "-":
        document = read_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    else:
        document = read_document(Path(file))
    document.value = answers_in(document.value)
    if not document.problems and document.value is None:
        document.report((), "holds no answers")
    if not check_shape(document, PROFILE):
        raise BrokenFileError(
            "the profile cannot be used",
            problems=tuple(str(problem) for problem in document.problems),
            hint="a profile maps questions to options, e.g. `task: captioning`",
        )
    return dict(document.value or {})


def answers_in(value: Any) -> Any:
    """Return the answers in a profile, a scenario, or what `--format json` printed."""
    if isinstance(value, dict) and isinstance(value.get("tasks"), list) and value["tasks"]:
        first = value["tasks"][0]  # printed for several tasks: all but the task is the same
        if isinstance(first, dict) and isinstance(first.get("profile"), dict):
            tasks = [one.get("task") for one in value["tasks"] if isinstance(one, dict)]
            return {**answers_in(first), TASK: tasks}
    if isinstance(value, dict) and isinstance(value.get("profile"), dict):
        value = value["profile"]
    if not isinstance(value, dict):
        return value
    return {question: _plain(answer) for question, answer in value.items() if _said(answer)}


def given_profile(rulebase: RuleBase, file: str, answers: dict[str, Any]) -> Profile:
    """Return the answers of a profile file and of flags, which win over it, with their origins."""
    from advisor.engine.profile import make_profile

    in_file = read_profile(file) if file else {}
    rest = {id: value for id, value in in_file.items() if id not in answers}
    by_id = {
        **make_profile(rulebase, rest, "file"),
        **make_profile(rulebase, answers, "flag"),
    }
    return {
        question.id: by_id[question.id] for question in rulebase.questions if question.id in by_id
    }


def _said(answer: Any) -> bool:
    """False for what a printed profile only implied or assumed."""
    return not (isinstance(answer, dict) and answer.get("origin") in ("implied", "assumed"))


def _plain(answer: Any) -> Any:
    """A printed answer as a profile file writes it."""
    if not isinstance(answer, dict):
        return answer
    return answer.get("value", answer.get("options"))


def priority_of(rulebase: RuleBase, values: list[str]) -> tuple[str, ...]:
    """Return criteria to put first. Raises UsageError for unknown or repeated ones."""
    ids = tuple(rulebase.criterion(id).id for id in split(values))
    if len(set(ids)) != len(ids):
        raise UsageError("`--priority` names a criterion twice", hint="name each once")
    return ids


def complete_checkpoint(incomplete: str) -> list[tuple[str, str]]:
    """Return checkpoint ids for the shell to complete."""
    checkpoints = rules_of().checkpoints.values()
    return [
        (one.id, one.label) for one in checkpoints if one.id.lower().startswith(incomplete.lower())
    ]

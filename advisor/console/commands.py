"""Functions as commands: their own options, groups of options, and a flag for each question.

A command is a function with annotated parameters, as Typer reads them. Three kinds more are known:
`Annotated[X, Options(function)]` stands for all options of a function that makes an X of them;
`Given` stands for `--profile` and a flag for each question, and is the profile that they give;
`RuleBase` stands for `--rules`, and is the shipped rule base with these folders laid over it.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import Parameter
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.console import HOMES, SETTINGS
from advisor.console.flags import (
    HERE,
    Spelling,
    SpeltCommand,
    bare,
    flag_name,
    grouped,
    question_flag,
    split,
    task_in,
)
from advisor.console.streams import BRIEF, note
from advisor.engine.bounds import BOUNDS
from advisor.engine.profile import Profile, as_meant, read_answers
from advisor.errors import BrokenFileError, UsageError
from advisor.files import real_path, replaces_input
from advisor.model import NamedTuple
from advisor.phrasing import count, joined
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

FILES = re.compile(r"FILE|PATH|DATA|PAIRS")
"""What an option or an argument is called in help that takes a file."""
QUESTIONS, LATER = "questions", "questions of other rule bases"
Given = Annotated[Profile, QUESTIONS]
"""The answers that a command line gives, by flags and by a profile file."""
GivenLater = Annotated[Callable[[RuleBase], Profile], LATER]
"""The same, to be read by rules that a command finds itself, such as those of a project."""

LAY = "Add the rules of a folder to the shipped rules. Can be used multiple times."
Rules = Annotated[list[Path], typer.Option("--rules", metavar="DIR", help=LAY)]
ANSWERS = "YAML or JSON file with answers. Flags override it. - reads stdin."
ProfileFile = Annotated[str, typer.Option("--profile", metavar="FILE", help=ANSWERS)]


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    """Return a parameter of a function, to be given by name."""
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


BOUND_FLAGS = [
    _parameter(
        id.replace("-", "_"),
        Annotated[
            str, typer.Option(f"--{id}", metavar=bound.takes, help=bound.help, show_default=False)
        ],
        "",
    )
    for id, bound in BOUNDS.items()
]
"""The flags of bounds, which go with those of questions."""
RULES, PROFILE = _parameter("rules", Rules, []), _parameter("profile", ProfileFile, "")
SHORT = "Print only ids, findings or the first line."
QUIET = _parameter("quiet", Annotated[bool, typer.Option("--quiet", "-q", help=SHORT)], False)
"""What every command takes."""


def format_and_file(value: str) -> tuple[str, str]:
    """Return the format and the file of FORMAT=FILE; of a file alone no format."""
    format, separator, file = value.partition("=")
    return (format, file) if separator and "/" not in format else ("", value)


class Options(NamedTuple):
    """Marks a parameter that stands for the options of a function, which makes its value."""

    make: Callable[..., Any]


def as_command(
    function: Callable[..., int], name: str, overlays: list[Path], often: Sequence[str] = ()
) -> SpeltCommand:
    """Return a function as a command; the questions of the rules in `overlays` become flags.

    `often` are the options that its `--help` lists.
    """
    values = _Values(function, overlays)

    def call(**given: Any) -> int:
        BRIEF.set(given.pop(QUIET.name))
        values.read(given)
        values.refuse_files()
        return int(values.of(function))

    command = _parsed(call, name, values.parameters(), inspect.getdoc(function))
    values.options = {param.name: param for param in command.params if param.name}
    command.spelling = values.spelling()
    command.groups = values.groups
    command.often = often
    return command


def _parsed(
    call: Callable[..., int], name: str, parameters: Iterable[Parameter], help: str | None = None
) -> SpeltCommand:
    """Return a command of the parser that calls a function with some parameters, all by name."""
    call.__signature__ = inspect.Signature([*parameters])  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=SpeltCommand, help=help, context_settings=dict(SETTINGS))(call)
    command = typer.main.get_command(app)
    assert isinstance(command, SpeltCommand)
    return command


def command_at(home: str) -> Callable[..., int]:
    """Import and return the function of a command, given as `module:function`."""
    module, _, name = home.partition(":")
    function: Callable[..., int] = getattr(import_module(module), name)
    return function


def rules_of(overlays: list[Path] | None = None, folder: str = "") -> RuleBase:
    """Return the rule base with overlays: `--rules`, else ADVISOR_RULES.

    With a `folder`, its rules stand instead of the shipped ones, and ADVISOR_RULES is not for them.
    Raises BrokenFileError, with every place, for broken rules and for questions that no flag can
    be made of.
    """
    given = list(overlays or [])
    if not given and not folder and (configured := os.environ.get("ADVISOR_RULES")):
        given = [Path(part) for part in configured.split(os.pathsep) if part]
    rulebase = load_rules(folder or None, overlays=tuple(given))
    if folder or any(" question " in change for change in rulebase.overlays):
        typed = {question.typed: question.id for question in rulebase.questions}
        if reserved := sorted(reserved_flags() & set(typed)):  # of all commands
            raise BrokenFileError(
                f"the rules cannot be used: {count(len(reserved), 'problem')}",
                problems=tuple(
                    f"{rulebase.place('question', typed[flag])}: `--{flag}` is an option of "
                    "advisor. Use another id, or set another `flag`"
                    for flag in reserved
                ),
                hint="fix the problems above and run the command again",
            )
    if given or folder:
        note(*(f"warning: {warning}" for warning in rulebase.warnings))
    return rulebase


@cache
def reserved_flags() -> frozenset[str]:
    """Return the flags that no question may be called like: those of commands that take answers."""
    flags = {"help"}
    for own in (_parameters(command_at(home)) for home in HOMES):
        if PROFILE.name in own:
            options = _parsed(lambda **_: 0, "", [*own.values(), QUIET]).params
            flags |= {name[2:] for each in options for name in each.opts if name[:2] == "--"}
    return frozenset(flags)


class _Values:
    """The parameters of one command, and what a command line gives for them."""

    def __init__(self, function: Callable[..., Any], overlays: list[Path]) -> None:
        self._own = _parameters(function)
        self._overlays, self._function = overlays, function
        self._rulebase = rules_of(overlays) if PROFILE.name in self._own else None
        self._questions = self._rulebase.questions if self._rulebase else ()
        self._given: dict[str, Any] = {}
        self.options: dict[str, Any] = {}

    def parameters(self) -> list[Parameter]:
        """Return what the parser reads: arguments, flags of questions, options."""
        own = self._own.values()
        arguments = [param for param in own if isinstance(_declared(param), ARGUMENT)]
        flags = [_parameter(flag_name(o.id), question_flag(o), []) for o in self._questions]
        return [*arguments, *flags, *(param for param in own if param not in arguments), QUIET]

    def groups(self, words: Sequence[str]) -> dict[str, list[Any]]:
        """Return the flags of questions under titles: those open for the task at hand first."""
        task = task_in(words, self._rulebase) if self._rulebase else None
        flags = [(question, self.options[flag_name(question.id)]) for question in self._questions]
        return grouped(flags, task)

    def spelling(self) -> Spelling:
        """Return how flags were called before, and what some stand for alone."""
        declared = {self.options[name]: _declared(param) for name, param in self._own.items()}
        named = {option.opts[0]: info for option, info in declared.items()}
        earlier_names = ((q, name) for q in self._questions for name in (q.id, *q.was))
        was = {f"--{name}": f"--{q.typed}" for q, name in earlier_names if name != q.typed}
        was |= {earlier: flag for flag, i in named.items() if (earlier := getattr(i, "was", ""))}
        current = {f"--{question.typed}" for question in self._questions}
        was = {flag: now for flag, now in was.items() if flag not in current}
        alone = {flag: info.alone for flag, info in named.items() if getattr(info, "alone", None)}
        alone |= {f"--{q.typed}": bare(q) for q in self._questions if q.bare}
        own = frozenset(flag for option in declared for flag in option.opts)
        return Spelling(was, own, alone)

    def read(self, given: dict[str, Any]) -> None:
        """Take what the parser read from a command line."""
        for name, value in given.items():
            if isinstance(value, float) and not isfinite(value):
                message = f"`{self.options[name].opts[0]} {value}` is not a number"
                raise UsageError(message, hint="pass a finite number", kind="bad-number")
        self._given = given

    def refuse_files(self) -> None:
        """Raise UsageError where a file is to be written that is read, or stdin is read twice."""
        inputs = self._files(written=False)
        read = {real_path(file) for file in inputs}
        for file in self._files(written=True):
            if real_path(file) in read and Path(file).is_file():
                raise replaces_input(Path(file))
        if inputs.count("-") > 1:
            message = "two options read standard input, which can be read only once"
            raise UsageError(message, hint="pass a file to one of the options")

    def _files(self, *, written: bool) -> list[str]:
        """Return the files that a command line names to be written, or to be read."""
        named = [
            (self.options[name].metavar or "", self._given[name])
            for name, param in self._own.items()
            if getattr(_declared(param), "writes", False) == written
            and FILES.search(self.options[name].metavar or "")
        ]
        every = [
            (metavar, str(value))
            for metavar, values in named
            for value in (values if isinstance(values, (list, tuple)) else [values or ""])
        ]
        return [format_and_file(value)[1] if "=" in metavar else value for metavar, value in every]

    def of(self, function: Callable[..., Any]) -> Any:
        """Return what a function makes of its parameters."""
        return function(**{key: self._value(key, kind) for key, kind in _kinds(function).items()})

    def _value(self, key: str, kind: Any) -> Any:
        if isinstance(kind, Options):
            return self.of(kind.make)
        if kind is RuleBase:
            return self._rules()
        if kind == LATER:
            return self._profile
        return self._profile(self._rules()) if kind == QUESTIONS else self._given[key]

    def _rules(self) -> RuleBase:
        folders = self._given.get(RULES.name, self._overlays)
        if self._rulebase is None or folders != self._overlays:
            self._rulebase, self._overlays = rules_of(folders), folders
        names = (flag_name(question.id) for question in self._questions)
        here = any(split(self._given.get(name)) in HERE for name in names)
        if here and self._rulebase.this_machine is None:
            from advisor.console.this_machine import with_measured_speed

            self._rulebase = with_measured_speed(self._rulebase)
        return self._rulebase

    def _profile(self, rulebase: RuleBase) -> Profile:
        """Return the answers of a profile file and of flags, which win over it."""
        given = {q.id: split(self._given[flag_name(q.id)]) for q in self._questions}
        flags = {id: values for id, values in given.items() if values}
        flags |= {id: value for id in BOUNDS if (value := self._given[id.replace("-", "_")])}
        file = self._given[PROFILE.name]
        in_file: dict[str, Any] = {}
        if file:
            from advisor.console.profile_file import read_profile

            in_file = read_profile(rulebase, file)
        rest = {id: value for id, value in in_file.items() if id not in flags}
        both, here = {**rest, **flags}, Profile()
        if any(value in HERE for value in both.values()):  # this machine is looked at
            from advisor.console.this_machine import detected

            here = detected(rulebase, both)
        rest, flags = (
            {id: v for id, v in answers.items() if id not in here} for answers in (rest, flags)
        )
        for question in self._questions:
            if question.declared_by == "gives" and len(given[question.id]) > 1:
                raise UsageError(  # one of them would be dropped
                    f"`--{question.typed}` takes one answer. Pass one of "
                    f"{' and '.join(f'`{name}`' for name in given[question.id])}",
                    hint="for several tasks, repeat the flag: --task a --task b",
                    kind="several-outputs",
                )
        answers = read_answers(rulebase, rest, "file")
        answers |= read_answers(rulebase, flags, "flag") | here
        profile, notes = as_meant(rulebase, answers)
        for line in (*notes, *_other_sizes(rulebase, both, answers)):
            note(f"advisor: {line}")
        order = (*(question.id for question in rulebase.questions), *BOUNDS)
        return {id: profile[id] for id in order if id in profile}


def _other_sizes(rulebase: RuleBase, given: Mapping[str, Any], answers: Profile) -> Iterator[str]:
    """Yield with which memory else a machine is sold that an answer names."""
    question = next((q for q in rulebase.questions if q.requires("memory_gb")), None)
    if question and question.id in answers and question.id not in given:
        from advisor.engine.machines import other_sizes

        taken = f"is assumed to have {answers[question.id].value:g} GB. Pass `--{question.typed}"
        for name in (" ".join(names) for names in given.values() if isinstance(names, list)):
            if sizes := [f"{size:g}" for size in other_sizes(rulebase, name)]:
                yield f"{name} {taken}` for one with {joined(sizes, 'or')} GB"


def _declared(parameter: Parameter) -> Any:
    """Return how an option or an argument is declared; None where its type says all."""
    marks = (*getattr(parameter.annotation, "__metadata__", ()), parameter.default)
    return next((mark for mark in marks if isinstance(mark, (OPTION, ARGUMENT))), None)


OPTION, ARGUMENT = type(typer.Option()), type(typer.Argument())


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Return all that the parser reads for a function, by name: groups of options one by one."""
    parameters: dict[str, Parameter] = {}
    for kind in _kinds(function).values():
        if isinstance(kind, Options):
            parameters = {**parameters, **_parameters(kind.make), **parameters}
        else:
            answers = kind in (QUESTIONS, LATER)
            own = [RULES] if kind is RuleBase else [*BOUND_FLAGS, PROFILE] if answers else [kind]
            for param in own:
                parameters.setdefault(param.name, param)
    return parameters


@cache
def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    """Return each parameter of a function with what it stands for."""
    kinds = {}
    for key, parameter in inspect.signature(function, eval_str=True).parameters.items():
        marks = [
            mark
            for mark in getattr(parameter.annotation, "__metadata__", ())
            if isinstance(mark, Options) or mark in (QUESTIONS, LATER)
        ]
        is_rules = parameter.annotation is RuleBase
        own = RuleBase if is_rules else parameter.replace(kind=Parameter.KEYWORD_ONLY)
        kinds[key] = marks[0] if marks else own
    return kinds

"""Functions as commands: their own options, groups of options, and a flag for each question.

A command is a function with annotated parameters, as Typer reads them, and three more annotations:
`Annotated[X, Options(function)]` adds all options of a function, which makes an X of their values;
`Given` adds `--profile` and a flag for each question, and receives the profile of their answers;
`RuleBase` adds `--rules`, and receives the shipped rule base with the overlays in these folders.
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
"""Matches the metavar of options and arguments that are files."""
QUESTIONS, LATER = "questions", "questions of other rule bases"
Given = Annotated[Profile, QUESTIONS]
"""The answers of a command line, from flags and a profile file."""
GivenLater = Annotated[Callable[[RuleBase], Profile], LATER]
"""The same as a function of a rule base that the command finds itself, such as a project's."""

LAY = "Add the rules of a folder to the shipped rules. Can be used multiple times."
Rules = Annotated[list[Path], typer.Option("--rules", metavar="DIR", help=LAY)]
ANSWERS = "YAML or JSON file with answers. Flags override it. - reads stdin."
ProfileFile = Annotated[str, typer.Option("--profile", metavar="FILE", help=ANSWERS)]


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    """Return a keyword-only parameter."""
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
"""The flags of bounds (--max-parameters, --within, --without), added wherever questions are."""
RULES, PROFILE = _parameter("rules", Rules, []), _parameter("profile", ProfileFile, "")
SHORT = "Print only ids, findings or the first line."
QUIET = _parameter("quiet", Annotated[bool, typer.Option("--quiet", "-q", help=SHORT)], False)
"""The option of every command."""


def format_and_file(value: str) -> tuple[str, str]:
    """Return format and file of FORMAT=FILE, ("", value) for a file alone."""
    format, separator, file = value.partition("=")
    return (format, file) if separator and "/" not in format else ("", value)


class Options(NamedTuple):
    """An annotation: the options of `make` become options of the command, its result the value."""

    make: Callable[..., Any]


def as_command(
    function: Callable[..., int], name: str, overlays: list[Path], often: Sequence[str] = ()
) -> SpeltCommand:
    """Return a function as a command of the parser; questions in `overlays` become flags.

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
    """Return a command of the parser that calls `call` with these keyword parameters."""
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
    """Return the rule base with overlays: those of `--rules`, else of ADVISOR_RULES.

    With a `folder`, its rules replace the shipped ones, and ADVISOR_RULES is ignored. Raises
    BrokenFileError, with all problems, for broken rules and for questions with the flag of an
    option of advisor. Warnings of rules other than the shipped ones are printed.
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
    """Return the option names, without hyphens, of commands with question flags: none is free."""
    flags = {"help"}
    for own in (_parameters(command_at(home)) for home in HOMES):
        if PROFILE.name in own:
            options = _parsed(lambda **_: 0, "", [*own.values(), QUIET]).params
            flags |= {name[2:] for each in options for name in each.opts if name[:2] == "--"}
    return frozenset(flags)


class _Values:
    """The parameters of one command, and the values of a command line for them."""

    def __init__(self, function: Callable[..., Any], overlays: list[Path]) -> None:
        self._own = _parameters(function)
        self._overlays, self._function = overlays, function
        self._rulebase = rules_of(overlays) if PROFILE.name in self._own else None
        self._questions = self._rulebase.questions if self._rulebase else ()
        self._given: dict[str, Any] = {}
        self.options: dict[str, Any] = {}

    def parameters(self) -> list[Parameter]:
        """Return the parser's parameters: arguments, flags of questions, options, --quiet."""
        own = self._own.values()
        arguments = [param for param in own if isinstance(_declared(param), ARGUMENT)]
        flags = [_parameter(flag_name(o.id), question_flag(o), []) for o in self._questions]
        return [*arguments, *flags, *(param for param in own if param not in arguments), QUIET]

    def groups(self, words: Sequence[str]) -> dict[str, list[Any]]:
        """Return title -> flags of questions; those that the task in `words` leaves open first."""
        task = task_in(words, self._rulebase) if self._rulebase else None
        flags = [(question, self.options[flag_name(question.id)]) for question in self._questions]
        return grouped(flags, task)

    def spelling(self) -> Spelling:
        """Return the earlier names of flags, and the values of flags that may stand alone."""
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
        """Store the parser's values. Raises UsageError for a number that is infinite or NaN."""
        for name, value in given.items():
            if isinstance(value, float) and not isfinite(value):
                message = f"`{self.options[name].opts[0]} {value}` is not a number"
                raise UsageError(message, hint="pass a finite number", kind="bad-number")
        self._given = given

    def refuse_files(self) -> None:
        """Raise UsageError if an output file is also an input, or if stdin is read twice."""
        inputs = self._files(written=False)
        read = {real_path(file) for file in inputs}
        for file in self._files(written=True):
            if real_path(file) in read and Path(file).is_file():
                raise replaces_input(Path(file))
        if inputs.count("-") > 1:
            message = "two options read standard input, which can be read only once"
            raise UsageError(message, hint="pass a file to one of the options")

    def _files(self, *, written: bool) -> list[str]:
        """Return the output files of the command line, or its input files."""
        files = []
        for name, param in self._own.items():
            metavar, given = self.options[name].metavar or "", self._given[name]
            if FILES.search(metavar) and getattr(_declared(param), "writes", False) == written:
                values = map(str, given if isinstance(given, (list, tuple)) else [given or ""])
                files += [format_and_file(each)[1] if "=" in metavar else each for each in values]
        return files

    def of(self, function: Callable[..., Any]) -> Any:
        """Return the result of a function, called with the values of its parameters."""
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
        """Return the answers and bounds of the profile file and of flags, which override it.

        Raises UsageError for several values of a question about the output type.
        """
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
    """Yield a note for each named machine that is also sold with other memory sizes.

    Only if the memory is read from the machine's name, and `given` does not state it.
    """
    question = next((q for q in rulebase.questions if q.requires("memory_gb")), None)
    if question and question.id in answers and question.id not in given:
        from advisor.engine.machines import other_sizes

        taken = f"is assumed to have {answers[question.id].value:g} GB. Pass `--{question.typed}"
        for name in (" ".join(names) for names in given.values() if isinstance(names, list)):
            if sizes := [f"{size:g}" for size in other_sizes(rulebase, name)]:
                yield f"{name} {taken}` for one with {joined(sizes, 'or')} GB"


def _declared(parameter: Parameter) -> Any:
    """Return Typer's declaration of an option or argument; None if it has only a type."""
    marks = (*getattr(parameter.annotation, "__metadata__", ()), parameter.default)
    return next((mark for mark in marks if isinstance(mark, (OPTION, ARGUMENT))), None)


OPTION, ARGUMENT = type(typer.Option()), type(typer.Argument())


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Return the parser's parameters of a function by name, with those of its `Options`."""
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
    """Return parameter -> Options, QUESTIONS, LATER, RuleBase, or the parameter itself."""
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

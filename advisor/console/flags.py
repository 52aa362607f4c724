"""The flags of questions: their declarations, their groups in help, and their spellings.

Earlier names of flags, and flags without a value, are rewritten before parsing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain, pairwise, takewhile
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from advisor.console.streams import note
from advisor.engine.numbers import has_commas
from advisor.errors import UsageError
from advisor.files import is_there
from advisor.model import TASK, NamedTuple, Question, Task
from advisor.rulebase.base import RuleBase

SHOWN_OPTIONS = 9
WHOLE = "advisor.whole-help"
"""Key of the parser's context: `advisor help` sets it to print all options of a command."""
FIRST_SENTENCE = re.compile(r"(?<=[.?]) ")
"""Matches the space behind a sentence."""
LABELS = "--labels"
"""The flag for the labels of a program; a question had this flag earlier."""
HERE = ("auto", "here", ["auto"], ["here"])
"""Values of a question, from a flag or a file, that mean: detect this machine."""


def flag_name(id: str) -> str:
    """Return the name of the parameter of a question."""
    return f"question_{id.replace('-', '_')}"


def question_flag(question: Question) -> Any:
    """Return the annotation of the parameter of a question's flag."""
    if question.id == TASK:
        shown = "see `advisor list tasks`"
    else:
        words = [option.typed for option in question.options]
        shown = ", ".join(words[:SHOWN_OPTIONS]) + (", ..." if len(words) > SHOWN_OPTIONS else "")
        if any(option.detected for option in question.options):
            shown += f", or {HERE[0]} to detect this machine"
    option = typer.Option(
        f"--{question.typed}",
        metavar="NUMBER|OPTION" if question.unit else "OPTION",
        help=f"{question.ask} {shown}.",
        autocompletion=lambda incomplete: [  # types of a function would be read for each flag
            (option.typed, option.label)
            for option in question.options
            if option.typed.startswith(incomplete)
        ],
        show_default=False,
    )
    return Annotated[list[str], option]


def bare(question: Question) -> tuple[str, frozenset[str]]:
    """Return the option that a question's flag means without a value, and all its option names."""
    names = {name for option in question.options for name in option.names}
    return question.word(str(question.bare)), frozenset(names)


def task_in(words: Sequence[str], rulebase: RuleBase) -> Task | None:
    """Return the task of the first `--task` (its first value); None without one or if unknown."""
    for word, after in pairwise((*words, "")):
        flag, joint, value = word.partition("=")
        if flag == f"--{TASK}":
            name = (value if joint else after).partition(",")[0].lower()
            return rulebase.task_names.get(name)
    return None


def grouped(flags: Sequence[tuple[Question, Any]], task: Task | None) -> dict[str, list[Any]]:
    """Return title -> flags: those that a task leaves open, then those that it answers."""
    if task is None:
        return {"Answers": [flag for _, flag in flags]} if flags else {}
    settled = {id for id, options in task.implies.items() if len(options) == 1} | {TASK}
    for question, _ in flags:
        for other, options in question.ask_if.items():
            implied = task.implies.get(other)
            if other in settled and implied and set(implied).isdisjoint(options):
                settled.add(question.id)
    return {
        f"Answers for {task.id}": [flag for question, flag in flags if question.id not in settled],
        "Set by the task": [flag for question, flag in flags if question.id in settled],
    }


def split(values: Iterable[str] | None) -> list[str]:
    """Return the values of repeated flags, split at commas, as one list; 5,000 is one number."""
    parts = [
        [value] if "," in value and has_commas(value) else value.split(",")
        for value in values or ()
    ]
    return [part.strip() for part in chain.from_iterable(parts) if part.strip()]


class Spelling(NamedTuple):
    """`was` maps earlier names of flags to their names now.

    An earlier name that is also an option of the command (in `own`) keeps its meaning before a file
    or FORMAT=FILE. `bare` maps a flag that may stand alone to (its value then, values that may
    follow it).
    """

    was: Mapping[str, str] = {}
    own: frozenset[str] = frozenset()
    bare: Mapping[str, tuple[str, Container[str]]] = {}

    def put_right(self, words: Sequence[str]) -> list[str]:
        """Return a command line with the current flags, each with its value.

        Raises UsageError for a number behind a flag in `bare`.
        """
        right: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                return [*right, word, *rest]
            flag, joint, value = word.partition("=")
            value = value if joint else next(iter(rest), "")
            typed = flag
            if flag in self.was and not (flag in self.own and any(sign in value for sign in "=./")):
                flag = self.was[flag]
                word = f"{flag}={value}" if joint else flag
            own = typed == LABELS and flag in self.bare and not _listed(value, self.bare[flag][1])
            is_label = typed in self.own and value[:1].isalpha()
            if own and (is_label or "," in value or value.endswith(".txt")):
                if typed in self.own:
                    right.append(f"{typed}={value}")
                else:
                    note(f"advisor: `{typed} {value}` is for `advisor code` and `advisor try`")
                rest = rest if joint else rest[1:]
                continue
            if flag in self.bare and not joint:
                alone, names = self.bare[flag]
                if value.isdigit():
                    raise UsageError(
                        f"`{typed}` does not accept a number such as `{value}`",
                        hint=f"leave out the number. `{flag}` alone means `{alone}`",
                        kind="no-number",
                    )
                if value.lower() not in names and not _listed(value, names):
                    word = f"{flag}={alone}"
            right.append(word)
            if not joint and flag in self.was.values() and rest and word == flag:
                right.append(rest.pop(0))
        return right


def labels_joined(words: Sequence[str]) -> list[str]:
    """Return words in which single words behind the flag for labels are one list with commas."""
    first = words.index(LABELS) + 1 if LABELS in words else len(words)
    labels = [
        *takewhile(lambda word: re.fullmatch(r"\w+", word) and not is_there(word), words[first:])
    ]
    if len(labels) < 2:
        return list(words)
    return [*words[:first], ",".join(labels), *words[first + len(labels) :]]


def _listed(value: str, names: Container[str]) -> bool:
    """True for one or more of the names, separated by commas."""
    return bool(value) and all(part.strip().lower() in names for part in value.split(","))


class SpeltCommand(TyperCommand):
    """A command that accepts the earlier names of its flags, and groups its options in help."""

    spelling = Spelling()
    groups: Callable[[Sequence[str]], Mapping[str, Sequence[Any]]] | None = None
    """Returns title -> options for the words of a command line; None: one group."""
    words: Sequence[str] = ()
    often: Sequence[str] = ()
    """The names of the options that `--help` lists; empty: all."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the purpose, an example and common options; all options if flags were typed too."""
        if ctx.meta.get(WHOLE) or not self.often or sum(w[:1] == "-" for w in self.words) > 1:
            super().format_help(ctx, formatter)
            return
        about, _, rest = (self.help or "").partition("\n\n")
        example = rest.partition("Examples:\n")[2].partition("\n")[0].strip()
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(about)
            formatter.write_paragraph()
            formatter.write_text(example)
        options = {name: param for param in self.get_params(ctx) for name in param.opts}
        shown = (options[name].get_help_record(ctx) for name in self.often)
        rows = [(name, FIRST_SENTENCE.split(help)[0]) for name, help in filter(None, shown)]
        with formatter.section("Common options"):
            formatter.write_dl(rows)
        path = ctx.command_path.removeprefix("advisor ")
        formatter.write(f"\n`advisor help {path}` lists all {len(self.get_params(ctx))} options.\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in groups, those that the task leaves open first."""
        grouped = self.groups(self.words) if self.groups else {}
        options = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        sorted_ = {id(param) for of_group in grouped.values() for param in of_group}
        rest = {"Options": [option for option in options if id(option) not in sorted_]}
        for title, of_group in {**grouped, **rest}.items():
            rows = [row for param in of_group if (row := param.get_help_record(ctx))]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a command line after rewriting earlier names of flags."""
        if (joined := labels_joined(args)) != args:
            note(f"advisor: understood as `{LABELS} {joined[joined.index(LABELS) + 1]}`")
        right = self.spelling.put_right(joined)
        self.words = tuple(right)  # the parser takes them from its list
        return super().parse_args(ctx, right)

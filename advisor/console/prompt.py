"""How a question is put to a person: a menu with arrow keys, or numbers where a terminal is plain.

Both write to stderr only, so that stdout carries nothing but the answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from advisor.engine.profile import UNKNOWN, as_number
from advisor.errors import nearest

if TYPE_CHECKING:
    from advisor.interview.session import Ask

WHY, BACK, STOP, NUMBER = "why", "back", "stop", "number"
"""What a person may choose besides an option; `UNKNOWN` is "don't know"."""


class Extra(NamedTuple):
    """A choice that is not an option: the key to type, what it is, what it returns."""

    key: str
    label: str
    value: str


def extras(*, back: bool, stop: bool) -> tuple[Extra, ...]:
    """Return what may be chosen besides the options of a question."""
    found = [Extra("d", "I don't know", UNKNOWN), Extra("w", "why do you ask?", WHY)]
    found += [Extra("b", "go back", BACK)] if back else []
    found += [Extra("s", "stop here", STOP)] if stop else []
    return tuple(found)


class Prompt(Protocol):
    """Puts questions; raises KeyboardInterrupt or EOFError where the person leaves."""

    def choose(self, ask: Ask, extras: Sequence[Extra]) -> str:
        """Ask once; return an option id, a number as text, or the value of an extra."""
        ...

    def pick(self, question: str, choices: Sequence[Extra]) -> str:
        """Ask which of a few things to do, the first being the default; return its value."""
        ...

    def type(self, question: str) -> str:
        """Ask for a line of text; empty where nothing was typed."""
        ...

    def file(self, question: str) -> str:
        """Ask for the path of a file; empty where nothing was typed."""
        ...

    def confirm(self, question: str) -> bool:
        """Ask yes or no, yes being the default."""
        ...


def prompt_for(*, plain: bool) -> Prompt:
    """Return the prompt that suits the terminal; `plain` asks for numbers."""
    if plain or os.environ.get("TERM") in ("dumb", "") or "ADVISOR_PLAIN" in os.environ:
        return NumberedPrompt()
    return SelectPrompt()


class SelectPrompt:
    """A menu with arrow keys; typing filters it."""

    def choose(self, ask: Ask, extras: Sequence[Extra]) -> str:
        """Ask with a menu."""
        import questionary

        choices: list[Any] = [
            questionary.Choice(f"{option.id:<26} {option.label}", option.id)
            for option in ask.options
        ]
        if ask.question.unit:
            choices.append(questionary.Choice(f"{'exactly ...':<26} type a number", NUMBER))
        choices.append(questionary.Separator(" "))
        choices += [questionary.Choice(extra.label, extra.value) for extra in extras]
        chosen = questionary.select(
            ask.question.ask,
            choices=choices,
            use_search_filter=True,
            use_jk_keys=False,
            instruction="(arrow keys, or type to filter)",
            qmark="?",
            output=_stderr(),
        ).unsafe_ask()
        if chosen == NUMBER:
            return str(self._number(str(ask.question.unit)))
        return str(chosen)

    def _number(self, unit: str) -> str:
        import questionary

        def valid(text: str) -> bool | str:
            return _count(text) or f"a number of {unit}, such as 5000 or 5k"

        typed = questionary.text(f"How many {unit}?", validate=valid, output=_stderr()).unsafe_ask()
        return str(typed)

    def pick(self, question: str, choices: Sequence[Extra]) -> str:
        """Ask with a short menu."""
        import questionary

        rows = [questionary.Choice(choice.label, choice.value) for choice in choices]
        chosen = questionary.select(
            question, choices=rows, instruction="(arrow keys)", output=_stderr()
        ).unsafe_ask()
        return str(chosen)

    def type(self, question: str) -> str:
        """Ask for a line of text."""
        import questionary

        return str(questionary.text(question, output=_stderr()).unsafe_ask()).strip()

    def file(self, question: str) -> str:
        """Ask for a path; Tab completes it."""
        import questionary

        return str(questionary.path(question, output=_stderr()).unsafe_ask()).strip()

    def confirm(self, question: str) -> bool:
        """Ask yes or no."""
        import questionary

        return bool(questionary.confirm(question, default=True, output=_stderr()).unsafe_ask())


def _stderr() -> Any:
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


class NumberedPrompt:
    """A numbered list and one line of typing: works in every terminal."""

    def choose(self, ask: Ask, extras: Sequence[Extra]) -> str:
        """Ask with numbers until something known is typed."""
        lines = [f"? {ask.question.ask}"]
        lines += [f"  {n:>2}  {o.id:<26} {o.label}" for n, o in enumerate(ask.options, 1)]
        lines += ["      " + "   ".join(f"{extra.key} = {extra.label}" for extra in extras)]
        _say("\n".join(lines))
        while True:
            typed = self._line("> ")
            found = self._meant(typed, ask, extras)
            if found is not None:
                return found
            ids = [option.id for option in ask.options]
            close = nearest(typed, ids)
            suggestion = f"did you mean {close}? " if close else ""
            numbers = f", or a number of {ask.question.unit}" if ask.question.unit else ""
            _say(f"  {suggestion}type 1 to {len(ids)}, an option{numbers}, or a letter below it")

    def _meant(self, typed: str, ask: Ask, extras: Sequence[Extra]) -> str | None:
        extra = _chosen(typed, extras)
        if extra is not None:
            return extra
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(ask.options):
            return ask.options[int(typed) - 1].id
        names = {alias: option.id for option in ask.options for alias in option.aliases}
        names |= {option.id: option.id for option in ask.options}
        if typed.lower() in names:
            return names[typed.lower()]
        if ask.question.unit and _count(typed):
            return typed
        return None

    def pick(self, question: str, choices: Sequence[Extra]) -> str:
        """Ask with letters until one of them is typed."""
        rows = "   ".join(f"{choice.key} = {choice.label}" for choice in choices)
        _say(f"? {question} [{choices[0].key}]\n      {rows}")
        while True:
            typed = self._line("> ")
            found = _chosen(typed, choices) if typed else choices[0].value
            if found is not None:
                return found
            _say(f"  type {' or '.join(choice.key for choice in choices)}")

    def type(self, question: str) -> str:
        """Ask for a line of text."""
        _say(f"? {question}")
        return self._line("> ")

    def file(self, question: str) -> str:
        """Ask for a path."""
        return self.type(question)

    def confirm(self, question: str) -> bool:
        """Ask yes or no."""
        _say(f"? {question} [Y/n]")
        return self._line("> ").lower() in ("", "y", "yes")

    def _line(self, mark: str) -> str:
        sys.stderr.write(mark)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()


def _chosen(typed: str, choices: Sequence[Extra]) -> str | None:
    for choice in choices:
        if typed.lower() in (choice.key, choice.value, choice.label.lower()):
            return choice.value
    return None


def _count(typed: str) -> bool:
    number = as_number(typed)
    return number is not None and number >= 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()

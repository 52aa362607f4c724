"""How a question is put to a person: a menu with arrow keys, or numbers where a terminal is plain.

Both write to stderr only, so that stdout carries nothing but the answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.engine.profile import UNKNOWN
from advisor.engine.quantity import as_number
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


def _asked(kind: str, question: str, **more: Any) -> Any:
    import questionary
    from prompt_toolkit.output import create_output

    asking = getattr(questionary, kind)
    return asking(question, output=create_output(stdout=sys.stderr), **more).unsafe_ask()


class SelectPrompt:
    """A menu with arrow keys; typing filters it."""

    def choose(self, ask: Ask, extras: Sequence[Extra]) -> str:
        """Return an option id, a number as text, or the value of an extra."""
        from questionary import Choice, Separator

        choices: list[Any] = [Choice(f"{one.id:<26} {one.label}", one.id) for one in ask.options]
        if ask.question.unit:
            choices.append(Choice(f"{'exactly ...':<26} type a number", NUMBER))
        choices += [Separator(" "), *(Choice(extra.label, extra.value) for extra in extras)]
        chosen = _asked(
            "select",
            ask.question.ask,
            choices=choices,
            use_search_filter=True,
            use_jk_keys=False,
            instruction="(arrow keys, or type to filter)",
            qmark="?",
        )
        return self._number(str(ask.question.unit)) if chosen == NUMBER else str(chosen)

    def _number(self, unit: str) -> str:
        def valid(text: str) -> bool | str:
            return _count(text) or f"a number of {unit}, such as 5000 or 5k"

        return str(_asked("text", f"How many {unit}?", validate=valid))

    def pick(self, question: str, choices: Sequence[Extra]) -> str:
        """Ask which of a few things to do, the first being the default; return its value."""
        from questionary import Choice

        rows = [Choice(choice.label, choice.value) for choice in choices]
        return str(_asked("select", question, choices=rows, instruction="(arrow keys)"))

    def type(self, question: str) -> str:
        """Return a line of text; empty where nothing was typed."""
        return str(_asked("text", question)).strip()

    def file(self, question: str) -> str:
        """Return a path, which Tab completes; empty where nothing was typed."""
        return str(_asked("path", question)).strip()

    def confirm(self, question: str) -> bool:
        """Ask yes or no, yes being the default."""
        return bool(_asked("confirm", question, default=True))


class NumberedPrompt:
    """A numbered list and one line of typing: works in every terminal."""

    def choose(self, ask: Ask, extras: Sequence[Extra]) -> str:
        """Ask with numbers until something known is typed."""
        lines = [f"? {ask.question.ask}"]
        lines += [f"  {n:>2}  {o.id:<26} {o.label}" for n, o in enumerate(ask.options, 1)]
        lines += ["      " + "   ".join(f"{extra.key} = {extra.label}" for extra in extras)]
        _say("\n".join(lines))
        while True:
            typed = self._line()
            if meant := self._meant(typed, ask, extras):
                return meant
            ids = [option.id for option in ask.options]
            close = nearest(typed, ids)
            suggestion = f"did you mean {close}? " if close else ""
            numbers = f", or a number of {ask.question.unit}" if ask.question.unit else ""
            _say(f"  {suggestion}type 1 to {len(ids)}, an option{numbers}, or a letter below it")

    def _meant(self, typed: str, ask: Ask, extras: Sequence[Extra]) -> str | None:
        numbers = {str(number): option.id for number, option in enumerate(ask.options, 1)}
        names = {alias: option.id for option in ask.options for alias in option.aliases}
        names |= {option.id: option.id for option in ask.options}
        meant = _chosen(typed, extras) or numbers.get(typed.lstrip("0")) or names.get(typed.lower())
        return meant or (typed if ask.question.unit and _count(typed) else None)

    def pick(self, question: str, choices: Sequence[Extra]) -> str:
        """Ask with letters until one of them is typed."""
        rows = "   ".join(f"{choice.key} = {choice.label}" for choice in choices)
        _say(f"? {question} [{choices[0].key}]\n      {rows}")
        while True:
            typed = self._line()
            if chosen := _chosen(typed, choices) if typed else choices[0].value:
                return chosen
            _say(f"  type {' or '.join(choice.key for choice in choices)}")

    def type(self, question: str) -> str:
        """Ask for a line of text."""
        _say(f"? {question}")
        return self._line()

    def file(self, question: str) -> str:
        """Ask for a path."""
        return self.type(question)

    def confirm(self, question: str) -> bool:
        """Ask yes or no."""
        _say(f"? {question} [Y/n]")
        return self._line().lower() in ("", "y", "yes")

    def _line(self) -> str:
        sys.stderr.write("> ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()


Prompt = SelectPrompt | NumberedPrompt
"""Puts questions; raises KeyboardInterrupt or EOFError where the person leaves."""


def prompt_for(*, plain: bool) -> Prompt:
    """Return the prompt that suits the terminal; `plain` asks for numbers."""
    if plain or os.environ.get("TERM") in ("dumb", "") or "ADVISOR_PLAIN" in os.environ:
        return NumberedPrompt()
    return SelectPrompt()


def _chosen(typed: str, choices: Sequence[Extra]) -> str | None:
    named = (one for one in choices if typed.lower() in (one.key, one.value, one.label.lower()))
    return next((choice.value for choice in named), None)


def _count(typed: str) -> bool:
    number = as_number(typed)
    return number is not None and number >= 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()

"""How a question is put to a person: a menu with arrow keys, or numbers where a terminal is plain.

Both write to stderr only, so that stdout carries nothing but the answer.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple, Protocol

from advisor.engine.profile import as_number
from advisor.errors import nearest
from advisor.interview.session import UNKNOWN, Ask

WHY, BACK, NUMBER = "why", "back", "number"
"""What a person may choose besides an option; `UNKNOWN` is "don't know"."""


class Extra(NamedTuple):
    """A choice that is not an option: the key to type, what it is, what it returns."""

    key: str
    label: str
    value: str


EXTRAS = (
    Extra("d", "I don't know", UNKNOWN),
    Extra("w", "why do you ask?", WHY),
    Extra("b", "go back", BACK),
)


class Prompt(Protocol):
    """Puts one question; returns an option id, a number as text, or UNKNOWN, WHY or BACK."""

    def choose(self, ask: Ask, *, first: bool) -> str:
        """Ask once. Raises KeyboardInterrupt or EOFError where the person leaves."""
        ...

    def confirm(self, question: str) -> bool:
        """Ask yes or no, yes being the default."""
        ...


def prompt_for(*, plain: bool) -> Prompt:
    """Return the prompt that suits the terminal; `plain` asks for numbers."""
    if plain or os.environ.get("TERM") in ("dumb", "") or "ADVISOR_PLAIN" in os.environ:
        return Numbers()
    return Menu()


class Menu:
    """Arrow keys, and typing filters."""

    def choose(self, ask: Ask, *, first: bool) -> str:
        """Ask with a menu."""
        import questionary

        choices: list[Any] = [
            questionary.Choice(f"{option.id:<26} {option.label}", option.id)
            for option in ask.options
        ]
        if ask.question.unit:
            choices.append(questionary.Choice(f"{'exactly ...':<26} type a number", NUMBER))
        choices.append(questionary.Separator(" "))
        choices += [
            questionary.Choice(extra.label, extra.value)
            for extra in EXTRAS
            if not (first and extra.value == BACK)
        ]
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

    def confirm(self, question: str) -> bool:
        """Ask yes or no."""
        import questionary

        return bool(questionary.confirm(question, default=True, output=_stderr()).unsafe_ask())


def _stderr() -> Any:
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


class Numbers:
    """A numbered list and one line of typing: works in every terminal."""

    def choose(self, ask: Ask, *, first: bool) -> str:
        """Ask with numbers until something known is typed."""
        extras = [extra for extra in EXTRAS if not (first and extra.value == BACK)]
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

    def _meant(self, typed: str, ask: Ask, extras: list[Extra]) -> str | None:
        for extra in extras:
            if typed.lower() in (extra.key, extra.value, extra.label):
                return extra.value
        if typed.isdigit() and 1 <= int(typed) <= len(ask.options):
            return ask.options[int(typed) - 1].id
        names = {alias: option.id for option in ask.options for alias in option.aliases}
        names |= {option.id: option.id for option in ask.options}
        if typed.lower() in names:
            return names[typed.lower()]
        if ask.question.unit and _count(typed):
            return typed
        return None

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


def _count(typed: str) -> bool:
    number = as_number(typed)
    return number is not None and number >= 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()

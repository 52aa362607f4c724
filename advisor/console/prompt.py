"""Prompts: a menu with arrow keys, or a numbered list for plain terminals.

Both write only to stderr, so that stdout has nothing but the answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from advisor.console.menu import MARK, Asked, Menu, Row, keyed, pressed, taken
from advisor.console.streams import note, typed_line
from advisor.engine.profile import UNKNOWN
from advisor.phrasing import count

WHY, BACK = "why", "back"
"""Values of extra rows. `UNKNOWN` is "I don't know"."""
LONG = 40
"""A choice with more characters gets its own line."""


NARROWEST = 20
"""Least number of columns that rows are wrapped to."""


def extras(*, back: bool) -> tuple[Row, ...]:
    """Return the extra rows of a question: "I don't know", "why", and with `back` "go back"."""
    offered = [keyed("d", "I don't know", UNKNOWN), keyed("w", "why do you ask?", WHY)]
    offered += [keyed("b", "go back", BACK)] if back else []
    return tuple(row._replace(extra=True) for row in offered)


def _asked(kind: str, question: str, **more: Any) -> Any:
    import questionary
    from prompt_toolkit.output import create_output

    asking = getattr(questionary, kind)
    return asking(question, output=create_output(stdout=sys.stderr), **more).unsafe_ask()


class SelectPrompt:
    """A menu with arrow keys; typing filters it."""

    plain = False

    def choose(self, ask: Asked) -> str:
        """Return the value of a row, or a number as text."""
        return taken(Menu(ask, UNKNOWN))

    def pick(self, question: str, choices: Sequence[Row]) -> str:
        """Ask which of a few things to do, the first being the default; return its value."""
        if any(len(choice.text) > LONG for choice in choices):
            return taken(Menu(Asked(question, choices, marked=choices[0].value)))
        return pressed(question, choices)

    def type(self, question: str) -> str:
        """Ask for a line of text; return it without blanks around it."""
        return str(_asked("text", question)).strip()

    def file(self, question: str) -> str:
        """Ask for a path, with completion by Tab; "" if nothing was typed."""
        return str(_asked("path", question)).strip()

    def confirm(self, question: str) -> bool:
        """Ask yes or no, yes being the default."""
        return bool(_asked("confirm", question, default=True))


class NumberedPrompt:
    """A numbered list and one line of typing: works in every terminal."""

    plain = True

    def choose(self, ask: Asked) -> str:
        """Ask until a number, name or letter of a row is typed, or a number that answers it."""
        menu = Menu(ask)
        listed = [row for row in menu.found if not row.extra]
        self._show(ask, listed)
        while True:
            typed = self._line()
            if (meant := self._meant(typed, ask, listed)) is not None:
                return meant
            menu.type(typed)
            rows = [row for row in menu.found if not row.extra]
            numbers = f", or a number of {ask.unit}" if ask.unit else ""
            if typed and rows:
                listed = rows
                self._show(ask, listed)
            elif typed:
                named = [row for row in menu.nearest if not row.extra]
                close = ", ".join(row.names[0] if row.names else row.value for row in named)
                note(f"  no option matches. The nearest options are {close}" if close else "")
            note(f"  type 1 to {len(listed)}, a word{numbers}, or a letter shown below")

    def _show(self, ask: Asked, listed: Sequence[Row]) -> None:
        from shutil import get_terminal_size
        from textwrap import wrap

        width = max(get_terminal_size().columns - 1, NARROWEST)
        lines = [f"? {ask.question}"]
        for number, row in enumerate(listed, 1):
            head = f"{MARK if row.value == ask.marked else ' '} {number:>2}  "
            lines += wrap(row.text, width, initial_indent=head, subsequent_indent=" " * 8)
        if hidden := sum(row.hidden for row in ask.rows if row not in listed):
            lines.append(f"      or type a word to search {count(hidden, 'more option')}")
        apart = [row for row in ask.rows if row.extra]
        note(*lines, "      " + "   ".join(f"{r.names[0]} = {r.text}" for r in apart))

    def _meant(self, typed: str, ask: Asked, listed: Sequence[Row]) -> str | None:
        lowered = typed.lower()
        if not typed and ask.marked in [row.value for row in listed]:
            return ask.marked
        for row in ask.rows:
            if row.extra and lowered in (row.names[0], row.value, row.text.lower()):
                return row.value
        if typed in map(str, range(1, len(listed) + 1)):
            return listed[int(typed) - 1].value
        if named := [row for row in ask.rows if lowered in (row.value, *row.names)]:
            return named[0].value
        return typed if ask.number(typed) else None

    def pick(self, question: str, choices: Sequence[Row]) -> str:
        """Ask until the letter, name or text of a choice is typed; Enter takes the first."""
        long = any(len(choice.text) > LONG for choice in choices)
        keys = [row.names[0] for row in choices]
        rows = (f"{key} = {row.text}" for key, row in zip(keys, choices, strict=True))
        listed = ("\n      " if long else "   ").join(rows)
        note(f"? {question} [{keys[0]}]\n      {listed}")
        while True:
            typed = self._line()
            if not typed:
                return choices[0].value
            for row in choices:
                if typed.lower() in (*row.names, row.value, row.text.lower()):
                    return row.value
            note(f"  type {' or '.join(keys)}")

    def type(self, question: str) -> str:
        """Ask for a line of text."""
        note(f"? {question}")
        return self._line()

    def file(self, question: str) -> str:
        """Ask for a path."""
        return self.type(question)

    def confirm(self, question: str) -> bool:
        """Ask yes or no."""
        note(f"? {question} [Y/n]")
        return self._line().lower() in ("", "y", "yes")

    def _line(self) -> str:
        sys.stderr.write("> ")
        sys.stderr.flush()
        return typed_line()


Prompt = SelectPrompt | NumberedPrompt
"""Asks questions in a terminal; raises KeyboardInterrupt or EOFError if the user leaves."""


def prompt_for(*, plain: bool) -> Prompt:
    """Return a numbered prompt if `plain`, ADVISOR_PLAIN is set or TERM is dumb; else a menu."""
    if plain or os.environ.get("TERM") in ("dumb", "") or "ADVISOR_PLAIN" in os.environ:
        return NumberedPrompt()
    return SelectPrompt()

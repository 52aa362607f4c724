"""A menu on a terminal: keys in, lines out; it draws on stderr and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from advisor.console.menu import Menu

STYLES = {
    "question": "bold",
    "typed": "fg:ansicyan",
    "note": "italic",
    "marked": "bold fg:ansicyan",
    "extra": "",
    "row": "",
}
PAGE = 8


def taken(menu: Menu) -> str:
    """Show a menu until something is taken; return its value. Ctrl-C and Ctrl-D leave."""
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: Any) -> None:
        if menu.chosen:
            event.app.exit(result=menu.chosen.value)

    for key, step in {"down": 1, "up": -1, "tab": 1, "pagedown": PAGE, "pageup": -PAGE}.items():

        @keys.add(key)
        def _(_event: Any, step: int = step) -> None:
            menu.move(step)

    @keys.add("backspace")
    def _(_event: Any) -> None:
        menu.type(menu.typed[:-1])

    @keys.add("escape", eager=True)
    @keys.add("c-u")
    def _(_event: Any) -> None:
        menu.type("")

    @keys.add(Keys.Any)
    def _(event: Any) -> None:
        if event.data.isprintable():
            menu.type(menu.typed + event.data)

    @keys.add(Keys.BracketedPaste)
    def _(event: Any) -> None:
        menu.type(menu.typed + " ".join(event.data.split()))

    return str(_run(menu.lines, keys))


def pressed(question: str, choices: Sequence[tuple[str, str, str]]) -> str:
    """Show choices in a line, each a key, its text and a value; return the value of the key.

    Enter takes the first.
    """
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    def lines(width: int, _height: int) -> list[tuple[str, str]]:
        return pressed_lines(question, choices, width)

    for key, _text, value in (*choices, ("enter", "", choices[0][2])):

        @keys.add(key)
        def _(event: Any, value: str = value) -> None:
            event.app.exit(result=value)

    return str(_run(lines, keys))


def pressed_lines(
    question: str, choices: Sequence[tuple[str, str, str]], width: int
) -> list[tuple[str, str]]:
    """Return the lines of choices in a line, as `pressed` shows them, each with its style."""
    from textwrap import wrap

    shown = "   ".join(f"{key} {text}".replace(" ", "\0") for key, text, _ in choices)
    rows = wrap(shown.replace("\0", "\u00a0"), max(width - 3, 20), break_on_hyphens=False)
    return [
        ("question", f"? {question} (press a key; Enter: {choices[0][1]})"),
        *(("row", f"  {row}".replace("\u00a0", " ")) for row in rows),
    ]


def _run(lines: Any, keys: Any) -> Any:
    """Run a small application that shows lines and takes keys."""
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.layout import Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl
    from prompt_toolkit.layout.dimension import Dimension
    from prompt_toolkit.output import create_output
    from prompt_toolkit.styles import Style

    output = create_output(stdout=sys.stderr)

    def fitting() -> list[tuple[str, str]]:
        size = output.get_size()
        drawn: list[tuple[str, str]] = lines(size.columns, size.rows - 1)
        return drawn

    def text() -> FormattedText:
        *before, last = fitting()
        whole = [*((style, f"{line}\n") for style, line in before), last]
        return FormattedText([(f"class:{style}", line) for style, line in whole])

    def leaving(error: type[BaseException]) -> Any:
        return lambda event: event.app.exit(exception=error)

    keys.add("c-c")(leaving(KeyboardInterrupt))
    keys.add("c-d")(leaving(EOFError))
    window = Window(
        FormattedTextControl(text, show_cursor=False),
        height=lambda: Dimension.exact(len(fitting())),
        dont_extend_height=True,
    )
    running: Any = Application(
        layout=Layout(window),
        key_bindings=keys,
        style=Style.from_dict(STYLES),
        output=output,
        erase_when_done=True,
    )
    return running.run()

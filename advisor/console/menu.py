"""A menu in a terminal: its rows, the filter by typed text, and the row that Enter takes.

The filter searches names and texts of all rows. Rows that do not fit on the screen are counted. A
text without a match shows the nearest rows, and Enter takes none. The menu is drawn on stderr and
erased at the end.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.engine.numbers import as_number
from advisor.naming import akin, alike, suggestions, words_of
from advisor.phrasing import count

HINT = "use arrow keys, or type to filter"
NEAREST = 3
MARK = "»"
STYLES = {
    "question": "bold",
    "typed": "fg:ansicyan",
    "note": "italic",
    "marked": "bold fg:ansicyan",
    "extra": "",
    "row": "",
}
PAGE = 8
Acts = dict[str, Callable[[Any], None]]
"""Key -> what it does with an event of prompt_toolkit."""


class Row(NamedTuple):
    """A choice: the `value` returned, its text, and the `names` and `about` that also find it.

    `hidden` rows are shown only if the typed text finds them; `extra` rows are no answers.
    """

    value: str
    text: str
    names: tuple[str, ...] = ()
    about: str = ""
    hidden: bool = False
    extra: bool = False

    def finds(self, typed: str) -> int:
        """Return how well the row matches a text: 0 (not) to 5 (a name of it)."""
        wanted = words_of(typed)
        names = [words_of(name) for name in (self.value, *self.names)]
        if not wanted:
            return 0
        if "".join(wanted) in ["".join(name) for name in names]:
            return 5
        title = words_of(self.text.partition(":")[0])
        if _all_begin(wanted, [*words_of(self.value), *title]):
            return 4
        called = [*(word for name in names for word in name), *title]
        if _all_begin(wanted, called):
            return 3
        if _all_begin(wanted, [*called, *words_of(self.text)]):
            return 2
        words = [*called, *words_of(f"{self.text} {self.about}")]
        return int(all(any(w.startswith(word) or akin(word, w) for w in words) for word in wanted))


def keyed(key: str, text: str, value: str) -> Row:
    """Return a row that is taken by pressing a key."""
    return Row(value, text, (key,))


class Asked(NamedTuple):
    """A question with its rows; `marked` is the value of an earlier answer.

    With a `unit`, a number can be typed; `units` maps suffixes (GB) to factors.
    """

    question: str
    rows: Sequence[Row]
    unit: str | None = None
    units: Mapping[str, float] = {}
    marked: str = ""

    def number(self, typed: str) -> bool:
        """True if the question has a unit and the text is a number that is not negative."""
        number = as_number(typed, self.units) if self.unit else None
        return number is not None and number >= 0


class Menu:
    """A question with rows; the cursor starts at the marked row.

    Without a marked row, Enter takes the row with the value `default`, or none. If the question
    accepts the typed text as a number, a row for it is listed first.
    """

    def __init__(self, ask: Asked, default: str = "") -> None:
        self.ask, self.rows = ask, ask.rows
        self.default = next((row for row in self.rows if default and row.value == default), None)
        self.typed = ""
        values = [row.value for row in self.found]
        self._cursor = values.index(ask.marked) if ask.marked in values else -1

    @property
    def found(self) -> list[Row]:
        """The rows that match the typed text, best first; without text all that are not hidden."""
        if not self.typed.strip():
            return [row for row in self.rows if not row.hidden]
        matches = [(row.finds(self.typed), row) for row in self.rows]
        rows = [row for how, row in sorted(matches, key=lambda match: -match[0]) if how]
        if self.ask.number(self.typed):
            rows.insert(0, Row(self.typed.strip(), f"exactly {self.typed.strip()}"))
        return rows

    @property
    def nearest(self) -> list[Row]:
        """At most NEAREST rows that may be meant if none matches."""
        named = {name: row for row in self.rows for name in (row.value, *row.names)}
        meanings = {
            row.value: f"{row.value} {row.text} {' '.join(row.names)} {row.about}"
            for row in self.rows
            if not row.extra
        }
        close = [named[name] for name in suggestions(self.typed, named, meanings)]
        close += [named[id] for id in alike(self.typed, meanings, share=0.01)]
        close += [row for row in self.rows if not (row.hidden or row.extra)]
        return list(dict.fromkeys(close))[:NEAREST]

    @property
    def listed(self) -> list[Row]:
        """The rows that can be moved to."""
        return self.found or self.nearest

    @property
    def chosen(self) -> Row | None:
        """The row that Enter takes: the marked one, else the default if nothing was typed."""
        listed = self.listed
        if 0 <= self._cursor < len(listed):
            return listed[self._cursor]
        return None if self.typed.strip() else self.default

    def type(self, typed: str) -> None:
        """Replace the typed text and mark the best match, if any."""
        self.typed = typed
        self._cursor = 0 if typed.strip() and self.found else -1

    def move(self, step: int) -> None:
        """Move the mark down or up, around the ends."""
        number = len(self.listed)
        if self._cursor < 0:
            self._cursor = 0 if step > 0 else number - 1
        else:
            self._cursor = (self._cursor + step) % number

    def lines(self, width: int, height: int) -> list[tuple[str, str]]:
        """Return (style, line) for a screen of `width` columns and `height` lines.

        The marked row is always included.
        """
        enter = f"; Enter: {self.default.text}" if self.default and self._cursor < 0 else ""
        numbers = ", or a number" if self.ask.unit else ""
        prompt = f"? {self.ask.question} ({HINT}{numbers}{enter})"
        head = [("question", line) for line in _wrapped(prompt, width, "  ")]
        if self.typed:
            head.append(("typed", f"  {self.typed}"[:width]))
        if self.typed.strip() and not self.found:
            head.append(("note", "  no option matches. The nearest follow. Enter selects none"))
        blocks = [self._block(row, place, width) for place, row in enumerate(self.listed)]
        room = max(height - len(head), 3)
        first, last = self._window([len(block) for block in blocks], room)
        body = [line for block in blocks[first:last] for line in block]
        above, below = first, len(blocks) - last
        if above:
            body.insert(0, ("note", f"    ↑ {above} more above"))
        if below:
            body.append(
                ("note", f"    ↓ {below} more options below. Press arrow down, or type a word")
            )
        hidden = sum(row.hidden for row in self.rows)
        if hidden and not self.typed and not below and len(head) + len(body) < height:
            body.append(("note", f"    type a word to search {count(hidden, 'more option')}"))
        return head + body

    def _block(self, row: Row, place: int, width: int) -> list[tuple[str, str]]:
        marked = place == self._cursor
        style = "marked" if marked else "extra" if row.extra else "row"
        return [(style, line) for line in _wrapped(row.text, width, "    ", MARK * marked)]

    def _window(self, heights: list[int], room: int) -> tuple[int, int]:
        """Return the range of rows to show: the marked one, and as many around it as fit."""
        if sum(heights) <= room:
            return 0, len(heights)
        room -= 2  # what says how many are above and below
        first = last = max(self._cursor, 0)
        used = 0
        while last < len(heights) and used + heights[last] <= room:
            used += heights[last]
            last += 1
        while first and used + heights[first - 1] <= room:
            first -= 1
            used += heights[first]
        return first, max(last, first + 1)


def _wrapped(text: str, width: int, indent: str, mark: str = "") -> list[str]:
    """Return a text wrapped to lines of less than `width` columns, the first with `mark`."""
    start = f"  {mark} " if mark else indent
    lines = textwrap.wrap(
        text, max(width - 1, 20), initial_indent=start, subsequent_indent=f"{indent}  "
    )
    return [line if len(line) < width else line[: width - 1] for line in lines or [start]]


def _all_begin(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """True if each wanted word is the beginning of one of the words."""
    return all(any(word.startswith(start) for word in words) for start in wanted)


def taken(menu: Menu) -> str:
    """Show a menu until a row is taken; return its value. Interrupts raise as in `pressed`."""

    def enter(event: Any) -> None:
        if menu.chosen:
            event.app.exit(result=menu.chosen.value)

    def insert(event: Any) -> None:
        if event.data.isprintable():
            menu.type(menu.typed + event.data)

    acts: Acts = {
        "enter": enter,
        "down": lambda _: menu.move(1),
        "tab": lambda _: menu.move(1),
        "up": lambda _: menu.move(-1),
        "pagedown": lambda _: menu.move(PAGE),
        "pageup": lambda _: menu.move(-PAGE),
        "backspace": lambda _: menu.type(menu.typed[:-1]),
        "escape": lambda _: menu.type(""),
        "c-u": lambda _: menu.type(""),
        "<any>": insert,
        "<bracketed-paste>": lambda event: menu.type(menu.typed + " ".join(event.data.split())),
    }
    return str(_run(menu.lines, acts))


def pressed(question: str, choices: Sequence[Row]) -> str:
    """Show choices in a line, each with its key; return the value of the pressed one.

    Enter takes the first. Ctrl-C raises KeyboardInterrupt, Ctrl-D EOFError.
    """

    def lines(width: int, _height: int) -> list[tuple[str, str]]:
        return pressed_lines(question, choices, width)

    acts = {row.names[0]: _leave(result=row.value) for row in choices}
    return str(_run(lines, {**acts, "enter": _leave(result=choices[0].value)}))


def pressed_lines(question: str, choices: Sequence[Row], width: int) -> list[tuple[str, str]]:
    """Return (style, line) for a question and its choices, as `pressed` shows them."""
    shown = "   ".join(f"{row.names[0]} {row.text}".replace(" ", "\0") for row in choices)
    rows = textwrap.wrap(shown.replace("\0", "\u00a0"), max(width - 3, 20), break_on_hyphens=False)
    return [
        ("question", f"? {question} (press a key; Enter: {choices[0].text})"),
        *(("row", f"  {row}".replace("\u00a0", " ")) for row in rows),
    ]


def _leave(**ending: Any) -> Callable[[Any], None]:
    """Return what a key does that ends a menu with a `result` or an `exception`."""
    return lambda event: event.app.exit(**ending)


def _run(lines: Callable[[int, int], list[tuple[str, str]]], acts: Acts) -> Any:
    """Show `lines(width, height)` on stderr until a key exits; return its result."""
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.layout import Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl
    from prompt_toolkit.layout.dimension import Dimension
    from prompt_toolkit.output import create_output
    from prompt_toolkit.styles import Style

    output = create_output(stdout=sys.stderr)

    def fitting() -> list[tuple[str, str]]:
        size = output.get_size()
        return lines(size.columns, size.rows - 1)

    def text() -> FormattedText:
        *before, last = fitting()
        whole = [*((style, f"{line}\n") for style, line in before), last]
        return FormattedText([(f"class:{style}", line) for style, line in whole])

    keys = KeyBindings()
    ends = {"c-c": _leave(exception=KeyboardInterrupt), "c-d": _leave(exception=EOFError)}
    for key, act in {**acts, **ends}.items():
        keys.add(key, eager=key == "escape")(act)
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

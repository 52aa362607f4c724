"""A page as text for a terminal: reads well at 80 columns and without colour.

What is not read by a person has no width: on a pipe nothing is wrapped or cut, so that a record is
a line. COLUMNS gives a width all the same. Ids lead to their pages (OSC 8) only where a terminal is
known to understand it: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from advisor.draw.blocks import (
    Block,
    Candidate,
    Code,
    Heading,
    Headline,
    Items,
    Notes,
    Page,
    Pairs,
    Table,
    Text,
    links,
    shown,
)
from advisor.draw.typesetting import LABEL, apart, command_lines, cut_lines, segments, table_lines

WIDTH = 100
USUAL_WIDTH = 80
ENDLESS = 1 << 20
"""The width of what no person reads."""
SHOWN_SOURCES = 2
LAID_OUT = (Headline, Notes, Code, Table)
"""Blocks that know their lines; a word that is too wide for one is left whole."""
INDENT = (0, 0, 0, 2)
TONES = {"plain": "", "quiet": "dim", "good": "green", "bad": "red", "warn": "yellow"}
VERDICTS = {
    "recommended": "bold green",
    "allowed": "cyan",
    "discouraged": "yellow",
    "excluded": "red",
}
BULLETS = {"recommended": "●", "allowed": "○", "discouraged": "○", "excluded": "×"}
MARKS = {"+": "green", "-": "red", "!": "yellow", ">": "cyan", "": "dim"}
ASCII = str.maketrans("●○×→├└│─·—“”’", '*ox>|`|-,-""\'') | {ord("…"): "...", ord("≤"): "<="}

KNOWN_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "mintty")
KNOWN_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour")
KNOWN_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM")
FIRST_VTE = 5000
"""GNOME's terminal and its kin follow links from 0.50 on."""


def terminal(page: Page, *, color: bool = True) -> str:
    """Return a page as text for stdout, without trailing blanks.

    It is as wide as the terminal, at most 100 columns.
    """
    console = _console(color=color)
    ascii = {} if console.encoding.lower().startswith("utf") else ASCII
    before: Block | None = None
    with console.capture() as capture:
        for block in (shown(block, ascii) for block in page):
            if before and apart(before, block):
                console.print()
            console.print(_block(block, console.width), soft_wrap=isinstance(block, LAID_OUT))
            before = block
    lines = [line.rstrip() for line in capture.get().translate(ascii).splitlines()]
    return _linked("\n".join(lines) + "\n", page)


def _console(*, color: bool) -> Console:
    """Return a console for stdout: without colours where they are unwanted, or no terminal."""
    bare = not color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    console = Console(
        file=sys.stdout,
        color_system=None if bare else "auto",
        no_color=bare,
        highlight=False,
        emoji=False,
        markup=False,
    )
    console.width = min(console.width or USUAL_WIDTH, WIDTH)
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        console.width = ENDLESS
    return console


def _block(block: Block, width: int) -> RenderableType:
    if isinstance(block, Headline):
        return _headline(block, width)
    if isinstance(block, Heading):
        return _styled(block.text, "bold")
    if isinstance(block, Text):
        return Padding(_styled(block.text, TONES[block.tone]), INDENT, expand=False)
    if isinstance(block, Notes):
        return _notes(block, width)
    if isinstance(block, Candidate):
        return _candidate(block, width)
    if isinstance(block, Items):
        return _items(block)
    if isinstance(block, Pairs):
        return _pairs(block.rows)
    if isinstance(block, Code):
        return _code(block, width)
    return _table(block, width)


def _styled(text: str, style: str) -> Styled:
    return Styled(text, style=style, overflow="fold")


def _headline(block: Headline, width: int) -> Styled:
    first, *more = segments((str(block.name), *block.notes), " · ", width)
    name = str(block.name)
    text = Styled(no_wrap=True, overflow="ignore")
    text.append(name, style=f"bold {TONES[block.tone]}".strip())
    text.append(first.removeprefix(name) if first.startswith(name) else "")
    for line in more:
        text.append(f"\n{line}")
    return text


def _notes(block: Notes, width: int) -> RenderableType:
    text = Styled(no_wrap=True, overflow="ignore")
    for note in block.rows:
        label = f"{note.label:<{LABEL - 1}} "
        for place, line in enumerate(cut_lines(note.text, width - LABEL, note.lines)):
            text.append("\n" if text else "")
            text.append(" " * LABEL if place else label, style="dim")
            text.append(line)
    return text


def _candidate(block: Candidate, width: int) -> RenderableType:
    style = VERDICTS.get(block.verdict, "yellow")  # several verdicts are still possible
    name = f"{BULLETS.get(block.verdict, '○')} {block.name}"
    head: RenderableType = _styled(f"{name}  {block.verdict}", style)
    if width != ENDLESS:
        grid = Grid.grid(expand=True)
        grid.add_column(overflow="fold")
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(_styled(name, style), _styled(block.verdict, style))
        head = grid
    if not block.text:
        return head
    return Group(head, Padding(_styled(block.text, "dim"), INDENT, expand=False))


def _items(block: Items) -> RenderableType:
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    for item in block.rows:
        text = _styled(item.text, "")
        if cited := item.cited(SHOWN_SOURCES):
            text.append_text(_styled(f"  [{cited}]", "dim"))
        mark = {"": "·", ">": "→"}.get(item.mark, item.mark)
        grid.add_row(_styled(mark, MARKS[item.mark]), text)
    return Padding(grid, INDENT, expand=False)


def _pairs(rows: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(_styled(name, "dim"), _styled(value, ""))
    return Padding(grid, INDENT, expand=False)


def _code(block: Code, width: int) -> RenderableType:
    """What is to be copied is never broken into lines, but where a shell goes on reading."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [part for line in lines for part in command_lines(line, width - 2)]
    return _styled("\n".join(f"  {line}" for line in lines), "cyan")


def _table(block: Table, width: int) -> RenderableType:
    head, *rows = table_lines(block, width - 2)
    text = Styled(no_wrap=True, overflow="ignore")
    text.append("\n".join(f"  {line}" for line in head), style="dim")
    text.append("".join(f"\n  {line}" for row in rows for line in row))
    return text


def _understood() -> bool:
    """True where stdout is a terminal that shows a link as its text; FORCE_HYPERLINK decides."""
    environment = os.environ
    forced = environment.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced != "0"
    if not sys.stdout.isatty() or environment.get("TERM") == "dumb":
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in KNOWN_PROGRAMS
        or environment.get("TERM", "").startswith(KNOWN_TERMS)
        or any(name in environment for name in KNOWN_VARIABLES)
        or (vte.isdigit() and int(vte) >= FIRST_VTE)
    )


def _linked(text: str, page: Page) -> str:
    """Return the text of a page in which the names of its links lead to their addresses."""
    found = {link.text: link.url for link in links(page)}
    if not found or not _understood():
        return text
    longest_first = sorted(found, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)")
    return pattern.sub(lambda name: _sequence(name[0], found[name[0]]), text)


def _sequence(text: str, url: str) -> str:
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"

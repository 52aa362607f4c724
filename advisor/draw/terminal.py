"""A page as rich renderables: reads well at 80 columns and without colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from advisor.draw.blocks import Candidate, Code, Heading, Items, Page, Pairs, Table, Text, shown

WIDTH = 100
USUAL_WIDTH = 80
SHOWN_SOURCES = 2
GAP = 2
INDENT = (0, 0, 0, 2)
LEAST_ROOM = 14
TONES = {"plain": "", "quiet": "dim", "good": "green", "bad": "red", "warn": "yellow"}
VERDICTS = {
    "recommended": "bold green",
    "allowed": "cyan",
    "discouraged": "yellow",
    "excluded": "red",
}
BULLETS = {"recommended": "●", "allowed": "○", "discouraged": "○", "excluded": "×"}
MARKS = {"+": "green", "-": "red", "!": "yellow", ">": "cyan", "": "dim"}
ASCII = str.maketrans("●○×→├└│─·—“”’", '*ox>|`|-,-""\'') | {ord("…"): "..."}


def terminal(page: Page, *, color: bool = True) -> str:
    """Return a page as text for stdout, at most 100 columns wide, without trailing blanks."""
    console = _console(color=color)
    ascii = {} if console.encoding.lower().startswith("utf") else ASCII
    with console.capture() as capture:
        for place, block in enumerate(shown(block, ascii) for block in page):
            if place and isinstance(block, (Heading, Candidate)):
                console.print()
            if isinstance(block, Code):  # what is to be copied is never broken into lines
                code = "\n".join(f"  {line}" for line in block.text.splitlines())
                console.print(_styled(code, "cyan"), soft_wrap=True)
            else:
                console.print(_block(block, console.width - 2))
    lines = [line.rstrip() for line in capture.get().translate(ascii).splitlines()]
    return "\n".join(lines) + "\n"


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
    return console


def _block(block: Heading | Text | Candidate | Items | Pairs | Table, width: int) -> RenderableType:
    if isinstance(block, Heading):
        return _styled(block.text, "bold")
    if isinstance(block, Text):
        return Padding(_styled(block.text, TONES[block.tone]), INDENT, expand=False)
    if isinstance(block, Candidate):
        return _candidate(block)
    if isinstance(block, Items):
        return _items(block)
    if isinstance(block, Pairs):
        return _pairs(block.rows)
    return _table(block, width)


def _styled(text: str, style: str) -> Styled:
    return Styled(text, style=style, overflow="fold")


def _candidate(block: Candidate) -> RenderableType:
    style = VERDICTS.get(block.verdict, "yellow")  # several verdicts are still possible
    head = Grid.grid(expand=True)
    head.add_column(overflow="fold")
    head.add_column(justify="right", no_wrap=True)
    name = _styled(f"{BULLETS.get(block.verdict, '○')} {block.name}", style)
    head.add_row(name, _styled(block.verdict, style))
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


def _table(block: Table, width: int) -> RenderableType:
    """A table no wider than `width`: the wide column takes, and wraps in, what the others leave."""
    grid = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", expand=False)
    cells = zip(block.columns, *block.rows, strict=True)
    natural = [min(max(map(len, column)), 3 * width // 5) for column in cells]
    wide = block.wide if block.wide >= 0 else None
    others = sum(size for place, size in enumerate(natural) if place != wide)
    room = max(width - others - GAP * (len(natural) - 1), LEAST_ROOM)
    for place, column in enumerate(block.columns):
        fixed = (
            None if wide is None else min(natural[place], room) if place == wide else natural[place]
        )
        grid.add_column(column, overflow="fold", width=fixed)
    for row in block.rows:
        grid.add_row(*(_styled(cell, "") for cell in row))
    return Padding(grid, INDENT, expand=False)

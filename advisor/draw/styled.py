"""A page drawn by rich: blocks whose lines hang on the width, and terminals that rich knows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from advisor.draw.blocks import Block, Candidate, Heading, Items, Page, Pairs, Text, shown
from advisor.draw.typesetting import (
    ASCII,
    ENDLESS,
    LAID_OUT,
    TONES,
    USUAL_WIDTH,
    WIDTH,
    apart,
    spans,
)

SHOWN_SOURCES = 2
INDENT = (0, 0, 0, 2)
VERDICTS = {
    "recommended": "bold green",
    "allowed": "cyan",
    "discouraged": "yellow",
    "excluded": "red",
}
BULLETS = {"recommended": "●", "allowed": "○", "discouraged": "○", "excluded": "×"}
MARKS = {"+": "green", "-": "red", "!": "yellow", ">": "cyan", "": "dim"}


def styled(page: Page, *, bare: bool) -> str:
    """Return a page as text for stdout, without trailing blanks; `bare` has no colours."""
    console = _console(bare=bare)
    ascii = {} if console.encoding.lower().startswith("utf") else ASCII
    before: Block | None = None
    with console.capture() as capture:
        for block in (shown(block, ascii) for block in page):
            if before and apart(before, block):
                console.print()
            console.print(_block(block, console.width), soft_wrap=isinstance(block, LAID_OUT))
            before = block
    lines = [line.rstrip() for line in capture.get().translate(ascii).splitlines()]
    return "\n".join(lines) + "\n"


def _console(*, bare: bool) -> Console:
    """Return a console for stdout: without colours where they are unwanted, or no terminal."""
    console = Console(
        file=sys.stdout,
        color_system=None if bare else "auto",
        no_color=bare,
        highlight=False,
        emoji=False,
        markup=False,
    )
    width, height = console.size
    width = min(width or USUAL_WIDTH, WIDTH)
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        width = ENDLESS
    console.size = ConsoleDimensions(width, height)  # which is not asked of the system each time
    return console


def _block(block: Block, width: int) -> RenderableType:
    if isinstance(block, Heading):
        return _text(block.text, "bold")
    if isinstance(block, Text):
        return Padding(_text(block.text, TONES[block.tone]), INDENT, expand=False)
    if isinstance(block, Candidate):
        return _candidate(block, width)
    if isinstance(block, Items):
        return _items(block)
    if isinstance(block, Pairs):
        return _pairs(block.rows)
    return Styled.assemble(*spans(block, width), no_wrap=True, overflow="ignore")


def _text(text: str, style: str) -> Styled:
    return Styled(text, style=style, overflow="fold")


def _candidate(block: Candidate, width: int) -> RenderableType:
    style = VERDICTS.get(block.verdict, "yellow")  # several verdicts are still possible
    name = f"{BULLETS.get(block.verdict, '○')} {block.name}"
    head: RenderableType = _text(f"{name}  {block.verdict}", style)
    if width != ENDLESS:
        grid = Grid.grid(expand=True)
        grid.add_column(overflow="fold")
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(_text(name, style), _text(block.verdict, style))
        head = grid
    if not block.text:
        return head
    return Group(head, Padding(_text(block.text, "dim"), INDENT, expand=False))


def _items(block: Items) -> RenderableType:
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    for item in block.rows:
        text = _text(item.text, "")
        if cited := item.cited(SHOWN_SOURCES):
            text.append_text(_text(f"  [{cited}]", "dim"))
        mark = {"": "·", ">": "→"}.get(item.mark, item.mark)
        grid.add_row(_text(mark, MARKS[item.mark]), text)
    return Padding(grid, INDENT, expand=False)


def _pairs(rows: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(_text(name, "dim"), _text(value, ""))
    return Padding(grid, INDENT, expand=False)

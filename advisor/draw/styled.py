"""A page drawn by rich, for terminals that it knows better than the variables say."""

from __future__ import annotations

import os
import sys

from rich.console import Console, ConsoleDimensions
from rich.text import Text as Styled

from advisor.draw.blocks import Block, Page, shown
from advisor.draw.typesetting import ASCII, USUAL_WIDTH, WIDTH, apart, spans


def styled(page: Page, *, bare: bool) -> str:
    """Return a page as text for stdout, without trailing blanks; `bare` has no colours."""
    console = _console(bare=bare)
    ascii = {} if console.encoding.lower().startswith("utf") else ASCII
    before: Block | None = None
    width = console.width
    with console.capture() as capture:
        for block in (shown(block, ascii) for block in page):
            if before and apart(before, block):
                console.print()
            parts = spans(block, width)
            console.print(Styled.assemble(*parts, no_wrap=True, overflow="ignore"), soft_wrap=True)
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
        width = USUAL_WIDTH
    console.size = ConsoleDimensions(width, height)  # which is not asked of the system each time
    return console

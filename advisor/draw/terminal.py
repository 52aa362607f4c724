"""A page as text for a terminal: reads well at 80 columns and without color.

A pipe is as wide as COLUMNS says, else 80 columns.

rich is loaded only if environment variables do not tell how wide stdout is or what it shows.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from advisor.draw import typesetting
from advisor.draw.blocks import Block, Page, shown

ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
ODD = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JPY_PARENT_PID")
"""Environment variables that change what stdout counts as; rich knows their meaning."""


def terminal(page: Page, *, color: bool = True) -> str:
    """Return a page as text for stdout, without trailing blanks.

    It is as wide as the terminal, at most 100 columns.
    """
    bare = not color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    width = _width()
    if width is None:
        return styled(page, bare=bare)
    encoding = sys.stdout.encoding or "utf-8"
    ascii = {} if encoding.lower().startswith("utf") else typesetting.ASCII
    colored = not bare and sys.stdout.isatty()
    lines: list[str] = []
    before: Block | None = None
    for block in (shown(block, ascii) for block in page):
        if before and typesetting.apart(before, block):
            lines.append("")
        lines += _lines(typesetting.spans(block, width), colored=colored)
        before = block
    drawn = "\n".join(lines).translate(ascii).splitlines()
    return "\n".join(line.rstrip() for line in drawn) + "\n"


def _width() -> int | None:
    """Return the columns of stdout, 80 on a pipe, 100 at most; None if rich has to find out."""
    to_person = sys.stdout.isatty()
    columns, term = os.environ.get("COLUMNS"), os.environ.get("TERM", "").lower()
    if os.name == "nt" or any(name in os.environ for name in ODD):
        return None
    if to_person and term in ("dumb", "unknown"):
        return None
    if columns is not None:
        return (
            min(int(columns) or typesetting.USUAL_WIDTH, typesetting.WIDTH)
            if re.fullmatch("[0-9]{1,4}", columns)
            else None
        )
    if not to_person:
        return typesetting.USUAL_WIDTH
    for number in range(3):
        try:
            return min(
                os.get_terminal_size(number).columns or typesetting.USUAL_WIDTH, typesetting.WIDTH
            )
        except OSError:
            continue  # closed, or no terminal
    return None


def terminal_size() -> tuple[int, int] | None:
    """Return the columns of a page on the terminal and the lines of it; None on a pipe.

    A terminal that does not report its lines counts as having 24.
    """
    if not sys.stdout.isatty():
        return None
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    return _width() or min(
        columns or typesetting.USUAL_WIDTH, typesetting.WIDTH
    ), lines or typesetting.USUAL_LINES


def _lines(parts: Iterator[typesetting.Span], *, colored: bool) -> list[str]:
    """Return the lines of styled text, with ANSI codes if `colored`."""
    lines = [""]
    for text, style in parts:
        codes = ";".join(ANSI[word] for word in style.split()) if colored else ""
        first, *more = text.split("\n")
        for number, part in enumerate((first, *more)):
            if number:
                lines.append("")
            lines[-1] += f"\x1b[{codes}m{part}\x1b[0m" if codes and part else part
    return lines


def styled(page: Page, *, bare: bool) -> str:
    """Return a page drawn by rich, which interprets more environment variables.

    There are no colors if `bare`, or if rich finds no terminal.
    """
    from rich.console import Console, ConsoleDimensions
    from rich.text import Text as Styled

    console = Console(
        file=sys.stdout,
        color_system=None if bare else "auto",
        no_color=bare,
        highlight=False,
        emoji=False,
        markup=False,
    )
    width, height = console.size
    width = min(width or typesetting.USUAL_WIDTH, typesetting.WIDTH)
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        width = typesetting.USUAL_WIDTH
    console.size = ConsoleDimensions(width, height)  # which is not asked of the system each time
    ascii = {} if console.encoding.lower().startswith("utf") else typesetting.ASCII
    before: Block | None = None
    with console.capture() as capture:
        for block in (shown(block, ascii) for block in page):
            if before and typesetting.apart(before, block):
                console.print()
            parts = typesetting.spans(block, width)
            console.print(Styled.assemble(*parts, no_wrap=True, overflow="ignore"), soft_wrap=True)
            before = block
    lines = [line.rstrip() for line in capture.get().translate(ascii).splitlines()]
    return "\n".join(lines) + "\n"

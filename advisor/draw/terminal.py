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
    width, colored = _width(), not bare and sys.stdout.isatty()
    if width is None:
        width, colored = found_by_rich(bare=bare)
    encoding = sys.stdout.encoding or "utf-8"
    ascii = {} if encoding.lower().startswith("utf") else typesetting.ASCII
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
    unclear = os.name == "nt" or (to_person and term in ("dumb", "unknown"))
    if unclear or any(name in os.environ for name in ODD):
        return None
    if columns is not None:
        return _of_page(int(columns)) if re.fullmatch("[0-9]{1,4}", columns) else None
    if not to_person:
        return typesetting.USUAL_WIDTH
    try:
        return _of_page(os.get_terminal_size(sys.stdout.fileno()).columns)
    except OSError:  # closed, or no terminal
        return None


def _of_page(columns: int) -> int:
    """Return the columns of a page where there are so many, 0 if that is unknown."""
    return min(columns or typesetting.USUAL_WIDTH, typesetting.WIDTH)


def terminal_size() -> tuple[int, int] | None:
    """Return the columns of a page on the terminal and the lines of it; None on a pipe.

    A terminal that does not report its lines counts as having 24.
    """
    if not sys.stdout.isatty():
        return None
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    return _width() or _of_page(columns), lines or typesetting.USUAL_LINES


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


def found_by_rich(*, bare: bool) -> tuple[int, bool]:
    """Return the columns of stdout and whether it shows colors, which `bare` prevents.

    rich interprets more environment variables than `_width`.
    """
    from rich.console import Console

    console = Console(file=sys.stdout, color_system=None if bare else "auto", no_color=bare)
    width = _of_page(console.width)
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        width = typesetting.USUAL_WIDTH
    return width, console.color_system not in (None, "windows")  # whose old consoles show no codes

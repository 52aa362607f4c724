"""A page as text for a terminal: reads well at 80 columns and without colour.

A pipe is as wide as COLUMNS says, else 80 columns. Ids lead to their pages (OSC 8) on a terminal:
https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from advisor.draw.blocks import Block, Page, links, shown
from advisor.draw.typesetting import (
    ASCII,
    USUAL_LINES,
    USUAL_WIDTH,
    WIDTH,
    Span,
    apart,
    spans,
)
from advisor.foreign import visible

ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def terminal(page: Page, *, color: bool = True) -> str:
    """Return a page as text for stdout, without trailing blanks.

    It is as wide as the terminal, at most 100 columns.
    """
    bare = not color or bool(os.environ.get("NO_COLOR"))
    colored = not bare and _draws("FORCE_COLOR")
    width = _width()
    encoding = sys.stdout.encoding or "utf-8"
    ascii = {} if encoding.lower().startswith("utf") else ASCII
    lines: list[str] = []
    before: Block | None = None
    for block in (shown(block, ascii) for block in page):
        if before and apart(before, block):
            lines.append("")
        lines += _lines(spans(block, width), colored=colored)
        before = block
    drawn = "\n".join(lines).translate(ascii).splitlines()
    text = "\n".join(line.rstrip() for line in drawn) + "\n"
    return _linked(text, page) if not bare and _draws("FORCE_HYPERLINK") else text


def _draws(variable: str) -> bool:
    """True where stdout is a terminal that does more than print, or a variable says that it is.

    The older window of Windows prints what should color it.
    """
    if forced := os.environ.get(variable):
        return forced != "0"
    plain = os.environ.get("TERM") in ("dumb", "unknown")
    return sys.stdout.isatty() and not plain and (os.name != "nt" or "WT_SESSION" in os.environ)


def _width() -> int:
    """Return how wide stdout is, 80 columns on a pipe, unless COLUMNS says something else."""
    columns = os.environ.get("COLUMNS", "")
    if re.fullmatch("[0-9]{1,4}", columns):
        return min(int(columns) or USUAL_WIDTH, WIDTH)
    try:
        return min(os.get_terminal_size(sys.stdout.fileno()).columns or USUAL_WIDTH, WIDTH)
    except OSError:
        return USUAL_WIDTH  # no terminal


def terminal_size() -> tuple[int, int] | None:
    """Return the columns of a page on the terminal that stdout is, and its lines; None on a pipe.

    A terminal that does not say how many lines it has is no smaller than usual.
    """
    if not sys.stdout.isatty():
        return None
    _, lines = os.get_terminal_size(sys.stdout.fileno())
    return _width(), lines or USUAL_LINES


def _lines(parts: Iterator[Span], *, colored: bool) -> list[str]:
    """Return the lines of styled text."""
    lines = [""]
    for text, style in parts:
        codes = ";".join(ANSI[word] for word in style.split()) if colored else ""
        first, *more = text.split("\n")
        for number, part in enumerate((first, *more)):
            if number:
                lines.append("")
            lines[-1] += f"\x1b[{codes}m{part}\x1b[0m" if codes and part else part
    return lines


def _linked(text: str, page: Page) -> str:
    """Return the text of a page in which the names of its links lead to their addresses."""
    urls = {link.text: visible(link.url) for link in links(page)}
    if not urls:
        return text
    longest_first = sorted(urls, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)")
    begin, end = "\x1b]8;;", "\x1b\\"
    return pattern.sub(lambda name: f"{begin}{urls[name[0]]}{end}{name[0]}{begin}{end}", text)

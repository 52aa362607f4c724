"""A page as text for a terminal: reads well at 80 columns and without colour.

A pipe is as wide as COLUMNS says, else 80 columns. Ids lead to their pages (OSC 8) only where a
terminal is known to understand it:
https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda

No library is needed for it, but where variables say odd things of stdout.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from advisor.draw import typesetting
from advisor.draw.blocks import Block, Page, links, shown
from advisor.foreign import visible

ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
ODD = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JPY_PARENT_PID")
"""Variables that say of stdout what it is not; a library knows what they mean."""

KNOWN_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "mintty")
KNOWN_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour")
KNOWN_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM")
FIRST_VTE = 5000
"""GNOME's terminal and its kin follow links from 0.50 on."""


def terminal(page: Page, *, color: bool = True) -> str:
    """Return a page as text for stdout, without trailing blanks.

    It is as wide as the terminal, at most 100 columns.
    """
    bare = not color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    width = _width()
    if width is None:
        return _linked(styled(page, bare=bare), page)
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
    return _linked("\n".join(line.rstrip() for line in drawn) + "\n", page)


def _width() -> int | None:
    """Return how wide stdout is, 80 columns on a pipe; None where a library has to be asked."""
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
    """Return the columns of a page on the terminal that stdout is, and its lines; None on a pipe.

    A terminal that does not say how many lines it has is no smaller than usual.
    """
    if not sys.stdout.isatty():
        return None
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    return _width() or min(
        columns or typesetting.USUAL_WIDTH, typesetting.WIDTH
    ), lines or typesetting.USUAL_LINES


def _lines(parts: Iterator[typesetting.Span], *, colored: bool) -> list[str]:
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
        or (vte.isdecimal() and int(vte) >= FIRST_VTE)
    )


def _linked(text: str, page: Page) -> str:
    """Return the text of a page in which the names of its links lead to their addresses."""
    urls = {link.text: visible(link.url) for link in links(page)}
    if not urls or not _understood():
        return text
    longest_first = sorted(urls, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)")
    begin, end = "\x1b]8;;", "\x1b\\"
    return pattern.sub(lambda name: f"{begin}{urls[name[0]]}{end}{name[0]}{begin}{end}", text)


def styled(page: Page, *, bare: bool) -> str:
    """Return a page drawn by rich, which knows terminals better than the variables say.

    `bare` has no colours, and neither has what is no terminal.
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

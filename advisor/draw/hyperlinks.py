"""Links that a terminal can follow: OSC 8, only where one is known to understand it.

https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda describes the sequence.
"""

from __future__ import annotations

import os
import re
import sys

from advisor.draw.blocks import Page, links

KNOWN_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "mintty")
KNOWN_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour")
KNOWN_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM")
FIRST_VTE = 5000
"""GNOME's terminal and its kin follow links from 0.50 on."""


def understood() -> bool:
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


def linked(text: str, page: Page) -> str:
    """Return the text of a page in which the names of its links lead to their addresses."""
    found = {link.text: link.url for link in links(page)}
    if not found or not understood():
        return text
    longest_first = sorted(found, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)")
    return pattern.sub(lambda name: _sequence(name[0], found[name[0]]), text)


def _sequence(text: str, url: str) -> str:
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"

"""Draws docs/recommend.svg: the terminal page of `advisor recommend --task captioning`.

`python docs/picture.py` writes it, `--check` exits 1 where it is not current.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docs.generated import keep

if TYPE_CHECKING:
    from rich.console import Console

PICTURE = Path(__file__).resolve().parent / "recommend.svg"
TASK = "captioning"
WIDTH = 80

FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}">
<title>advisor recommend --task captioning</title>
<style>
.{unique_id}-matrix {{
font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""The frame of rich without its web font: the picture loads nothing from anywhere."""


def recorder(columns: int) -> Console:
    """Return a console that keeps what is printed to it in colour, to be drawn."""
    from rich.console import Console

    return Console(
        file=io.StringIO(),
        width=columns,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )


def picture() -> str:
    """Return the SVG: the page as drawn in colour for a terminal of 80 columns."""
    from rich.terminal_theme import MONOKAI
    from rich.text import Text

    import advisor
    from advisor.decide.page import as_page
    from advisor.draw.terminal import terminal

    answer = advisor.recommend(advisor.load_rules(), {"task": TASK})
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        page = terminal(as_page(answer))
    screen = recorder(WIDTH)
    screen.print(Text(f"$ advisor recommend --task {TASK}", style="bold"))
    screen.print(Text.from_ansi(page.rstrip()))
    svg = screen.export_svg(
        title="",
        theme=MONOKAI,
        code_format=FRAME,
        unique_id="advisor",
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main(arguments: list[str]) -> int:
    """Write the picture, or compare it; return the exit code."""
    os.environ.pop("NO_COLOR", None)
    os.environ |= {"TERM": "xterm", "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    return keep(arguments, {PICTURE: picture()}, "python docs/picture.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

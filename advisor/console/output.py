"""The one place that prints answers: to stdout, and to files written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.errors import UsageError, unknown_name
from advisor.files import write_text

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.draw.findings import Sheet

FORMATS = ("terminal", "json", "markdown", "html")
FINDING_FORMATS = (*FORMATS, "github", "sarif", "junit")
"""The formats of commands that give findings."""
WIDTH = 100
USUAL_WIDTH = 80


class Report(NamedTuple):
    """A result ready to be drawn in any format; one without `findings` in those of `FORMATS`.

    `pictures` holds formats that it has besides, or draws in a way of its own.
    """

    json: Callable[[], dict[str, Any]]
    page: Callable[[], Page]
    findings: Callable[[], Sheet] | None = None
    pictures: Mapping[str, Callable[[], str]] = MappingProxyType({})

    @property
    def formats(self) -> tuple[str, ...]:
        """Every format it can be printed in."""
        known = FINDING_FORMATS if self.findings else FORMATS
        return tuple(dict.fromkeys((*known, *self.pictures)))


def check_format(format: str, known: tuple[str, ...] = FORMATS) -> str:
    """Return the format. Raises UsageError where it is not one."""
    if format not in known:
        raise unknown_name("format", format, known, f"formats: {', '.join(known)}")
    return format


def check_outputs(outputs: list[str], known: tuple[str, ...] = FORMATS) -> list[tuple[str, Path]]:
    """Return what `--output FORMAT=FILE` asks for. Raises UsageError where it is malformed."""
    found = []
    for output in outputs:
        format, separator, file = output.partition("=")
        if not separator or not file:
            raise UsageError(
                f"`--output {output}` is not FORMAT=FILE", hint="e.g. --output markdown=choice.md"
            )
        if check_format(format, known) == "terminal":
            raise UsageError(
                "`terminal` is for the terminal", hint=f"to a file go {', '.join(known[1:])}"
            )
        found.append((format, Path(file)))
    return found


def emit(report: Report, format: str, outputs: list[str], *, color: bool = True) -> None:
    """Print a report on stdout in one format, and write it to files in others."""
    known = report.formats
    check_format(format, known)
    files = check_outputs(outputs, known)
    for file_format, file in files:
        write_text(file, text(report, file_format))
    if format == "terminal":
        draw_page(report.page(), color=color)
    else:
        sys.stdout.write(text(report, format, indent=2 if sys.stdout.isatty() else None))


def text(report: Report, format: str, indent: int | None = 2) -> str:
    """Return a report as text in a format other than the terminal's.

    JSON is indented for people and files; on a pipe it is one line, which is ten times as fast.
    """
    if format in report.pictures:
        return report.pictures[format]()
    if format == "json":
        return json.dumps(report.json(), ensure_ascii=False, indent=indent) + "\n"
    if report.findings and format in FINDING_FORMATS[len(FORMATS) :]:
        return _findings(report.findings(), format, indent)
    if format == "markdown":
        from advisor.draw.markdown import markdown

        return markdown(report.page())
    from advisor.draw.html import html

    return html(report.page()) + "\n"


def _findings(sheet: Sheet, format: str, indent: int | None) -> str:
    if format == "github":
        from advisor.draw.github import github

        return github(sheet)
    if format == "junit":
        from advisor.draw.junit import junit

        return junit(sheet)
    from advisor.draw.sarif import sarif

    return json.dumps(sarif(sheet), ensure_ascii=False, indent=indent) + "\n"


def draw_page(page: Page, *, color: bool = True) -> None:
    """Draw a page on stdout, at most 100 columns wide."""
    from rich.console import Console

    from advisor.draw.terminal import draw

    stream = sys.stdout
    plain = not color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    console = Console(
        file=stream, no_color=plain, highlight=False, soft_wrap=False, emoji=False, markup=False
    )
    if plain:
        console = Console(
            file=stream,
            color_system=None,
            highlight=False,
            emoji=False,
            markup=False,
            width=console.width,
        )
    console.width = min(console.width or USUAL_WIDTH, WIDTH)
    draw(page, console)


def note(message: str) -> None:
    """Say something on stderr that is not part of the answer."""
    sys.stderr.write(message + "\n")


def interactive() -> bool:
    """True where a person can be asked: stdin and stderr are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()

"""The one place that prints answers: to stdout, and to files written whole or not at all."""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.commands import Options, format_and_file
from advisor.console.options import option
from advisor.console.streams import BRIEF, interactive, note, progress_line
from advisor.draw.formats import FINDING_FORMATS, PAGE_FORMATS, Report, brief, drawn
from advisor.errors import UnknownNameError, UsageError, unknown_name
from advisor.files import real_path, refuse_what_was_read
from advisor.model import NamedTuple
from advisor.phrasing import joined
from advisor.writing import silence_stdout, write_text

__all__ = ["interactive", "note", "progress_line"]  # for those who say more than an answer

NoColor = Annotated[bool, option("--no-color", "Disable colors, as the NO_COLOR variable does.")]
AsJson = Annotated[bool, option("--json", "Same as --format json.")]
Output = Annotated[
    list[str],
    option(
        "--output -o [FORMAT=]FILE",
        "Also write to FILE, in the format of its suffix or in FORMAT. Can be used multiple times.",
        writes=True,
    ),
]

SUFFIXES = {
    ".html": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".sarif": "sarif",
    ".xml": "junit",
    ".py": "python",
    ".ipynb": "notebook",
}
"""Suffix of a file -> its output format."""
RESULTS = (
    "Results of a model come from the program that `advisor code` writes, or from `advisor try`"
)
_WORKFLOW = "`advisor help ci` prints a workflow for CI"
OTHER_FILES = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".xlsx", ".parquet"), RESULTS),
    **dict.fromkeys((".yml", ".yaml"), _WORKFLOW),
    **dict.fromkeys((".js", ".mjs", ".ts"), "A program for a browser is an .html file"),
}
"""Suffix without a format -> what to do instead."""


class Showing(NamedTuple):
    """The output options of a command: `format` on stdout, and (format, file) pairs."""

    format: str
    files: list[tuple[str, Path]]
    color: bool

    def emit(self, report: Report, *, once: str = "") -> None:
        """Write a report to the files, print it, and name the files on stderr.

        With `once` (a format) and files, a report in that format or a file's is not printed. Raises
        UsageError for an unknown format and for a file that the command has read.
        """
        for format in (self.format, *(format for format, _ in self.files)):
            check_format(format, report.formats)
        refuse_what_was_read(*[file for _, file in self.files])
        for format, file in self.files:
            write_text(file, drawn(report, format))
        if not (once and self.files and self.format in (once, *dict(self.files))):
            self.say(report)
        for format, file in self.files:
            opened = ". Open the page in a browser" if format == "html" and not once else ""
            note(f"advisor: wrote {file}{opened}")

    @property
    def formats(self) -> set[str]:
        """The formats on stdout and in files."""
        return {self.format, *dict(self.files)}

    def refuse(self, *others: Path) -> None:
        """Raise UsageError if an output file is one of `others`, which the command writes too."""
        check_apart(*others, *[file for _, file in self.files])

    def refuse_part_of(self, folder: Path, *patterns: str) -> None:
        """Raise UsageError if an output file is one that the command itself writes into a folder.

        `patterns` match the names of these files.
        """
        top = real_path(folder)
        for _, file in self.files:
            there, name = os.path.split(real_path(file))
            if there == top and any(fnmatchcase(name, pattern) for pattern in patterns):
                raise UsageError(
                    f"the command itself writes `{file}` into `{folder}`",
                    hint="pass another file for the page",
                )

    def say(self, report: Report) -> None:
        """Print a report on stdout; a closed pipe is no error."""
        indent = 2 if sys.stdout.isatty() else None  # on a pipe one line, ten times as fast
        short = BRIEF.get() and self.format == "terminal"
        text = (
            brief(report) if short else drawn(report, self.format, indent=indent, color=self.color)
        )
        try:
            sys.stdout.write(text)
        except BrokenPipeError:
            silence_stdout()


def showing(formats: tuple[str, ...]) -> Options:
    """Return the options --format, --json, --output and --no-color for a command.

    The first of `formats` is the default. Their value is a Showing.
    """
    shown: str = typer.Option(
        formats[0], "--format", "-f", metavar="FORMAT", help=f"Format: {joined(formats, 'or')}."
    )

    def made(
        format: str = shown,
        json: AsJson = False,
        output: Output = [],  # noqa: B006
        no_color: NoColor = False,
    ) -> Showing:
        format = check_format("json" if json else format, formats)
        return Showing(format, check_outputs(output, formats), color=not no_color)

    return Options(made)


Shown = Annotated[Showing, showing(PAGE_FORMATS)]
FindingsShown = Annotated[Showing, showing(FINDING_FORMATS)]


def check_format(format: str, formats: tuple[str, ...] = PAGE_FORMATS) -> str:
    """Return the format. Raises UnknownNameError if it is none of `formats`."""
    if format not in formats:
        more = OTHER_FILES.get(f".{format}", "")
        listing = f"formats: {', '.join(formats)}. {more}".rstrip(". ")
        raise unknown_name("format", format, formats, listing)
    return format


def check_outputs(
    outputs: list[str], formats: tuple[str, ...] = PAGE_FORMATS
) -> list[tuple[str, Path]]:
    """Return (format, file) for each `--output`: FORMAT=FILE, or a FILE with a known suffix.

    Raises UsageError for other values, the format `terminal`, and a file given twice.
    """
    targets = []
    for output in outputs:
        format, file = format_and_file(output)
        format = format or SUFFIXES.get(Path(file).suffix.lower(), "")
        if not file or (file == output and format not in formats):
            suffixes = [suffix for suffix, named in SUFFIXES.items() if named in formats]
            usual = (
                f"use a file name that ends in {joined(suffixes, 'or')}, or pass FORMAT=FILE, "
                f"e.g. --output {formats[1]}=answer.txt"
            )
            other = OTHER_FILES.get(Path(file).suffix.lower(), "")
            raise UnknownNameError(
                f"`--output {output}` has no format that this command supports",
                hint=". ".join(filter(None, (usual, other))),
                kind="usage",
                of="file-format",
                name=output,
            )
        if check_format(format, formats) == "terminal":
            raise UsageError(
                "the format `terminal` works only on stdout",
                hint=f"use {joined(formats[1:], 'or')}",
            )
        targets.append((format, Path(file)))
    check_apart(*[file for _, file in targets])
    return targets


def check_apart(*files: Path) -> None:
    """Raise UsageError if two output paths are the same file, except devices such as /dev/null."""
    places: dict[str, Path] = {}
    for file in files:
        before = places.setdefault(real_path(file), file)
        if before is not file and not (file.exists() and not file.is_file()):  # as /dev/null is
            raise UsageError(
                f"`{before}` and `{file}` are the same file, so one output would overwrite the "
                "other",
                hint="pass a different file for each format",
            )

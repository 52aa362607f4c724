"""Completion in shells: start files are written as all else, and no text of a rule is expanded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import typer._completion_classes as classes
import typer._completion_shared as shells

from advisor.files import MEGABYTE, read_bounded
from advisor.writing import cannot_write, replacing

MOST_BYTES = 10 * MEGABYTE
_ANY_BYTES: Any = {"encoding": "utf-8", "errors": "surrogateescape"}
"""What is there in whatever encoding is written back as it was, with its ends of lines."""


class _WholeFile(type(Path())):  # type: ignore[misc]
    """A path that is written as advisor writes; Typer would empty a start file, then fill it."""

    def read_text(self, *_: Any, **__: Any) -> str:
        """Return the text of a file, of which nothing is lost."""
        return read_bounded(self, MOST_BYTES).decode(**_ANY_BYTES)

    def write_text(self, data: str, *_: Any, **__: Any) -> int:
        """Write a text through a temporary file; one that is there already but for its end stays.

        Typer would add an empty line each time.
        """
        if not self.is_file() or self.read_text().rstrip() != data.rstrip():
            try:
                with replacing(Path(self)) as scratch:
                    scratch.write_bytes(data.encode(**_ANY_BYTES))
            except OSError as error:
                hint = "set HOME to a folder that you can write to"
                raise cannot_write(Path(self), error, hint) from error
        return len(data)


def write_whole_files() -> None:
    """Have Typer write the start files of shells as advisor writes."""
    vars(shells)["Path"] = _WholeFile


@cache
def escape_backslashes() -> None:
    """Have a backslash in a text say itself in zsh, which evaluates what it is offered.

    Typer writes one before each sign that is expanded; one that stands there already would undo it.
    """
    usual = classes.ZshComplete.format_completion

    def format_completion(self: Any, item: Any) -> str:
        item.value = item.value.replace("\\", r"\\")
        item.help = item.help and item.help.replace("\\", r"\\")
        return usual(self, item)

    classes.ZshComplete.format_completion = format_completion  # type: ignore[method-assign]

"""`--install-completion`: start files of a shell are written whole or not at all, as all else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer._completion_shared as shells

from advisor.files import MEGABYTE, cannot_write, read_bounded, replacing

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
                hint = "name a home that can be written: HOME"
                raise cannot_write(Path(self), error, hint) from error
        return len(data)


def write_whole_files() -> None:
    """Have Typer write the start files of shells as advisor writes."""
    vars(shells)["Path"] = _WholeFile

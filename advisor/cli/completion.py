"""`--install-completion`: start files of a shell are written whole or not at all, as all else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer._completion_shared as shells

from advisor.files import write_text


class _WholeFile(type(Path())):  # type: ignore[misc]
    """A path that is written as advisor writes; Typer would empty a start file, then fill it."""

    def write_text(self, data: str, *_: Any, **__: Any) -> int:
        """Write a text through a temporary file; one that is there already but for its end stays.

        Typer would add an empty line each time.
        """
        if not self.is_file() or self.read_text().rstrip() != data.rstrip():
            write_text(Path(self), data)
        return len(data)


def write_whole_files() -> None:
    """Have Typer write the start files of shells as advisor writes."""
    vars(shells)["Path"] = _WholeFile

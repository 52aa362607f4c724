"""`--install-completion`: start files of a shell are written whole or not at all, as all else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def write_whole_files(option: Any) -> None:
    """Have the option of Typer that installs completion write as advisor does."""
    install = option.callback

    def installed(*given: Any, **named: Any) -> Any:
        import typer._completion_shared as shells

        vars(shells)["Path"] = _WholeFile
        return install(*given, **named)

    option.callback = installed

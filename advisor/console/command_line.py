"""The words of a command line before they are parsed: which rules they name, and whether JSON."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple


class CommandLine(NamedTuple):
    """The words after the program's name, for what has to be known before, or without, parsing."""

    words: tuple[str, ...] = ()

    @property
    def overlays(self) -> list[Path]:
        """The folders of rules in their order: their questions become flags."""
        return [Path(folder) for folder in self._values("--rules")]

    @property
    def wants_json(self) -> bool:
        """True where errors are to be JSON too; of several formats the last one counts."""
        batch = any(word == "--batch" or word.startswith("--batch=") for word in self.words)
        return batch or self._values("--format", "-f")[-1:] == ["json"]

    def _values(self, flag: str, short: str = "") -> list[str]:
        """Return the values of an option: `--flag value`, `--flag=value`, `-fvalue`."""
        found = []
        for word, after in pairwise((*self.words, None)):
            if word in (flag, short) and after is not None:
                found.append(after)
            elif word and word.startswith(f"{flag}="):
                found.append(word.removeprefix(f"{flag}="))
            elif short and word and word.startswith(short) and not word.startswith("--"):
                found.append(word.removeprefix(short))
        return found

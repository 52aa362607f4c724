"""Completion in zsh: no text of a rule is expanded."""

from __future__ import annotations

from functools import cache
from typing import Any

import typer._completion_classes as classes


@cache
def escape_backslashes() -> None:
    """Patch Typer to double each backslash in the completions that it offers to zsh.

    Typer escapes expanded signs by a backslash; a backslash already in the text would undo that.
    """
    usual = classes.ZshComplete.format_completion

    def format_completion(self: Any, item: Any) -> str:
        item.value = item.value.replace("\\", r"\\")
        item.help = item.help and item.help.replace("\\", r"\\")
        return usual(self, item)

    classes.ZshComplete.format_completion = format_completion  # type: ignore[method-assign]

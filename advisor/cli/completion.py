"""Completion in zsh: no text of a rule is expanded."""

from __future__ import annotations

from functools import cache
from typing import Any

import typer._completion_classes as classes


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

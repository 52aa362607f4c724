"""The next question, until the outcome can no longer change."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Import `Session` and what goes with it when it is used: commands start without it."""
    if not name[:1].isupper():
        raise AttributeError(f"module 'advisor.interview' has no attribute {name!r}")
    return getattr(import_module("advisor.interview.session"), name)

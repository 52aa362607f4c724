"""The interview: asks the most useful question until no answer can change the outcome."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Return a class of `session` on first use, so that commands start without importing it."""
    if not name[:1].isupper():
        raise AttributeError(f"module 'advisor.interview' has no attribute {name!r}")
    return getattr(import_module("advisor.interview.session"), name)

"""The next question, until the outcome can no longer change."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Import `Session` and what goes with it when it is used: commands start without it."""
    from advisor.interview import session

    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(session, name)

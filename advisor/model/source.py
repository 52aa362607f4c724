"""What was read, and when."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """What was read, and when."""

    id: str
    title: str
    kind: str
    url: str | None
    version: str | None
    read: str
    note: str | None

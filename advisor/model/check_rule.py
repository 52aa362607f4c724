"""What `advisor check` looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class CheckRule(NamedTuple):
    """What `advisor check` looks for: why it matters, its page, a bad and a good example.

    `knowledge` is what the judgement needs to know, by name: lists of words, or mappings from a
    word to such a list. `example` is the name of a file, its bad text and its good one; the line
    that the bad one is reported at ends in `# bad`. `beside` are files beside it, `options` those
    of the command that checks it.
    """

    id: str
    level: str
    summary: str
    because: str
    sources: Sequence[str]
    page: str
    knowledge: Mapping[str, Any]
    example: Sequence[str]
    beside: Mapping[str, str]
    options: Sequence[str]

"""The tasks: what a user wants done with an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.model.question import Condition


class Elsewhere(NamedTuple):
    """What to use instead, where no family fits a task."""

    task: str
    because: str
    sources: Sequence[str]
    checkpoints: Sequence[str]


class Task(NamedTuple):
    """What a user wants done with an image.

    `words` are names that say more than the task, each with the answers it says as well, or less:
    one that several tasks list can mean each of them. `example` is what `advisor try` may be given
    beside the picture, by its flag.
    """

    id: str
    name: str
    description: str
    aliases: Sequence[str]
    hub_tasks: Sequence[str]
    implies: Condition
    note: str | None
    sources: Sequence[str]
    words: Mapping[str, Mapping[str, str]]
    example: Mapping[str, str]
    elsewhere: Elsewhere | None

"""The short programs that load a checkpoint, and the names in them that releases changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple


class Program(NamedTuple):
    """A short program for checkpoints of some loader, class and processor, and some tasks.

    Empty `classes`, `processors` or `tasks` mean any. `{checkpoint}`, `{class}`, `{processor}`,
    `{names}` and `{prompt}` in `code` are to be filled in; `prompts` gives the prompt of a task.
    `{question|words}` in a prompt becomes what `says` has for the answer to a question, else the
    words.
    """

    id: str
    loader: str
    classes: Sequence[str]
    processors: Sequence[str]
    tasks: Sequence[str]
    prompts: Mapping[str, str]
    code: str
    says: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class NameChange(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument, attribute, module or environment; one
    `*` in `name` stands for anything, and for the same in `instead`.
    """

    id: str
    name: str
    of: str
    kind: str
    since: str
    instead: str | None
    because: str
    sources: Sequence[str]

"""What `advisor check` looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Computed,
        Id,
        Knowledge,
        KnowledgeName,
        OneOf,
        Required,
        Sources,
        Text,
    )


class CheckRule(NamedTuple):
    """What `advisor check` looks for: why it matters, its page, a bad and a good example.

    `knowledge` is what the judgement needs to know, by name: lists of words, or mappings from a
    word to such a list. `example` is the name of a file, its bad text and its good one; the line
    that the bad one is reported at ends in `# bad`. `beside` are files beside it, `options` those
    of the command that checks it.
    """

    id: Id
    level: Annotated[str, OneOf("error", "warning", "note")]
    summary: Text
    because: Text
    sources: Sources = ()
    page: Required[Text] = ""
    knowledge: Mapping[KnowledgeName, Knowledge] = {}
    example: Computed[Sequence[str]] = ()
    beside: Computed[Mapping[str, str]] = {}
    options: Computed[Sequence[str]] = ()

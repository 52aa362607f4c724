"""The names that releases of transformers removed, renamed or redirected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Id,
        OneOf,
        Required,
        Sources,
        Text,
        Version,
    )


class NameChange(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument, attribute, module or environment; one
    `*` in `name` stands for anything, and for the same in `instead`.
    """

    id: Id
    name: Text
    of: Annotated[str, OneOf("class", "pipeline", "argument", "attribute", "module", "environment")]
    kind: Annotated[str, OneOf("removed", "renamed", "redirected")]
    since: Version
    instead: Text | None = None
    because: Required[Text] = ""
    sources: Required[Sources] = ()

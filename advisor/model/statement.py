"""What is said of families, and what was read: shown, never decided by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Id,
        Month,
        OneOf,
        Required,
        Sources,
        String,
        Text,
    )


class Source(NamedTuple):
    """What was read, and when."""

    id: Id
    title: Text
    kind: Annotated[
        str,
        OneOf(
            "paper",
            "code",
            "documentation",
            "model-card",
            "results",
            "thread",
            "licence",
            "article",
            "registry",
        ),
    ]
    url: Annotated[str, String(r"https?://\S+", "a web address")] | None = None
    version: Text | None = None
    read: Required[Month] = ""
    note: Text | None = None


class Statement(NamedTuple):
    """One sentence of a description, with its sources."""

    text: Text
    sources: Sources
    inferred: bool = False


class ArticleClaim(NamedTuple):
    """What well-known articles say of a family, and whether it still holds."""

    claim: Text
    status: Annotated[str, OneOf("confirmed", "dated", "incomplete", "misleading", "wrong")]
    truth: Text
    sources: Sources

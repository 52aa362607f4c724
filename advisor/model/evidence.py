"""What is shown or proves something, and decides nothing: sources, what they say, cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        Aliases,
        Answers,
        AnyOf,
        Computed,
        FamilyId,
        Id,
        Integer,
        KebabCase,
        Key,
        Least,
        ListOf,
        MapOf,
        Month,
        OneOf,
        Required,
        Sources,
        Text,
        TextOf,
        When,
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
    url: Annotated[str, TextOf(r"https?://\S+", "a web address")] | None = None
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


class Example(NamedTuple):
    """A case in which a rule must or must not fire."""

    rule: Computed[str]
    given: Annotated[
        Mapping[str, Any],
        MapOf(
            AnyOf(KebabCase(), ListOf(KebabCase(), least=1), Integer()),
            KebabCase(of="question"),
            least=1,
        ),
    ]
    fires: bool
    place: Computed[str]


class Tie(NamedTuple):
    """Families that `rank` alone may part in some cases, and why that order is right."""

    id: Id
    between: Annotated[Sequence[FamilyId], Least(2)]
    when: When
    because: Text
    sources: Sources
    place: Computed[str]


class Scenario(NamedTuple):
    """A whole profile with the outcome it must give.

    `families` are acceptable answers (of several tasks: of the one answer for all); `because` are
    rules that must be decisive. `differs` says why advisor answers otherwise on purpose.
    """

    id: Id
    need: Text | None = None
    source: Text | None = None
    profile: Required[Answers] = {}
    outcome: Annotated[str, OneOf("decided", "assumed", "undetermined", "none")] | None = None
    families: Required[
        Annotated[Sequence[str], Key("family"), AnyOf(KebabCase(), ListOf(KebabCase(), least=1))]
    ] = ()
    never: Aliases = ()
    because: Aliases = ()
    differs: Text | None = None
    place: Computed[str] = ""

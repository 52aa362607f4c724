"""The cases that prove the rules: examples, scenarios and declared ties."""

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
        OneOf,
        Required,
        Sources,
        Text,
        When,
    )


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

"""What is read only to be shown or proved: sources, descriptions, claims, examples, scenarios."""

from __future__ import annotations

from typing import Any, NamedTuple


class Source(NamedTuple):
    """What was read, and when."""

    id: str
    title: str
    kind: str
    url: str | None
    version: str | None
    read: str
    note: str | None


class Statement(NamedTuple):
    """One sentence of a description, with its sources."""

    text: str
    sources: list[str]
    inferred: bool


class Claim(NamedTuple):
    """What well-known articles say of a family, and whether it still holds."""

    claim: str
    status: str
    truth: str
    sources: list[str]


class Example(NamedTuple):
    """A case in which a rule must or must not fire."""

    rule: str
    given: dict[str, Any]
    fires: bool
    place: str


class Scenario(NamedTuple):
    """A whole profile with the outcome it must give.

    `families` are acceptable answers (of several tasks: of the one answer for all); `because` are
    rules that must be decisive. `differs` says why advisor answers otherwise on purpose.
    """

    id: str
    need: str | None
    source: str | None
    profile: dict[str, Any]
    outcome: str | None
    families: list[str]
    never: list[str]
    because: list[str]
    differs: str | None
    place: str

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


class Tie(NamedTuple):
    """Families that `rank` alone may part in some cases, and why that order is right."""

    id: str
    between: list[str]
    when: dict[str, list[str]]
    because: str
    sources: list[str]
    place: str


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
    sources: list[str]
    page: str
    knowledge: dict[str, Any]
    example: list[str]
    beside: dict[str, str]
    options: list[str]


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

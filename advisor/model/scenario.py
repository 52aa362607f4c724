"""The cases that prove the rules: examples, scenarios and declared ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from advisor.model.question import Condition


class Example(NamedTuple):
    """A case in which a rule must or must not fire."""

    rule: str
    given: Mapping[str, Any]
    fires: bool
    place: str


class Tie(NamedTuple):
    """Families that `rank` alone may part in some cases, and why that order is right."""

    id: str
    between: Sequence[str]
    when: Condition
    because: str
    sources: Sequence[str]
    place: str


class Scenario(NamedTuple):
    """A whole profile with the outcome it must give.

    `families` are acceptable answers (of several tasks: of the one answer for all); `because` are
    rules that must be decisive. `differs` says why advisor answers otherwise on purpose.
    """

    id: str
    need: str | None
    source: str | None
    profile: Mapping[str, Any]
    outcome: str | None
    families: Sequence[str]
    never: Sequence[str]
    because: Sequence[str]
    differs: str | None
    place: str

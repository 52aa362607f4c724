"""What is shown or proves something, and decides nothing: sources, what they say, cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f


class Source(NamedTuple):
    """What was read, and when."""

    id: f.Id
    title: f.Text
    kind: Annotated[
        str,
        f.OneOf(
            *("paper", "code", "documentation", "model-card", "results"),
            *("thread", "licence", "article", "registry"),
        ),
    ]
    url: f.Url | None = None
    version: f.Text | None = None
    read: f.Required[f.Month] = ""
    note: f.Text | None = None


SECTIONS = (
    *("inputs", "outputs", "architecture", "objectives", "training", "data"),
    *("advantages", "limits", "licences", "fine_tuning", "choose_when", "avoid_when"),
)
"""The sections of a description."""


class Statement(NamedTuple):
    """One sentence of a description, with its sources."""

    text: f.Text
    sources: f.Sources
    inferred: bool = False


class ArticleClaim(NamedTuple):
    """What well-known articles say of a family, and whether it still holds."""

    claim: f.Text
    status: Annotated[str, f.OneOf("confirmed", "dated", "incomplete", "misleading", "wrong")]
    truth: f.Text
    sources: f.Sources


class Example(NamedTuple):
    """A case in which a rule must or must not fire."""

    rule: f.Computed[str]
    given: Annotated[
        Mapping[str, Any],
        f.MapOf(
            f.AnyOf(f.KebabCase(), f.ListOf(f.KebabCase(), least=1), f.Integer()),
            f.KebabCase(of="question"),
            least=1,
        ),
    ]
    fires: bool
    place: f.Computed[str]


class Tie(NamedTuple):
    """Families that `rank` alone may part in some cases, and why that order is right."""

    id: f.Id
    between: Annotated[Sequence[Annotated[str, f.KebabCase(of="family")]], f.Least(2)]
    when: f.When
    because: f.Text
    sources: f.Sources
    place: f.Computed[str]


class Scenario(NamedTuple):
    """A whole profile with the outcome it must give.

    `families` are acceptable answers (of several tasks: of the one answer for all); `because` are
    rules that must be decisive. `differs` says why advisor answers otherwise on purpose.
    """

    id: f.Id
    need: f.Text | None = None
    source: f.Text | None = None
    profile: f.Required[f.Answers] = {}
    outcome: Annotated[str, f.OneOf("decided", "assumed", "undetermined", "none")] | None = None
    families: f.Required[
        Annotated[
            Sequence[str], f.Key("family"), f.AnyOf(f.KebabCase(), f.ListOf(f.KebabCase(), least=1))
        ]
    ] = ()
    never: f.Aliases = ()
    because: f.Aliases = ()
    differs: f.Text | None = None
    place: f.Computed[str] = ""

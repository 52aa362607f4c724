"""A colour for each family, by its place among the families, and for none."""

from __future__ import annotations

from advisor.rulebase.base import RuleBase

COLOURS = (
    ("#0a58b8", "#ddf0ff"),
    ("#7a3ec8", "#f3eafd"),
    ("#17703a", "#e0f6e6"),
    ("#9a4a00", "#fdeedd"),
    ("#a8215f", "#fde8f1"),
    ("#00696e", "#ddf5f5"),
)
"""Each dark enough for white text on it, with a light tint of the same."""

NEITHER = ("#59636e", "#eff1f3")


def colour_of(family: str, rulebase: RuleBase) -> str:
    """Return the colour of a family; grey for none."""
    return _pair(family, rulebase)[0]


def tint_of(family: str, rulebase: RuleBase) -> str:
    """Return the light tint of a family's colour."""
    return _pair(family, rulebase)[1]


def _pair(family: str, rulebase: RuleBase) -> tuple[str, str]:
    places = {known.id: place for place, known in enumerate(rulebase.families)}
    return COLOURS[places[family] % len(COLOURS)] if family in places else NEITHER

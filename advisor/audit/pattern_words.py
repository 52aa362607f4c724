"""A pattern of profiles as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.model.entities import NOT_APPLICABLE
from advisor.rulebase.base import RuleBase

FEW = 2
MANY = 4


def pattern_text(options: Mapping[str, Sequence[str]], rulebase: RuleBase) -> str:
    """Return `output: free-text, fields · training: anything but ready-made`.

    Of long lists that lack only one or two options, it names these.
    """
    if not options:
        return "every profile"
    return " · ".join(_condition(id, kept, rulebase) for id, kept in options.items())


def _condition(id: str, kept: Sequence[str], rulebase: RuleBase) -> str:
    question = rulebase.question(id)
    known = [option.id for option in question.options]
    known += [NOT_APPLICABLE] if question.ask_if else []
    lacking = [option for option in known if option not in kept]
    if len(kept) >= MANY and 0 < len(lacking) <= FEW:
        return f"{id}: anything but {' and '.join(lacking)}"
    return f"{id}: {', '.join(kept)}"

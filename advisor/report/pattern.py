"""A pattern of profiles as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.rulebase.base import RuleBase
from advisor.rulebase.model import NOT_APPLICABLE

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


def share(part: int, whole: int) -> str:
    """Return a share in percent, never rounded to none or all: 0.8 %, under 0.01 %."""
    percent = 100 * part / whole if whole else 0.0
    if part == 0:
        return "0 %"
    if part == whole:
        return "100 %"
    if percent < 0.01:
        return "under 0.01 %"
    if percent > 99.99:
        return "over 99.99 %"
    return f"{percent:.2f} %" if percent < 1 or percent > 99 else f"{percent:.1f} %"

"""The questions, what can be answered, and the combinations of answers that cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

NOT_APPLICABLE = "not-applicable"
"""The built-in option of a question that makes no sense in a case."""

TASK = "task"
"""The one question every rule base has: its options are the tasks."""

Condition = Mapping[str, Sequence[str]]
"""Question -> options; all questions have to hold, any option of each does."""


class Option(NamedTuple):
    """One possible answer.

    `up_to` is the largest number that still falls under it; `requires` is what it asks of fields
    of a checkpoint; `uses` is in which ways, best first, checkpoints then make sense; `keeps` are
    fields of a checkpoint that training does not change then; `dtype` is the precision in which
    weights are loaded then, whatever their file holds; `order` is what comes first then.
    """

    id: str
    label: str
    aliases: Sequence[str]
    up_to: float | None
    requires: Mapping[str, Any]
    uses: Sequence[str]
    keeps: Sequence[str]
    dtype: str | None = None
    order: str | None = None


class Question(NamedTuple):
    """One thing asked."""

    id: str
    ask: str
    why: str
    options: tuple[Option, ...]
    many: bool
    unit: str | None
    declared_by: str | None
    ask_if: Condition

    def requires(self, field: str) -> bool:
        """True where an answer can require something of a field of checkpoints."""
        return any(field in option.requires for option in self.options)

    def option(self, id: str) -> Option | None:
        """Return the option with this id, if there is one."""
        return next((option for option in self.options if option.id == id), None)


class Never(NamedTuple):
    """A combination of answers that cannot be; `why` is one of never, implied, ask-if."""

    id: str
    when: Condition
    because: str
    why: str

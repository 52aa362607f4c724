"""What is asked: questions with their options, the tasks, and answers that do not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

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

    id: f.Id
    label: f.Text
    aliases: f.Aliases = ()
    up_to: float | None = None
    requires: Mapping[f.JudgedField, f.Requirement] = {}
    uses: Annotated[Sequence[str], f.ListOf(f.OneOf("as-is", "fine-tune", "compose"), least=1)] = ()
    keeps: f.JudgedFields = ()
    dtype: f.Dtype | None = None
    order: Annotated[str, f.OneOf("quality", "small", "open")] | None = None


class Question(NamedTuple):
    """One thing asked."""

    id: f.Id
    ask: f.Text
    why: f.Text
    options: Annotated[tuple[Option, ...], f.Least(2)] = ()
    many: bool = False
    unit: f.Text | None = None
    declared_by: Annotated[str, f.OneOf("takes", "gives")] | None = None
    ask_if: f.When = {}

    def requires(self, field: str) -> bool:
        """True where an answer can require something of a field of checkpoints."""
        return any(field in option.requires for option in self.options)

    def option(self, id: str) -> Option | None:
        """Return the option with this id, if there is one."""
        return next((option for option in self.options if option.id == id), None)


class Never(NamedTuple):
    """A combination of answers that cannot be; `why` is one of never, implied, ask-if."""

    id: f.Id
    when: f.When
    because: f.Text
    why: f.Computed[str] = "never"


class Elsewhere(NamedTuple):
    """What to use instead, where no family fits a task."""

    task: f.Id
    because: f.Text
    sources: f.Sources
    checkpoints: f.CheckpointIds = ()


class Task(NamedTuple):
    """What a user wants done with an image.

    `words` are names that say more than the task, each with the answers it says as well, or less:
    one that several tasks list can mean each of them. `example` is what `advisor try` may be given
    beside the image, by its flag.
    """

    id: f.Id
    name: f.Text
    description: f.Text
    aliases: f.Aliases = ()
    hub_tasks: f.Aliases = ()
    implies: f.When = {}
    note: f.Text | None = None
    sources: f.Sources = ()
    words: f.TaskWords = {}
    example: f.TrialInputs = {}
    elsewhere: Elsewhere | None = None

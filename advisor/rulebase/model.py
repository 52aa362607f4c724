"""Everything known, as frozen values: questions, tasks, families, rules and where it was read."""

from __future__ import annotations

from typing import Any, NamedTuple

NOT_APPLICABLE = "not-applicable"
"""The built-in option of a question that makes no sense in a case."""

TASK = "task"
"""The one question every rule base has: its options are the tasks."""

NONE = "none"
"""The answer where no family fits."""

Condition = dict[str, list[str]]
"""Question -> options; all questions have to hold, any option of each does."""


class Criterion(NamedTuple):
    """A named ground for judging; the declared order is the order of comparison."""

    id: str
    name: str
    because: str


class Option(NamedTuple):
    """One possible answer.

    `up_to` is the largest number that still falls under it; `requires` is what it asks of fields
    of a checkpoint; `uses` is in which ways, best first, checkpoints then make sense.
    """

    id: str
    label: str
    aliases: list[str]
    up_to: float | None
    requires: dict[str, Any]
    uses: list[str]


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

    def option(self, id: str) -> Option | None:
        """Return the option with this id, if there is one."""
        return next((option for option in self.options if option.id == id), None)


class Reason(NamedTuple):
    """Why something is so, and who says so."""

    because: str
    sources: list[str]


class Fit(NamedTuple):
    """How well a family does a task: best, good, possible or helper."""

    fit: str
    because: str
    sources: list[str]


class Elsewhere(NamedTuple):
    """What to use instead, where no family fits a task."""

    task: str
    because: str
    sources: list[str]
    checkpoints: list[str]


class Task(NamedTuple):
    """What a user wants done with an image."""

    id: str
    name: str
    description: str
    aliases: list[str]
    hub_tasks: list[str]
    implies: Condition
    note: str | None
    sources: list[str]
    elsewhere: Elsewhere | None


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do."""

    id: str
    name: str
    aliases: list[str]
    rank: int
    summary: str
    takes: dict[str, Reason]
    gives: dict[str, Reason]
    tasks: dict[str, Fit]
    cannot: dict[str, Reason]


class Rule(NamedTuple):
    """A condition and what it says for or against candidates.

    `derived` is the kind of declaration a rule was derived from (`takes`, `gives`, `tasks`), or
    empty for a written rule. `place` is where it stands, as file:line.
    """

    id: str
    criterion: str
    when: Condition
    effect: str
    candidates: list[str]
    because: str
    sources: list[str]
    supporting: bool
    derived: str
    place: str


class Never(NamedTuple):
    """A combination of answers that cannot be; `why` is one of never, implied, ask-if."""

    id: str
    when: Condition
    because: str
    why: str


class Measurement(NamedTuple):
    """A published figure."""

    benchmark: str
    metric: str
    value: float
    source: str
    note: str | None


class Checkpoint(NamedTuple):
    """One loadable set of weights. None where nobody verified a field."""

    id: str
    family: str
    label: str
    loader: str
    model_class: str | None
    processor: str | None
    model_type: str | None
    pipeline: str | None
    tasks: list[str]
    fine_tune: list[str]
    typical: bool
    stage: str | None
    parameters_millions: float | None
    image_size: int | None
    text_context: int | None
    languages: list[str] | None
    licence: str | None
    commercial_use: str | None
    gated: bool | None
    released: int | None
    revision: str | None
    prompt: str | None
    pitfalls: list[str]
    derived: bool
    measurements: list[Measurement]
    notes: dict[str, str]
    sources: dict[str, list[str]]
    checked: str

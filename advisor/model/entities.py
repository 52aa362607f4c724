"""Everything known, as frozen values: questions, tasks, families, rules and where it was read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
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
    of a checkpoint; `uses` is in which ways, best first, checkpoints then make sense; `keeps` are
    fields of a checkpoint that training does not change then; `dtype` is the precision in which
    weights are loaded then, whatever their file holds; `order` is what comes first then.
    """

    id: str
    label: str
    aliases: list[str]
    up_to: float | None
    requires: dict[str, Any]
    uses: list[str]
    keeps: list[str]
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
    """What a user wants done with an image.

    `words` are names that say more than the task, each with the answers it says as well, or less:
    one that several tasks list can mean each of them. `example` is what `advisor try` may be given
    beside the picture, by its flag.
    """

    id: str
    name: str
    description: str
    aliases: list[str]
    hub_tasks: list[str]
    implies: Condition
    note: str | None
    sources: list[str]
    words: dict[str, dict[str, str]]
    example: dict[str, str]
    elsewhere: Elsewhere | None


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do.

    `composable`: one of your own can be joined from an encoder and a decoder.
    """

    id: str
    name: str
    aliases: list[str]
    rank: int
    composable: bool
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


class Program(NamedTuple):
    """A short program for checkpoints of some loader, class and processor, and some tasks.

    Empty `classes`, `processors` or `tasks` mean any. `{checkpoint}`, `{class}`, `{processor}`,
    `{names}` and `{prompt}` in `code` are to be filled in; `prompts` gives the prompt of a task.
    `{question|words}` in a prompt becomes what `says` has for the answer to a question, else the
    words.
    """

    id: str
    loader: str
    classes: list[str]
    processors: list[str]
    tasks: list[str]
    prompts: dict[str, str]
    code: str
    says: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Writer(NamedTuple):
    """What decides how much a network that writes keeps of each picture and word.

    `layers` of its decoder, the `width` of keys in one of them (key heads times head size), the
    `image_tokens` of one picture (None where they vary with it), and whether it looks at them by
    `cross` attention or has them among its own words. `tower_per_beam` says that the vision tower
    sees each picture once for every beam.
    """

    layers: int
    width: int
    image_tokens: int | None
    cross: bool
    tower_per_beam: bool


class Architecture(NamedTuple):
    """The dimensions of a network, as its configuration takes them, and the parameters they give.

    `model_class` is the class that was counted. `because` says how they are known.
    """

    id: str
    checkpoints: list[str]
    model_class: str
    dimensions: dict[str, Any]
    parameters: int
    writer: Writer | None
    because: str
    sources: list[str]


class Measurement(NamedTuple):
    """A published figure.

    `benchmark` names the split too, so that two figures compare only where both agree; `split` is
    it alone, None where the source does not say.
    """

    benchmark: str
    metric: str
    value: float
    source: str
    note: str | None
    split: str | None = None


class Benchmark(NamedTuple):
    """A public benchmark that tells how well checkpoints do certain tasks.

    `benchmark` and `metric` are the words of the measurements that belong to it, split included;
    `better` is higher or lower. `languages` are those of its texts; None where they do not matter.
    """

    id: str
    benchmark: str
    metric: str
    better: str
    tasks: list[str]
    because: str
    sources: list[str]
    languages: list[str] | None = None


class Change(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument, attribute, module or environment; one
    `*` in `name` stands for anything, and for the same in `instead`.
    """

    id: str
    name: str
    of: str
    kind: str
    since: str
    instead: str | None
    because: str
    sources: list[str]


class Checkpoint(NamedTuple):
    """One loadable set of weights. None where nobody verified a field.

    `typical` are those of its tasks, or of those to fine-tune it for, that people usually start
    with it. `dtype` is the precision in which its file holds the weights, `takes` all that
    it takes of what families can take: several pictures at once, a question.
    """

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
    typical: list[str]
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
    writer: Writer | None
    measurements: list[Measurement]
    notes: dict[str, str]
    sources: dict[str, list[str]]
    checked: str
    hub_task: str | None = None
    last_modified: str | None = None
    dtype: str | None = None
    takes: list[str] | None = None

"""The checkpoints, how well they do, and the programs that load them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        ClassName,
        CommercialUse,
        Commit,
        Computed,
        Direction,
        Dtype,
        HubId,
        Id,
        Ids,
        Languages,
        Loader,
        Month,
        OwnField,
        Positive,
        ProgramLoader,
        QuestionId,
        Required,
        SomeTasks,
        SourceId,
        Sources,
        Stage,
        TakenOptions,
        Tasks,
        Text,
        Texts,
        UseIds,
        Year,
    )


class Decoder(NamedTuple):
    """What decides how much a network that writes keeps of each image and word.

    `layers` of its decoder, the `width` of keys in one of them (key heads times head size), the
    `image_tokens` of one image (None where they vary with it), and whether it looks at them by
    `cross` attention or has them among its own words. `tower_per_beam` says that the vision tower
    sees each image once for every beam.
    """

    layers: Positive
    width: Positive
    image_tokens: Positive | None = None
    cross: Required[bool] = False
    tower_per_beam: Required[bool] = False


class Measurement(NamedTuple):
    """A published figure.

    `benchmark` names the split too, so that two figures compare only where both agree; `split` is
    it alone, None where the source does not say.
    """

    benchmark: Text
    metric: Text
    value: float
    source: SourceId
    note: Text | None = None
    split: Text | None = None


class Benchmark(NamedTuple):
    """A public benchmark that tells how well checkpoints do certain tasks.

    `benchmark` and `metric` are the words of the measurements that belong to it, split included;
    `better` is higher or lower. `languages` are those of its texts; None where they do not matter.
    """

    id: Id
    benchmark: Text
    metric: Text
    better: Direction
    tasks: SomeTasks
    because: Text
    sources: Sources
    languages: Texts | None = None


class Checkpoint(NamedTuple):
    """One loadable set of weights. None where nobody verified a field.

    `typical` are those of its tasks, or of those to fine-tune it for, that people usually start
    with it. `dtype` is the precision in which its file holds the weights, `takes` all that
    it takes of what families can take: several images at once, a question. `notes` are what its
    entry says of other fields.
    """

    id: HubId
    family: Computed[str]
    label: Text
    loader: Loader
    model_class: ClassName | None = None
    processor: Text | None = None
    model_type: Text | None = None
    pipeline: Id | None = None
    tasks: Required[Tasks] = ()
    fine_tune: Tasks = ()
    typical: Ids = ()
    stage: Stage | None = None
    parameters_millions: float | None = None
    image_size: Positive | None = None
    text_context: Positive | None = None
    languages: Languages | None = None
    licence: Text | None = None
    commercial_use: CommercialUse | None = None
    gated: bool | None = None
    released: Year | None = None
    revision: Commit | None = None
    prompt: Text | None = None
    pitfalls: Texts = ()
    derived: bool = False
    writer: Computed[Decoder | None] = None
    measurements: Sequence[Measurement] = ()
    notes: Computed[Mapping[str, str]] = {}
    sources: Required[Mapping[OwnField, Sources]] = {}
    checked: Required[Month] = ""
    hub_task: Id | None = None
    last_modified: Month | None = None
    dtype: Dtype | None = None
    takes: TakenOptions | None = None


class Program(NamedTuple):
    """A short program for checkpoints of some loader, class and processor, and some tasks.

    Empty `classes`, `processors` or `tasks` mean any. `{checkpoint}`, `{class}`, `{processor}`,
    `{names}` and `{prompt}` in `code` are to be filled in; `prompts` gives the prompt of a task.
    `{question|words}` in a prompt becomes what `says` has for the answer to a question, else the
    words. `runners` are uses whose classes are among `classes` as well.
    """

    id: Id
    loader: ProgramLoader = "transformers"
    classes: Texts = ()
    processors: Texts = ()
    tasks: SomeTasks = ()
    prompts: Mapping[Id, Text] = {}
    code: Computed[str] = ""
    says: Mapping[QuestionId, Mapping[Id, Text]] = {}
    runners: UseIds = ()

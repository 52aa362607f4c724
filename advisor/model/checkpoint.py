"""The checkpoints, the networks they are weights of, and how well they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Decoder(NamedTuple):
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
    checkpoints: Sequence[str]
    model_class: str
    dimensions: Mapping[str, Any]
    parameters: int
    writer: Decoder | None
    because: str
    sources: Sequence[str]


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
    tasks: Sequence[str]
    because: str
    sources: Sequence[str]
    languages: Sequence[str] | None = None


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
    tasks: Sequence[str]
    fine_tune: Sequence[str]
    typical: Sequence[str]
    stage: str | None
    parameters_millions: float | None
    image_size: int | None
    text_context: int | None
    languages: Sequence[str] | None
    licence: str | None
    commercial_use: str | None
    gated: bool | None
    released: int | None
    revision: str | None
    prompt: str | None
    pitfalls: Sequence[str]
    derived: bool
    writer: Decoder | None
    measurements: Sequence[Measurement]
    notes: Mapping[str, str]
    sources: Mapping[str, Sequence[str]]
    checked: str
    hub_task: str | None = None
    last_modified: str | None = None
    dtype: str | None = None
    takes: Sequence[str] | None = None

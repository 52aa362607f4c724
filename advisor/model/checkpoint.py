"""The checkpoints, how well they do, and the programs that load them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f


class Decoder(NamedTuple):
    """What decides how much a network that writes keeps of each image and word.

    `layers` of its decoder, the `width` of keys in one of them (key heads times head size), the
    `image_tokens` of one image (None where they vary with it), and whether it looks at them by
    `cross` attention or has them among its own words. `tower_per_beam` says that the vision tower
    sees each image once for every beam.
    """

    layers: f.Positive
    width: f.Positive
    image_tokens: f.Positive | None = None
    cross: f.Required[bool] = False
    tower_per_beam: f.Required[bool] = False


class Measurement(NamedTuple):
    """A published figure.

    `benchmark` names the split too, so that two figures compare only where both agree; `split` is
    it alone, None where the source does not say.
    """

    benchmark: f.Text
    metric: f.Text
    value: float
    source: f.SourceId
    note: f.Text | None = None
    split: f.Text | None = None


class Benchmark(NamedTuple):
    """A public benchmark that tells how well checkpoints do certain tasks.

    `benchmark` and `metric` are the words of the measurements that belong to it, split included;
    `better` is higher or lower. `languages` are those of its texts; None where they do not matter.
    """

    id: f.Id
    benchmark: f.Text
    metric: f.Text
    better: Annotated[str, f.OneOf("higher", "lower")]
    tasks: f.SomeTasks
    because: f.Text
    sources: f.Sources
    languages: f.Texts | None = None


class Checkpoint(NamedTuple):
    """One loadable set of weights. None where nobody verified a field.

    `typical` are those of its tasks, or of those to fine-tune it for, that people usually start
    with it. `dtype` is the precision in which its file holds the weights, `takes` all that
    it takes of what families can take: several images at once, a question. `notes` are what its
    entry says of other fields.
    """

    id: f.HubId
    family: f.Computed[str]
    label: f.Text
    loader: Annotated[str, f.OneOf("transformers", "open_clip", "remote-code", "other")]
    model_class: f.ClassName | None = None
    processor: f.Text | None = None
    model_type: f.Text | None = None
    pipeline: f.Id | None = None
    tasks: f.Required[f.Tasks] = ()
    fine_tune: f.Tasks = ()
    typical: f.Ids = ()
    stage: f.Stage | None = None
    parameters_millions: float | None = None
    image_size: f.Positive | None = None
    text_context: f.Positive | None = None
    languages: f.Languages | None = None
    licence: f.Text | None = None
    commercial_use: Annotated[str, f.OneOf("permitted", "restricted", "not-permitted")] | None = (
        None
    )
    gated: bool | None = None
    released: Annotated[int, f.Integer(2015)] | None = None
    revision: Annotated[str, f.TextOf(r"[0-9a-f]{7,40}", "a commit")] | None = None
    prompt: f.Text | None = None
    pitfalls: f.Texts = ()
    derived: bool = False
    writer: f.Computed[Decoder | None] = None
    measurements: Sequence[Measurement] = ()
    notes: f.Computed[Mapping[str, str]] = {}
    sources: f.Required[Mapping[f.OwnField, f.Sources]] = {}
    checked: f.Required[f.Month] = ""
    hub_task: f.Id | None = None
    last_modified: f.Month | None = None
    dtype: f.Dtype | None = None
    takes: f.TakenOptions | None = None


class Program(NamedTuple):
    """A short program for checkpoints of some loader, class and processor, and some tasks.

    Empty `classes`, `processors` or `tasks` mean any. `{checkpoint}`, `{class}`, `{processor}`,
    `{names}` and `{prompt}` in `code` are to be filled in; `prompts` gives the prompt of a task.
    `{question|words}` in a prompt becomes what `says` has for the answer to a question, else the
    words. `runners` are uses whose classes are among `classes` as well.
    """

    id: f.Id
    loader: Annotated[str, f.OneOf("transformers", "open_clip")] = "transformers"
    classes: f.Texts = ()
    processors: f.Texts = ()
    tasks: f.SomeTasks = ()
    prompts: Mapping[f.Id, f.Text] = {}
    code: f.Computed[str] = ""
    says: f.Wordings = {}
    runners: f.UseIds = ()

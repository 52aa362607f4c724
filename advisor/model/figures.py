"""Published figures, and what ranks checkpoints by them: benchmarks, tables, yardsticks, orders.

Then the sizes of networks, and how fast machines compute them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model import Decoder
from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

ASKED = "asked"
"""The language of a yardstick that takes the column of the language asked for."""

TIES = ("next", "cheaper")
NETWORKS = ("plain", "windowed", "convolutional", "small")
"""How an image tower is built: attention over all of a picture, or over windows; convolutions; or
fewer of them than keep a processor busy, for phones."""


class Benchmark(NamedTuple):
    """A public benchmark: closed lists of what its figures may be called.

    `metrics` say which direction is better, higher or lower; `versions` and `splits` are those
    that its figures tell apart, `languages` those of its texts, none where texts do not matter.
    """

    id: f.Id
    name: f.Text
    because: f.Text
    metrics: Annotated[Mapping[str, str], f.MapOf(f.OneOf("higher", "lower"), f.TextOf(), least=1)]
    versions: f.Texts = ()
    splits: f.Texts = ()
    languages: f.FigureLanguages = ()


class FigureTable(NamedTuple):
    """Figures that compare with each other: of one benchmark, version, split, metric and mode.

    `figures` are by checkpoint. `metric` and `language` may be left out where the benchmark has
    but one.
    """

    benchmark: f.BenchmarkId
    metric: f.Text | None = None
    version: f.Text | None = None
    split: f.Text | None = None
    language: f.FigureLanguage | None = None
    mode: f.Mode | None = None
    figures: f.Required[f.FiguresById] = {}


class Protocol(NamedTuple):
    """Who measured, how, and where that is published.

    `maker` owns models that the figures are of: where one of them wins against a stranger, that is
    its maker's word. `measured_on` names the weights that were measured where a checkpoint holds
    the same converted, `revisions` those that were loaded, `notes` what else to know of a figure.
    One that `ranks_nothing` is shown, and stands in no yardstick.
    """

    id: f.Id
    by: f.Text
    source: f.SourceId
    maker: f.Text | None = None
    revisions: f.ByCheckpoint = {}
    measured_on: f.ByCheckpoint = {}
    notes: f.ByCheckpoint = {}
    tables: f.Required[Annotated[Sequence[FigureTable], f.Least(1)]] = ()
    ranks_nothing: bool = False


class Yardstick(NamedTuple):
    """What two checkpoints are compared by: tables of a benchmark, or the mean of a fixed set.

    `benchmarks` are the set, or `mean_of` other yardsticks; `metrics`, `splits` and `language` say
    which of their figures. `tables` are protocols, each compared within itself; a list among them
    is read as one table for each mode, or with `joins_modes` as one, of each checkpoint the mode
    that stands first. Less apart than `tie_threshold` (between two protocols of one table
    `tie_threshold_between`; or a `tie_threshold_share` of the larger) two figures tie;
    `tie_threshold_reason` is why. Those that no table has together are compared by all tables read
    as one, each as it runs by default, where more than `tie_threshold_across` lies between them.
    """

    id: f.Id
    name: f.Text | None = None
    benchmarks: f.BenchmarkIds = ()
    mean_of: f.YardstickIds = ()
    metrics: f.Texts = ()
    splits: f.Texts = ()
    language: f.AskedLanguage | None = None
    tables: f.ProtocolGroups = ()
    joins_modes: bool = False
    tie_threshold: Annotated[float | None, f.Was("noise")] = None
    tie_threshold_between: Annotated[float | None, f.Was("noise_between")] = None
    tie_threshold_share: Annotated[float | None, f.Was("noise_share")] = None
    tie_threshold_across: float | None = None
    tie_threshold_reason: Annotated[f.Required[f.Text], f.Was("noise_from")] = ""


class TaskOrder(NamedTuple):
    """By which yardsticks the checkpoints of a task are ranked, the most telling first.

    `id` is the task. `others` are for languages other than English, but for those that have their
    own under `languages`. Those under `rest` rank only what the ones before left unmeasured. A
    `tie` goes to the next yardstick, or ends there with the cheaper checkpoint first.
    """

    id: f.TaskId
    tie: Annotated[str, f.OneOf(*TIES)]
    yardsticks: f.OrderedYardsticks
    others: f.OrderedYardsticks = ()
    languages: Annotated[
        Mapping[str, Sequence[str]], f.MapOf(f.YARDSTICKS, f.TextOf(r"[a-z]{2,3}", "a code"))
    ] = {}
    rest: f.OrderedYardsticks = ()
    because: f.Required[f.Text] = ""


class RoundingLoss(NamedTuple):
    """What weights in fewer bits cost a checkpoint `of`, at worst, on the benchmarks of one source.

    `loss` is in points of 100, on tables whose metric is one of `metrics`; `because` says where it
    was greatest, and how the weights were rounded.
    """

    id: f.Id
    of: f.CheckpointId
    precision: Annotated[str, f.OneOf("int8", "int4")]
    loss: float
    metrics: f.Texts
    because: f.Text
    sources: f.Sources


class Machine(NamedTuple):
    """A graphics card or computer by the names that people type, and what it answers.

    `memory_gb` are the sizes it is sold with, the usual one first; None where they vary without
    end. `shared` memory is that of the whole machine, which says not how much a model may take.
    """

    id: f.Id
    answers: f.OptionsGiven
    aliases: f.Aliases = ()
    memory_gb: Annotated[Sequence[float], f.Least(1)] | None = None
    shared: bool = False
    sources: f.Required[f.Sources] = ()


class Speed(NamedTuple):
    """How fast a kind of machine computes: of each number the least and the most that was measured.

    It stands for machines that answer so, with at least `memory_gb` for a model. `gflops` are the
    billions of operations a second of an image tower, by its network. What writes reads
    `weights_gb` of its weights a second, once for each token of a text, and writes `tokens` a
    second at most, however small it is; a server reads `served_gb` of them, in as many steps as
    `served_tokens` at most. Hours are counted in a `unit`, one for each of its `cores`.
    """

    id: f.Id
    label: f.Text
    answers: f.OptionsGiven
    gflops: f.RangesByNetwork
    weights_gb: f.Range
    tokens: f.Range | None = None
    served_gb: f.Range | None = None
    served_tokens: f.Range | None = None
    memory_gb: float = 0
    unit: f.Text = "hours"
    cores: f.Positive = 1
    because: f.Required[f.Text] = ""
    sources: f.Required[f.Sources] = ()


class Tower(NamedTuple):
    """A plain vision transformer: blocks of attention and two layers, on squares of `patch` pixels.

    `side` is the width of the picture in pixels; None where it keeps its own size.
    """

    layers: f.Positive
    width: f.Positive
    hidden: f.Positive
    patch: f.Positive
    side: f.Positive | None = None

    def gflops(self, pixels: float) -> float:
        """Return the billions of operations of a picture, two for a multiplication and addition.

        Those of normalization, softmax and activations, about a hundredth, are left out.
        """
        patches = (self.side // self.patch) ** 2 if self.side else pixels / self.patch**2
        block = 2 * patches * (4 * self.width**2 + 2 * self.width * self.hidden)
        block += 4 * patches**2 * self.width
        return (self.layers * block + 2 * patches * 3 * self.patch**2 * self.width) / 1e9


class Workload(NamedTuple):
    """What a network computes for one image.

    `network` is how its image tower is built. The operations are those of a `tower`, or `gflops`
    where they were published. What writes applies `reads_millions` of its parameters to each token
    of an image, and `writes_millions` to each token that it writes.
    """

    id: f.Id
    checkpoints: Annotated[f.CheckpointIds, f.Least(1)]
    network: Annotated[str, f.OneOf(*NETWORKS)]
    tower: Tower | None = None
    gflops: float | None = None
    reads_millions: float = 0
    writes_millions: float = 0
    because: f.Text | None = None
    sources: f.Required[f.Sources] = ()

    def image_gflops(self, pixels: float) -> float | None:
        """Return the billions of operations of the image tower for a picture."""
        return self.tower.gflops(pixels) if self.tower else self.gflops


class Architecture(NamedTuple):
    """The dimensions of a network, as its configuration takes them, and the parameters they give.

    `model_class` is the class that was counted; `linear` of its parameters are weights of linear
    layers that bitsandbytes rounds. `because` says how they are known.
    """

    id: f.Id
    checkpoints: Annotated[f.CheckpointIds, f.Least(1)]
    model_class: f.ClassName
    dimensions: f.Dimensions
    parameters: f.Positive
    linear: f.Positive | None = None
    writer: Decoder | None = None
    because: f.Required[f.Text] = ""
    sources: f.Required[f.Sources] = ()

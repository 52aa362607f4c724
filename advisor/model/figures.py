"""Published figures, and what ranks checkpoints by them: benchmarks, tables, yardsticks, orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

ASKED = "asked"
"""The language of a yardstick that takes the column of the language asked for."""

TIES = ("next", "cheaper")


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

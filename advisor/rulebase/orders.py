"""The ranking of checkpoints for each task, computed from results when rules are compiled.

A task has its yardsticks by language, and each yardstick its tables by language: rows of a protocol
and the values of cataloged checkpoints. Means over a fixed set are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from advisor.model import Checkpoint
from advisor.model.figures import (
    ASKED,
    Benchmark,
    FigureTable,
    Protocol,
    RoundingLoss,
    TaskOrder,
    Yardstick,
)

MEAN = "mean"
JOINED = "-across"
"""Suffix of the id of a yardstick whose tables are all read as one."""
ANY = ""
"""The language of a table that serves all languages."""

Values = dict[str, float]
"""Checkpoint id -> result."""

Column = list[tuple[int, str, Values]]
"""One table: the index of each protocol in it, the metric there, and the results."""


class Figures:
    """The published results of a rule base, to be read for cataloged checkpoints alone.

    `other_mode` has, for checkpoints known to think or not to think by default, the other mode.
    Results in that mode do not count.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.benchmarks: dict[str, Benchmark] = {each.id: each for each in values["benchmark"]}
        self.protocols: dict[str, Protocol] = {each.id: each for each in values["protocol"]}
        self.yardsticks: dict[str, Yardstick] = {each.id: each for each in values["yardstick"]}
        self.orders: dict[str, TaskOrder] = {each.id: each for each in values["order"]}
        self.catalogued = frozenset(each.id for each in values["checkpoint"])
        self.other_mode = {
            each.id: "non-thinking" if each.thinks else "thinking"
            for each in values["checkpoint"]
            if each.thinking
        }
        self.tables = cache(lambda name: self.columns(self.yardsticks[name]))
        """Returns the tables of a yardstick by its id."""

    def language(self, table: FigureTable) -> str | None:
        """Return the language of a table: its own, or the only one of its benchmark, else None."""
        languages = self.benchmarks[table.benchmark].languages
        return table.language or (languages[0] if len(languages) == 1 else None)

    def metric(self, table: FigureTable) -> str:
        """Return the metric of a table: its own, or the first one of its benchmark."""
        return table.metric or next(iter(self.benchmarks[table.benchmark].metrics))

    def metrics(self, yardstick: Yardstick, benchmark: str) -> list[str]:
        """Return the metrics of a benchmark that a yardstick takes."""
        return list(yardstick.metrics or self.benchmarks[benchmark].metrics)

    def direction(self, yardstick: Yardstick) -> str:
        """Return which way is better: higher or lower."""
        if yardstick.mean_of:
            return self.direction(self.yardsticks[yardstick.mean_of[0]])
        benchmark = yardstick.benchmarks[0]
        return self.benchmarks[benchmark].metrics[self.metrics(yardstick, benchmark)[0]]

    def name(self, yardstick: Yardstick) -> str:
        """Return the name of a yardstick on a page."""
        return yardstick.name or self.benchmarks[yardstick.benchmarks[0]].name

    def columns(self, yardstick: Yardstick) -> dict[str, list[Column]]:
        """Return the tables of a yardstick by language, if they have two checkpoints or more.

        The languages are those that may be asked for, or `ANY`.
        """
        if yardstick.mean_of:
            parts = [self.tables(id).get(ANY, []) for id in yardstick.mean_of]
            columns: dict[str, list[Column]] = {ANY: []}
            if all(parts):  # tables of one protocol each; that of the first stands for all
                place = parts[0][0][0][0]
                means = _means([tables[0][0][2] for tables in parts])
                columns[ANY] = [[(place, MEAN, means)]]
        else:
            columns = {}
            for group in yardstick.tables:
                for language, tables in self._grouped(yardstick, group).items():
                    columns.setdefault(language, []).extend(tables)
        return {
            language: [table for table in tables if _size(table) > 1]
            for language, tables in columns.items()
        }

    def _grouped(self, yardstick: Yardstick, group: Any) -> dict[str, list[Column]]:
        """Return the tables of one protocol, or of several joined into one, by language."""
        named = [group] if isinstance(group, str) else list(group)
        by_language: dict[str, dict[Any, Column]] = {}
        for protocol in named:
            place = list(self.protocols).index(protocol)
            for language, kind, values in self._of(yardstick, protocol):
                mode = None if yardstick.joins_modes else kind[-1]
                key = kind if len(named) == 1 else mode
                table = by_language.setdefault(language, {}).setdefault(key, [])
                table.append((place, kind[0], values))
        return {
            language: sorted(tables.values(), key=_size, reverse=True)
            for language, tables in by_language.items()
        }

    def _of(self, yardstick: Yardstick, protocol: str) -> Iterator[tuple[str, Any, Values]]:
        """Yield language, kind and results of each table of a protocol that a yardstick uses."""
        sets = [
            {
                (language, kind): values
                for table in self.protocols[protocol].tables
                if table.benchmark == benchmark
                for language, kind, values in self._taken(yardstick, table)
            }
            for benchmark in yardstick.benchmarks
        ]
        if len(sets) == 1:
            yield from ((language, kind, values) for (language, kind), values in sets[0].items())
            return
        by_language = [
            {language: values for (language, _), values in table.items()} for table in sets
        ]
        for language in by_language[0]:
            if all(language in table for table in by_language):
                yield language, (MEAN,), _means([table[language] for table in by_language])

    def _taken(self, yardstick: Yardstick, table: FigureTable) -> Iterator[tuple[str, Any, Values]]:
        """Yield language, kind and results of a table, if the yardstick uses it."""
        language, metric = self.language(table), self.metric(table)
        if metric not in self.metrics(yardstick, table.benchmark) or table.mode == "fine-tuned":
            return
        if yardstick.splits and table.split not in yardstick.splits:
            return
        wanted = yardstick.language
        if wanted not in (None, ASKED, language) or (wanted == ASKED and language is None):
            return
        values = {
            id: value
            for id, value in table.figures.items()
            if id in self.catalogued and self.other_mode.get(id, "") != table.mode
        }
        kind = (metric, table.version, table.split, None if wanted else language, table.mode)
        yield (str(language) if wanted == ASKED else ANY), kind, values


def compiled_order(values: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Return the ranking of a task as JSON can hold it; its tables are empty without an order.

    `losses` is metric -> checkpoint -> precision -> worst published loss.
    """
    figures: Figures = values["ranking"]
    losses, order = values["losses"], figures.orders.get(task)
    if order is None:
        empty: dict[str, Any] = {key: {} for key in ("lists", "protocols", "yardsticks", "losses")}
        return {"tie": "next", "rest": [], **empty}
    lists = {"en": order.yardsticks, "others": order.others or order.yardsticks, **order.languages}
    rows: dict[str, dict[str, Any]] = {}
    for id in dict.fromkeys(chain.from_iterable(lists.values())):
        rows[id] = _row(figures, figures.yardsticks[id], figures.tables(id))
        if joined := _joined(figures, figures.yardsticks[id]):
            rows[id + JOINED] = _row(figures, joined, figures.columns(joined)) | {"joined": True}
    every = [
        column
        for row in rows.values()
        for tables in row["tables"].values()
        for table in tables
        for column in table
    ]
    places = {place for place, _, _ in every}
    worst: dict[str, dict[str, dict[str, float]]] = {}
    for _, metric, of_metric in every:
        for id in of_metric.keys() & losses.keys():
            if rounded := worst_losses(losses[id], metric):
                worst.setdefault(metric, {})[id] = rounded
    protocols = list(figures.protocols.values())
    return {
        "tie": order.tie,
        "lists": {language: _with_joined(ids, rows) for language, ids in lists.items()},
        "rest": _with_joined(order.rest, rows),
        "protocols": {
            str(place): [protocols[place].source, protocols[place].maker]
            for place in sorted(places)
        },
        "yardsticks": rows,
        "losses": {metric: dict(sorted(of.items())) for metric, of in sorted(worst.items())},
    }


def _joined(figures: Figures, yardstick: Yardstick) -> Yardstick | None:
    """Return a yardstick with its tables read as one; None without `tie_threshold_across`."""
    across = yardstick.tie_threshold_across
    if across is None:
        return None
    protocols = chain.from_iterable(
        [group] if isinstance(group, str) else group for group in yardstick.tables
    )
    return yardstick._replace(
        name=f"{figures.name(yardstick)} (all sources)",
        tables=(tuple(protocols),),
        joins_modes=True,
        tie_threshold=across,
        tie_threshold_between=across,
    )


def _with_joined(ids: Iterable[str], rows: Mapping[str, Any]) -> list[str]:
    """Return the ids of yardsticks in `rows`, each followed by that of its joined tables."""
    return [each for id in ids for each in (id, id + JOINED) if each in rows]


def _row(figures: Figures, yardstick: Yardstick, tables: dict[str, list[Column]]) -> dict[str, Any]:
    """Return a yardstick with its tables as JSON can hold them."""
    benchmarks = [figures.benchmarks[id] for id in yardstick.benchmarks]
    languages = {language for benchmark in benchmarks for language in benchmark.languages}
    if yardstick.language:
        languages = {yardstick.language} - {ASKED}
    return {
        "name": figures.name(yardstick),
        "better": figures.direction(yardstick),
        "noise": yardstick.tie_threshold,
        "between": yardstick.tie_threshold_between or yardstick.tie_threshold,
        "share": yardstick.tie_threshold_share,
        "languages": sorted(languages),
        "tables": {of: [_written(row) for row in rows] for of, rows in tables.items()},
    }


def _size(table: Column) -> int:
    return len({id for _, _, values in table for id in values})


def _means(sets: list[Values]) -> Values:
    """Return the mean result of each checkpoint that every set has."""
    whole = [id for id in sets[0] if all(id in values for values in sets)]
    return {id: sum(values[id] for values in sets) / len(sets) for id in whole}


def _written(table: Column) -> Column:
    """Return a table as it is compiled; means are rounded as figures are printed."""
    return [
        (place, metric, {id: round(value, 2) for id, value in values.items()})
        if metric == MEAN
        else (place, metric, values)
        for place, metric, values in table
    ]


SIZE_CLASSES = (6_000, 20_000)
"""Where a size class ends, in millions of parameters: losses are published of 2 and 3, of 7 and of
72 billion, and shrink with the size."""


def losses_of(values: Mapping[str, Iterable[Any]]) -> dict[str, list[RoundingLoss]]:
    """Return the published losses that apply to each checkpoint, by its id.

    A loss applies if it was measured on a checkpoint of the same size class, of the same series or
    of one that this succeeds. Checkpoints that advisor cannot load, or whose quantized share is
    unknown, have none.
    """
    able = {
        id for network in values["architecture"] if network.linear for id in network.checkpoints
    }
    checkpoints: dict[str, Checkpoint] = {value.id: value for value in values["checkpoint"]}
    before: dict[str, set[str]] = {}
    for model in checkpoints.values():
        older = checkpoints.get(model.succeeds or "")
        if model.series and older and older.series:
            before.setdefault(model.series, set()).add(older.series)
    losses: dict[str, list[RoundingLoss]] = {}
    for id, model in checkpoints.items():
        if not (model.series and id in able and model.loads_safely):
            continue
        line, left = {model.series}, [model.series]  # with all that it succeeds
        while left:
            new = before.get(left.pop(), set()) - line
            line |= new
            left += new
        for loss in values["loss"]:
            measured = checkpoints[loss.of]
            if measured.series in line and _size_class(measured) == _size_class(model) is not None:
                losses.setdefault(id, []).append(loss)
    return losses


def worst_losses(losses: Sequence[RoundingLoss], metric: str | None = None) -> dict[str, float]:
    """Return precision -> worst loss, int8 before int4; with `metric` only of losses on it."""
    worst: dict[str, float] = {}
    for loss in sorted(losses, key=lambda loss: -int(loss.precision.removeprefix("int"))):
        if metric is None or metric in loss.metrics:
            worst[loss.precision] = max(loss.loss, worst.get(loss.precision, 0.0))
    return worst


def _size_class(checkpoint: Checkpoint) -> int | None:
    """Return the index of a checkpoint's size class; None if its size is not known."""
    if checkpoint.parameters_millions is None:
        return None
    return sum(checkpoint.parameters_millions > end for end in SIZE_CLASSES)

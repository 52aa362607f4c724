"""Which of two checkpoints stands before the other for a task, and by what.

Two are compared on the first yardstick of the task that measured both. Less apart than its noise,
they tie; a tie goes to the next yardstick, or ends there where the cheaper one is to come first.
What nothing measured is told apart by relations: the larger of a series, the successor of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

ENGLISH, OTHERS, MULTILINGUAL, ANY = "en", "others", "multilingual", ""
LARGER, SUCCESSOR = "larger", "successor"
ROUNDING = 1e-9
"""A gap of exactly the noise is no tie."""


class Precedence(NamedTuple):
    """Why one checkpoint stands before another, the `next` of another series.

    `by` a figure on a `yardstick`, its `value` against the `next_value` of the other, or by a
    relation between the two, which `yardstick` names then: larger or successor. `through` is one
    that stands between them, where only that one is comparable with the next: the figure or
    relation is its own, and the first stands before it. `source` is where a figure was published.
    """

    by: str
    yardstick: str
    value: float | None
    next: str
    next_value: float | None
    source: str | None
    through: str | None = None


class Published(NamedTuple):
    """A figure of a checkpoint on a yardstick, as it was published; `better` is higher or lower.

    Figures of one `table` compare with each other, and with no others.
    """

    benchmark: str
    metric: str
    value: float
    better: str
    source: str
    table: tuple[int, int]

    @property
    def name(self) -> str:
        """What was measured, in words."""
        return f"{self.benchmark} {self.metric}"


class Evidence(NamedTuple):
    """That one checkpoint stands before another: the strongest first, in the order of the fields.

    `kind` is 0 for a figure, 1 for one of the maker of the first against a stranger, 2 for the
    larger of a series, 3 for a successor; `rank` the place of its yardstick, `margin` how many
    times the noise lies between them, turned so that more is less.
    """

    kind: int
    rank: int
    margin: float
    before: str
    behind: str
    yardstick: str
    value: float | None = None
    next_value: float | None = None
    source: str | None = None

    @property
    def precedence(self) -> Precedence:
        """The same as it is printed."""
        by = "figure" if self.kind < 2 else "relation"
        words = (self.yardstick, self.value, self.behind, self.next_value, self.source)
        return Precedence(by, *words)


class Gauge(NamedTuple):
    """A yardstick in one language: its tables, each as value and protocol of each checkpoint.

    With `rest` it ranks only what those before it left unmeasured.
    """

    name: str
    better: str
    noise: float
    between: float
    share: float | None
    rest: bool
    tables: tuple[dict[str, tuple[float, str, str]], ...]

    def apart(self, one: tuple[float, str, str], other: tuple[float, str, str]) -> float:
        """Return by how many times the noise one is better than another; 0 within it."""
        gap = one[0] - other[0] if self.better == "higher" else other[0] - one[0]
        noise = self.noise if one[2] == other[2] else self.between
        if self.share is not None:
            noise = self.share * max(abs(one[0]), abs(other[0]))
        return 0.0 if abs(gap) < noise - ROUNDING else gap / max(noise, ROUNDING)


class Precedences:
    """What tells checkpoints apart for a task, in the languages asked for, if any."""

    def __init__(
        self, rulebase: RuleBase, task: str, languages: Sequence[str] | None = None
    ) -> None:
        self._rulebase = rulebase
        self._order = rulebase.order(task)
        asked = [language for language in languages or () if language != ENGLISH]
        self.language = asked[0] if asked else ENGLISH
        self.ends_at_tie = self._order["tie"] == "cheaper"

    @cached_property
    def gauges(self) -> tuple[Gauge, ...]:
        """The yardsticks of the task in the language, the most telling first."""
        order, language = self._order, self.language
        ids = order["lists"].get(language, order["lists"].get(OTHERS, ()))
        return tuple(self._gauge(id, order["yardsticks"][id]) for id in ids)

    def _gauge(self, id: str, row: Mapping[str, Any]) -> Gauge:
        """Return a yardstick in the language; in English where it has no column for that."""
        tables, of = row["tables"], ANY
        if ANY not in tables:
            of = self.language if self.language in tables else ENGLISH
        own = not row["languages"] or {self.language, MULTILINGUAL} & set(row["languages"])
        in_other = (of not in (ANY, self.language)) or (of == ANY and not own)
        return Gauge(
            name=row["name"] + (f" ({of})" if of not in (ANY, ENGLISH) else ""),
            better=row["better"],
            noise=row["noise"] or 0.0,
            between=row["between"] or 0.0,
            share=row["share"],
            rest=id in self._order["rest"] or in_other,
            tables=tuple(_by_checkpoint(table) for table in tables.get(of, ())),
        )

    def published(self, checkpoint: str) -> tuple[Published, ...]:
        """Return the figures of a checkpoint on the yardsticks of the task."""
        found = []
        for rank, gauge in enumerate(self.gauges):
            for number, table in enumerate(gauge.tables):
                if figure := table.get(checkpoint):
                    value, metric, place = figure
                    source, name = self._order["protocols"][place][0], gauge.name
                    at = rank, number
                    found.append(Published(name, metric, value, gauge.better, source, at))
        return tuple(found)

    def first_measured(self, checkpoint: str) -> int:
        """Return the place of the first yardstick that measured it; their number where none did."""
        for place, gauge in enumerate(self.gauges):
            if any(checkpoint in table for table in gauge.tables):
                return place
        return len(self.gauges)

    def evidence(self, checkpoints: Iterable[Checkpoint]) -> list[Evidence]:
        """Return what tells pairs of checkpoints apart, the strongest first."""
        families = {checkpoint.id: checkpoint.family for checkpoint in checkpoints}
        ids = list(families)
        first = {id: self.first_measured(id) for id in ids}
        settled: set[tuple[str, str]] = set()
        """Pairs that need no more evidence: told apart, or ended at a tie."""
        met: set[tuple[str, str]] = set()
        makers: dict[tuple[str, str], Evidence] = {}
        found: list[Evidence] = []
        for rank, gauge in enumerate(self.gauges):
            for one, other, apart in self._compared(gauge, rank, ids, first, settled):
                pair = one, other
                met.add(pair)
                if not apart:
                    if self.ends_at_tie:
                        settled.add(pair)
                    continue
                said = self._said(gauge, rank, *(pair if apart > 0 else pair[::-1]), abs(apart))
                if said.kind:
                    makers.setdefault(pair, said)
                else:
                    found.append(said)
                    settled.add(pair)
        found += [said for pair, said in makers.items() if pair not in settled]
        told = settled | makers.keys() | (met if self.ends_at_tie else set())
        for kind, before, behind in self._related(families):
            if (before, behind) not in told and (behind, before) not in told:
                name = (LARGER, SUCCESSOR)[kind - 2]
                found.append(Evidence(kind, 0, 0.0, before, behind, name))
        return sorted(found)

    def _compared(
        self,
        gauge: Gauge,
        rank: int,
        ids: Sequence[str],
        first: Mapping[str, int],
        settled: set[tuple[str, str]],
    ) -> Iterator[tuple[str, str, float]]:
        """Yield each pair that a yardstick compares, in the first of its tables with both."""
        seen: set[tuple[str, str]] = set()
        for table in gauge.tables:
            inside = [id for id in ids if id in table]
            if gauge.rest:
                inside = [id for id in inside if first[id] >= rank]
            for place, one in enumerate(inside):
                figure = table[one]
                for other in inside[place + 1 :]:
                    pair = one, other
                    if pair not in settled and pair not in seen:
                        seen.add(pair)
                        yield one, other, gauge.apart(figure, table[other])

    def _said(self, gauge: Gauge, rank: int, before: str, behind: str, margin: float) -> Evidence:
        """Return what a yardstick says of a pair."""
        table = next(one for one in gauge.tables if before in one and behind in one)
        value, _, place = table[before]
        next_value, _, other = table[behind]
        source, maker = self._order["protocols"][place]
        owned = place == other and maker == _owner(before) != _owner(behind)
        name = gauge.name
        return Evidence(
            int(owned), rank, -round(margin, 6), before, behind, name, value, next_value, source
        )

    def _related(self, families: Mapping[str, str]) -> Iterator[tuple[int, str, str]]:
        """Yield each pair of which one is the larger of a series (2), or the successor (3)."""
        known = {
            one.id: one
            for family in dict.fromkeys(families.values())
            for one in self._rulebase.catalogue(family)
        }
        for id in families:
            for kind, field in ((2, "larger_than"), (3, "succeeds")):
                for behind in _chain(known, id, field):
                    if behind in families:
                        yield kind, id, behind


def _by_checkpoint(table: Iterable[Any]) -> dict[str, tuple[float, str, str]]:
    """Return value, metric and protocol of each checkpoint; the first protocol that has it."""
    found: dict[str, tuple[float, str, str]] = {}
    for place, metric, values in table:
        for id, value in values.items():
            found.setdefault(id, (value, metric, str(place)))
    return found


def _chain(catalogue: Mapping[str, Checkpoint], id: str, field: str) -> Iterator[str]:
    """Yield all that a checkpoint is larger than, or succeeds, from one to the next."""
    behind: str | None = id
    while behind and (one := catalogue.get(behind)):
        behind = getattr(one, field)
        if behind:
            yield behind


def _owner(checkpoint: str) -> str:
    return checkpoint.partition("/")[0]

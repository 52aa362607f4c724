"""Which of two checkpoints ranks above the other for a task, and by what evidence.

Two are compared on the first ranking benchmark (yardstick) of the task that measured both. Less
apart than its noise, they tie; a tie goes to the next yardstick, or ends there if the cheaper one
is to come first. Without a common result, relations decide, such as the larger of a series.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import combinations, product
from typing import Any

from advisor.decide.requirements import MULTILINGUAL, NO_LANGUAGE
from advisor.model import Checkpoint, NamedTuple, form_id, is_form
from advisor.rulebase.base import RuleBase

ENGLISH, OTHERS, ANY = "en", "others", ""
HERE = "here"
"""The protocol of measurements on one's own images."""
FIGURE = "figure"
RELATIONS = LARGER, SUCCESSOR, ROUNDED = "larger", "successor", "rounded"
ROUNDING = 1e-9
"""A gap of exactly the noise is no tie."""


class Precedence(NamedTuple):
    """Why one checkpoint ranks above the `next`.

    `by` is `figure` or `relation`. `yardstick` is the benchmark, with `value` against the
    `next_value` of the other, or the relation: larger, successor or rounded. `through` is a
    checkpoint between them, the only one comparable with the next: the figure or relation is its
    own, and the first ranks above it. `source` is where a figure was published; `own` figures were
    measured on one's own images.
    """

    by: str
    yardstick: str
    value: float | None
    next: str
    next_value: float | None
    source: str | None
    through: str | None = None
    own: bool = False

    def estimates(self, checkpoint: str) -> bool:
        """True if a checkpoint's figure is an estimate: that of its 16-bit weights minus a loss."""
        return is_form(checkpoint) and not self.own


class Published(NamedTuple):
    """A published result of a checkpoint on a yardstick; `better` is `higher` or `lower`.

    Only results of one `table` (number of the yardstick, number of the table) compare. That of a
    quantized form is `estimated`: that of the stored weights minus the worst published loss.
    """

    benchmark: str
    metric: str
    value: float
    better: str
    source: str
    table: tuple[int, int]
    estimated: bool = False

    @property
    def name(self) -> str:
        """The benchmark and the metric, in words."""
        unsaid = [part for part in self.metric.split(", ") if part not in self.benchmark]
        return " ".join([self.benchmark, ", ".join(unsaid)]).rstrip()


Told = tuple[int, int, float, str, str, int]
"""Evidence that one checkpoint ranks above another: kind, rank, margin, the two ids, table.

The least is the strongest. Kind is 0 for a figure, 1 for one by the maker of the first against a
model of another maker, 2 for the larger of a series, 3 for a successor, 4 for more bits; rank is
the number of the yardstick; margin minus how many times the noise lies between the two; table its
number on the yardstick.
"""


class Compared(NamedTuple):
    """Checkpoints compared pair by pair: the evidence, the strongest first, and ties.

    Evidence on quantized forms is weaker than all other. `tied` are the pairs that some yardstick
    compared and that nothing told apart; `by` compared them, and knows the figures.
    """

    told: list[Told]
    tied: frozenset[tuple[str, str]]
    by: Precedences


Figure = tuple[float, str, str]
"""The value of a checkpoint, its metric, and the key of its protocol."""


class Gauge(NamedTuple):
    """A yardstick in one language: its tables, each checkpoint -> figure, and its tie threshold.

    That is `noise` within a protocol, `between` across two, or `share` of the larger value if set.
    With `rest` it ranks only what those before it left unmeasured; `joined`: it is the one before
    it with all its tables read as one.
    """

    yardstick: str
    name: str
    better: str
    noise: float
    between: float
    share: float | None
    rest: bool
    joined: bool
    tables: tuple[dict[str, Figure], ...]

    @property
    def apart(self) -> Callable[[Figure, Figure], float]:
        """A function: how many times the noise one figure is better than another; 0 within it."""
        sign = 1 if self.better == "higher" else -1
        noise, between, share = self.noise, self.between, self.share

        def times(figure: Figure, other: Figure) -> float:
            gap = sign * (figure[0] - other[0])
            limit = noise if figure[2] == other[2] else between
            if share is not None:
                limit = share * max(abs(figure[0]), abs(other[0]))
            return 0.0 if abs(gap) < limit - ROUNDING else gap / max(limit, ROUNDING)

        return times


class Precedences:
    """Compares checkpoints for a task, in all requested languages together, or in English."""

    def __init__(
        self, rulebase: RuleBase, task: str, languages: Sequence[str] | None = None
    ) -> None:
        self._rulebase = rulebase
        self._order = rulebase.order(task)
        self.languages = tuple(dict.fromkeys(languages or (ENGLISH,)))
        self.ends_at_tie = self._order["tie"] == "cheaper"
        self.task = task
        self.has_losses = bool(self._order.get("losses"))
        """Whether a yardstick of the task has a metric with published losses of forms."""
        self.has_own = HERE in self._order["protocols"]
        """Whether the first yardstick is a measurement on one's own images."""
        self.published = cache(self._published)
        """The figures of a checkpoint on the yardsticks of the task, by its id."""

    @classmethod
    def known(
        cls, rulebase: RuleBase, task: str, languages: Sequence[str] | None = None
    ) -> Precedences:
        """Return the `Precedences` of a task and its languages, the same object each time."""
        made = cls(rulebase, task, languages)
        precedences: Precedences = rulebase.compared.setdefault((cls, task, made.languages), made)
        return precedences

    @cached_property
    def gauges(self) -> tuple[Gauge, ...]:
        """The yardsticks of the task in the languages, in the order in which they count."""
        order = self._order
        foreign = [language for language in self.languages if language != ENGLISH] or [ENGLISH]
        others = order["lists"].get(OTHERS, ())
        ids = order["lists"].get(foreign[0], others) if len(foreign) == 1 else others
        return tuple(self._gauge(id, order["yardsticks"][id]) for id in ids)

    def _gauge(self, id: str, row: Mapping[str, Any]) -> Gauge:
        """Return a yardstick in the languages that it has tables for, or else in English."""
        tables = row["tables"]
        columns = [language for language in self.languages if language in tables] or [ENGLISH]
        columns = [ANY] if ANY in tables else columns
        own = not row["languages"] or MULTILINGUAL in row["languages"]
        own = own or {*self.languages} <= {*row["languages"]}
        in_other = not own if columns == [ANY] else tuple(columns) != self.languages
        named = "" if columns in ([ANY], [ENGLISH]) else f" ({', '.join(columns)})"
        return Gauge(
            yardstick=id,
            name=row["name"] + named,
            better=row["better"],
            noise=row["noise"] or 0.0,
            between=row["between"] or 0.0,
            share=row["share"],
            rest=id in self._order["rest"] or in_other,
            joined=row.get("joined", False),
            tables=tuple(
                map(self._by_checkpoint, _means([tables.get(each, ()) for each in columns]))
            ),
        )

    def _by_checkpoint(self, table: Iterable[Any]) -> dict[str, Figure]:
        """Return the figure of each checkpoint, from the first protocol that has it.

        Quantized forms have the value of the checkpoint minus the published loss.
        """
        figures: dict[str, Figure] = {}
        for place, metric, values in table:
            losses = self._order.get("losses", {}).get(metric, {})
            for id, value in values.items():
                figures.setdefault(id, (value, metric, str(place)))
                for precision, loss in losses.get(id, {}).items():
                    estimate = round(value - loss, 4), metric, str(place)
                    figures.setdefault(form_id(id, precision), estimate)
        return figures

    def speaks(self, checkpoint: Checkpoint) -> bool:
        """True unless the checkpoint is known not to support one of the languages."""
        spoken = {*(checkpoint.languages or ())}
        any_one = not spoken or not {MULTILINGUAL, *NO_LANGUAGE}.isdisjoint(spoken)
        return any_one or spoken.issuperset(self.languages)

    def _published(self, checkpoint: str) -> tuple[Published, ...]:
        rows: list[Published] = []
        for rank, number, (value, metric, place) in self._figures.get(checkpoint, ()):
            gauge, source = self.gauges[rank], self._order["protocols"][place][0]
            row = Published(
                *(gauge.name, metric, value, gauge.better, source, (rank, number)),
                estimated=is_form(checkpoint) and place != HERE,
            )
            if not rows or rows[-1][:5] != row[:5]:  # tables of pairs hold each often
                rows.append(row)
        return tuple(rows)

    def first_measured(self, checkpoint: str) -> int:
        """Return the number of the first yardstick with a checkpoint; their count without one."""
        figures = self._figures.get(checkpoint)
        return figures[0][0] if figures else len(self.gauges)

    @cached_property
    def _figures(self) -> dict[str, list[tuple[int, int, Figure]]]:
        """The figures of each checkpoint, by its id, with the numbers of yardstick and table."""
        figures: dict[str, list[tuple[int, int, Figure]]] = {}
        for rank, gauge in enumerate(self.gauges):
            for number, table in enumerate(gauge.tables):
                for id, figure in table.items():
                    figures.setdefault(id, []).append((rank, number, figure))
        return figures

    def compare(self, checkpoints: Iterable[Checkpoint]) -> Compared:
        """Return the evidence between pairs of checkpoints, and which pairs tie.

        A form that loses much is compared only on the first yardstick that measured both.
        """
        every = tuple(checkpoints)
        families = {checkpoint.id: checkpoint.family for checkpoint in every}
        coarse = {checkpoint.id for checkpoint in every if checkpoint.loses_much}
        ids = tuple(families)
        edges: dict[tuple[str, str], Told] = {}
        tied: set[tuple[str, str]] = set()
        settled: set[tuple[str, str]] = set()
        for rank, gauge in enumerate(self.gauges):
            since = rank - gauge.joined if gauge.rest else 0
            able = [id for id in ids if self.first_measured(id) >= since]
            for pair in self._compared(gauge, rank, able, settled, edges):
                tied.add(pair)
                if self.ends_at_tie or not coarse.isdisjoint(pair):
                    settled.add(pair)
        whole = map(self._rulebase.forms_of, dict.fromkeys(families.values()))
        for name, before, behind in related({form.id: form for some in whole for form in some}):
            ways = {(before, behind), (behind, before)}
            tie = self.ends_at_tie and not ways.isdisjoint(tied) and name != ROUNDED
            untold = before in families and behind in families and edges.keys().isdisjoint(ways)
            if untold and not tie:
                edges[before, behind] = RELATIONS.index(name) + 2, 0, 0.0, before, behind, 0
        forms = {id for id in ids if is_form(id)}
        ordered = sorted(edges.values())
        ordered.sort(key=lambda edge: edge[3] in forms or edge[4] in forms)
        return Compared(ordered, frozenset(tied - edges.keys()), self)

    def _compared(
        self,
        gauge: Gauge,
        rank: int,
        ids: Sequence[str],
        settled: set[tuple[str, str]],
        edges: dict[tuple[str, str], Told],
    ) -> list[tuple[str, str]]:
        """Compare each pair not yet settled in the first table of a yardstick that has both.

        Adds to `settled` and `edges`; returns the pairs that tie. A maker's figures of its own
        model against another maker's do not settle a pair.
        """
        times = gauge.apart
        makers = {place: maker for place, (_, maker) in self._order["protocols"].items()}
        ties: list[tuple[str, str]] = []
        seen: set[tuple[str, str]] = set()
        for number, table in enumerate(gauge.tables):
            inside = [(id, table[id]) for id in ids if id in table]
            for (id, figure), (other, against) in combinations(inside, 2):
                pair = id, other
                if pair in settled or pair in seen:
                    continue
                seen.add(pair)
                apart = times(figure, against)
                if not apart:
                    ties.append(pair)
                    continue
                before, behind = pair if apart > 0 else (other, id)
                maker = makers[figure[2]] if figure[2] == against[2] else None
                kind = int(_owner(before) == maker != _owner(behind)) if maker else 0
                if not kind:
                    settled.add(pair)
                if not kind or pair not in edges:
                    edges[pair] = kind, rank, -round(abs(apart), 6), before, behind, number
        return ties

    def lead(self, id: str, other: str) -> Precedence | None:
        """Return the first benchmark where all figures of one are better than all of another."""
        for gauge in self.gauges:
            own, others = ([t[each] for t in gauge.tables if each in t] for each in (id, other))
            if own and others and all(gauge.apart(*pair) > 0 for pair in product(own, others)):
                return Precedence(FIGURE, gauge.name, own[0][0], other, others[0][0], None)
        return None

    def precedence(self, edge: Told) -> Precedence:
        """Return the evidence on a pair with its figures and their source."""
        kind, rank, _, before, behind, number = edge
        if kind > 1:
            return Precedence("relation", RELATIONS[kind - 2], None, behind, None, None)
        gauge = self.gauges[rank]
        table = gauge.tables[number]
        value, _, place = table[before]
        source = self._order["protocols"][place][0]
        against = table[behind][0]
        own = place == HERE
        return Precedence(FIGURE, gauge.name, value, behind, against, source, own=own)


class Locked(NamedTuple):
    """A strict partial order of checkpoints, by evidence without cycles.

    `behind` has the ids that rank below each, `told` the evidence by pair, `dropped` what would
    have closed a cycle, `ties` the ids that a yardstick compared with each and nothing told apart.
    """

    behind: Mapping[str, frozenset[str]]
    told: Mapping[tuple[str, str], Told]
    dropped: tuple[Told, ...]
    ties: Mapping[str, Collection[str]]
    by: Precedences

    def precedence(self, before: str, behind: str) -> Precedence | None:
        """Return why one ranks above another, directly or through one other; else None."""
        if behind not in self.behind.get(before, ()):
            return None
        if precedence := self.direct(before, behind):
            return precedence
        between = [
            (max(self.told[before, middle], self.told[middle, behind]), middle)
            for middle in self.behind[before]
            if (before, middle) in self.told and (middle, behind) in self.told
        ]
        if not between:
            return None
        through = min(between)[1]
        return self.by.precedence(self.told[through, behind])._replace(through=through)

    def first_before(self, ids: Sequence[str]) -> dict[str, str]:
        """Return for each id the first of `ids` that evidence ranks directly above it, if any."""
        place = {id: number for number, id in enumerate(ids)}
        first: dict[str, str] = {}
        for before, behind in self.told:
            if before in place and (behind not in first or place[before] < place[first[behind]]):
                first[behind] = before
        return first

    def direct(self, before: str, behind: str) -> Precedence | None:
        """Return the evidence that directly ranks one above another; None without any."""
        edge = self.told.get((before, behind))
        return self.by.precedence(edge) if edge else None

    def places(self, listed: Iterable[str]) -> list[int]:
        """Return the places (from 1) of ranked ids; ids that nothing tells apart share one.

        A new place begins at an id that ranks below one in the place before.
        """
        places: list[int] = []
        together: list[str] = []
        for number, id in enumerate(listed, start=1):
            if any(id in self.behind[other] for other in together):
                together = []
            together.append(id)
            places.append(number - len(together) + 1)
        return places


def _means(columns: Sequence[Sequence[Iterable[Any]]]) -> Sequence[Iterable[Any]]:
    """Return the tables of a yardstick for several languages together, from those of each.

    The result of a checkpoint is the mean of its results in all of them, by one protocol.
    """
    first, *others = columns
    if not others:
        return first
    rows = [{(place, by): row for table in each for place, by, row in table} for each in others]
    tables = []
    for table in first:
        means = []
        for place, metric, values in table:
            same = [values, *(row.get((place, metric), {}) for row in rows)]
            ids = [id for id in values if all(id in each for each in same)]
            mean = {id: round(sum(each[id] for each in same) / len(same), 4) for id in ids}
            means.append((place, metric, mean))
        tables.append(means)
    return tables


def related(checkpoints: Mapping[str, Checkpoint]) -> Iterator[tuple[str, str, str]]:
    """Yield (relation, above, below) for each larger of a series, successor and wider form.

    Of the forms of one checkpoint the wider has more bits.
    """
    wider = ""
    for id, checkpoint in checkpoints.items():
        if checkpoint.is_rounded:
            yield ROUNDED, wider, id
        wider = id
        for name, field in ((LARGER, "larger_than"), (SUCCESSOR, "succeeds")):
            behind = getattr(checkpoint, field)
            while behind:  # from one to the next
                yield name, id, behind
                behind = getattr(checkpoints.get(behind), field, None)


def _owner(checkpoint: str) -> str:
    return checkpoint.partition("/")[0]

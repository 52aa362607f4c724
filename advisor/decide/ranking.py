"""Which checkpoint beats which: on the task's own benchmarks, in memory and in openness.

One checkpoint dominates another where it is at least as good on each of the three axes and better
on one. Nothing is guessed: two are comparable in quality only where the first was measured on
every benchmark of the task that the second was measured on, and a value that nobody verified
neither beats nor is beaten. So dominance is a strict partial order, and the front is never empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from advisor.model import Benchmark, Checkpoint
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.selection import Pick, Selection

AXES = ("quality", "memory", "openness")
FREEDOM = {"permitted": 0, "restricted": 1, "not-permitted": 2}
GATING = {False: 0, None: 1, True: 2}
"""Gated is known to be less open than not gated; unknown is no better than either."""
NOTABLY_SMALLER = 0.8
"""A checkpoint is worth naming as smaller where it takes at most this share of the memory."""


class Objectives(NamedTuple):
    """One checkpoint on the three axes of a task.

    `figures` are its measurements by benchmark, turned so that more is better; `freedom` counts up
    from the freest licence. None where nobody verified it.
    """

    figures: dict[str, float]
    memory_gb: float | None
    freedom: int | None
    gated: bool | None


class Precedence(NamedTuple):
    """Why one checkpoint stands before the `next` one of another series.

    `by` a figure on a `yardstick`, its `value` against the `next_value` of the other, or by a
    relation between the two, which `yardstick` names then: larger or successor.
    """

    by: str
    yardstick: str
    value: float | None
    next: str
    next_value: float | None
    source: str


Figures = tuple[tuple[Benchmark, float], ...]


class Beaten(NamedTuple):
    """By which checkpoint one is dominated, and the axes on which that one is better."""

    by: str
    on: tuple[str, ...]


class Yardstick:
    """Measures checkpoints for one `task`. `benchmarks` are the task's own, the most telling first.

    A published figure counts where its words are those of a benchmark; the split stands in them.
    With `languages` only benchmarks in one of them count, or in none at all.
    """

    def __init__(
        self, rulebase: RuleBase, task: str | None, languages: Collection[str] | None = None
    ) -> None:
        self.task = task
        self.benchmarks: dict[tuple[str, str], Benchmark] = {
            (one.benchmark, one.metric): one
            for one in rulebase.benchmarks
            if task in one.tasks
            and (
                languages is None
                or one.languages is None
                or not set(one.languages).isdisjoint(languages)
            )
        }

    def figures(self, checkpoint: Checkpoint) -> Figures:
        """Return the figures of a checkpoint as they were published, the most telling first."""
        measured = {(m.benchmark, m.metric): m.value for m in reversed(checkpoint.measurements)}
        return tuple(
            (benchmark, measured[words])
            for words, benchmark in self.benchmarks.items()
            if words in measured
        )

    def objectives(
        self, checkpoint: Checkpoint, memory_gb: float | None, published: Figures | None = None
    ) -> Objectives:
        """Return where a checkpoint stands on the axes of the task, by its published figures."""
        figures = {
            benchmark.id: value if benchmark.better == "higher" else -value
            for benchmark, value in published or self.figures(checkpoint)
        }
        freedom = FREEDOM.get(checkpoint.commercial_use or "")
        return Objectives(figures, memory_gb, freedom, checkpoint.gated)

    def key(self, objectives: Objectives) -> list[tuple[bool, float]]:
        """Return what sorts by quality: benchmark after benchmark, the best first."""
        figures = objectives.figures
        ids = [benchmark.id for benchmark in self.benchmarks.values()]
        return [(id not in figures, -figures.get(id, 0.0)) for id in ids]


def better_on(one: Objectives, other: Objectives) -> tuple[str, ...]:
    """Return the axes on which the first beats the second; empty where it does not dominate it."""
    if not other.figures or one.memory_gb is None or other.memory_gb is None:
        return ()
    if one.freedom is None or other.freedom is None:
        return ()
    gains = [one.figures.get(id, -inf) - value for id, value in other.figures.items()]
    dearer = one.memory_gb > other.memory_gb or one.freedom > other.freedom
    if dearer or GATING[one.gated] > GATING[other.gated] or min(gains) < 0:
        return ()
    freer = one.freedom < other.freedom or (one.gated is False and other.gated is True)
    better = (max(gains) > 0, one.memory_gb < other.memory_gb, freer)
    return tuple(axis for axis, is_better in zip(AXES, better, strict=True) if is_better)


def beaten(candidates: Sequence[tuple[str, Objectives]]) -> dict[str, tuple[Beaten, ...]]:
    """Return for each dominated checkpoint all that dominate it, in the order given."""
    losses = {
        id: tuple(Beaten(by, on) for by, one in candidates if (on := better_on(one, other)))
        for id, other in candidates
        if other.figures  # without a figure nothing is known to be better
    }
    return {id: over for id, over in losses.items() if over}


def depths(losses: dict[str, tuple[Beaten, ...]]) -> dict[str, int]:
    """Return how deep below the front each dominated checkpoint lies: 1 is right behind it."""
    known: dict[str, int] = {}

    def depth(id: str) -> int:
        if id in losses and id not in known:
            known[id] = 1 + max(depth(loss.by) for loss in losses[id])
        return known.get(id, 0)

    return {id: depth(id) for id in losses}


class Alternative(NamedTuple):
    """Another checkpoint, and the wish that leads to it.

    `wish` is better, smaller, freer, as-is or other; `text` says by how much, with the figures.
    """

    wish: str
    checkpoint: str
    text: str


def alternatives(pick: Pick, selection: Selection) -> tuple[Alternative, ...]:
    """Return what to try next where a pick disappoints, at most one checkpoint a wish.

    Picks on the front come before others, each in the order of the selection. Empty only where
    there is nothing else.
    """
    ranked = sorted(selection.picks, key=lambda one: not one.on_front)
    found: dict[str, Alternative] = {}
    for one in _improving(pick, [other for other in ranked if other is not pick]):
        found.setdefault(one.wish, one)
    rest = (one for one in _any_other(pick, selection) if one.checkpoint != pick.checkpoint.id)
    return tuple(found.values()) or tuple(rest)[:1]


def _improving(pick: Pick, others: Sequence[Pick]) -> Iterator[Alternative]:
    """Those that are better at something, wish by wish; the most telling benchmark first."""
    same_use = [other for other in others if other.use == pick.use]
    for other in others:
        if pick.use != "as-is" and other.use == "as-is":
            yield Alternative("as-is", other.checkpoint.id, "works as it is, without training")
    for benchmark, _ in pick.figures:
        own = pick.objectives.figures[benchmark.id]
        for other in same_use:
            figure = other.objectives.figures.get(benchmark.id, -inf)
            if figure > own:
                figures = f"{abs(figure):g} against {abs(own):g}"
                text = f"{benchmark.benchmark} {benchmark.metric} {figures}"
                yield Alternative("better", other.checkpoint.id, text)
    limit = (pick.memory_gb or 0.0) * NOTABLY_SMALLER
    for other in same_use:
        if other.memory_gb is not None and other.memory_gb <= limit:
            text = f"{other.memory_gb:g} GB against {pick.memory_gb:g} GB"
            yield Alternative("smaller", other.checkpoint.id, text)
    for other in others:
        if text := _freer(pick, other):
            yield Alternative("freer", other.checkpoint.id, text)


def _freer(pick: Pick, other: Pick) -> str:
    """Return in what the other is freer; empty where it is not."""
    freedom, theirs = pick.objectives.freedom, other.objectives.freedom
    if theirs is None or theirs == max(FREEDOM.values()):
        return ""
    licence = other.checkpoint.licence or "licence not stated"
    if freedom is None or theirs < freedom:
        use = (other.checkpoint.commercial_use or "").replace("-", " ")
        now = (pick.checkpoint.commercial_use or "not verified").replace("-", " ")
        return f"commercial use {use} ({licence}), here {now}"
    opener = pick.checkpoint.gated and other.checkpoint.gated is False and theirs <= freedom
    return f"not gated ({licence})" if opener else ""


def _any_other(pick: Pick, selection: Selection) -> Iterator[Alternative]:
    """Where no other is known to be better at anything: the next in the order."""
    picks = selection.picks
    after = picks.index(pick) + 1 if pick in picks else 0
    following = "the next in this order; neither is known to be better"
    for other in (*picks[after:], *picks[:after]):
        yield Alternative("other", other.checkpoint.id, following)
    for other in selection.unverified:
        doubts = "; ".join(gap.text for gap in other.unknown)
        yield Alternative("other", other.checkpoint.id, f"if you can settle that {doubts}")
    for one in selection.rejected:
        text = f"if you can do without: {'; '.join(one.texts)}"
        yield Alternative("other", one.checkpoint.id, text)

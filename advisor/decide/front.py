"""Which checkpoints are not beaten: on the task's own benchmarks, in memory and in openness.

One checkpoint dominates another where it is at least as good on each of the three axes and better
on one. Nothing is guessed: two are comparable in quality only where the first was measured on
every benchmark of the task that the second was measured on, and a value that nobody verified
neither beats nor is beaten. So dominance is a strict partial order, and the front is never empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from advisor.model import Benchmark, Checkpoint
from advisor.rulebase.base import RuleBase

AXES = ("quality", "memory", "openness")
FREEDOM = {"permitted": 0, "restricted": 1, "not-permitted": 2}
GATING = {False: 0, None: 1, True: 2}
"""Gated is known to be less open than not gated; unknown is no better than either."""


class Standing(NamedTuple):
    """One checkpoint on the three axes of a task.

    `figures` are its measurements by benchmark, turned so that more is better; `freedom` counts up
    from the freest licence. None where nobody verified it.
    """

    figures: dict[str, float]
    memory_gb: float | None
    freedom: int | None
    gated: bool | None


class Beaten(NamedTuple):
    """By which checkpoint one is dominated, and the axes on which that one is better."""

    by: str
    on: tuple[str, ...]


class Yardstick:
    """Measures checkpoints for one task. `benchmarks` are the task's own, the most telling first.

    A published figure counts where its words are those of a benchmark; the split stands in them.
    With `languages` only benchmarks in one of them count, or in none at all.
    """

    def __init__(
        self, rulebase: RuleBase, task: str | None, languages: Collection[str] | None = None
    ) -> None:
        self.benchmarks: tuple[Benchmark, ...] = tuple(
            benchmark
            for benchmark in rulebase.benchmarks
            if task in benchmark.tasks and _speaks(benchmark, languages)
        )
        self._by_words = {(b.benchmark, b.metric): b for b in self.benchmarks}

    def standing(self, checkpoint: Checkpoint, memory_gb: float | None) -> Standing:
        """Return where a checkpoint stands."""
        figures: dict[str, float] = {}
        for measured in checkpoint.measurements:
            benchmark = self._by_words.get((measured.benchmark, measured.metric))
            if benchmark is not None and benchmark.id not in figures:
                sign = 1 if benchmark.better == "higher" else -1
                figures[benchmark.id] = sign * measured.value
        freedom = FREEDOM.get(checkpoint.commercial_use or "")
        return Standing(figures, memory_gb, freedom, checkpoint.gated)

    def figures(self, standing: Standing) -> list[tuple[Benchmark, float]]:
        """Return the published figures of a standing as they were published."""
        return [
            (b, standing.figures[b.id] * (1 if b.better == "higher" else -1))
            for b in self.benchmarks
            if b.id in standing.figures
        ]


def _speaks(benchmark: Benchmark, languages: Collection[str] | None) -> bool:
    if languages is None or benchmark.languages is None:
        return True
    return not set(benchmark.languages).isdisjoint(languages)


def better_on(one: Standing, other: Standing) -> tuple[str, ...]:
    """Return the axes on which the first beats the second; empty where it does not dominate it."""
    if not other.figures or one.memory_gb is None or other.memory_gb is None:
        return ()
    if one.freedom is None or other.freedom is None:
        return ()
    if one.memory_gb > other.memory_gb or one.freedom > other.freedom:
        return ()
    if GATING[one.gated] > GATING[other.gated]:
        return ()
    quality = False
    for benchmark, value in other.figures.items():
        own = one.figures.get(benchmark)
        if own is None or own < value:
            return ()
        quality = quality or own > value
    freer = one.freedom < other.freedom or (one.gated is False and other.gated is True)
    found = (quality, one.memory_gb < other.memory_gb, freer)
    return tuple(axis for axis, better in zip(AXES, found, strict=True) if better)


def beaten(standings: Sequence[tuple[str, Standing]]) -> dict[str, tuple[Beaten, ...]]:
    """Return for each dominated checkpoint all that dominate it, in the order given."""
    known = [
        (id, one)
        for id, one in standings
        if one.figures and one.memory_gb is not None and one.freedom is not None
    ]
    result: dict[str, tuple[Beaten, ...]] = {}
    for id, other in known:
        over = tuple(Beaten(by, on) for by, one in known if (on := better_on(one, other)))
        if over:
            result[id] = over
    return result


def depths(losses: dict[str, tuple[Beaten, ...]]) -> dict[str, int]:
    """Return how deep below the front each dominated checkpoint lies: 1 is right behind it."""
    found: dict[str, int] = {}

    def depth(id: str) -> int:
        if id not in losses:
            return 0
        if id not in found:
            found[id] = 1 + max(depth(loss.by) for loss in losses[id])
        return found[id]

    return {id: depth(id) for id in losses}

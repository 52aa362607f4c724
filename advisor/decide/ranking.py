"""Which checkpoint beats which: on the task's own benchmarks, in memory and in openness.

One checkpoint dominates another where it is at least as good on each of the three axes and better
on one. Nothing is guessed: two are comparable in quality only where the first was measured on
every benchmark of the task that the second was measured on, and a value that nobody verified
neither beats nor is beaten. So dominance is a strict partial order, and the front is never empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    def objectives(self, checkpoint: Checkpoint, memory_gb: float | None) -> Objectives:
        """Return where a checkpoint stands on the axes of the task."""
        figures: dict[str, float] = {}
        for measured in checkpoint.measurements:
            benchmark = self._by_words.get((measured.benchmark, measured.metric))
            if benchmark is not None and benchmark.id not in figures:
                sign = 1 if benchmark.better == "higher" else -1
                figures[benchmark.id] = sign * measured.value
        freedom = FREEDOM.get(checkpoint.commercial_use or "")
        return Objectives(figures, memory_gb, freedom, checkpoint.gated)

    def figures(self, objectives: Objectives) -> tuple[tuple[Benchmark, float], ...]:
        """Return the figures of a checkpoint as they were published."""
        return tuple(
            (b, objectives.figures[b.id] * (1 if b.better == "higher" else -1))
            for b in self.benchmarks
            if b.id in objectives.figures
        )


def _speaks(benchmark: Benchmark, languages: Collection[str] | None) -> bool:
    if languages is None or benchmark.languages is None:
        return True
    return not set(benchmark.languages).isdisjoint(languages)


def better_on(one: Objectives, other: Objectives) -> tuple[str, ...]:
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
    better = (quality, one.memory_gb < other.memory_gb, freer)
    return tuple(axis for axis, is_better in zip(AXES, better, strict=True) if is_better)


def beaten(candidates: Sequence[tuple[str, Objectives]]) -> dict[str, tuple[Beaten, ...]]:
    """Return for each dominated checkpoint all that dominate it, in the order given."""
    known = [
        (id, one)
        for id, one in candidates
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
    known: dict[str, int] = {}

    def depth(id: str) -> int:
        if id not in losses:
            return 0
        if id not in known:
            known[id] = 1 + max(depth(loss.by) for loss in losses[id])
        return known[id]

    return {id: depth(id) for id in losses}


class Alternative(NamedTuple):
    """Another checkpoint, and the wish that leads to it.

    `wish` is better, smaller, freer, as-is or other; `text` says by how much, with the figures.
    """

    wish: str
    checkpoint: str
    text: str


def alternatives(pick: Pick, selection: Selection, yardstick: Yardstick) -> tuple[Alternative, ...]:
    """Return what to try next where a pick disappoints, at most one checkpoint a wish.

    Picks on the front come before others, each in the order of the selection. Empty only where
    there is nothing else.
    """
    ranked = sorted(selection.picks, key=lambda one: not one.on_front)
    others = [other for other in ranked if other is not pick]
    same_use = [other for other in others if other.use == pick.use]
    wishes = (
        _ready(pick, others),
        _better(pick, same_use, yardstick),
        _smaller(pick, same_use),
        _freer(pick, others),
    )
    return tuple(one for one in wishes if one is not None) or _any_other(pick, selection)


def _ready(pick: Pick, others: Sequence[Pick]) -> Alternative | None:
    if pick.use == "as-is":
        return None
    for other in others:
        if other.use == "as-is":
            return Alternative("as-is", other.checkpoint.id, "works as it is, without training")
    return None


def _better(pick: Pick, others: Sequence[Pick], yardstick: Yardstick) -> Alternative | None:
    """The first that was measured better, on the most telling benchmark."""
    own = pick.objectives.figures
    for benchmark in yardstick.benchmarks:
        for other in others if benchmark.id in own else ():
            figure = other.objectives.figures.get(benchmark.id)
            if figure is not None and figure > own[benchmark.id]:
                figures = f"{abs(figure):g} against {abs(own[benchmark.id]):g}"
                text = f"{benchmark.benchmark} {benchmark.metric} {figures}"
                return Alternative("better", other.checkpoint.id, text)
    return None


def _smaller(pick: Pick, others: Sequence[Pick]) -> Alternative | None:
    if pick.memory_gb is None:
        return None
    limit = pick.memory_gb * NOTABLY_SMALLER
    for other in others:
        if other.memory_gb is not None and other.memory_gb <= limit:
            text = f"{other.memory_gb:g} GB against {pick.memory_gb:g} GB"
            return Alternative("smaller", other.checkpoint.id, text)
    return None


def _freer(pick: Pick, others: Sequence[Pick]) -> Alternative | None:
    freedom = pick.objectives.freedom
    for other in others:
        theirs = other.objectives.freedom
        if theirs is None or theirs == max(FREEDOM.values()):
            continue
        licence = other.checkpoint.licence or "licence not stated"
        if freedom is None or theirs < freedom:
            use = (other.checkpoint.commercial_use or "").replace("-", " ")
            now = (pick.checkpoint.commercial_use or "not verified").replace("-", " ")
            text = f"commercial use {use} ({licence}), here {now}"
            return Alternative("freer", other.checkpoint.id, text)
        if pick.checkpoint.gated and other.checkpoint.gated is False and theirs <= freedom:
            return Alternative("freer", other.checkpoint.id, f"not gated ({licence})")
    return None


def _any_other(pick: Pick, selection: Selection) -> tuple[Alternative, ...]:
    """Where no other is known to be better at anything: the next in the order."""
    own = pick.checkpoint.id
    ids = [other.checkpoint.id for other in selection.picks]
    after = ids.index(own) + 1 if own in ids else 0
    for id in (*ids[after:], *ids[:after]):
        if id != own:
            text = "the next in this order; neither is known to be better"
            return (Alternative("other", id, text),)
    for other in selection.unverified:
        if other.checkpoint.id != own:
            text = f"if you can settle that {'; '.join(gap.text for gap in other.unknown)}"
            return (Alternative("other", other.checkpoint.id, text),)
    for rejected in selection.rejected:
        text = f"if you can do without: {'; '.join(rejected.texts)}"
        return (Alternative("other", rejected.checkpoint.id, text),)
    return ()

"""Which candidate to take on these images, and why: one metric after the other, ties by certainty.

On the first metric all stay that nothing reliable sets behind the best; on the next those of them,
and so on. Nothing that is timed decides unless it is asked for, so that a verdict is the same
wherever the same was answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.evaluate.certainty import Comparison
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind, metric_kind
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.phrasing import count, joined
from advisor.rulebase.base import RuleBase
from advisor.trial.candidate import Candidate

RECOMMENDED, TIE, GUESSING_WINS, NOBODY = "recommended", "tie", "guessing", "none"
SIZE, SPEED, MEMORY = "size", "speed", "memory"
COSTS = {
    SIZE: "parameters",
    SPEED: "images a second",
    MEMORY: "peak memory",
}
"""What else may be in a priority: two of the three are timed here, the first is known."""
ROUNDING = 1e-9
"""So little apart, two figures are one."""
NEARLY = 0.1
"""Costs that differ by less are the same."""
UNKNOWN = float("inf")


class Verdict(NamedTuple):
    """The recommendation for these images.

    `outcome` is `recommended`, `tie` (more than one would do: `tied`, of which `recommended` is
    the smallest, or, where not all sizes are known, the best so far), `guessing` (nobody is
    reliably better than guessing) or `none` (no candidate ran to its end, or no image could be
    read). `decided_by` is the metric, or the cost, on which the last others fell behind; empty
    where nobody did. `because` and `warnings` are sentences.
    """

    outcome: str
    recommended: str | None
    checkpoint: str | None
    family: str | None
    tied: tuple[str, ...]
    decided_by: str
    because: tuple[str, ...]
    warnings: tuple[str, ...]
    priority: tuple[str, ...]


def priorities(words: Sequence[str], scores: Scores) -> tuple[str, ...]:
    """Return the ids of what is compared, in order: as asked, else the metric that decides.

    Raises UsageError for a word that is no metric of these candidates and no cost.
    """
    here = {kind.id: kind for kind in scores.metrics}
    ids = [
        word.lower() if word.lower() in COSTS else metric_kind(word, here or METRIC_KINDS, COSTS).id
        for word in words
    ]
    return tuple(dict.fromkeys(ids)) or tuple(here)[:1]


def refuse_what_cannot_decide(words: Sequence[str]) -> None:
    """Raise, before anything runs, for a word of a priority that is no metric and no cost."""
    for word in words:
        if word.lower() not in COSTS:
            metric_kind(word, others=COSTS)


def verdict(scores: Scores, rulebase: RuleBase, priority: Sequence[str] = ()) -> Verdict:
    """Return which candidate to take, by the metrics and costs of a priority in their order."""
    order = priorities(priority, scores)
    if not scores.candidates:
        why = tuple(f"`{each.name}` did not finish: {each.failed}" for each in scores.failed)
        why = why if scores.items else (*why, "none of the images could be read")
        return Verdict(NOBODY, None, None, None, (), "", why, (), order)
    return _Decision(scores, rulebase, order).verdict()


def checkpoint_of(candidate: Candidate) -> str:
    """Return the checkpoint that is to be taken; a baseline is none, and goes by its name."""
    return candidate.name if candidate.baseline else candidate.checkpoint


def p_written(p: float) -> str:
    """Return a p as people read it."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


class _Decision:
    """Scores on the way to a verdict, by an order of metrics and costs.

    `sizes` are the millions of parameters of candidates by name: by headers, else by catalogue.
    """

    def __init__(self, scores: Scores, rulebase: RuleBase, order: tuple[str, ...]) -> None:
        self.scores, self.order, self.sizes = scores, order, dict[str, float]()
        self.on = count(scores.images, "image")
        for each in scores.candidates:
            entry = rulebase.checkpoints.get(each.candidate.checkpoint)
            size = each.candidate.parameters_millions or (entry and entry.parameters_millions)
            if size:
                self.sizes[each.name] = size
        metrics = [METRIC_KINDS[id] for id in order if id in METRIC_KINDS]
        self.metric = metrics[0] if metrics else scores.metrics[0]
        self.last = metrics[-1] if metrics else None
        guessed = scores.guessing.metrics if scores.guessing else {}
        self.guessed = [id for id in order if id in guessed] or list(guessed)[:1]

    def verdict(self) -> Verdict:
        """Return who is left in the end, and why."""
        warnings = self.warnings()
        if worse := self.no_better_than_guessing():
            return Verdict(GUESSING_WINS, None, None, None, (), "", (worse,), warnings, self.order)
        left, because, decided = self.narrowed()
        sized = all(each.name in self.sizes for each in left)
        first = min(left, key=lambda each: self.sizes[each.name]) if sized else self.best(left)
        result = first.metrics[self.metric.id]
        low, high = map(self.metric.written, result.interval)
        reached = (
            f"{self.metric.name} {self.metric.written(result.value)} (95 % CI: {low} to {high})"
            f" on {self.on} of `{self.scores.data.name}`"
        )
        tied = tuple(each.name for each in left) if len(left) > 1 else ()
        return Verdict(
            outcome=TIE if tied else RECOMMENDED,
            recommended=first.name,
            checkpoint=checkpoint_of(first.candidate),
            family=first.candidate.family,
            tied=tied,
            decided_by=decided,
            because=(reached, *because, *(self.of_a_tie(left, first, sized) if tied else ())),
            warnings=warnings,
            priority=self.order,
        )

    def best(
        self, left: Sequence[CandidateScores], kind: MetricKind | None = None
    ) -> CandidateScores:
        """Return the one with the best value, of the metric that was compared first unless told."""
        kind = kind or self.metric
        return max(left, key=lambda each: kind.gain(each.metrics[kind.id].value))

    def narrowed(self) -> tuple[list[CandidateScores], list[str], str]:
        """Return who is left after each criterion, how each narrowed, and the last that did.

        Whoever is worse than guessing is left by none of them.
        """
        worse = {name for name, *_ in self.worse_than_guessing(self.guessed[:1])}
        left = [each for each in self.scores.candidates if each.name not in worse]
        sentences: list[str] = []
        decided = ""
        for id in self.order:
            if len(left) == 1:
                break
            stay, words = self.by_cost(left, id) if id in COSTS else self.by_metric(left, id)
            if len(stay) < len(left):
                decided = id
                sentences += words
            left = stay
        return left, sentences, decided

    def by_metric(
        self, left: Sequence[CandidateScores], id: str
    ) -> tuple[list[CandidateScores], list[str]]:
        """Return those that nothing reliable sets behind the best, and a sentence on each other."""
        kind = METRIC_KINDS[id]
        best = self.best(left, kind)
        stay, sentences = [], []
        for each in left:
            compared = self.scores.compared(id, best.name, each.name)
            if compared is None or not compared.reliable or kind.gain(compared.difference) <= 0:
                stay.append(each)
                continue
            low, high = sorted(map(kind.gain, compared.interval))
            sentences.append(
                f"`{each.name}` is {kind.written(kind.gain(compared.difference))} behind "
                f"`{best.name}` in {kind.name} (95 % CI: {kind.written(low)} to "
                f"{kind.written(high)}, p {p_written(compared.adjusted)})"
            )
        return stay, sentences

    def by_cost(
        self, left: Sequence[CandidateScores], id: str
    ) -> tuple[list[CandidateScores], list[str]]:
        """Return those that cost next to the least, and a sentence; unknown costs lead nobody."""

        def cost(each: CandidateScores) -> float:
            speed = each.timing.images_per_second
            costs = (self.sizes.get(each.name), speed and 1 / speed, each.timing.peak_mb)
            return costs[tuple(COSTS).index(id)] or UNKNOWN

        least = min(map(cost, left))
        if least == UNKNOWN:
            return list(left), []
        stay = [each for each in left if cost(each) <= least * (1 + NEARLY)]
        names = joined([f"`{each.name}`" for each in left if each not in stay] or [""])
        return stay, [f"{names}: more than 10 % worse in {COSTS[id]}"]

    def of_a_tie(
        self, left: Sequence[CandidateScores], first: CandidateScores, sized: bool
    ) -> Iterator[str]:
        """Yield why several are left, how many images would settle it, and why one is named."""
        for other in left:
            compared = self.last and self.scores.compared(self.last.id, first.name, other.name)
            if self.last and compared:
                yield _undecided(self.last, compared)
        if sized:
            yield f"`{first.name}` is selected as the smallest of the tied candidates"
        elif len({each.metrics[self.metric.id].value for each in left}) > 1:
            best = f"the best {self.metric.name} so far"
            yield f"`{first.name}` is selected for {best}, because model sizes are unknown"

    def no_better_than_guessing(self) -> str:
        """Return that nobody is reliably better than guessing; empty where somebody is."""
        guessing = self.scores.guessing
        if guessing is None:
            return ""
        kind = METRIC_KINDS[self.guessed[0]]
        if any(
            each.reliable and kind.gain(each.difference) > 0
            for each in guessing.comparisons
            if each.metric == kind.id
        ):
            return ""
        return (
            f"no candidate is significantly better than the baseline: {guessing.words} has "
            f"{kind.name} {kind.written(guessing.metrics[kind.id])} on these {self.on}"
        )

    def worse_than_guessing(self, metrics: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each candidate below the guess, and that in words."""
        guessing = self.scores.guessing
        if guessing is None:
            return
        for id in metrics:
            kind, guessed = METRIC_KINDS[id], guessing.metrics[id]
            for each in self.scores.candidates:
                if id in each.metrics and kind.gain(each.metrics[id].value - guessed) < -ROUNDING:
                    value = f"{kind.name} {kind.written(each.metrics[id].value)}"
                    guess = f"{guessing.words} has {kind.written(guessed)}"
                    words = f"its {value} is below the baseline, {guess}"
                    yield each.name, f"`{each.name}` is worse than the baseline: {words}"

    def warnings(self) -> tuple[str, ...]:
        """Return what has to be known of each candidate: worse than guessing, nothing given."""
        scores = self.scores
        warnings = [
            f"`{each.name}` did not finish and is not compared: {each.failed}"
            for each in scores.failed
        ]
        warnings += [words for _, words in self.worse_than_guessing(self.guessed)]
        warnings += [
            f"`{each.name}`: {_ties(scores, each)}" for each in scores.candidates if each.ties
        ]
        for each in scores.candidates:
            if each.failed:
                in_words = each.candidate.scored_by == IN_WORDS
                what = "returned no known label" if in_words else "returned no answer"
                times = count(len(each.failed), "time")
                warnings.append(f"`{each.name}` {what} {times}. Each output counts as wrong")
        if scores.doubled:
            first, second = scores.doubled[0]
            verb = "is" if len(scores.doubled) == 1 else "are each"
            warnings.append(
                f"{count(len(scores.doubled), 'image')} {verb} a duplicate with another label, "
                f"such as `{first}` and `{second}`"
            )
        if scores.left_out:
            verb = "counts" if len(scores.left_out) == 1 else "count"
            left = count(len(scores.left_out), "image")
            warnings.append(f"{left} could not be read and {verb} for no candidate")
        return tuple(warnings)


def _undecided(kind: MetricKind, compared: Comparison) -> str:
    """Return that two are not told apart, and how many images would do it."""
    pair = f"`{compared.first}` and `{compared.second}`"
    on = count(compared.images, "image")
    if compared.difference == 0 and compared.interval == (0, 0):
        return f"{pair} have the same {kind.name} on {on}"
    begin = f"{pair} do not differ significantly in {kind.name} on {on}"
    if compared.settled_by is None or compared.settled_by <= compared.images:
        return f"{begin}. A difference of {kind.written(compared.smallest)} would be detected."
    return f"{begin}. Detecting a difference takes about {compared.settled_by:,}"


def _ties(scores: Scores, each: CandidateScores) -> str:
    """Return what a candidate does not tell apart; it earns there what chance would."""
    ranks, picked = each.measured.ranks, each.measured.picked
    if ranks:
        return f"the correct image ties with other images for {each.ties:,} of {len(ranks):,} texts"
    most, labels = max(map(len, picked)), len(scores.data.classes)
    least = min(len(some) for some in picked if len(some) > 1)
    words = (
        f"{'' if most == least else f'{least} to '}{most} of {labels} labels tie in {each.ties:,}"
        f" of {count(len(picked), 'image')}"
    )
    all_of_all = least == labels and each.ties == len(picked)
    return f"{words}: this model does not distinguish the labels" if all_of_all else words

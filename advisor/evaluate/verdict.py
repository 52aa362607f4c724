"""Which candidate to take on these images, and why: one metric after the other, ties by certainty.

On the first metric all stay that nothing reliable sets behind the best; on the next those of them,
and so on. Nothing that is timed decides unless it is asked for, so that a verdict is the same
wherever the same was answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from advisor.errors import UsageError, unknown_name
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
    found = []
    for word in words:
        if word.lower() in COSTS:
            found.append(word.lower())
            continue
        if not here:
            continue
        try:
            found.append(metric_kind(word, here).id)
        except UsageError:
            known = [*here, *COSTS]
            listed = f"what can decide here: {', '.join(known)}"
            raise unknown_name("metric", word, known, listed) from None
    return tuple(dict.fromkeys(found)) or tuple(here)[:1]


def refuse_what_cannot_decide(words: Sequence[str]) -> None:
    """Raise, before anything runs, for a word of a priority that is no metric and no cost."""
    for word in words:
        if word.lower() not in COSTS:
            metric_kind(word)


def verdict(scores: Scores, rulebase: RuleBase, priority: Sequence[str] = ()) -> Verdict:
    """Return which candidate to take, by the metrics and costs of a priority in their order."""
    order = priorities(priority, scores)
    if not scores.candidates:
        why = tuple(f"`{one.name}` did not finish: {one.failed}" for one in scores.failed)
        why = why if scores.items else (*why, "no image could be read")
        return Verdict(NOBODY, None, None, None, (), "", why, (), order)
    sizes = _sizes(scores, rulebase)
    warnings = _warnings(scores, order)
    if worse := _no_better_than_guessing(scores, order):
        return Verdict(GUESSING_WINS, None, None, None, (), "", (worse,), warnings, order)
    left, because, decided = _narrowed(scores, order, sizes)
    first = _named(left, order, sizes)
    tied = tuple(one.name for one in left)
    outcome = TIE if len(left) > 1 else RECOMMENDED
    because = (_reached(scores, first, order), *because)
    if len(left) > 1:
        because = (*because, *_of_a_tie(scores, left, first, order, sizes))
    candidate = first.candidate
    return Verdict(
        outcome,
        first.name,
        checkpoint_of(candidate),
        candidate.family,
        tied if len(left) > 1 else (),
        decided,
        because,
        warnings,
        order,
    )


def checkpoint_of(candidate: Candidate) -> str:
    """Return the checkpoint that is to be taken; a baseline is none, and goes by its name."""
    return candidate.name if candidate.baseline else candidate.checkpoint


def _narrowed(
    scores: Scores, order: Sequence[str], sizes: Mapping[str, float]
) -> tuple[list[CandidateScores], tuple[str, ...], str]:
    """Return who is left after each criterion in turn, how each narrowed, and the last that did.

    Whoever is worse than guessing is left by none of them.
    """
    worse = {name for name, *_ in _worse_than_guessing(scores, _guessed(scores, order)[:1])}
    left = [candidate for candidate in scores.candidates if candidate.name not in worse]
    said: list[str] = []
    decided = ""
    for id in order:
        if len(left) == 1:
            break
        kept, words = _by_cost(left, id, sizes) if id in COSTS else _by_metric(scores, left, id)
        if len(kept) < len(left):
            decided = id
            said += words
        left = kept
    return left, tuple(said), decided


def _by_metric(
    scores: Scores, left: Sequence[CandidateScores], id: str
) -> tuple[list[CandidateScores], list[str]]:
    """Return those that nothing reliable sets behind the best, and a sentence on each other."""
    kind = METRIC_KINDS[id]
    best = max(left, key=lambda one: kind.gain(one.metrics[id].value))
    kept, said = [], []
    for one in left:
        found = scores.compared(id, best.name, one.name) if one is not best else None
        if found is not None and found[1].reliable and found[0] > 0:
            said.append(behind(kind, one.name, best.name, *found))
        else:
            kept.append(one)
    return kept, said


def behind(kind: MetricKind, name: str, best: str, ahead: float, found: Comparison) -> str:
    """Return in words how far one is behind another, and how sure that is."""
    low, high = found.interval
    if found.difference < 0:
        low, high = -high, -low
    return (
        f"`{name}` is {kind.written(abs(ahead))} behind `{best}` in {kind.name}"
        f" (95 %: {kind.written(low)} to {kind.written(high)}; p {p_written(found.adjusted)})"
    )


def p_written(p: float) -> str:
    """Return a p as people read it."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _by_cost(
    left: Sequence[CandidateScores], id: str, sizes: Mapping[str, float]
) -> tuple[list[CandidateScores], list[str]]:
    """Return those that cost next to the least, and a sentence; unknown costs lead nobody."""
    cost: Callable[[CandidateScores], float] = {
        SIZE: lambda one: sizes.get(one.name, UNKNOWN),
        SPEED: lambda one: (
            1 / one.timing.images_per_second if one.timing.images_per_second else UNKNOWN
        ),
        MEMORY: lambda one: one.timing.peak_mb or UNKNOWN,
    }[id]
    least = min(map(cost, left))
    if least == UNKNOWN:
        return list(left), []
    kept = [one for one in left if cost(one) <= least * (1 + NEARLY)]
    names = joined([f"`{one.name}`" for one in left if one not in kept] or [""])
    return kept, [f"{names}: more than a tenth behind in {COSTS[id]}"]


def _reached(scores: Scores, first: CandidateScores, order: Sequence[str]) -> str:
    """Return what a candidate reached on the first metric that was compared."""
    kind = _first_metric(order, first)
    result = first.metrics[kind.id]
    low, high = map(kind.written, result.interval)
    return (
        f"{kind.name} {kind.written(result.value)} (95 %: {low} to {high})"
        f" on {count(scores.images, 'image')} of `{scores.data.name}`"
    )


def _named(
    left: Sequence[CandidateScores], order: Sequence[str], sizes: Mapping[str, float]
) -> CandidateScores:
    """Return the smallest of those that are left; the best so far where a size is unknown."""
    if all(one.name in sizes for one in left):
        return min(left, key=lambda one: sizes[one.name])
    kind = _first_metric(order, left[0])
    return max(left, key=lambda one: kind.gain(one.metrics[kind.id].value))


def _first_metric(order: Sequence[str], one: CandidateScores) -> MetricKind:
    id = next((id for id in order if id in METRIC_KINDS), next(iter(one.metrics)))
    return METRIC_KINDS[id]


def _of_a_tie(
    scores: Scores,
    left: Sequence[CandidateScores],
    first: CandidateScores,
    order: Sequence[str],
    sizes: Mapping[str, float],
) -> list[str]:
    """Return why several are left, how many images would settle it, and why one is named."""
    id = next((id for id in reversed(order) if id in METRIC_KINDS), "")
    said = []
    for other in left:
        found = scores.compared(id, first.name, other.name) if other is not first and id else None
        if found is not None:
            said.append(undecided(METRIC_KINDS[id], first.name, other.name, found[1]))
    kind = _first_metric(order, first)
    if all(one.name in sizes for one in left):
        said.append(f"`{first.name}` is named as the smallest of them")
    elif any(one.metrics[kind.id].value != first.metrics[kind.id].value for one in left):
        said.append(f"`{first.name}` is named for the best {kind.name} so far; sizes are unknown")
    return said


def undecided(kind: MetricKind, first: str, second: str, found: Comparison) -> str:
    """Return that two are not told apart, and how many images would do it."""
    pair = f"`{first}` and `{second}`"
    if found.difference == 0 and found.interval == (0, 0):
        return f"{pair}: no difference at all in {kind.name} on {count(found.images, 'image')}"
    begin = (
        f"{pair}: no difference in {kind.name} you can rely on with {count(found.images, 'image')}"
    )
    if found.settled_by is None or found.settled_by <= found.images:
        return f"{begin}; they would tell {kind.written(found.smallest)} apart"
    return f"{begin}; about {found.settled_by:,} would settle it"


def _no_better_than_guessing(scores: Scores, order: Sequence[str]) -> str:
    """Return that nobody is reliably better than guessing; empty where somebody is."""
    if scores.guessing is None:
        return ""
    id = _guessed(scores, order)[0]
    kind = METRIC_KINDS[id]
    found = [comparison for comparison in scores.guessing.comparisons if comparison.metric == id]
    if any(comparison.reliable and kind.gain(comparison.difference) > 0 for comparison in found):
        return ""
    guessed = kind.written(scores.guessing.metrics[id])
    return (
        f"no candidate is reliably better than guessing: {scores.guessing.words} has"
        f" {kind.name} {guessed} on these {count(scores.images, 'image')}"
    )


def _warnings(scores: Scores, order: Sequence[str]) -> tuple[str, ...]:
    """Return what has to be known of each candidate: worse than guessing, nothing given."""
    said = [
        f"`{one.name}` did not finish and is not compared: {one.failed}" for one in scores.failed
    ]
    for name, value, kind, guessed in _worse_than_guessing(scores, _guessed(scores, order)):
        said.append(f"`{name}` is worse than guessing: {kind.name} {value}; {guessed}")
    said += [f"`{one.name}`: {words}" for one in scores.candidates if (words := _ties(scores, one))]
    for candidate in scores.candidates:
        if candidate.failed:
            in_words = candidate.candidate.scored_by == IN_WORDS
            what = "named none of the labels" if in_words else "gave nothing"
            times = count(len(candidate.failed), "time")
            said.append(f"`{candidate.name}` {what} {times}, which counts as wrong")
    if scores.doubled:
        first, second = scores.doubled[0]
        number = len(scores.doubled)
        verb = "is one" if number == 1 else "are each one"
        said.append(
            f"{count(number, 'image')} {verb} that also has another label: `{first}` and"
            f" `{second}` are the same file"
        )
    if scores.left_out:
        number = len(scores.left_out)
        verb = "counts" if number == 1 else "count"
        said.append(f"{count(number, 'image')} could not be read and {verb} for none")
    return tuple(said)


def _worse_than_guessing(
    scores: Scores, metrics: Sequence[str]
) -> Iterator[tuple[str, str, MetricKind, str]]:
    """Yield each candidate below the guess, what it reached in what, and the guess in words."""
    if scores.guessing is None:
        return
    for id in metrics:
        kind, guessed = METRIC_KINDS[id], scores.guessing.metrics[id]
        for one in scores.candidates:
            if id in one.metrics and kind.gain(one.metrics[id].value - guessed) < -ROUNDING:
                words = f"{scores.guessing.words} has {kind.written(guessed)}"
                yield one.name, kind.written(one.metrics[id].value), kind, words


def _guessed(scores: Scores, order: Sequence[str]) -> list[str]:
    """Return the metrics of a priority that the guess has, else the first that it has."""
    known = scores.guessing.metrics if scores.guessing else {}
    return [id for id in order if id in known] or list(known)[:1]


def _ties(scores: Scores, one: CandidateScores) -> str:
    """Return what a candidate does not tell apart; it earns there what chance would."""
    if not one.ties:
        return ""
    ranks, picked = one.measured.ranks, one.measured.picked
    if ranks:
        return f"other images tie with the right one for {one.ties:,} of {len(ranks):,} texts"
    most, labels = max(map(len, picked)), len(scores.data.classes)
    least = min(len(some) for some in picked if len(some) > 1)
    said = (
        f"{'' if most == least else f'{least} to '}{most} of {labels} labels tie in {one.ties:,}"
        f" of {count(len(picked), 'image')}"
    )
    if least == labels and one.ties == len(picked):
        return f"{said}: this network does not tell them apart"
    return said


def _sizes(scores: Scores, rulebase: RuleBase) -> dict[str, float]:
    """Return the millions of parameters of candidates by name: by headers, else by catalogue."""
    found = {}
    for candidate in scores.candidates:
        entry = rulebase.checkpoints.get(candidate.candidate.checkpoint)
        size = candidate.candidate.parameters_millions or (entry and entry.parameters_millions)
        if size:
            found[candidate.name] = size
    return found

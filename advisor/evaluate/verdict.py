"""The recommended candidate for these images: metrics are compared in order, with their certainty.

On each metric, the candidates stay that are not significantly worse than the best; the next metric
compares those. No timing enters, so a verdict is the same for the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from advisor.evaluate.certainty import Comparison
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind, metric_kind
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.phrasing import count, first_named
from advisor.rulebase.base import RuleBase
from advisor.trial.candidate import Candidate

RECOMMENDED, TIE, GUESSING_WINS, NOBODY = "recommended", "tie", "guessing", "none"
ROUNDING = 1e-9
"""Metric values closer than this count as equal."""


class Verdict(NamedTuple):
    """The recommendation for these images.

    `outcome` is `recommended`, `tie` (several in `tied`; `recommended` is the smallest of them, or,
    if a size is unknown, the best by value), `guessing` (no candidate is significantly better than
    the baseline) or `none` (no candidate finished, or no image could be read). `decided_by` is the
    last metric that removed a candidate, empty if none did. `because` and `warnings` are sentences;
    `priority` are the ids of the metrics compared.
    """

    outcome: str
    recommended: str | None = None
    checkpoint: str | None = None
    family: str | None = None
    tied: tuple[str, ...] = ()
    decided_by: str = ""
    because: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()


def checkpoint_of(candidate: Candidate) -> str:
    """Return the checkpoint of a candidate; for a baseline, its name."""
    return candidate.name if candidate.baseline else candidate.checkpoint


def verdict(scores: Scores, rulebase: RuleBase, priority: Sequence[str] = ()) -> Verdict:
    """Return the verdict, by the metrics of `priority` in order, or else by the main metric.

    Candidates below the baseline on the first metric are left out.
    """
    shared = {kind.id: kind for kind in scores.metrics} or METRIC_KINDS
    metrics = list(dict.fromkeys(metric_kind(word, shared) for word in priority))
    metrics = metrics or list(scores.metrics[:1])
    order = tuple(kind.id for kind in metrics)
    if not scores.candidates:
        why = tuple(f"`{each.name}` did not finish: {each.failed}" for each in scores.failed)
        why = why if scores.items else (*why, "none of the images could be read")
        return Verdict(NOBODY, because=why, priority=order)
    guessing, on = scores.guessing, count(scores.images, "image")
    reached = guessing.metrics if guessing else {}
    guessed = [METRIC_KINDS[id] for id in order if id in reached]
    guessed = guessed or [METRIC_KINDS[id] for id in list(reached)[:1]]
    worse = list(_worse_than_guessing(scores, guessed))
    warnings = tuple(_warnings(scores, [words for _, _, words in worse]))
    if guessing and not guessing.beaten_on(guessed[0]):
        value = f"{guessed[0].name} {guessed[0].written(reached[guessed[0].id])}"
        baseline = f"the baseline ({guessing.words}), which has {value} on {on}"
        why = (f"no candidate is significantly better than {baseline}",)
        return Verdict(GUESSING_WINS, because=why, warnings=warnings, priority=order)
    behind = {name for kind, name, _ in worse if kind is guessed[0]}
    left = [each for each in scores.candidates if each.name not in behind]
    sizes = dict[str, float]()
    for each in left:
        entry = rulebase.checkpoints.get(each.candidate.checkpoint)
        known_size = each.candidate.parameters_millions or (entry and entry.parameters_millions)
        sizes |= {each.name: known_size} if known_size else {}
    because, decided = list[str](), ""
    for kind in metrics:
        stay, sentences = _by_metric(scores, left, kind)
        if len(stay) < len(left):
            decided, because, left = kind.id, because + sentences, stay
    kind = metrics[0]
    first = _best(left, kind)
    if len(left) > 1:
        sized = all(each.name in sizes for each in left)
        first = min(left, key=lambda each: sizes[each.name]) if sized else first
        because += _of_a_tie(scores, left, first, metrics, sized=sized)
    result = first.metrics[kind.id]
    low, high = map(kind.written, result.interval)
    value = f"{kind.name} {kind.written(result.value)} (95 % CI: {low} to {high})"
    return Verdict(
        outcome=TIE if len(left) > 1 else RECOMMENDED,
        recommended=first.name,
        checkpoint=checkpoint_of(first.candidate),
        family=first.candidate.family,
        tied=tuple(each.name for each in left) if len(left) > 1 else (),
        decided_by=decided,
        because=(f"{value} on {on} of `{scores.data.name}`", *because),
        warnings=warnings,
        priority=order,
    )


def _of_a_tie(
    scores: Scores,
    left: Sequence[CandidateScores],
    first: CandidateScores,
    metrics: Sequence[MetricKind],
    *,
    sized: bool,
) -> Iterator[str]:
    """Yield sentences on a tie: the images needed to settle it, and why one is recommended."""
    for other in left:
        if pair := scores.compared(metrics[-1].id, first.name, other.name):
            yield _undecided(metrics[-1], pair)
    kind = metrics[0]
    if sized:
        yield f"`{first.name}` is selected as the smallest of the tied candidates"
    elif len({each.metrics[kind.id].value for each in left}) > 1:
        why = f"the best measured {kind.name}, because model sizes are unknown"
        yield f"`{first.name}` is selected for {why}"


def _best(left: Sequence[CandidateScores], kind: MetricKind) -> CandidateScores:
    return max(left, key=lambda each: kind.gain(each.metrics[kind.id].value))


def _by_metric(
    scores: Scores, left: Sequence[CandidateScores], kind: MetricKind
) -> tuple[list[CandidateScores], list[str]]:
    """Return the candidates not significantly worse than the best, and a sentence on each other."""
    best = _best(left, kind)
    stay, sentences = [], []
    for each in left:
        compared = scores.compared(kind.id, best.name, each.name)
        if compared is None or not compared.reliable or kind.gain(compared.difference) <= 0:
            stay.append(each)
            continue
        low, high = sorted(map(kind.gain, compared.interval))
        p = "below 0.001" if compared.adjusted < 0.001 else f"{compared.adjusted:.3f}"
        sentences.append(
            f"`{each.name}` is {kind.written(kind.gain(compared.difference))} behind "
            f"`{best.name}` in {kind.name} (95 % CI: {kind.written(low)} to {kind.written(high)}, "
            f"p {p})"
        )
    return stay, sentences


def _worse_than_guessing(
    scores: Scores, kinds: Sequence[MetricKind]
) -> Iterator[tuple[MetricKind, str, str]]:
    """Yield the metric and name of each candidate below the baseline, and a sentence on it."""
    if scores.guessing is None:
        return
    words, guessed = scores.guessing.words, scores.guessing.metrics
    for kind, each in product(kinds, scores.candidates):
        value = each.metrics[kind.id].value if kind.id in each.metrics else math.nan
        if kind.gain(value - guessed[kind.id]) < -ROUNDING:
            worse = f"its {kind.name} is {kind.written(value)}"
            guess = f"that of the baseline ({words}) is {kind.written(guessed[kind.id])}"
            yield kind, each.name, f"`{each.name}` is worse than the baseline: {worse}, {guess}"


def _warnings(scores: Scores, worse: Sequence[str]) -> Iterator[str]:
    """Yield warnings: failed or `worse` candidates, ties, failures, duplicates, unread images."""
    for candidate in scores.failed:
        yield f"`{candidate.name}` did not finish and is not compared: {candidate.failed}"
    yield from worse
    for each in scores.candidates:
        if each.ties:
            items = count(len(each.measured.ranks or each.measured.picked), "item")
            yield f"`{each.name}` has tied scores for {each.ties:,} of {items}"
        if each.failed:
            in_words = each.candidate.scored_by == IN_WORDS
            what = "returned no known label" if in_words else "returned no answer"
            times = count(len(each.failed), "time")
            yield f"`{each.name}` {what} {times}. Each output counts as wrong"
    if scores.doubled:
        (first, second), verb = scores.doubled[0], "is" if len(scores.doubled) == 1 else "are each"
        yield (
            f"{count(len(scores.doubled), 'image')} {verb} a duplicate with another label, "
            f"such as `{first}` and `{second}`"
        )
    if scores.left_out:
        left, ending = count(len(scores.left_out), "image"), "s" * (len(scores.left_out) == 1)
        named = first_named([f"`{image.id}`" for image in scores.left_out], 3)
        yield f"{left} could not be read and count{ending} for no candidate: {named}"


def _undecided(kind: MetricKind, compared: Comparison) -> str:
    """Return a sentence: two candidates do not differ, and how many images would be needed."""
    pair = f"`{compared.first}` and `{compared.second}`"
    on = count(compared.images, "image")
    if compared.difference == 0 and compared.interval == (0, 0):
        return f"{pair} have the same {kind.name} on {on}"
    begin = f"{pair} do not differ significantly in {kind.name} on {on}"
    if compared.settled_by is None or compared.settled_by <= compared.images:
        return f"{begin}. A difference of {kind.written(compared.smallest)} would be detected."
    return f"{begin}. Detecting a difference takes about {compared.settled_by:,}"

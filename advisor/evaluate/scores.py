"""All results of a run: metrics with intervals, pairwise comparisons, and baselines."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from advisor.evaluate.certainty import Comparison, MetricResult, Resampler, holm
from advisor.evaluate.measuring import (
    IN_WORDS,
    CandidateMetrics,
    labels_named,
    measure,
    ranked_metrics,
)
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind, np
from advisor.evaluate.metrics.ranking_metrics import FirstRanks
from advisor.evaluate.metrics.text_metrics import normalised
from advisor.evaluate.responses import (
    COMMONEST,
    RANDOM,
    WITHOUT_LOOKING,
    EvaluationRun,
    EvaluationSet,
    LabelledImage,
    Response,
    Timing,
    UnreadableImage,
)
from advisor.model.library import ANSWER, EXTRACT, LABEL, SEARCH
from advisor.trial.candidate import Candidate

LONGEST_SAID = 60
"""Maximum characters of a baseline's answer in a text."""


Guess = tuple[str, CandidateMetrics]
"""A baseline that opens no image: its description (always `cat`) and its metrics."""


def guesses(data: EvaluationSet, items: Sequence[LabelledImage], seed: int) -> dict[str, Guess]:
    """Return the baselines for a set that open no image, COMMONEST before RANDOM.

    For a search, the random order has the expected value of chance. A label, or the text or fields
    of another image, are drawn by the seed. Empty if there are no items or no texts.
    """
    if not items:
        return {}
    if data.act == SEARCH:
        twins = Counter(item.id for item in items)
        right = np.array([twins[item.id] for item in items for _ in item.references], dtype=int)
        all_tie = FirstRanks(np.zeros_like(right), len(items) - right, right)
        return {RANDOM: ("a random order", ranked_metrics(all_tie, items))}

    def guess(words: str, answers: Iterable[Mapping[str, Any]]) -> Guess:
        responses = [Response(0, "", **answer) for answer in answers]
        return words, measure(data, items, Candidate("", ""), responses)

    draw = Random(seed)
    if data.act == LABEL:
        size = len(data.classes)
        if data.many:
            level = [{"scores": (1.0,) * size}] * len(items)
            same = guess("the same scores for every image", level)
            return {COMMONEST: same, RANDOM: same}
        one_hot = [{"scores": tuple(row)} for row in np.eye(size).tolist()]
        counted = Counter(item.labels[0] for item in items)
        most = max(data.classes, key=counted.__getitem__)
        return {
            COMMONEST: guess(_always(most), [one_hot[data.classes.index(most)]] * len(items)),
            RANDOM: guess("a label at random", [one_hot[draw.randrange(size)] for _ in items]),
        }
    others = list(range(len(items)))
    draw.shuffle(others)
    other = dict(zip(others, (*others[1:], others[0]), strict=True))
    drawn = [items[other[number]] for number in range(len(items))]
    if data.act == EXTRACT:
        values: dict[str, Counter[str]] = defaultdict(Counter)
        for item in items:
            for name, value in (item.fields or {}).items():
                values[name][json.dumps(value, sort_keys=True)] += 1
        fields = {name: json.loads(of.most_common(1)[0][0]) for name, of in values.items()}
        usual = "the most frequent value of each field"
        return {
            COMMONEST: guess(usual, [{"fields": fields}] * len(items)),
            RANDOM: guess("the fields of another image", [{"fields": i.fields} for i in drawn]),
        }
    to_text = normalised if data.act == ANSWER else str
    texts = Counter(text for item in items for text in set(map(to_text, item.references)))
    if not texts:
        return {}
    most = max(sorted(texts), key=texts.__getitem__)
    of_others = [{"text": next(iter(item.references), "")} for item in drawn]
    return {
        COMMONEST: guess(_always(most), [{"text": most}] * len(items)),
        RANDOM: guess("the text of another image", of_others),
    }


def _always(answer: str) -> str:
    return f"always `{answer if len(answer) <= LONGEST_SAID else answer[:LONGEST_SAID] + ' ...'}`"


GUESSING = "guessing"
"""The name of the baseline in comparisons."""
_GUESS = "\0"
"""A name that no candidate can have."""


class CandidateScores(NamedTuple):
    """The results of a candidate.

    `metrics` are by id, the main one first; `measured` has its outputs. `worth` is the value of
    each item by `Scores.worth_of`. `by_size` is the accuracy of a baseline by the number of images
    of each class that it is fitted to. `failed` are the reasons for missing answers, by image
    number.
    """

    candidate: Candidate
    measured: CandidateMetrics
    metrics: Mapping[str, MetricResult]
    timing: Timing
    worth: tuple[float, ...]
    by_size: Mapping[int, MetricResult]
    failed: Mapping[int, str]

    @property
    def name(self) -> str:
        """The candidate's name in the run."""
        return self.candidate.name

    @property
    def ties(self) -> int:
        """The number of items with several best labels, or of searches with tied images."""
        measured = self.measured
        return sum(tied > 0 for _, tied, _ in measured.ranks) + sum(
            len(some) > 1 for some in measured.picked
        )


class Guessing(NamedTuple):
    """The baseline that opens no image: description, metrics, and comparisons with candidates."""

    words: str
    metrics: Mapping[str, float]
    comparisons: tuple[Comparison, ...]

    def beaten_on(self, kind: MetricKind) -> bool:
        """Return whether a candidate is significantly better by a metric."""
        pairs = (each for each in self.comparisons if each.metric == kind.id)
        return any(each.reliable and kind.gain(each.difference) > 0 for each in pairs)


class Scores(NamedTuple):
    """The results of a run; `candidates` are those that finished, empty if no image was readable.

    `items` are the readable images or questions, in order; `images` is their number of images.
    `left_out` are images that could not be read; `failed` the candidates that did not finish.
    `comparisons` are of every pair on every metric, corrected for the pairs on that metric.
    `worth_of` is the metric of `CandidateScores.worth`, empty if no metric has values for items.
    `doubled` are pairs of images that are the same file under different labels. `baselines` are
    descriptions and metrics of those that open no image.
    """

    data: EvaluationSet
    items: tuple[LabelledImage, ...]
    images: int
    candidates: tuple[CandidateScores, ...]
    comparisons: tuple[Comparison, ...]
    guessing: Guessing | None
    failed: tuple[Candidate, ...] = ()
    left_out: tuple[UnreadableImage, ...] = ()
    worth_of: str = ""
    doubled: tuple[tuple[str, str], ...] = ()
    baselines: Mapping[str, tuple[str, Mapping[str, float]]] = MappingProxyType({})

    @property
    def metrics(self) -> tuple[MetricKind, ...]:
        """The metrics that every candidate has, the main one first."""
        if not self.candidates:
            return ()
        shared = [
            id for id in self.candidates[0].metrics if all(id in c.metrics for c in self.candidates)
        ]
        return tuple(METRIC_KINDS[id] for id in shared)

    def compared(self, metric: str, first: str, second: str) -> Comparison | None:
        """Return the comparison of two candidates, turned if necessary; None if there is none."""
        for each in self.comparisons:
            if (each.metric, each.first, each.second) == (metric, first, second):
                return each
            if (each.metric, each.second, each.first) == (metric, first, second):
                low, high = each.interval
                turned = each._replace(first=first, second=second, interval=(-high, -low))
                return turned._replace(difference=-each.difference)
        return None


def score(run: EvaluationRun) -> Scores:
    """Return the results of a run; resampling uses the run's seed."""
    finished = [candidate for candidate in run.candidates if candidate.failed is None]
    unreadable = {
        response.number: response.unreadable
        for candidate in finished
        for response in run.file.responses(candidate)
        if response.unreadable
    }
    items = tuple(item for item in run.data.images if item.number not in unreadable)
    finished = finished if items else []
    seed = int(run.settings.get("seed", 0))
    guessed = guesses(run.data, items, seed)
    measured: dict[str, CandidateMetrics] = {}
    failed: dict[str, dict[int, str]] = {candidate.name: {} for candidate in finished}
    doubled: tuple[tuple[str, str], ...] = ()
    for candidate in finished:  # of one candidate at a time, what it gave is in memory
        if candidate.baseline in WITHOUT_LOOKING:
            measured[candidate.name] = guessed[candidate.baseline][1]
            continue
        given = run.responses(candidate)
        if candidate.scored_by == IN_WORDS:
            given = labels_named(given, run.data.classes, str(run.settings.get("template", "{}")))
        answers: Iterable[Response] = _of_items(items, given, failed[candidate.name])
        if run.data.act != SEARCH:  # vectors go from the file into arrays, one at a time
            answers = held = list(answers)
            doubled = doubled or tuple(_doubled(items, held))
        measured[candidate.name] = measure(run.data, items, candidate, answers, seed)
    left_out = dict.fromkeys(
        UnreadableImage(item.id, str(unreadable[item.number]))
        for item in run.data.images
        if item.number in unreadable
    )
    names = [candidate.name for candidate in finished]
    guess = next(iter(guessed.values()), None)
    figures = _Figures(items, {**measured, **({_GUESS: guess[1]} if guess else {})}, seed)
    against = tuple(
        comparison._replace(second=GUESSING)
        for comparison in figures.comparisons((name, _GUESS) for name in names)
    )
    reached = {
        kind: (words, {id: metric.value for id, metric in of.metrics.items()})
        for kind, (words, of) in guessed.items()
    }
    return Scores(
        data=run.data,
        items=items,
        images=figures.resampler.images,
        candidates=tuple(
            figures.of(each, run.file.timing(each), failed[each.name]) for each in finished
        ),
        comparisons=figures.comparisons(combinations(names, 2)),
        guessing=Guessing(*next(iter(reached.values())), against) if against else None,
        failed=tuple(candidate for candidate in run.candidates if candidate.failed is not None),
        left_out=(*run.data.left_out, *left_out),
        worth_of=figures.worth_of,
        doubled=doubled,
        baselines=reached,
    )


def _doubled(
    items: Sequence[LabelledImage], given: Sequence[Response]
) -> Iterator[tuple[str, str]]:
    """Yield pairs of images with different labels whose answers have one key: they are one file."""
    first: dict[str, LabelledImage] = {}
    for item, response in zip(items, given, strict=True):
        earlier = first.setdefault(response.key, item) if response.key else item
        if set(earlier.labels) != set(item.labels):
            yield earlier.id, item.id


def _of_items(
    items: Sequence[LabelledImage], given: Iterable[Response], failed: dict[int, str]
) -> Iterator[Response]:
    """Yield the responses for items; add the reasons for failures to `failed`, by image number."""
    numbers = {item.number for item in items}
    for response in given:
        if response.number in numbers:
            if response.failed is not None:
                failed[response.number] = response.failed
            yield response


class _Figures:
    """Metrics of all candidates, with their values in all resamplings."""

    def __init__(
        self, items: Sequence[LabelledImage], measured: Mapping[str, CandidateMetrics], seed: int
    ) -> None:
        self.measured = measured
        first = next(iter(measured.values()), CandidateMetrics({}, tuple(i.id for i in items)))
        self.resampler = Resampler(first.images, seed)
        self.values = {
            (name, id): self.resampler.values(metric)
            for name, each in measured.items()
            for id, metric in each.metrics.items()
        }
        graded = [id for id, weighable in first.metrics.items() if weighable.each is not None]
        self.worth_of = "mrr" if "mrr" in graded else next(iter(graded), "")  # finer than recall@1

    def of(
        self, candidate: Candidate, timing: Timing, failed: Mapping[int, str]
    ) -> CandidateScores:
        """Return the results of a candidate."""
        measured, resampler = self.measured[candidate.name], self.resampler
        results = {
            id: resampler.result(metric, METRIC_KINDS[id], self.values[candidate.name, id])
            for id, metric in measured.metrics.items()
        }
        first = METRIC_KINDS[next(iter(results))]
        each = measured.metrics[self.worth_of].each if self.worth_of else None
        return CandidateScores(
            candidate,
            measured._replace(metrics={}, by_size={}),
            results,
            timing,
            worth=() if each is None else tuple(map(float, each)),
            by_size={
                size: resampler.result(weighable, first, resampler.values(weighable))
                for size, weighable in measured.by_size.items()
            },
            failed=failed,
        )

    def comparisons(self, pairs: Iterable[tuple[str, str]]) -> tuple[Comparison, ...]:
        """Return the pairs compared on every metric that both have, Holm-corrected by metric."""
        pairs, compared = list(pairs), list[Comparison]()
        for id in dict.fromkeys(id for _, id in self.values):
            of_metric = []
            for pair in pairs:
                if all((name, id) in self.values for name in pair):
                    metrics = [self.measured[name].metrics[id] for name in pair]
                    values = [self.values[name, id] for name in pair]
                    of_metric.append(self.resampler.compare(id, pair, metrics, values))
            compared += holm(of_metric)
        return tuple(compared)

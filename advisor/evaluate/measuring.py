"""From what candidates gave to metrics, by what is done with an image; and guessing, the same way.

What counts: every image that could be read, for every candidate. Where a candidate gave nothing,
that counts as wrong: no class, an empty text, the last rank.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from advisor.evaluate.candidate import Candidate
from advisor.evaluate.labelled import EvaluationSet, LabelledImage
from advisor.evaluate.metrics.caption_metrics import bleu_4, cider_d, rouge_l
from advisor.evaluate.metrics.label_metrics import (
    Picks,
    accuracy,
    best_labels,
    calibration_error,
    levelled,
    macro_f1,
    mean_average_precision,
)
from advisor.evaluate.metrics.penn_tokens import penn_tokens
from advisor.evaluate.metrics.retrieval_metrics import (
    FirstRanks,
    first_ranks,
    mean_reciprocal_rank,
    median_rank,
    recall_at,
)
from advisor.evaluate.metrics.text_metrics import (
    anls,
    character_error_rate,
    exact_match,
    field_f1,
    vqa_accuracy,
    word_error_rate,
)
from advisor.evaluate.metrics.vqa_answers import normalised
from advisor.evaluate.metrics.weighable import Array, Weighable
from advisor.evaluate.recorded import Response
from advisor.model.library import (
    ANSWER,
    CAPTION,
    DESCRIBE,
    EXTRACT,
    LABEL,
    READ_LINE,
    READ_PAGE,
    SEARCH,
)
from advisor.trial.runtime import library

Metrics = Mapping[str, Weighable]
"""Metrics by their id, the one that decides first."""
RANKS = (1, 5, 10)
ANNOTATORS = 4
"""So many answers to a question at least make VQA accuracy: it leaves out one, and wants three."""
PROBABLE = ("softmax", "likelihood")
"""Scores of these kinds sum to 1 over the labels, so they claim how sure they are."""
LONGEST_SAID = 60
"""Characters of a guess that are said."""
_CELLS = 1_000_000  # similarities that are worked out at once


class CandidateMetrics(NamedTuple):
    """The metrics of a candidate, and the image of each item that they weigh.

    Items are images or questions, or, where images are searched by texts, the texts. `picked` are
    the numbers of the classes that were picked for each, several where they tie; empty where none
    is picked. `ranks` are those at which texts found their image; None where none is searched.
    """

    metrics: Metrics
    images: tuple[str, ...]
    picked: tuple[tuple[int, ...], ...] = ()
    ranks: tuple[tuple[int, ...], ...] = ()


class Guess(NamedTuple):
    """Answers without looking, in words (always `cat`), and what they are worth."""

    words: str
    metrics: Metrics


def measure(
    data: EvaluationSet,
    items: Sequence[LabelledImage],
    candidate: Candidate,
    answers: Iterable[Response],
) -> CandidateMetrics:
    """Return the metrics of what a candidate gave for items, one response for each."""
    if data.act == SEARCH:
        return _search(items, answers)
    responses = list(answers)
    if data.act == LABEL:
        return _labels(data, items, candidate, responses)
    images = tuple(item.id for item in items)
    if data.act == EXTRACT:
        found = [one.fields for one in responses]
        return CandidateMetrics(
            {"field-f1": field_f1(found, [item.fields for item in items])}, images
        )
    return CandidateMetrics(
        _written(data.act, items, [one.text or "" for one in responses]), images
    )


def guess(data: EvaluationSet, items: Sequence[LabelledImage]) -> Guess | None:
    """Return what the best guess without looking is worth; None where nothing can be guessed."""
    if not items:
        return None
    if data.act == LABEL:
        return _commonest_class(data, items)
    if data.act == SEARCH:
        return Guess("a random order", _retrieval(_random_order(items), items))
    if data.act == EXTRACT:
        return _commonest_fields(items)
    said = normalised if data.act == ANSWER else str
    counted = Counter(text for item in items for text in {said(one) for one in item.references})
    if not counted:
        return None
    most = max(sorted(counted), key=counted.__getitem__)
    return Guess(_always(most), _written(data.act, items, [most] * len(items)))


def _commonest_fields(items: Sequence[LabelledImage]) -> Guess:
    """Return the commonest value of each field, as one document for all images."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        for name, value in (item.fields or {}).items():
            values[name][json.dumps(value, sort_keys=True)] += 1
    most = {name: json.loads(of.most_common(1)[0][0]) for name, of in values.items()}
    found = field_f1([most] * len(items), [item.fields for item in items])
    return Guess("the commonest value of each field", {"field-f1": found})


def _always(answer: str) -> str:
    return f"always `{answer if len(answer) <= LONGEST_SAID else answer[:LONGEST_SAID] + ' ...'}`"


def _labels(
    data: EvaluationSet,
    items: Sequence[LabelledImage],
    candidate: Candidate,
    responses: Sequence[Response],
) -> CandidateMetrics:
    np = library("numpy")
    nothing = (-1.0,) * len(data.classes)
    scores = np.array([one.scores or nothing for one in responses], dtype=float)
    scores = scores.reshape(len(items), len(data.classes))
    images = tuple(item.id for item in items)
    if data.many:
        return CandidateMetrics(_several_labels(data, items, scores, candidate.scored_by), images)
    picks = best_labels(scores)
    sure = scores.max(axis=1, initial=0) if candidate.scored_by in PROBABLE else None
    return CandidateMetrics(_one_label(data, items, picks, sure), images, picks.of_each(len(items)))


def _one_label(
    data: EvaluationSet, items: Sequence[LabelledImage], picks: Picks, sure: Array | None
) -> Metrics:
    number = {name: place for place, name in enumerate(data.classes)}
    truth = [number[item.labels[0]] for item in items]
    right = accuracy(truth, picks)
    found = {"accuracy": right, "macro-f1": macro_f1(truth, picks, len(data.classes))}
    if sure is not None:
        found["calibration-error"] = calibration_error(sure, right.each)
    return found


def _several_labels(
    data: EvaluationSet, items: Sequence[LabelledImage], scores: Array, scored_by: str
) -> Metrics:
    truth = _truth(data, items)
    found = {"map": mean_average_precision(truth, levelled(scores))}
    if scored_by == "sigmoid":
        found["calibration-error"] = calibration_error(scores.clip(0, 1), truth)
    return found


def _truth(data: EvaluationSet, items: Sequence[LabelledImage]) -> Array:
    """Return 1 where an item has a label, (items, classes)."""
    np = library("numpy")
    known = [set(item.labels) for item in items]
    return np.array([[name in some for name in data.classes] for some in known], dtype=float)


def _commonest_class(data: EvaluationSet, items: Sequence[LabelledImage]) -> Guess:
    np = library("numpy")
    truth = _truth(data, items)
    if data.many:
        level = np.zeros_like(truth)
        return Guess("the same scores for every image", _several_labels(data, items, level, ""))
    most = int(truth.sum(axis=0).argmax())
    every = np.arange(len(items))
    picks = Picks(every, np.full(len(items), most), np.ones(len(items)))
    return Guess(_always(data.classes[most]), _one_label(data, items, picks, None))


def _search(items: Sequence[LabelledImage], responses: Iterable[Response]) -> CandidateMetrics:
    """Rank all images by each text: how soon an image that the text belongs to turns up."""
    np = library("numpy")
    parts = _ranks([item.id for item in items], items, responses)
    ranks = FirstRanks(*(np.concatenate(some) for some in zip(*parts, strict=True)))
    queries = tuple(item.id for item in items for _ in item.references)
    each = tuple(map(tuple, np.stack(ranks, axis=1).tolist()))
    return CandidateMetrics(_retrieval(ranks, items), queries, ranks=each)


def _retrieval(ranks: FirstRanks, items: Sequence[LabelledImage]) -> Metrics:
    metrics = {f"recall@{k}": recall_at(ranks, k) for k in RANKS}
    metrics["mrr"] = mean_reciprocal_rank(ranks)
    metrics["median-rank"] = median_rank(ranks, len({item.id for item in items}))
    return metrics


def _random_order(items: Sequence[LabelledImage]) -> FirstRanks:
    """Return where images stand for each text if all of them tie."""
    np = library("numpy")
    same = Counter(item.id for item in items)
    right = np.array([same[item.id] for item in items for _ in item.references], dtype=int)
    return FirstRanks(np.zeros_like(right), len(items) - right, right)


def _ranks(
    names: Sequence[str], items: Sequence[LabelledImage], responses: Iterable[Response]
) -> Iterator[FirstRanks]:
    np = library("numpy")
    images, texts, known = _vectors(items, responses)
    seen = images.any(axis=1)
    of_image = np.array(names)
    wanted = np.array([item.id for item in items for _ in item.references])
    step = max(1, _CELLS // len(names))
    for start in range(0, len(wanted), step):
        block = slice(start, start + step)
        scores = np.where(seen, texts[block] @ images.T, -np.inf)
        ranks = first_ranks(scores, wanted[block, None] == of_image)
        yield ranks._replace(right=np.where(known[block], ranks.right, 0))


def _vectors(
    items: Sequence[LabelledImage], responses: Iterable[Response]
) -> tuple[Array, Array, Array]:
    """Return vectors of images and of texts, (number, dimensions), and which texts have one."""
    np = library("numpy")
    queries = sum(len(item.references) for item in items)
    images, texts = np.zeros((len(items), 1), np.float32), np.zeros((queries, 1), np.float32)
    known = np.zeros(queries, bool)
    start = 0
    for number, (item, one) in enumerate(zip(items, responses, strict=True)):
        end = start + len(item.references)
        if one.vectors is not None:
            both = np.frombuffer(one.vectors, "<f4").reshape(1 + len(item.references), -1)
            if not known.any():  # the first says how many dimensions there are
                images = np.zeros((len(items), both.shape[1]), np.float32)
                texts = np.zeros((queries, both.shape[1]), np.float32)
            images[number], texts[start:end], known[start:end] = both[0], both[1:], True
        start = end
    return images, texts, known


def _written(act: str, items: Sequence[LabelledImage], texts: Sequence[str]) -> Metrics:
    references = [item.references for item in items]
    return _BY_ACT[act](texts, references)


def _captions(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Metrics:

    said = [penn_tokens(text) for text in texts]
    right = [[penn_tokens(one) for one in some] for some in references]
    return {"cider-d": cider_d(said, right), "bleu-4": bleu_4(said, right),
            "rouge-l": rouge_l(said, right)}  # fmt: skip


def _answers(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Metrics:
    found = {"exact-match": exact_match(texts, references), "anls": anls(texts, references)}
    if references and min(map(len, references)) >= ANNOTATORS:
        return {"vqa-accuracy": vqa_accuracy(texts, references), **found}
    return found


def _readings(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Metrics:
    return {
        "cer": character_error_rate(texts, references),
        "wer": word_error_rate(texts, references),
    }


_BY_ACT: Mapping[str, Callable[[Sequence[str], Sequence[Sequence[str]]], Metrics]] = {
    CAPTION: _captions,
    DESCRIBE: _captions,
    ANSWER: _answers,
    READ_LINE: _readings,
    READ_PAGE: _readings,
}

"""Metrics of the candidates' responses, by operation.

Every readable image counts for every candidate. A missing answer counts as wrong: no class, an
empty text, the last rank.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from advisor.evaluate.metrics import Array, Weighable, np, text_metrics
from advisor.evaluate.metrics import ranking_metrics as ranking
from advisor.evaluate.metrics.caption_metrics import cider_d, penn_tokens
from advisor.evaluate.responses import FITTED, EvaluationSet, LabelledImage, Response
from advisor.evaluate.vector_classifiers import cross_validated
from advisor.model.library import ANSWER, EXTRACT, LABEL, READ_LINE, READ_PAGE, SEARCH
from advisor.trial.annotations import class_text
from advisor.trial.candidate import Candidate

Metrics = Mapping[str, Weighable]
"""Metrics by id; the first is the main metric."""
RANKS = (1, 5, 10)
ANNOTATORS = 4
"""Minimum answers per question for VQA accuracy, which leaves one out and compares three."""
IN_WORDS = "text"
"""The `scored_by` of candidates whose text output names a label."""
LIKELY = 0.5
"""Minimum score of a predicted label in multi-label classification."""
AROUND = " \t\n.,;:!\"'`*"
"""Characters that are stripped from an answer: `**Cat**.` names `cat`."""
MOST_NAMED = 5
"""Maximum number of tied labels in a text."""
_CELLS = 500_000  # similarities that are worked out at once


class CandidateMetrics(NamedTuple):
    """The metrics of a candidate, and the image of each item that they weigh.

    Items are images or questions; in a search, they are the texts. `said` is the output for each
    item as text (in a search, the image ranked first), None if there is none, and `sure` its
    probability or score. `picked` are the class numbers predicted for each item, several if they
    tie; `by_class` are the metrics of each class. `ranks` are (images ahead, wrong images tied,
    right images tied) for each text of a search. `by_size` is the accuracy of a baseline by the
    number of images of each class that it is fitted to. Fields that do not apply are empty.
    """

    metrics: Metrics
    images: tuple[str, ...]
    said: tuple[str | None, ...] = ()
    sure: tuple[float | None, ...] = ()
    picked: tuple[tuple[int, ...], ...] = ()
    ranks: tuple[tuple[int, ...], ...] = ()
    by_class: tuple[ranking.ClassFigures, ...] = ()
    by_size: Mapping[int, Weighable] = MappingProxyType({})


def measure(
    data: EvaluationSet,
    items: Sequence[LabelledImage],
    candidate: Candidate,
    answers: Iterable[Response],
    seed: int = 0,
) -> CandidateMetrics:
    """Return the metrics of a candidate's responses, one for each item."""
    if data.act == SEARCH:
        return _search(items, answers)
    responses = list(answers)
    if candidate.baseline in FITTED:
        length = next((len(response.vectors) for response in responses if response.vectors), 4)
        vectors = [np.frombuffer(each.vectors or bytes(length), "<f4") for each in responses]
        number = {name: place for place, name in enumerate(data.classes)}
        truth = [number[item.labels[0]] for item in items]
        files = [response.key for response in responses]
        kind, classes = candidate.baseline, len(number)
        fitted = cross_validated(kind, np.stack(vectors), truth, files, classes, seed)
        measured = labelled_metrics(data, items, fitted.pop(0), candidate.scored_by)
        few = {size: ranking.best_labels(scores) for size, scores in fitted.items()}
        sizes = {size: ranking.accuracy(truth, picks) for size, picks in few.items()}
        return measured._replace(by_size=sizes)
    if data.act == LABEL:
        nothing = (-1.0,) * len(data.classes)
        scores = np.array([response.scores or nothing for response in responses], dtype=float)
        scores = scores.reshape(len(items), len(data.classes))
        return labelled_metrics(data, items, scores, candidate.scored_by)
    texts = [response.text for response in responses]
    if data.act == EXTRACT:
        fields = [response.fields for response in responses]
        texts = [None if row is None else json.dumps(row, ensure_ascii=False) for row in fields]
        metrics = {"field-f1": text_metrics.field_f1(fields, [item.fields for item in items])}
    else:
        references = [item.references for item in items]
        metrics = _of_texts(data.act, references, [text or "" for text in texts])
    sure = tuple(response.probability for response in responses)
    return CandidateMetrics(metrics, tuple(item.id for item in items), tuple(texts), sure)


def labels_named(
    responses: Iterable[Response], classes: Sequence[str], template: str
) -> Iterator[Response]:
    """Yield text responses as scores: 1 for the label that the text names, else 0.

    A text that names no label becomes `failed`. Case and surrounding punctuation are ignored,
    unless the text equals a label exactly.
    """
    exact: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for number, name in enumerate(classes):
        words = {name, class_text(name), template.format(class_text(name))}
        for places, read in ((exact, str.strip), (folded, _folded)):
            for text in set(map(read, words)):
                places.setdefault(text, []).append(number)
    for response in responses:
        if response.text is None:
            yield response
            continue
        named = exact.get(response.text.strip()) or folded.get(_folded(response.text), [])
        scores = tuple(float(number in named) for number in range(len(classes)))
        why = None if named else f"the output `{response.text}` is not one of the labels"
        yield response._replace(text=None, scores=scores if named else None, failed=why)


def _folded(text: str) -> str:
    return text.strip(AROUND).casefold()


def labelled_metrics(
    data: EvaluationSet, items: Sequence[LabelledImage], scores: Array, scored_by: str
) -> CandidateMetrics:
    """Return the metrics of scores, (items, classes); an item without scores has -1."""
    images = tuple(item.id for item in items)
    number = {name: place for place, name in enumerate(data.classes)}
    truth = np.zeros(scores.shape, bool)
    for row, item in enumerate(items):
        truth[row, [number[label] for label in item.labels]] = True
    best = scores.max(axis=1, initial=-1.0)
    sure = tuple(None if score < 0 else score for score in best.tolist())
    if data.many:
        item, label = np.nonzero(scores >= LIKELY)
        picks = ranking.Picks(item, label, np.ones(len(item)))
        weighables = {"map": ranking.mean_average_precision(truth, ranking.levelled(scores))}
        given = zip(picks.of_each(len(items)), sure, strict=True)
        predicted = tuple(
            None if top is None else "; ".join(data.classes[label] for label in some)
            for some, top in given
        )
        by_class = ranking.of_each_class(truth, picks) if scored_by == "sigmoid" else ()
        return CandidateMetrics(weighables, images, predicted, sure, by_class=by_class)
    picks = ranking.best_labels(scores)
    true = [number[item.labels[0]] for item in items]
    weighables = {
        "accuracy": ranking.accuracy(true, picks),
        "macro-f1": ranking.macro_f1(true, picks, len(number)),
    }
    picked = picks.of_each(len(items))
    words = []
    for some in picked:
        names = ", ".join(data.classes[label] for label in some[:MOST_NAMED])
        more = ", ..." if len(some) > MOST_NAMED else ""
        words.append(f"tie of {len(some)}: {names}{more}" if len(some) > 1 else names or None)
    by_class = ranking.of_each_class(truth, picks)
    return CandidateMetrics(weighables, images, tuple(words), sure, picked, by_class=by_class)


def _of_texts(
    act: str, references: Sequence[Sequence[str]], written: Sequence[str]
) -> dict[str, Weighable]:
    """Return the metrics of generated texts ('' if missing), by the operation `act`.

    They are CER and WER for recognized text; exact match and ANLS for answers, with VQA accuracy
    first if each question has ANNOTATORS answers; CIDEr-D for other texts.
    """
    of = text_metrics
    kinds: dict[str, Callable[..., Weighable]] = {"exact-match": of.exact_match, "anls": of.anls}
    if act in (READ_LINE, READ_PAGE):
        kinds = {"cer": of.character_error_rate, "wer": of.word_error_rate}
    elif act != ANSWER:
        tokens = [penn_tokens(text) for text in written]
        right = [[penn_tokens(reference) for reference in some] for some in references]
        return {"cider-d": cider_d(tokens, right)}
    elif references and min(map(len, references)) >= ANNOTATORS:
        kinds = {"vqa-accuracy": of.vqa_accuracy, **kinds}
    return {id: metric(written, references) for id, metric in kinds.items()}


def _search(items: Sequence[LabelledImage], responses: Iterable[Response]) -> CandidateMetrics:
    """Return the metrics of ranking all images by each text; zero rows are missing vectors."""
    names = [item.id for item in items]
    images, texts, embedded = _vectors(items, responses)
    seen = images.any(axis=1)
    number = {name: place for place, name in enumerate(names)}
    of_image = np.array([number[name] for name in names])
    wanted = np.array([number[item.id] for item in items for _ in item.references])
    step = max(1, _CELLS // len(names))
    parts: list[ranking.FirstRanks] = []
    top: list[str | None] = []
    for start in range(0, len(wanted), step):
        block = slice(start, start + step)
        scores = np.where(seen, texts[block] @ images.T, -np.inf)
        ranks = ranking.first_ranks(scores, wanted[block, None] == of_image)
        parts.append(ranks._replace(right=np.where(embedded[block], ranks.right, 0)))
        first = np.where(embedded[block] & seen.any(), scores.argmax(axis=1), -1)
        top += [None if place < 0 else names[place] for place in first.tolist()]
    together = ranking.FirstRanks(*(np.concatenate(some) for some in zip(*parts, strict=True)))
    return ranked_metrics(together, items)._replace(said=tuple(top))


def ranked_metrics(ranks: ranking.FirstRanks, items: Sequence[LabelledImage]) -> CandidateMetrics:
    """Return recall and MRR from the ranks at which the texts found their images."""
    metrics = {f"recall@{k}": ranking.recall_at(ranks, k) for k in RANKS}
    metrics["mrr"] = ranking.mean_reciprocal_rank(ranks)
    queries = tuple(item.id for item in items for _ in item.references)
    return CandidateMetrics(
        metrics, queries, ranks=tuple(map(tuple, np.stack(ranks, axis=1).tolist()))
    )


def _vectors(
    items: Sequence[LabelledImage], responses: Iterable[Response]
) -> tuple[Array, Array, Array]:
    """Return vectors of images and texts, (N, dimensions), zeros if missing, and a text mask."""
    queries = sum(len(item.references) for item in items)
    images, texts = np.zeros((len(items), 1), np.float32), np.zeros((queries, 1), np.float32)
    embedded = np.zeros(queries, bool)
    start = 0
    for number, (item, response) in enumerate(zip(items, responses, strict=True)):
        end = start + len(item.references)
        if response.vectors is not None:
            both = np.frombuffer(response.vectors, "<f4").reshape(1 + len(item.references), -1)
            if not embedded.any():  # the first says how many dimensions there are
                images = np.zeros((len(items), both.shape[1]), np.float32)
                texts = np.zeros((queries, both.shape[1]), np.float32)
            images[number], texts[start:end], embedded[start:end] = both[0], both[1:], True
        start = end
    return images, texts, embedded

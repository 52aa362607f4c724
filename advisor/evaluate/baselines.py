"""Baselines that open no image: always the commonest answer, and an answer at random."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from advisor.evaluate.labelled import EvaluationSet, LabelledImage
from advisor.evaluate.measuring import (
    CandidateMetrics,
    extracted_metrics,
    labelled_metrics,
    ranked_metrics,
    written_metrics,
)
from advisor.evaluate.metrics import np
from advisor.evaluate.metrics.retrieval_metrics import FirstRanks
from advisor.evaluate.metrics.text_metrics import normalised
from advisor.evaluate.responses import COMMONEST, RANDOM
from advisor.model.library import ANSWER, EXTRACT, LABEL, SEARCH

LONGEST_SAID = 60
"""Characters of a guess that are said."""


class Guess(NamedTuple):
    """Answers without looking, in words (always `cat`), and what they are worth."""

    words: str
    measured: CandidateMetrics


def guesses(data: EvaluationSet, items: Sequence[LabelledImage], seed: int) -> dict[str, Guess]:
    """Return the baselines that there are for a set, COMMONEST before RANDOM.

    A random order of images is worth what chance gives on average; a label, or the text or fields
    of another image, are drawn by the seed.
    """
    if not items:
        return {}
    if data.act == LABEL:
        return _labels(data, items, seed)
    if data.act == SEARCH:
        same = Counter(item.id for item in items)
        right = np.array([same[item.id] for item in items for _ in item.references], dtype=int)
        all_tie = FirstRanks(np.zeros_like(right), len(items) - right, right)
        return {RANDOM: Guess("a random order", ranked_metrics(all_tie, items))}
    others = list(range(len(items)))
    Random(seed).shuffle(others)
    other = dict(zip(others, (*others[1:], others[0]), strict=True))
    drawn = [items[other[number]] for number in range(len(items))]
    if data.act == EXTRACT:
        values: dict[str, Counter[str]] = defaultdict(Counter)
        for item in items:
            for name, value in (item.fields or {}).items():
                values[name][json.dumps(value, sort_keys=True)] += 1
        most_of_each = {name: json.loads(of.most_common(1)[0][0]) for name, of in values.items()}
        fields = [item.fields for item in drawn]
        return {
            COMMONEST: Guess(
                "the commonest value of each field",
                extracted_metrics(items, [most_of_each] * len(items)),
            ),
            RANDOM: Guess("the fields of another image", extracted_metrics(items, fields)),
        }
    said = normalised if data.act == ANSWER else str
    counted = Counter(text for item in items for text in set(map(said, item.references)))
    if not counted:
        return {}
    most = max(sorted(counted), key=counted.__getitem__)
    texts = [next(iter(item.references), "") for item in drawn]
    return {
        COMMONEST: Guess(_always(most), written_metrics(data.act, items, [most] * len(items))),
        RANDOM: Guess("that of another image", written_metrics(data.act, items, texts)),
    }


def _labels(data: EvaluationSet, items: Sequence[LabelledImage], seed: int) -> dict[str, Guess]:
    counted = Counter(item.labels[0] for item in items)
    most = max(data.classes, key=counted.__getitem__)
    if data.many:
        level = labelled_metrics(data, items, np.ones((len(items), len(data.classes))), "")
        return dict.fromkeys((COMMONEST, RANDOM), Guess("the same scores for every image", level))
    draw = Random(seed)
    found = {}
    for kind, words, picked in (
        (COMMONEST, _always(most), [data.classes.index(most)] * len(items)),
        (RANDOM, "a label at random", [draw.randrange(len(data.classes)) for _ in items]),
    ):
        scores = np.zeros((len(items), len(data.classes)))
        scores[np.arange(len(items)), picked] = 1
        found[kind] = Guess(words, labelled_metrics(data, items, scores, ""))
    return found


def _always(answer: str) -> str:
    return f"always `{answer if len(answer) <= LONGEST_SAID else answer[:LONGEST_SAID] + ' ...'}`"

"""Each metric equals the library that the field quotes, on random and on adversarial fixtures."""

import random

import numpy as np
import pytest

from advisor.evaluate.metrics.caption_metrics import cider_d
from advisor.evaluate.metrics.ranking_metrics import (
    accuracy,
    best_labels,
    first_ranks,
    macro_f1,
    mean_average_precision,
    mean_reciprocal_rank,
    recall_at,
)
from advisor.evaluate.metrics.text_metrics import (
    anls,
    character_error_rate,
    field_f1,
    word_error_rate,
)
from tests.evaluate import references as reference

pytestmark = pytest.mark.slow  # scikit-learn and pytrec_eval are imported
RANDOM = range(200)
NEAR = 1e-9


def words(draw, most=9, vocabulary="abcdefg"):
    return tuple(draw.choice(vocabulary) for _ in range(draw.randint(0, most)))


def captions(seed):
    draw = random.Random(seed)
    size = draw.randint(2, 12)
    texts = [words(draw) for _ in range(size)]
    right = [[words(draw, 9) or ("a",) for _ in range(draw.randint(1, 5))] for _ in range(size)]
    for number, some in enumerate(right):
        if draw.random() < 0.3:
            texts[number] = draw.choice(some)
    return texts, right


def many(*parts):
    """Return fixtures of captions: each part is a text and its references, as sentences."""
    return [tuple(t.split()) for t, *_ in parts], [
        [tuple(r.split()) for r in rs] for _, *rs in parts
    ]


ADVERSARIAL_CAPTIONS = [
    many(("", "a cat"), ("", "a dog")),  # nothing written
    many(("a", "a"), ("b", "b")),  # right, too short for four words
    many(("a b c d", "a b c d"), ("a b c d", "a b c d")),  # every n-gram in every document
    many(("x y z w", "a b c d"), ("p q r s", "e f g h")),  # all wrong
    many(("a a a a a a a", "a"), ("b", "b b b b b")),  # repeated beyond the references
    many(("a b c", "a b", "a b c d"), ("a b c", "a b", "a b c d")),  # two lengths equally near
    many(("a b c d e", ""), ("", "a")),  # an empty reference
    many(("a b c d", "a b c d", "a b c d"), ("c", "d")),  # references twice
    many(("a b " * 40, "a b"), ("a", "a b " * 40)),  # very long, very short
    many(("é 東京 😀", "é 東京 😀"), ("ß", "ss")),
    many(("a", "b"), ("b", "a")),
    many(("a b", "b a"), ("c d", "d c")),
    many(("a b c d a b c d", "a b c d"), ("e", "e")),
    many(("the " * 9, "the cat the mat"), ("mat", "the mat")),
    many(("a b c d", "d c b a"), ("d c b a", "a b c d")),
    many(("a", "a"), ("a", "a"), ("a", "a")),
    many(("a b c", "a b c"), ("x", "a b c")),
    many(("a b c d e f g", "a b c d"), ("a b c d", "a b c d e f g")),
    many(("it 's a dog", "it 's a cat"), ("-lrb- a -rrb-", "a")),
    many(("a b", "a b", "", "b"), ("b", "", "a")),
]


@pytest.mark.parametrize("part", range(10))
def test_caption_metrics_equal_those_of_coco(part):
    fixtures = [captions(seed) for seed in RANDOM[part::10]] + ADVERSARIAL_CAPTIONS[part::10]
    for texts, right in fixtures:
        assert cider_d(texts, right).value == pytest.approx(reference.cider(texts, right), abs=NEAR)


def labels(seed):
    draw = np.random.default_rng(seed)
    classes, size = int(draw.integers(2, 9)), int(draw.integers(2, 200))
    truth = draw.integers(0, classes, size)
    scores = draw.dirichlet(np.ones(classes), size)
    scores[np.arange(size), truth] += draw.random(size)
    return truth, scores / scores.sum(axis=1, keepdims=True)


def one_hot(rows, classes):
    return np.eye(classes)[rows]


ADVERSARIAL_LABELS = [
    (np.array([0]), np.array([[1.0, 0.0]])),  # one item, sure and right
    (np.array([1]), np.array([[1.0, 0.0]])),  # sure and wrong
    (np.zeros(9, int), one_hot(np.zeros(9, int), 2)),  # one class
    (np.arange(5), one_hot(np.arange(5)[::-1], 5)),
    (np.arange(8) % 2, np.full((8, 2), 0.5)),  # ties everywhere
    (np.arange(9) % 3, np.full((9, 3), 1 / 3)),
    (np.ones(4, int), one_hot(np.zeros(4, int), 3)),  # all wrong, one class never seen
    (np.array([0, 1]), np.array([[0.6, 0.4], [0.6, 0.4]])),
    (np.array([2, 2, 2]), np.array([[0.2, 0.3, 0.5]] * 3)),
    (np.array([0] * 99 + [1]), np.array([[0.9, 0.1]] * 100)),  # the commonest class, always
    (np.array([0, 0, 1, 1]), np.array([[0.7, 0.3], [0.3, 0.7], [0.7, 0.3], [0.3, 0.7]])),
    (np.arange(20) % 20, one_hot(np.arange(20), 20)),  # every class once
    (np.array([1, 0]), np.array([[1e-12, 1 - 1e-12], [1 - 1e-12, 1e-12]])),
    (np.arange(6) % 2, np.array([[0.51, 0.49]] * 6)),
    (np.arange(30) % 3, np.tile([[0.34, 0.33, 0.33]], (30, 1))),
    (np.array([0, 1, 2, 0]), one_hot(np.array([1, 2, 0, 0]), 3)),
    (np.array([3, 3]), one_hot(np.array([3, 0]), 4)),
    (np.array([0, 1] * 7), np.linspace(0.01, 0.97, 14)[:, None] ** [[1, 2]]),
    (np.array([1, 1, 0]), np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])),
    (np.arange(10) % 10, np.full((10, 10), 0.1)),
]
ADVERSARIAL_LABELS = [
    (truth, scores / scores.sum(axis=1, keepdims=True)) for truth, scores in ADVERSARIAL_LABELS
]


@pytest.mark.parametrize("part", range(4))
def test_label_metrics_equal_scikit_learn(part):
    for truth, scores in [labels(seed) for seed in RANDOM[part::4]] + ADVERSARIAL_LABELS[part::4]:
        picked, classes = scores.argmax(axis=1), scores.shape[1]
        picks = best_labels(scores)
        if len(picks.item) != len(truth):
            continue  # ties, which test_ties.py has
        assert accuracy(truth, picks).value == pytest.approx(
            reference.accuracy(truth, picked), abs=NEAR
        )
        assert macro_f1(truth, picks, classes).value == pytest.approx(
            reference.macro_f1(truth, picked), abs=NEAR
        )


def several(seed):
    draw = np.random.default_rng(seed)
    size, classes = int(draw.integers(2, 80)), int(draw.integers(1, 6))
    truth = draw.random((size, classes)) < draw.random()
    truth[0] = True
    return truth.astype(int), np.round(draw.random((size, classes)), int(draw.integers(1, 6)))


def column(truth, scores):
    return np.array([truth]).T, np.array([scores], dtype=float).T


ADVERSARIAL_SEVERAL = [
    column([1], [0.0]),
    column([1, 0], [0, 1]),
    column([1, 0], [1, 1]),
    column([0, 1] * 9, [0.5] * 18),
    column([1] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]),
    column([0, 0, 0, 1], [3, 2, 1, 0]),
    column([1, 0, 0, 0], [3, 2, 1, 0]),
    column([1, 0, 1, 0], [2, 2, 1, 1]),
    column([0, 1, 1], [0.1, 0.1, 0.2]),
    column([1] + [0] * 99, [0.0] * 100),
    column([1, 1, 0], [-1, -2, -3]),
    column([1, 0], [1e-300, 0]),
    column([1, 0, 1], [1, 1, 1]),
    column([0, 1], [float(np.nextafter(1, 0)), 1.0]),
    (np.eye(4, dtype=int), np.eye(4)),
    (np.eye(4, dtype=int), 1 - np.eye(4)),
    (np.array([[1, 0], [1, 0]]), np.array([[0.2, 0.9], [0.9, 0.2]])),  # a class nobody has
    (np.ones((3, 3), int), np.zeros((3, 3))),
    (np.array([[1, 1], [0, 1]]), np.array([[0, 0], [1, 1]])),
    (np.tri(5, dtype=int), np.tri(5).T),
]


def test_mean_average_precision_equals_scikit_learn():
    for truth, scores in [several(seed) for seed in RANDOM] + ADVERSARIAL_SEVERAL:
        assert mean_average_precision(truth, scores).value == pytest.approx(
            reference.mean_average_precision(truth, scores), abs=NEAR
        )


def ranked(seed):
    draw = np.random.default_rng(seed)
    queries, items = int(draw.integers(1, 9)), int(draw.integers(1, 30))
    scores = draw.permutation(queries * items).reshape(queries, items).astype(float)
    relevant = draw.random((queries, items)) < 0.15
    relevant[np.arange(queries), draw.integers(0, items, queries)] = True
    return scores, relevant


def row(*relevant):
    """Return one query whose items come in this order."""
    return np.arange(len(relevant), 0, -1, dtype=float)[None], np.array([relevant], dtype=bool)


ADVERSARIAL_RANKED = [
    row(1),
    row(0, 1),
    *(row(*([0] * n + [1])) for n in (4, 5, 9, 10, 11)),
    row(1, 1, 1),
    row(*([0] * 50 + [1] * 50)),
    *((np.eye(n) + np.arange(n) / 100, np.eye(n, dtype=bool)) for n in (2, 3, 5)),
    *((-np.eye(n) + np.arange(n) / 100, np.eye(n, dtype=bool)) for n in (2, 3, 5)),
    (np.array([[-3.0, -1.0, -2.0]]), np.array([[True, False, False]])),
    (np.array([[1e-9, 2e-9]]), np.array([[True, False]])),
    (np.array([[5.0, 4.0], [1.0, 2.0]]), np.array([[True, False], [True, False]])),
    (np.array([[1e6, 1e5, 1.0]]), np.array([[False, True, True]])),
    row(0, 0, 1, 0, 1),
]


def test_retrieval_metrics_equal_ir_measures():
    ks = (1, 5, 10)
    for scores, relevant in [ranked(seed) for seed in RANDOM] + ADVERSARIAL_RANKED:
        ranks = first_ranks(scores, relevant)
        last = ranks.ahead + ranks.tied  # the reference puts the irrelevant of equal ones first
        ranks = ranks._replace(ahead=last, tied=np.zeros_like(last))
        found = [recall_at(ranks, k).value for k in ks] + [mean_reciprocal_rank(ranks).value]
        assert found == pytest.approx(reference.retrieval(scores, relevant, ks), abs=NEAR)


def sentence(draw, most=9):
    return "".join(draw.choice("abcé 12.,") for _ in range(draw.randint(0, most)))


ADVERSARIAL_TEXTS = [
    ("", "a"), ("a", "a"), (" a ", "a"), ("a b", "ab"), ("ab", "a b"), ("a  b", "a b"),
    ("A", "a"), ("aaaa", "a"), ("a", "aaaa"), ("é", "e"), ("東京", "東 京"), ("a\tb", "a b"),
    ("abc", "xyz"), ("a b c", "c b a"), ("word", "words"), ("1,000", "1000"), ("x" * 99, "y" * 99),
    ("...", "."), ("😀", "😀😀"), ("a-b", "a b"),
]  # fmt: skip


def texts(seed):
    draw = random.Random(seed)
    size = draw.randint(1, 6)
    said = [sentence(draw) for _ in range(size)]
    return said, [sentence(draw) + "a" for _ in range(size)]


def test_error_rates_equal_jiwer():
    fixtures = [texts(seed) for seed in RANDOM] + [([a], [b]) for a, b in ADVERSARIAL_TEXTS]
    for said, right in fixtures:
        assert character_error_rate(said, [[one] for one in right]).value == pytest.approx(
            reference.cer(said, right), abs=NEAR
        )
        assert word_error_rate(said, [[one] for one in right]).value == pytest.approx(
            reference.wer(said, right), abs=NEAR
        )


def answers(seed):
    said, right = texts(seed)
    draw = random.Random(seed)
    others = [[one, *(sentence(draw) for _ in range(draw.randint(0, 3)))] for one in right]
    return said, others


def test_anls_equals_its_reference():
    fixtures = [answers(seed) for seed in RANDOM] + [([a], [[b]]) for a, b in ADVERSARIAL_TEXTS]
    for said, right in fixtures:
        assert anls(said, right).value == pytest.approx(reference.anls(said, right), abs=NEAR)


def fields(seed):
    draw = random.Random(seed)

    def some():
        return {name: draw.choice("xyz") for name in "abcd" if draw.random() < 0.6}

    size = draw.randint(1, 6)
    return [some() for _ in range(size)], [some() for _ in range(size)]


ADVERSARIAL_FIELDS = [
    ([{}], [{}]), ([{}], [{"a": "x"}]), ([{"a": "x"}], [{}]), ([{"a": "x"}], [{"b": "x"}]),
    ([{"a": "x"}], [{"a": "y"}]), ([{"a": "x"}] * 9, [{"a": "x"}] * 9), ([{}, {}], [{}, {}]),
    ([{"a": "1"}], [{"a": "1.0"}]), ([{"a": "x", "b": "y"}], [{"a": "y", "b": "x"}]),
    ([{"": "x"}], [{"": "x"}]), ([{"a": "é"}], [{"a": "é"}]), ([{"a": "<b>"}], [{"a": "<b>"}]),
    ([{"a": "x"}, {}], [{}, {"a": "x"}]), ([{str(n): "x" for n in range(50)}], [{"0": "x"}]),
    ([{"0": "x"}], [{str(n): "x" for n in range(50)}]), ([{"a": "x"}], [{"a": "xx"}]),
    ([{"a": "0"}], [{"a": "0"}]), ([{"A": "x"}], [{"a": "x"}]), ([{"a.b": "x"}], [{"a": "x"}]),
    ([{"a": "x", "b": "x"}], [{"a": "x", "c": "x"}]),
]  # fmt: skip


def test_field_f1_equals_scikit_learn():
    for found, truth in [fields(seed) for seed in RANDOM] + ADVERSARIAL_FIELDS:
        sets = [[set(one.items()) for one in some] for some in (found, truth)]
        assert field_f1(found, truth).value == pytest.approx(reference.field_f1(*sets), abs=NEAR)

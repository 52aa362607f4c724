"""Scores that tie earn what chance would, are counted, and make no winner."""

import random
from itertools import pairwise, product

import numpy as np
import pytest

from advisor.draw.formats import drawn
from advisor.evaluate.certainty import Resampler
from advisor.evaluate.evaluation_report import _confusion, report_of
from advisor.evaluate.metrics import METRIC_KINDS, of_mean
from advisor.evaluate.metrics.ranking_metrics import (
    accuracy,
    best_labels,
    first_ranks,
    levelled,
    macro_f1,
    mean_reciprocal_rank,
    recall_at,
)
from advisor.evaluate.options import Gates
from advisor.evaluate.scores import score
from tests.evaluate.runs import (
    CAPTION,
    EXTRACT,
    READ_LINE,
    SEARCH,
    judged,
    labelled,
    packed,
    partly_right,
    picks,
    random_labels,
    with_references,
    written,
)

FRUIT = ("apple", "zebra")


def blind(truth, noise=0.0):
    """Return answers that tell nothing apart, but for what a batch does to them."""
    draw = random.Random(len(truth))
    return [{"scores": tuple(0.5 + draw.uniform(-noise, noise) for _ in FRUIT)} for _ in truth]


@pytest.mark.parametrize("noise", [0.0, 1e-6])
def test_a_network_that_tells_nothing_apart_earns_what_chance_would(tmp_path, rules, noise):
    truth = ["apple"] * 45 + ["zebra"] * 5
    run = written(tmp_path, labelled(truth, FRUIT), {"a": blind(truth, noise)})
    scores, said, code = judged(run, rules)
    (one,) = scores.candidates
    assert one.metrics["accuracy"].value == 0.5
    assert (said.outcome, said.recommended, code) == ("guessing", None, 1)
    assert "`a` has tied scores for 50 of 50 items" in said.warnings


def test_the_page_agrees_with_itself_on_a_tie(tmp_path, rules):
    truth = ["apple", "apple", "apple", "zebra"] * 5
    given = picks(truth, classes=FRUIT)
    given[0] = {"scores": (0.5, 0.5 + 4e-6)}
    scores, said, _ = judged(written(tmp_path, labelled(truth, FRUIT), {"a": given}), rules)
    (one,) = scores.candidates
    assert (one.ties, one.metrics["accuracy"].value) == (1, 19.5 / 20)
    cells = [cell["times"] for _, row in _confusion(scores, one)["rows"] for cell in row]
    assert cells == ["14.5", "0.5", "·", "5"]
    assert "`a` has tied scores for 1 of 20 items" in said.warnings
    page = drawn(
        report_of(written(tmp_path, labelled(truth, FRUIT), {"a": given}), scores, said, Gates(),
                  lambda _: None), "html",
    )  # fmt: skip
    assert "tie of 2: apple, zebra" in page


def test_what_differs_by_more_is_no_tie():
    scores = np.array([[0.5, 0.5 - 2e-5], [0.5, 0.5 - 9e-6], [2e-6, 1e-6], [-1, -1]])
    assert best_labels(scores).of_each(4) == ((0,), (0, 1), (0,), ())


def test_a_tie_earns_the_mean_over_all_ways_to_break_it():
    sklearn = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(3)
    for _ in range(20):
        scores = draw.integers(0, 3, (6, 3)) / 4.0
        truth = draw.integers(0, 3, 6)
        picked = best_labels(scores)
        ways = [sklearn.accuracy_score(truth, way) for way in product(*picked.of_each(len(truth)))]
        assert accuracy(truth, picked).value == pytest.approx(np.mean(ways))
        by_parts = sklearn.f1_score(
            truth[picked.item], picked.label, sample_weight=picked.share, average="macro",
            zero_division=0,
        )  # fmt: skip
        assert macro_f1(truth, picked, 3).value == pytest.approx(by_parts)


def test_a_rank_in_a_tie_is_what_a_random_order_gives():
    draw = np.random.default_rng(4)
    for _ in range(10):
        scores = draw.integers(0, 3, (1, 7)).astype(float)
        relevant = draw.random((1, 7)) < 0.4
        relevant[0, draw.integers(7)] = True
        ranks = first_ranks(scores, relevant)
        orders = [np.lexsort((draw.random(7), -scores[0])) for _ in range(4000)]
        first = np.array([np.flatnonzero(relevant[0, order])[0] + 1 for order in orders])
        for k in (1, 3, 5):
            assert recall_at(ranks, k).value == pytest.approx((first <= k).mean(), abs=0.04)
        assert mean_reciprocal_rank(ranks).value == pytest.approx((1 / first).mean(), abs=0.03)


def test_scores_of_several_labels_that_tie_are_one_number():
    found = levelled(np.array([[0.3, 0.9], [0.3 + 6e-6, 0.1], [0.3 + 1.2e-5, 0.1], [0.1, 0.5]]))
    assert found[:, 0].tolist() == [0.3, 0.3 + 1.2e-5, 0.3 + 1.2e-5, 0.1]
    assert found[:, 1].tolist() == [0.9, 0.1, 0.1, 0.5]


def vectors(count, seed, truth=None):
    """Return answers of a search: random, or, with a truth, those of the image itself."""
    draw = np.random.default_rng(seed)
    images = draw.normal(size=(count, 16))
    texts = images if truth else draw.normal(size=(count, 16))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, texts)]
    return [
        {"vectors": packed(image, [text])}
        for image, text in zip(*(rows.tolist() for rows in unit), strict=True)
    ]


def junk(act):
    """Return data of an act, answers that are no better than chance, and right ones."""
    words = random.Random(5).sample(range(10**6), 60)
    right = [f"{n} red vans of {n % 7}" for n in words]
    wrong = [f"zz {n}" for n in reversed(words)]
    if act == SEARCH:
        data = with_references(SEARCH, [[text] for text in right])
        return data, vectors(60, 1), vectors(60, 1, truth=True)
    if act == EXTRACT:
        data = with_references(EXTRACT, [[] for _ in right])
        images = [
            one._replace(fields={"total": text, "currency": "EUR"})
            for one, text in zip(data.images, right, strict=True)
        ]
        given = [[{"text": "", "fields": {"total": t, "currency": "EUR"}} for t in some]
                 for some in (wrong, right)]  # fmt: skip
        return data._replace(images=tuple(images)), *given
    data = with_references(act, [[text] for text in right])
    return data, [{"text": text} for text in wrong], [{"text": text} for text in right]


@pytest.mark.parametrize("act", [SEARCH, CAPTION, READ_LINE, EXTRACT])
def test_whatever_is_no_better_than_guessing_is_no_winner(tmp_path, rules, act):
    data, wrong, right = junk(act)
    scores, said, code = judged(written(tmp_path / "a", data, {"a": wrong, "b": wrong}), rules)
    assert (said.outcome, said.recommended, code) == ("guessing", None, 1), said
    assert scores.guessing.words in said.because[0]
    scores, said, code = judged(written(tmp_path / "b", data, {"a": wrong, "good": right}), rules)
    assert (said.recommended, code) == ("good", 0)


def test_a_random_order_finds_an_image_among_the_first_as_often_as_there_are_few(tmp_path):
    data, wrong, _ = junk(SEARCH)
    guessing = score(written(tmp_path, data, {"a": wrong})).guessing
    assert guessing.words == "a random order"
    assert guessing.metrics["recall@1"] == pytest.approx(1 / 60)
    assert guessing.metrics["recall@10"] == pytest.approx(10 / 60)
    assert guessing.metrics["mrr"] == pytest.approx(sum(1 / n for n in range(1, 61)) / 60)


def test_of_candidates_that_tie_none_below_guessing_is_named(tmp_path, rules):
    truth = random_labels(60, 1, weights=(8, 1, 1))
    given = {"b": picks(partly_right(truth, 0.72, 3)), "a": picks(partly_right(truth, 0.99, 2))}
    scores, said, _ = judged(written(tmp_path, labelled(truth), given), rules)
    below = scores.candidates[0].metrics["accuracy"].value
    assert below < scores.guessing.metrics["accuracy"]
    assert "b" not in (said.recommended, *said.tied)


@pytest.mark.parametrize("images", [30, 303])
def test_a_better_result_has_no_lower_bound_below_that_of_a_worse_one(images):
    """303 questions: all right had a bound of 0.884 on 30 images, and 300 right one of 0.963."""
    names = [n % images for n in range(303)]
    bounds = []
    for wrong in range(12):
        metric = of_mean([n >= wrong for n in range(303)])
        draws = Resampler(names, 0)
        found = draws.result(metric, METRIC_KINDS["accuracy"], draws.values(metric))
        bounds.append(found.interval)
        other = of_mean([n < wrong for n in range(303)])
        found = draws.result(other, METRIC_KINDS["accuracy"], draws.values(other))
        assert found.interval[1] >= 1 - bounds[-1][0] - 0.002
    lows = [low for low, _ in bounds]
    assert all(better >= worse for better, worse in pairwise(lows))


def test_one_file_under_two_labels_is_said(tmp_path, rules):
    truth = ["cat", "dog", "owl", "cat", "dog", "cat"]
    files = ["0", "1", "2", "3", "0", "3"]
    run = written(tmp_path, labelled(truth), {"a": picks(truth)}, files=files)
    _, said, _ = judged(run, rules)
    (told,) = [line for line in said.warnings if "duplicate with another label" in line]
    assert told == ("1 image is a duplicate with another label, such as `0.png` and `4.png`")

"""Intervals cover the truth, a copy differs by nothing, and chance does not win."""

import math
import random
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from advisor.evaluate.certainty import Resampler, holm, mcnemar
from advisor.evaluate.metrics import METRIC_KINDS, metric_kind, of_mean, of_ratio
from advisor.evaluate.metrics.ranking_metrics import (
    FirstRanks,
    best_labels,
    macro_f1,
    mean_average_precision,
    mean_reciprocal_rank,
)
from advisor.evaluate.scores import score
from tests.evaluate.runs import (
    ANSWER,
    CAPTION,
    CLASSES,
    READ_LINE,
    SEARCH,
    labelled,
    packed,
    partly_right,
    picks,
    random_labels,
    with_references,
    written,
)


def interval(metric, kind, images=None, draws=500):
    resampler = Resampler(images or range(metric.n), seed=0, draws=draws)
    return resampler.result(metric, METRIC_KINDS[kind], resampler.values(metric)).interval


def right(draw, size, chance):
    return of_mean(draw.random(size) < chance)


def of_classes(draw, size):
    truth = draw.choice(4, size, p=[0.4, 0.3, 0.2, 0.1])
    said = np.where(draw.random(size) < 0.7, truth, draw.integers(0, 4, size))
    return macro_f1(truth, best_labels(np.eye(4)[said]), 4)


def of_lines(draw, size):
    lengths = draw.integers(5, 60, size)
    return of_ratio(draw.binomial(lengths, draw.beta(0.3, 3, size)), lengths)


def of_ranks(draw, size):
    ahead = draw.geometric(0.3, size) - 1
    return mean_reciprocal_rank(FirstRanks(ahead, np.zeros_like(ahead), np.ones_like(ahead)))


def of_several(draw, size):
    truth = draw.random((size, 3)) < 0.2
    return mean_average_precision(truth, truth + draw.normal(size=truth.shape))


SIMULATED = {
    "half right": ("accuracy", lambda draw, size: right(draw, size, 0.5), 0.5),
    "nine of ten right": ("accuracy", lambda draw, size: right(draw, size, 0.9), 0.9),
    "nearly all right": ("accuracy", lambda draw, size: right(draw, size, 0.95), 0.95),
    "macro-F1": ("macro-f1", of_classes, None),
    "CER": ("cer", of_lines, None),
    "MRR": ("mrr", of_ranks, None),
    "mAP": ("map", of_several, None),
}


def nightly(one):
    """What is simulated, one of the two that take longest by night; the other law has it by day."""
    return (pytest.param(n, marks=pytest.mark.long if n == one else ()) for n in SIMULATED)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*nightly("mAP")])
def test_intervals_cover_the_truth_in_92_to_98_of_100(name):
    kind, simulate, truth = SIMULATED[name]
    if truth is None:
        large = [simulate(np.random.default_rng([7, n]), 20_000).value for n in range(5)]
        truth = float(np.mean(large))
    covered = 0
    for seed in range(500):
        low, high = interval(simulate(np.random.default_rng([seed, 1]), 100), kind)
        covered += low - 1e-9 <= truth <= high + 1e-9
    assert 460 <= covered <= 490


@pytest.mark.slow
def test_where_hardly_any_is_wrong_intervals_cover_more_never_less():
    """Of a hundred images two are wrong, or none: there is no interval that covers just 95 %."""
    for chance in (0.98, 0.995):
        draws = (np.random.default_rng([seed, 4]) for seed in range(500))
        found = [interval(right(draw, 100, chance), "accuracy") for draw in draws]
        assert sum(low <= chance <= high for low, high in found) >= 460


@pytest.mark.slow
def test_intervals_of_several_questions_on_an_image_cover_the_truth():
    images = [number // 5 for number in range(300)]
    covered = alone = 0
    for seed in range(500):
        draw = np.random.default_rng([seed, 2])
        chance = np.repeat(draw.beta(1, 1, 60), 5)  # questions on one image are alike
        metric = of_mean(draw.random(300) < chance)
        low, high = interval(metric, "accuracy", images)
        covered += low <= 0.5 <= high
        low, high = interval(metric, "accuracy")
        alone += low <= 0.5 <= high
    assert 460 <= covered <= 490
    assert alone < 440  # as if each question were an image: far too narrow


@pytest.mark.slow
def test_intervals_of_a_difference_cover_the_truth():
    covered = 0
    for seed in range(500):
        draw = np.random.default_rng([seed, 3])
        one = draw.random(100) < 0.85
        other = np.where(draw.random(100) < 0.85, one, draw.random(100) < 0.7)
        both = (of_mean(one), of_mean(other))
        resampler = Resampler(range(100), seed=0, draws=500)
        found = resampler.compare("accuracy", ("a", "b"), both, tuple(map(resampler.values, both)))
        covered += found.interval[0] - 1e-9 <= 0.0225 <= found.interval[1] + 1e-9
    assert 460 <= covered <= 490


@pytest.mark.slow
@pytest.mark.parametrize("name", [*nightly("macro-F1")])
def test_equally_good_candidates_are_told_apart_in_5_of_100_and_its_noise(name):
    kind, simulate, _ = SIMULATED[name]
    apart = 0
    for seed in range(500):
        both = tuple(simulate(np.random.default_rng([seed, 11, n]), 60) for n in range(2))
        resampler = Resampler(range(60), seed=0, draws=500)
        values = tuple(map(resampler.values, both))
        apart += resampler.compare(kind, ("a", "b"), both, values).reliable
    assert apart <= 34


def captions(size):
    draw = random.Random(size)
    words = ["red", "cat", "dog", "sits", "on", "mat", "a", "the"]
    texts = [" ".join(draw.choices(words, k=7)) for _ in range(size)]
    return [{"text": one} for one in texts], [[one, one[3:]] for one in texts[::-1]]


def every_kind(folder):
    """Yield a run for each act, with a candidate under two names."""
    truth = random_labels(60, 1)
    said = picks(partly_right(truth, 0.7, 2))
    yield written(folder / "1", labelled(truth), {"one": said, "copy": said})
    given, wanted = captions(30)
    yield written(folder / "2", with_references(CAPTION, wanted), {"one": given, "copy": given})
    answers = [{"text": one} for one in partly_right(truth, 0.6, 3)]
    several = with_references(
        ANSWER, [[one] * 10 for one in truth], ids=[n // 2 for n in range(60)]
    )
    yield written(folder / "3", several, {"one": answers, "copy": answers})
    yield written(folder / "4", with_references(READ_LINE, wanted), {"one": given, "copy": given})
    draw = np.random.default_rng(0)
    found = [{"vectors": packed(draw.normal(size=4), draw.normal(size=(2, 4)))} for _ in range(30)]
    yield written(folder / "5", with_references(SEARCH, wanted), {"one": found, "copy": found})
    marks = [("cat", "dog") if n % 3 else ("owl",) for n in range(60)]
    yield written(
        folder / "6", labelled(marks, many=True), {"one": said, "copy": said}, scored_by="sigmoid"
    )


def test_a_candidate_under_two_names_differs_by_nothing(tmp_path):
    for run in every_kind(tmp_path):
        scores = score(run)
        one, copy = scores.candidates
        assert one.metrics == copy.metrics
        assert len(scores.comparisons) == len(one.metrics) > 0
        for found in scores.comparisons:
            assert (found.difference, found.interval, found.p, found.adjusted) == (0, (0, 0), 1, 1)
            assert not found.reliable
            assert found.settled_by is None
        assert score(run) == scores


def test_the_interval_of_an_evaluation_holds_its_value(tmp_path):
    for run in every_kind(tmp_path):
        for id, found in score(run).candidates[0].metrics.items():
            low, high = found.interval
            assert low <= found.value <= high, id


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (5, 0), (3, 9), (40, 41), (900, 1200)])
def test_p_is_that_of_the_exact_binomial(one, other):
    from scipy.stats import binomtest

    first = np.array([1] * one + [0] * other + [1, 0])
    second = np.array([0] * one + [1] * other + [1, 0])
    wanted = binomtest(one, one + other, 0.5).pvalue if one + other else 1.0
    assert mcnemar(first, second) == pytest.approx(wanted, rel=1e-9)


def test_resampling_many_images_takes_little_memory():
    """With the vectors of 20,000 images it is what a search adds to a process: 150 MB at most."""
    metric = of_mean(np.random.default_rng(0).random(20_000) < 0.9)
    resampler = Resampler(range(20_000), seed=0, draws=250)
    tracemalloc.start()
    resampler.values(metric)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_draws_do_not_hang_on_how_many_are_made_at_once(monkeypatch):
    metric = of_mean(np.random.default_rng(0).random(3333) < 0.8)
    values = []
    for cells in (1_000_000, 50_001, 1):
        monkeypatch.setattr("advisor.evaluate.certainty._CELLS", cells)
        values.append(Resampler(range(3333), seed=5, draws=60).values(metric).tolist())
    assert values[0] == values[1] == values[2]


def test_p_of_many_pairs_is_corrected_for_their_number(tmp_path):
    truth = random_labels(80, 5)
    given = {f"c{n}": picks(partly_right(truth, 0.6 + n / 20, n)) for n in range(5)}
    found = [c for c in score(written(tmp_path, labelled(truth), given)).comparisons
             if c.metric == "accuracy"]  # fmt: skip
    assert len(found) == 10
    assert all(one.test == "mcnemar" for one in found)
    in_order = sorted(found, key=lambda one: one.p)
    running = 0.0
    for place, one in enumerate(in_order):
        running = max(running, min(1, one.p * (10 - place)))
        assert one.adjusted == running
    assert holm(()) == ()


def test_too_few_images_say_how_many_would_settle_it(tmp_path):
    truth = random_labels(80, 1)
    given = {"a": picks(partly_right(truth, 0.80, 1)), "b": picks(partly_right(truth, 0.74, 2))}
    found = score(written(tmp_path, labelled(truth), given)).comparisons[0]
    assert not found.reliable
    assert found.settled_by > 80
    again = random_labels(found.settled_by * 3, 3)
    given = {"a": picks(partly_right(again, 0.80, 1)), "b": picks(partly_right(again, 0.74, 2))}
    assert score(written(tmp_path / "more", labelled(again), given)).comparisons[0].reliable


def test_all_right_is_no_proof_that_all_will_be(tmp_path):
    truth = random_labels(80, 1)
    found = score(written(tmp_path, labelled(truth), {"a": picks(truth)})).candidates[0].metrics
    assert found["accuracy"].value == 1
    assert found["accuracy"].interval == (pytest.approx(0.025 ** (1 / 80)), 1)


def test_shuffled_labels_are_no_better_than_guessing(tmp_path):
    truth = random_labels(300, 1, weights=(6, 3, 1))
    said = partly_right(truth, 0.9, 2)
    random.Random(3).shuffle(truth)
    scores = score(written(tmp_path, labelled(truth), {"a": picks(said)}))
    assert scores.guessing.words == f"always `{Counter(truth).most_common()[0][0]}`"
    by_chance = sum((truth.count(c) / 300) * (said.count(c) / 300) for c in CLASSES)
    low, high = scores.candidates[0].metrics["accuracy"].interval
    assert low <= by_chance <= high
    found = next(one for one in scores.guessing.comparisons if one.metric == "accuracy")
    assert not (found.reliable and found.difference > 0)


def test_what_cannot_be_read_counts_for_nobody_and_what_fails_counts_as_wrong(tmp_path):
    truth = ["cat", "dog", "owl", "cat"]
    one, other = picks(truth), picks(truth)
    one[0] = {"unreadable": "cut off"}
    other[1] = {"failed": "nothing came"}
    scores = score(written(tmp_path, labelled(truth), {"one": one, "other": other}))
    assert [c.metrics["accuracy"].value for c in scores.candidates] == [1, pytest.approx(2 / 3)]
    assert [c.metrics["accuracy"].n for c in scores.candidates] == [3, 3]
    assert scores.candidates[1].measured.picked == ((), (2,), (0,))
    assert [(one.id, one.why) for one in scores.left_out] == [("0.png", "cut off")]
    assert len(scores.candidates[1].failed) == 1


def test_a_candidate_that_did_not_finish_is_compared_with_nobody(tmp_path):
    truth = random_labels(20, 1)
    given = {"one": picks(truth), "other": picks(truth[:5])}
    scores = score(written(tmp_path, labelled(truth), given, failed={"other"}))
    assert [one.name for one in scores.candidates] == ["one"]
    assert [one.name for one in scores.failed] == ["other"]
    assert scores.comparisons == ()


def test_texts_find_the_images_that_they_belong_to(tmp_path):
    vectors = np.eye(4).tolist()
    given = [{"vectors": packed(v, (v, vectors[0]))} for v in vectors]
    given[3] = {"failed": "out of memory"}
    data = with_references(SEARCH, [["x", "y"]] * 4)
    found = score(written(tmp_path, data, {"a": given})).candidates[0].metrics
    assert found["recall@1"].n == 8
    assert found["recall@1"].value == pytest.approx(4 / 8)  # three by name, one by the second text


def test_metrics_are_named_as_people_write_them():
    assert metric_kind("Macro F1").id == "macro-f1"
    assert metric_kind("CIDEr-D").id == "cider-d"
    assert math.isclose(metric_kind("CER").gain(0.1), -0.1)


@pytest.mark.parametrize(("images", "student"), [(5, 2.7764), (10, 2.2622), (30, 2.0452)])
def test_an_interval_of_few_images_reaches_as_far_as_students_t(images, student):
    assert Resampler(range(images), seed=0)._reach == pytest.approx(
        student * math.sqrt(images / (images - 1)), rel=3e-3
    )

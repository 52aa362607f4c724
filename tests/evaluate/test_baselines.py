"""Simple rivals: random, commonest, and what a few labeled images reach on vectors."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from advisor.draw.formats import drawn
from advisor.evaluate.evaluation_report import report_of
from advisor.evaluate.metrics.ranking_metrics import best_labels, of_each_class
from advisor.evaluate.options import Gates
from advisor.evaluate.responses import NEIGHBORS, PROBE
from advisor.evaluate.scores import score
from advisor.evaluate.vector_classifiers import (
    FOLDS,
    INVERSE_PENALTY,
    TEMPERATURE,
    _folds,
    cross_validated,
)
from advisor.evaluate.verdict import verdict
from advisor.rulebase.store import load_rules
from tests.evaluate.runs import (
    CLASSES,
    READ_LINE,
    labelled,
    packed,
    partly_right,
    picks,
    random_labels,
    with_references,
    written,
)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def digits(size=360):
    """Return vectors of scikit-learn's digits, and what they are."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))[:size]
    return unit(data.data[order].astype("f4")), data.target[order].tolist()


def by_folds(vectors, truth, files, fit, seed=0):
    """Return the scores of a classifier of scikit-learn, fitted to the same folds."""
    told = np.zeros((len(truth), max(truth) + 1))
    for fold in folds(vectors, truth, files, seed):
        left = [n for n in range(len(truth)) if n not in fold]
        told[sorted(fold)] = fit(vectors[left], np.array(truth)[left], vectors[sorted(fold)])
    return told


def folds(vectors, truth, files, seed=0):
    """Return the items of each fold: those of which the vector alone changes nobody else's."""
    fold, _ = _folds(files, truth, vectors.any(axis=1), seed)
    return [{n for n, one in enumerate(fold) if one == number} for number in range(FOLDS)]


@pytest.mark.slow
def test_a_probe_is_the_logistic_regression_of_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler
    vectors, truth = digits()

    def fit(learnt, labels, asked):
        scale = scaler().fit(learnt)
        model = linear.LogisticRegression(C=INVERSE_PENALTY, max_iter=5000, tol=1e-8)
        return model.fit(scale.transform(learnt), labels).predict_proba(scale.transform(asked))

    files = list(range(len(truth)))
    found = cross_validated(PROBE, vectors, truth, files, 10, 0)
    wanted = by_folds(vectors.astype(float), truth, files, fit)
    assert found[0] == pytest.approx(wanted, abs=2e-3)
    assert (found[0].argmax(1) == truth).mean() > 0.9
    assert list(found) == [0, 5, 10, 20]


@pytest.mark.slow
def test_neighbors_are_those_of_scikit_learn():
    near = pytest.importorskip("sklearn.neighbors")
    vectors, truth = digits()

    def fit(learnt, labels, asked):
        model = near.KNeighborsClassifier(
            20, metric="cosine", weights=lambda far: np.exp((1 - far) / TEMPERATURE)
        )
        return model.fit(learnt, labels).predict_proba(asked)

    files = list(range(len(truth)))
    found = cross_validated(NEIGHBORS, vectors, truth, files, 10, 0)
    assert found[0] == pytest.approx(by_folds(vectors.astype(float), truth, files, fit), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NEIGHBORS, PROBE])
def test_images_that_are_one_file_stay_on_one_side(kind):
    """Vectors that say nothing: only who has seen a copy of an image could be right about it."""
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 4, 200).tolist()
    vectors = unit(draw.normal(size=(200, 256)).astype("f4"))
    twice = np.concatenate([vectors, vectors]), truth * 2
    apart = cross_validated(kind, *twice, list(range(400)), 4, 0)[0]
    together = cross_validated(kind, *twice, list(range(200)) * 2, 4, 0)[0]
    right = [(one.argmax(1) == twice[1]).mean() for one in (apart, together)]
    assert right[0] > 0.7
    assert right[1] < 0.4
    assert together[:200] == pytest.approx(together[200:])
    once = cross_validated(kind, vectors, truth, list(range(200)), 4, 0)[0]
    assert together[:200] == pytest.approx(once), "of equal files one is learnt from"


@pytest.mark.slow
def test_an_image_is_judged_by_what_never_saw_its_label():
    vectors, truth = digits(200)
    files = list(range(200))
    before = cross_validated(PROBE, vectors, truth, files, 10, 0)[0]
    for fold in folds(vectors, truth, files):
        one = min(fold)
        others = [n for n in fold if n != one]
        changed = vectors.copy()
        changed[one] = -changed[one]
        after = cross_validated(PROBE, changed, truth, files, 10, 0)[0]
        assert after[others] == pytest.approx(before[others]), "nor its picture"
        break


def fitted(folder, truth, vectors, extra=None):
    """Return a run of a dual encoder's baselines beside a candidate, and its figures."""
    answers = [{"vectors": packed(one, [])} for one in vectors]
    given = {"zero": picks(truth), "near": answers, "probe": answers, **(extra or {})}
    run = written(folder, labelled(truth), given)
    kinds = {"near": NEIGHBORS, "probe": PROBE, "random": "random", "commonest": "commonest"}
    named = tuple(
        one._replace(
            baseline=kinds.get(one.name, ""), scored_by="votes" if one.name == "near" else "softmax"
        )
        for one in run.candidates
    )
    return replace(run, candidates=named)


def informative(truth, seed=0):
    draw = np.random.default_rng(seed)
    middle = np.eye(8)[: len(CLASSES)]
    rows = [middle[CLASSES.index(one)] + draw.normal(scale=0.3, size=8) for one in truth]
    return unit(np.array(rows)).astype("f4")


@pytest.mark.slow
def test_baselines_stand_among_the_candidates_on_the_same_images(tmp_path):
    truth = random_labels(90, 1)
    blank = [{"text": None}] * len(truth)
    run = fitted(tmp_path, truth, informative(truth), {"random": blank, "commonest": blank})
    scores = score(run)
    reached = {one.name: one.metrics["accuracy"] for one in scores.candidates}
    assert {one.n for one in reached.values()} == {90}
    assert reached["probe"].value > 0.8
    assert reached["near"].value > 0.8
    most = Counter(truth).most_common()[0][1] / 90
    assert (
        reached["commonest"].value
        == pytest.approx(most)
        == scores.baselines["commonest"][1]["accuracy"]
    )
    assert reached["random"].value == scores.baselines["random"][1]["accuracy"]
    assert 0.15 < reached["random"].value < 0.55
    assert len([one for one in scores.comparisons if one.metric == "accuracy"]) == 10
    assert score(run) == scores
    by_size = next(one.by_size for one in scores.candidates if one.name == "probe")
    assert list(by_size) == [5, 10]
    assert all(low <= one.value <= high for one in by_size.values() for low, high in [one.interval])


def test_what_has_no_vector_is_wrong_and_teaches_nobody(tmp_path):
    truth = random_labels(60, 2)
    answers = [{"vectors": packed(one, [])} for one in informative(truth)]
    answers[7] = {"failed": "out of memory"}
    run = fitted(tmp_path / "part", truth, informative(truth), {"near": answers})
    one = next(one for one in score(run).candidates if one.name == "near")
    assert (one.measured.said[7], dict(one.failed), one.worth[7]) == (None, {7: "out of memory"}, 0)
    assert sum(said is None for said in one.measured.said) == 1


def test_no_baseline_is_recommended_that_is_no_better_than_guessing(tmp_path):
    truth = random_labels(90, 1)
    run = written(tmp_path, labelled(truth), {"a": [{"text": None}] * 90})
    for kind in ("random", "commonest"):
        one = replace(run, candidates=(run.candidates[0]._replace(baseline=kind),))
        said = verdict(score(one), load_rules())
        assert (said.outcome, said.recommended) == ("guessing", None)


def test_json_and_page_have_baselines_and_figures_of_each_class(tmp_path):
    truth = random_labels(90, 1)
    run = fitted(tmp_path, truth, informative(truth))
    scores = score(run)
    said = verdict(scores, load_rules())
    report = report_of(run, scores, said, Gates(), lambda _: None)
    found = json.loads(drawn(report, "json"))
    result = {one["candidate"]: one for one in found["results"]}
    assert result["probe"]["baseline"] == "probe"
    assert result["probe"]["vectors_of"] == "lab/probe"
    assert result["probe"]["checkpoint"] == "probe", "no checkpoint is ranked by what it is not"
    assert result["zero"]["baseline"] is None
    assert [one["images"] for one in result["probe"]["by_images_per_class"]] == [5, 10]
    assert set(found["baselines"]) == {"random", "commonest"}
    page = drawn(report, "markdown")
    assert "| baseline:majority |" in page
    assert "| baseline:random |" in page


def test_figures_of_a_class_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(2)
    for _ in range(20):
        scores = draw.integers(0, 3, (12, 4)) / 4.0
        truth = draw.integers(0, 4, 12)
        picked = best_labels(scores)
        found = of_each_class(truth[:, None] == np.arange(4), picked)
        said = {"labels": range(4), "zero_division": np.nan, "average": None}
        wanted = sklearn.precision_recall_fscore_support(
            truth[picked.item], picked.label, sample_weight=picked.share, **said
        )
        for number, one in enumerate(found):
            assert one.items == (truth == number).sum()
            for value, other in zip(
                one[1:], [column[number] for column in wanted[:3]], strict=True
            ):
                assert (
                    value is None and (np.isnan(other) or other == 0)
                ) or value == pytest.approx(other)


def test_a_text_at_random_is_that_of_another_image(tmp_path):
    texts = [[f"line {n}"] for n in range(30)]
    run = written(tmp_path, with_references(READ_LINE, texts), {"a": [{"text": "x"}] * 30})
    found = score(run).baselines
    assert found["random"][0] == "the text of another image"
    assert 0 < found["random"][1]["cer"] < 1
    assert list(found) == ["commonest", "random"]


def test_the_seed_draws_the_random_label(tmp_path):
    truth = random_labels(90, 1)
    runs = [
        written(
            tmp_path / str(seed),
            labelled(truth),
            {"a": picks(partly_right(truth, 0.9, 1))},
            seed=seed,
        )
        for seed in (0, 0, 1)
    ]
    found = [score(run).baselines["random"][1]["accuracy"] for run in runs]
    assert found[0] == found[1] != found[2]

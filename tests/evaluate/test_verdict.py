"""The verdict: one metric after the other, ties by certainty, gates, and what each format says."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from advisor.draw.formats import drawn
from advisor.errors import BrokenFileError, UsageError
from advisor.evaluate.evaluation_report import report_of
from advisor.evaluate.options import Gates
from advisor.evaluate.page import Evaluation, as_json
from advisor.evaluate.scores import score
from advisor.evaluate.verdict import RECOMMENDED, verdict
from tests.evaluate.runs import (
    ANSWER,
    READ_LINE,
    judged,
    labelled,
    partly_right,
    picks,
    random_labels,
    with_references,
    written,
)

SIZE = 120
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "evaluate.schema.json"


def of_shares(folder, shares, size=SIZE, sure=0.8, **named):
    """Return a run of candidates, each right on a share of the images."""
    truth = random_labels(size, 1)
    given = {
        name: picks(partly_right(truth, share, seed), sure)
        for seed, (name, share) in enumerate(shares.items(), start=2)
    }
    return written(folder, labelled(truth), given, **named)


def test_the_best_is_recommended_with_its_figure_and_why_the_others_are_not(tmp_path, rules):
    _, said, code = judged(of_shares(tmp_path, {"weak": 0.6, "strong": 0.95}), rules)
    assert (said.outcome, said.recommended, said.checkpoint) == (
        "recommended",
        "strong",
        "lab/strong",
    )
    assert (said.decided_by, said.outcome, code) == ("accuracy", RECOMMENDED, 0)
    assert said.because[0].startswith("accuracy 0.9")
    assert f"on {SIZE} images of `photos`" in said.because[0]
    assert said.because[1].startswith("`weak` is 0.")


def test_a_tie_is_an_answer_and_says_what_would_settle_it(tmp_path, rules):
    run = of_shares(tmp_path, {"one": 0.82, "other": 0.79})
    _, said, code = judged(run, rules)
    assert (said.outcome, code) == ("tie", 0)
    assert set(said.tied) == {"one", "other"}
    assert (
        f"do not differ significantly in accuracy on {SIZE} images. Detecting a difference"
        in "".join(said.because)
    )
    assert judged(run, rules, gates=Gates(strict=True))[2] == 3


def test_of_tied_candidates_the_smallest_is_named(tmp_path, rules):
    sized = sorted(
        (one for one in rules.checkpoints.values() if one.parameters_millions),
        key=lambda one: one.parameters_millions,
    )
    run = of_shares(tmp_path, {"one": 0.8, "other": 0.8})
    large, small = sized[-1].id, sized[0].id
    named = tuple(
        one._replace(checkpoint=id) for one, id in zip(run.candidates, (large, small), strict=True)
    )
    said = judged(replace(run, candidates=named), rules)[1]
    assert (said.recommended, said.checkpoint) == ("other", small)
    assert said.because[-1] == "`other` is selected as the smallest of the tied candidates"


def test_of_own_checkpoints_that_tie_the_smallest_by_its_headers_is_named(tmp_path, rules):
    run = of_shares(tmp_path, {"one": 0.82, "other": 0.79})
    named = tuple(
        one._replace(checkpoint="./mine", parameters_millions=size)
        for one, size in zip(run.candidates, (90.5, 12.25), strict=True)
    )
    scores, said, _ = judged(replace(run, candidates=named), rules)
    assert (said.outcome, said.recommended) == ("tie", "other")
    found = as_json(Evaluation(run, scores, said, ()))["results"]
    assert [one["parameters_millions"] for one in found] == [90.5, 12.25]


def test_of_tied_candidates_of_unknown_size_the_best_so_far_is_named(tmp_path, rules):
    run = of_shares(tmp_path, {"one": 0.79, "other": 0.82})
    scores, said, _ = judged(run, rules)
    best = max(scores.candidates, key=lambda one: one.metrics["accuracy"].value)
    assert (said.outcome, said.recommended) == ("tie", best.name)
    assert said.because[-1] == (
        f"`{best.name}` is selected for the best measured accuracy, because model sizes are unknown"
    )


def test_the_next_metric_tells_apart_what_the_first_does_not(tmp_path, rules):
    truth = ["cat"] * 45 + ["dog"] * 45 + ["owl"] * 10
    given = {"fair": picks(["dog"] * 10 + truth[10:]), "blind": picks(truth[:90] + ["cat"] * 10)}
    run = written(tmp_path, labelled(truth), given)
    assert judged(run, rules)[1].outcome == "tie"
    found = judged(run, rules, ["accuracy", "macro-f1"])[1]
    assert (found.recommended, found.decided_by) == ("fair", "macro-f1")


def test_a_copy_ties_with_no_difference_at_all(tmp_path, rules):
    truth = random_labels(SIZE, 1)
    said = picks(partly_right(truth, 0.8, 2))
    run = written(tmp_path, labelled(truth), {"one": said, "copy": said})
    found = judged(run, rules)[1]
    assert found.outcome == "tie"
    assert "have the same accuracy" in "".join(found.because)


def test_shuffled_labels_have_no_winner(tmp_path, rules):
    truth = random_labels(SIZE, 1)
    said = {name: partly_right(truth, share, 2) for name, share in {"a": 0.95, "b": 0.6}.items()}
    random.Random(3).shuffle(truth)
    run = written(tmp_path, labelled(truth), {name: picks(some) for name, some in said.items()})
    _, found, code = judged(run, rules)
    assert (found.outcome, found.recommended, code) == ("guessing", None, 1)
    assert (
        "no candidate is significantly better than the baseline (always `cat`)"
    ) in found.because[0]


def test_worse_than_the_commonest_class_is_said_of_each(tmp_path, rules):
    truth = ["cat"] * 95 + ["dog"] * 15
    run = written(
        tmp_path,
        labelled(truth),
        {"good": picks(truth), "poor": picks(partly_right(truth, 0.5, 1))},
    )
    found = judged(run, rules)[1]
    assert found.recommended == "good"
    assert [one for one in found.warnings if one.startswith("`poor` is worse than the baseline")]


@pytest.mark.parametrize(("below", "said"), [(1e-12, False), (1e-6, True)])
def test_rounding_alone_is_not_worse_than_guessing(tmp_path, rules, below, said):
    truth = ["cat"] * 95 + ["dog"] * 15
    scores = score(written(tmp_path, labelled(truth), {"always": picks(["cat"] * len(truth))}))
    (always,) = scores.candidates
    guessed = scores.guessing.metrics["accuracy"]
    reached = always.metrics["accuracy"]._replace(value=guessed - below)
    always = always._replace(metrics={**always.metrics, "accuracy": reached})
    found = verdict(scores._replace(candidates=(always,)), rules, ())
    assert any("worse than the baseline" in warning for warning in found.warnings) == said


def test_the_commonest_answer_is_a_guess_too(tmp_path, rules):
    answers = ["yes"] * 70 + ["no"] * 10
    given = {"always": [{"text": "Yes."}] * 80}
    run = written(tmp_path, with_references(ANSWER, [[one] for one in answers]), given)
    scores, found, code = judged(run, rules)
    assert scores.guessing.words == "always `yes`"
    assert (found.outcome, code) == ("guessing", 1)


def test_a_threshold_is_met_by_the_value_or_confidently(tmp_path, rules):
    run = of_shares(tmp_path, {"a": 0.92})
    scores, said, _ = judged(run, rules)
    value, (low, _) = scores.candidates[0].metrics["accuracy"][:2]
    between = f"accuracy={(value + low) / 2}"
    assert Gates((between,)).exit_code(scores, said) == 0
    assert Gates((between,), confident=True).exit_code(scores, said) == 1
    assert "lower bound of accuracy" in Gates((between,), confident=True).checks(scores, said)[0][3]
    assert Gates(("accuracy=0.999",)).exit_code(scores, said) == 1


def test_where_less_is_better_a_threshold_is_the_most(tmp_path, rules):
    texts = [f"{number:05}fghij" for number in range(40)]
    given = {"a": [{"text": one[:9]} for one in texts]}
    run = written(tmp_path, with_references(READ_LINE, [[one] for one in texts]), given)
    scores, said, _ = judged(run, rules)
    assert Gates(("CER=0.2",)).exit_code(scores, said) == 0
    assert Gates(("cer=0.05",)).exit_code(scores, said) == 1


@pytest.mark.parametrize("wrong", ["accuracy", "accuracy=", "accuracy=high", "acuracy=1", "cer=1"])
def test_a_wrong_threshold_is_a_usage_error(tmp_path, rules, wrong):
    scores, said, _ = judged(of_shares(tmp_path, {"a": 0.9}), rules)
    with pytest.raises(UsageError, match=r"acc|acur|cer"):
        Gates((wrong,)).exit_code(scores, said)


def test_a_metric_that_is_none_is_named_with_those_that_are(tmp_path, rules):
    scores = score(of_shares(tmp_path, {"a": 0.9, "b": 0.8}))
    with pytest.raises(UsageError, match="Did you mean `accuracy`") as raised:
        verdict(scores, rules, ["acuracy"])
    assert "macro-f1" in raised.value.hint


def test_an_earlier_evaluation_is_a_baseline(tmp_path, rules):
    def written_at(name, share):
        run = of_shares(tmp_path / name, {"a": share})
        scores = score(run)
        said = verdict(scores, rules)
        return scores, said, report_of(run, scores, said, Gates(), lambda _: None)

    scores, said, report = written_at("before", 0.95)
    file = tmp_path / "before.json"
    file.write_text(drawn(report, "json"), encoding="utf-8")
    assert Gates(baseline=file).exit_code(scores, said) == 0
    for check in Gates(baseline=file).checks(scores, said):
        assert re.fullmatch(r"`a`: .* is as good as [0-9.]+ \(`.*before.json`\)", check.message)
    for share, code in ((0.93, 0), (0.6, 1)):
        scores, said, _ = written_at(f"now-{share}", share)
        assert Gates(baseline=file).exit_code(scores, said) == code
    failed = [one for one in Gates(baseline=file).checks(scores, said) if not one.passed]
    assert "is behind" in failed[0].message


def test_a_baseline_of_others_alone_holds_nobody_to_anything(tmp_path, rules):
    run = of_shares(tmp_path / "before", {"a": 0.9})
    scores, said, _ = judged(run, rules)
    report = report_of(run, scores, said, Gates(), lambda _: None)
    file = tmp_path / "before.json"
    file.write_text(drawn(report, "json"), encoding="utf-8")
    scores, said, code = judged(
        of_shares(tmp_path / "now", {"renamed": 0.9}), rules, gates=Gates(baseline=file)
    )
    assert code == 1
    (failed,) = Gates(baseline=file).checks(scores, said)
    assert "no results for these candidates" in failed.message
    scores, said, code = judged(
        of_shares(tmp_path / "more", {"a": 0.9, "b": 0.9}), rules, gates=Gates(baseline=file)
    )
    assert code == 0


def test_a_baseline_that_is_none_is_named(tmp_path, rules):
    scores, said, _ = judged(of_shares(tmp_path / "run", {"a": 0.9}), rules)
    with pytest.raises(UsageError, match="cannot read"):
        Gates(baseline=tmp_path / "none.json").exit_code(scores, said)
    for wrong in ("", "[]", "{}", '{"results": [{}]}', '{"results": 1}', "[" * 5000):
        (tmp_path / "b.json").write_text(wrong)
        with pytest.raises(BrokenFileError, match="is not an evaluation"):
            Gates(baseline=tmp_path / "b.json").exit_code(scores, said)


def test_where_nobody_finished_nothing_could_run(tmp_path, rules):
    run = of_shares(tmp_path, {"a": 0.9}, failed={"a"})
    scores, said, code = judged(run, rules)
    assert (said.outcome, code) == ("none", 2)
    assert said.because == ("`a` did not finish: out of memory",)
    assert "no candidate" in drawn(
        report_of(run, scores, said, Gates(), lambda _: None), "markdown"
    )


def test_where_no_image_can_be_read_nobody_is_recommended(tmp_path, rules):
    data = labelled(["cat", "dog"])
    given = {name: [{"unreadable": "cut off"}] * 2 for name in ("a", "b")}
    run = written(tmp_path, data, given)
    scores, said, code = judged(run, rules)
    assert (said.outcome, said.because, code) == ("none", ("none of the images could be read",), 2)
    report = report_of(run, scores, said, Gates(), lambda _: None)
    body = json.loads(drawn(report, "json"), parse_constant=pytest.fail)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(body)
    assert "none of the images could be read" in drawn(report, "html")


def test_json_has_values_intervals_and_numbers_and_what_is_timed_stands_apart(tmp_path, rules):
    run = of_shares(tmp_path, {"a": 0.9, "b": 0.7})
    scores, said, _ = judged(run, rules)
    report = report_of(run, scores, said, Gates(("accuracy=0.5",)), lambda _: None)
    body = json.loads(drawn(report, "json"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(body)
    assert [one["candidate"] for one in body["results"]] == ["a", "b"]
    found = body["results"][0]["metrics"]["accuracy"]
    assert list(found) == ["value", "interval", "n"]
    assert found["n"] == SIZE
    assert found["interval"][0] < found["value"] < found["interval"][1]
    assert body["verdict"]["recommended"] == "a"
    assert body["comparisons"][0]["first"] == "a"
    assert body["checks"][0]["passed"] is True
    body.pop("timings")
    assert not [key for key in json.dumps(body).split('"') if key.endswith(("_ms", "_mb"))]


def test_junit_has_a_case_for_each_gate(tmp_path, rules):
    run = of_shares(tmp_path, {"a": 0.9, "b": 0.7})
    scores, said, _ = judged(run, rules)
    gates = Gates(("accuracy=0.5", "accuracy=0.99"))
    suite = ElementTree.fromstring(
        drawn(report_of(run, scores, said, gates, lambda _: None), "junit")
    )
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "1"
    assert suite.find(".//failure").attrib["type"] == "fail-under"


def test_the_page_begins_with_what_to_take(tmp_path, rules):
    run = of_shares(tmp_path, {"a": 0.9, "b": 0.7})
    scores, said, _ = judged(run, rules)
    page = drawn(report_of(run, scores, said, Gates(), lambda _: None), "terminal", color=False)
    assert page.startswith("a\n")
    assert "the recommended candidate" in page
    assert max(map(len, page.splitlines())) <= 80
    assert "baseline:majority" in page


def test_images_that_cannot_be_read_are_named(tmp_path, rules):
    truth = ["cat", "dog"] * 6
    seen = [{"unreadable": "cut off"}] * 5 + picks(truth)[5:]
    said = verdict(score(written(tmp_path, labelled(truth), {"one": seen})), rules, ()).warnings
    named = "`0.png`, `1.png`, `2.png` and 2 more"
    assert f"5 images could not be read and count for no candidate: {named}" in said

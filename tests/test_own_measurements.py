"""What was measured on one's own images ranks the checkpoints that it knows, above all else."""

import json
from itertools import combinations

import pytest
from commands import in_this_process

from advisor import recommend
from advisor.decide.own_measurements import measured_rules
from advisor.errors import BrokenFileError, UsageError
from advisor.model import is_form
from advisor.rulebase.store import load_rules

TASK = "visual-entailment"


@pytest.fixture(scope="module")
def rules():
    return load_rules()


def ids(rules):
    """Return those picks for the task that only figures tell apart, without any measurement."""
    first, *more = recommend(rules, task=TASK).advice[0].selection.picks
    alike = [
        one
        for one in more
        if (one.use, one.to_learn, one.group) == (first.use, first.to_learn, first.group)
        and [rule.effect for rule in one.fired] == [rule.effect for rule in first.fired]
    ]
    return [one.checkpoint.id for one in (first, *alike)]


def evaluation(file, values, tied=(), metric="cider-d", task=TASK):
    """Write an evaluation in which all pairs but some are told apart."""
    better = min if metric == "cer" else max
    pairs = []
    for one, other in combinations(values, 2):
        tie = {one, other} <= set(tied)
        ahead = None if values[one] == values[other] else better((one, other), key=values.get)
        pair = {"metric": metric, "first": one, "second": other, "reliable": not tie}
        pairs.append({**pair, "ahead": ahead})
    results = [
        {
            "candidate": id,
            "checkpoint": id,
            "metrics": {metric: {"value": value, "interval": [0, 1], "n": 80}},
        }
        for id, value in values.items()
    ]
    body = {
        "data": {"name": "photos", "task": task, "images": 80, "digest": "d"},
        "results": results,
        "comparisons": pairs,
        "verdict": {"priority": [metric]},
    }
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def order(rules, file):
    advice = recommend(measured_rules(rules, file), task=TASK).advice[0]
    return [pick.checkpoint.id for pick in advice.selection.picks], advice.selection.picks


def test_the_last_of_all_comes_before_the_first_where_it_was_better_here(tmp_path, rules):
    first, *_, last = ids(rules)
    file = evaluation(tmp_path / "e.json", {last: 0.9, first: 0.5})
    found, picks = order(rules, file)
    assert found.index(last) < found.index(first)
    figure = next(pick for pick in picks if pick.checkpoint.id == last).figures[0]
    assert (figure.name, figure.value) == ("cider-d on your photos", 0.9)
    assert figure.source.endswith("e.json")


def test_figures_are_printed_as_an_evaluation_prints_them(tmp_path, rules):
    first, *_, last = ids(rules)
    _, picks = order(rules, evaluation(tmp_path / "e.json", {last: 26 / 30, first: 0.8666}))
    shown = {pick.checkpoint.id: pick.figures[0].value for pick in picks if pick.figures}
    assert (shown[last], shown[first]) == (0.8667, 0.8666), "to three decimals they were alike"
    _, picks = order(rules, evaluation(tmp_path / "e.json", {last: 26 / 30, first: 0.5}))
    assert 0.867 in [pick.figures[0].value for pick in picks if pick.figures]


def test_measured_evidence_is_why_one_stands_before_the_next(tmp_path, rules):
    all_ids = ids(rules)
    wanted = {id: 1 - place / 100 for place, id in enumerate(reversed(all_ids))}
    found, picks = order(rules, evaluation(tmp_path / "e.json", wanted))
    said = [pick for pick in picks if pick.before_next and pick.checkpoint.id in all_ids]
    layered = [pick for pick in said if pick.before_next.next in all_ids]
    assert layered
    assert all(pick.before_next.yardstick == "cider-d on your photos" for pick in layered)
    assert found != all_ids


def test_where_less_is_better_the_least_leads(tmp_path, rules):
    first, *_, last = ids(rules)
    found, _ = order(rules, evaluation(tmp_path / "e.json", {last: 0.1, first: 0.5}, metric="cer"))
    assert found.index(last) < found.index(first)


def test_a_tie_leaves_a_pair_to_what_was_published(tmp_path, rules):
    first, *_, last = before = ids(rules)
    values = {last: 0.9, first: 0.5}
    found, _ = order(rules, evaluation(tmp_path / "e.json", values, tied=values))
    assert [id for id in found if id in before] == before


def test_an_answer_by_measurements_says_so_and_has_another_digest(tmp_path, rules):
    first, *_, last = ids(rules)
    file = evaluation(tmp_path / "e.json", {last: 0.9, first: 0.5})
    made = measured_rules(rules, file)
    assert made.digest != rules.digest
    assert len(made.digest) == len(rules.digest)
    assert f"cider-d on 80 images of photos, ranked first: {last} 0.900, {first} 0.500" in "".join(
        made.overlays
    )


def test_the_command_takes_the_file_and_gives_a_command_that_does(
    tmp_path, rules, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    run = in_this_process(capsys, monkeypatch, 80)
    first, *_, last = ids(rules)
    evaluation(tmp_path / "e.json", {last: 0.9, first: 0.5})
    done = run("recommend", "--task", TASK, "--measurements", "e.json", "--format", "json")
    body = done.json
    assert body["command"] == f"advisor recommend --task {TASK} --measurements e.json"
    assert done.err == ""
    assert body["overlays"][0].startswith("e.json: ")
    listed = [one["form_id"] for one in body["checkpoints"]]
    assert listed.index(last) < listed.index(first)


def test_what_was_measured_of_a_form_in_fewer_bits_is_no_estimate(
    tmp_path, rules, monkeypatch, capsys
):
    form = next(id for id in ids(rules) if is_form(id))
    file = evaluation(tmp_path / "e.json", {form: 0.9, ids(rules)[0]: 0.5})
    _, picks = order(rules, file)
    figure = next(pick for pick in picks if pick.checkpoint.id == form).figures[0]
    assert (figure.value, figure.estimated) == (0.9, False)
    run = in_this_process(capsys, monkeypatch, 80)
    page = run("recommend", "--task", TASK, "--measurements", str(file)).out
    assert "0.9 on cider-d on your photos" in page
    assert "~0.9" not in page


def test_measurements_of_another_task_rank_nothing_and_say_so(tmp_path, rules):
    first, *_, last = before = ids(rules)
    file = evaluation(tmp_path / "e.json", {last: 0.9, first: 0.5}, task="vqa")
    answer = recommend(measured_rules(rules, file), task=TASK)
    found = [one.checkpoint.id for one in answer.advice[0].selection.picks]
    assert [id for id in found if id in before] == before
    assert answer.notes == (f"`{file}` evaluates vqa, so it does not affect this ranking",)


def test_a_better_one_of_another_family_is_named(tmp_path, rules):
    first = ids(rules)[0]
    family = rules.checkpoints[first].family
    other = next(one for one in rules.checkpoints.values() if one.family != family)
    file = evaluation(tmp_path / "e.json", {other.id: 0.9, first: 0.5})
    answer = recommend(measured_rules(rules, file), task=TASK)
    if answer.advice[0].selection.picks[0].checkpoint.id == first:
        assert other.id in answer.notes[0]
    assert "was significantly better than" in "".join(answer.notes)


def test_what_is_no_evaluation_is_refused(tmp_path, rules):
    for wrong in ("", "[]", "{}", '{"results": [{"metrics": 1}]}', "[" * 5000):
        (tmp_path / "e.json").write_text(wrong)
        with pytest.raises(BrokenFileError, match="is not from `advisor evaluate`"):
            measured_rules(rules, tmp_path / "e.json")
    with pytest.raises(UsageError, match="cannot read"):
        measured_rules(rules, tmp_path / "none.json")
    file = evaluation(tmp_path / "e.json", {"my/own": 1.0})
    with pytest.raises(UsageError, match="has no result for a cataloged checkpoint"):
        measured_rules(rules, file)


@pytest.mark.parametrize("odd", ["Infinity", "NaN", "1e999", "9" * 400])
@pytest.mark.parametrize("place", ['"images": 80', '"value": 0.5'])
def test_numbers_that_are_none_are_no_evaluation(rules, tmp_path, place, odd):
    file = evaluation(tmp_path / "odd.json", dict.fromkeys(ids(rules)[:2], 0.5))
    key = place.partition(":")[0]
    file.write_text(file.read_text().replace(place, f"{key}: {odd}"))
    if key == '"images"' and odd == "9" * 400:
        assert measured_rules(rules, file)
        return
    with pytest.raises(BrokenFileError, match="is not from `advisor evaluate`"):
        measured_rules(rules, file)


def test_what_an_evaluation_is_called_stays_on_its_line(rules, tmp_path):
    file = evaluation(tmp_path / "named.json", dict.fromkeys(ids(rules)[:2], 0.5))
    file.write_text(file.read_text().replace('"photos"', r'"a\n::error::b\u001b[2J"'))
    (said,) = measured_rules(rules, file).overlays
    assert said.isprintable()

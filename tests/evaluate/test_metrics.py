"""What metrics do where no library is asked: tokens, answers as VQA reads them, ties, fields."""

import json
from pathlib import Path

import pytest

from advisor.evaluate.metrics.caption_metrics import penn_tokens
from advisor.evaluate.metrics.text_metrics import exact_match, field_f1, normalised, vqa_accuracy

HERE = Path(__file__).parent
LINES = (HERE / "penn-tokens.tsv").read_text(encoding="utf-8").split("\n")
CUT = [tuple(line.split("\t")) for line in LINES if line]


def test_tokens_equal_those_of_the_java_program():
    differ = [line for line, tokens in CUT if " ".join(penn_tokens(line)) != tokens]
    assert len(CUT) > 1100
    assert len(differ) <= len(CUT) // 100, differ
    assert set(differ) <= set((HERE / "penn-tokens-differ.txt").read_text("utf-8").split("\n"))


def test_nothing_has_no_tokens():
    assert penn_tokens("") == penn_tokens(" . ") == ()


def test_what_runs_on_without_a_space_is_cut_to_its_end():
    assert len(penn_tokens("a+" * 5_000)) == 10_000


OFFICIAL = [
    json.loads(line)
    for line in (HERE / "vqa-official.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_vqa_accuracy_equals_what_the_official_script_wrote():
    """The file holds what vqaEval.py gave for 200 random and 34 adversarial answers."""
    assert len(OFFICIAL) == 234
    for one in OFFICIAL:
        assert normalised(one["answer"]) == one["normalised"]
        found = vqa_accuracy([one["answer"]], [one["references"]]).value
        assert found * 100 == pytest.approx(one["accuracy"], abs=1e-9)


def test_an_answer_that_all_agree_on_is_right_however_it_is_written():
    assert vqa_accuracy(["Yes."], [["yes"] * 10]).value == 1
    assert exact_match(["The two dogs!"], [["2 dogs"]]).value == 1


def test_nested_fields_are_compared_by_their_path():
    truth = {"menu": [{"name": "Tea", "price": 2}, {"name": "Cake"}], "total": "5.00"}
    found = {"menu": [{"name": "cake"}, {"name": "tea ", "price": "3"}], "total": "5.00"}
    assert field_f1([found], [truth]).value == pytest.approx(2 * 3 / (4 + 4))
    assert field_f1([None], [truth]).value == 0

"""Answers that clash by the letter and not in what is meant."""

import pytest

from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import ContradictionError
from advisor.rulebase.store import load_rules

NUMBERED = {"collection": ("not-applicable",)}


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.fixture(scope="module")
def engine(rules):
    return Engine(rules)


@pytest.mark.parametrize(
    ("answers", "meant"),
    [
        ({"task": "similar-images", "images": "several"}, {"images": ("one",)}),
        ({"task": "deduplication", "images": "several"}, {"images": ("one",)}),
        # a number is kept for how long it takes
        ({"task": "content-moderation", "collection": "2 million"}, NUMBERED),
        ({"task": "zero-shot-classification", "collection": "millions"}, {}),
        ({"task": "captioning", "collection": 50_000}, NUMBERED),
        ({"task": "vqa", "output": "pick"}, {"output": ("free-text",)}),
        ({"task": "image-search", "collection": 50}, {"collection": ("few-items",)}),
    ],
)
def test_what_is_meant_is_an_answer(rules, engine, answers, meant):
    profile = make_profile(rules, answers)
    assert engine.admits(profile)
    assert {id: a.options for id, a in profile.items() if id != "task"} == meant


@pytest.mark.parametrize(
    "arguments",
    [
        ("--task", "similar-images", "--images", "several"),
        ("--task", "content-moderation", "--num-items", "2 million"),
        ("--task", "vqa", "--output-type", "label"),
    ],
)
def test_how_an_answer_was_read_is_said(advisor, arguments):
    result = advisor("recommend", *arguments, "--format", "json")
    assert result.code in (0, 1)
    said = [result.err.count(words) for words in (" means `", "has no effect on")]
    assert sum(said) == 1
    assert result.json["family"]


def test_what_suits_none_of_several_tasks_is_a_contradiction(rules):
    with pytest.raises(ContradictionError):
        recommend(rules, {"task": ["captioning", "vqa"], "output": "ranking"})


def test_two_outputs_at_once_are_refused_and_not_dropped(advisor):
    result = advisor(
        "recommend", "--task", "embeddings", "--output-type", "embedding,search-results"
    )
    assert result.code == 2
    assert "one of `embedding` and `search-results`" in result.err


@pytest.mark.parametrize(
    ("arguments", "drop"),
    [
        (("--task", "captioning", "--output-type", "label"), "--output-type label"),
        (
            ("--task", "supervised-classification", "--training", "none"),
            "--training none",
        ),
        (("--components", "custom", "--training", "none"), "--training none"),
        (("--task", "document-classification", "--language", "none"), "--language none"),
    ],
)  # fmt: skip
def test_a_contradiction_names_the_answer_to_drop(advisor, arguments, drop):
    result = advisor("recommend", *arguments)
    assert result.code == 2
    assert f"hint: drop `{drop}`" in result.err


def test_pictures_whose_classes_are_numbers_have_no_language(advisor):
    asked = ("recommend", "--task", "supervised-classification", "--num-examples", "5000")
    wordless = advisor(*asked, "--language", "none", "--format", "json").json
    named = advisor(*asked, "--format", "json").json
    assert wordless["checkpoints"][0]["id"] == named["checkpoints"][0]["id"]

"""Answers as people type them: aliases, numbers, lists, and names that do not exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engine.profile import Answer, as_number, make_profile
from advisor.errors import AdvisorError, UsageError


def options(rulebase, **answers):
    answers = {id.replace("_", "-"): given for id, given in answers.items()}
    return {id: answer.options for id, answer in make_profile(rulebase, answers).items()}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("5000", 5000),
        ("5,000", 5000),
        ("5_000", 5000),
        ("1,234,567.5", 1234567.5),
        ("20,000k", 2e7),
        ("7,5", None),
        ("0,5", None),
        ("0,500", None),
        ("50,00", None),
        ("5,0000", None),
        ("5k", 5000),
        ("5K", 5000),
        ("2M", 2e6),
        ("1.5m", 1.5e6),
        ("3b", 3e9),
        (" 7 ", 7),
        (7, 7),
        (0.5, 0.5),
        ("0", 0),
        ("-3", -3),
        ("k", None),
        ("", None),
        ("many", None),
        ("nan", None),
        ("inf", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("1" * 400, None),
        (True, None),
        (None, None),
    ],
)
def test_number_is_read_as_people_write_it(typed, number):
    assert as_number(typed) == number


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans())
def test_any_value_is_a_finite_number_or_none(value):
    number = as_number(value)
    assert number is None or abs(number) < float("inf")


@pytest.mark.parametrize(
    ("pairs", "option"),
    [
        (0, "few-pairs"),
        (99, "few-pairs"),
        (100, "hundreds-of-pairs"),
        (999, "hundreds-of-pairs"),
        (1000, "thousands-of-pairs"),
        ("5k", "thousands-of-pairs"),
        ("5,000", "thousands-of-pairs"),
        (100_000, "thousands-of-pairs"),
        ("2M", "thousands-of-pairs"),
    ],
)
def test_number_is_cut_at_the_thresholds(rulebase, pairs, option):
    answer = make_profile(rulebase, {"pairs": pairs})["pairs"]
    assert answer.options == (option,)
    assert answer.value == as_number(pairs)


@pytest.mark.parametrize(
    ("typed", "hint"), [("7,5", "write 7.5"), ("0,5", "write 0.5"), ("1,2,3", "without commas")]
)
def test_a_comma_that_groups_no_thousands_is_refused(rulebase, typed, hint):
    with pytest.raises(UsageError, match="groups thousands") as raised:
        make_profile(rulebase, {"memory-gb": typed})
    assert hint in raised.value.hint


def test_fraction_falls_under_the_smallest_option_that_holds_it(rulebase):
    assert options(rulebase, memory_gb=1.5) == {"memory-gb": ("up-to-2-gb",)}
    assert options(rulebase, memory_gb="2") == {"memory-gb": ("up-to-2-gb",)}
    assert options(rulebase, memory_gb=2.01) == {"memory-gb": ("up-to-4-gb",)}
    assert options(rulebase, memory_gb=16.5) == {"memory-gb": ("over-16-gb",)}


def test_option_of_a_number_can_be_named(rulebase):
    answer = make_profile(rulebase, {"collection": "millions"})["collection"]
    assert answer == Answer(("millions",), None, "flag")
    assert options(rulebase, collection="large") == {"collection": ("millions",)}


def test_negative_number_is_refused(rulebase):
    with pytest.raises(UsageError, match="`-3` is not a number of examples"):
        make_profile(rulebase, {"pairs": -3})


def test_aliases_are_accepted_everywhere(rulebase):
    assert options(rulebase, task="image-to-text") == {"task": ("captioning",)}
    assert options(rulebase, output="json", training="train", language="german") == {
        "output": ("fields",),
        "training": ("fine-tune",),
        "language": ("de",),
    }


def test_case_does_not_matter(rulebase):
    assert options(rulebase, task="Captioning", language="German") == {
        "task": ("captioning",),
        "language": ("de",),
    }


def test_every_alias_leads_to_its_option(rulebase):
    for question in rulebase.questions:
        for option in question.options:
            for name in (option.id, *option.aliases):
                assert options(rulebase, **{question.id: name}) == {question.id: (option.id,)}


def test_list_keeps_each_option_once(rulebase):
    assert options(rulebase, language=["de", "english", "de"]) == {"language": ("de", "en")}
    assert options(rulebase, task=("vqa", "captioning")) == {"task": ("vqa", "captioning")}


def test_list_of_numbers_keeps_no_single_value(rulebase):
    answer = make_profile(rulebase, {"pairs": [50, 5000]})["pairs"]
    assert answer == Answer(("few-pairs", "thousands-of-pairs"), None, "flag")


def test_open_answers_are_left_out(rulebase):
    assert make_profile(rulebase, {"task": None, "output": "unknown", "language": []}) == {}


def test_profile_stands_in_declared_order(rulebase):
    profile = make_profile(rulebase, {"use": "research", "language": "en", "task": "vqa"})
    assert list(profile) == ["task", "language", "use"]


def test_origin_is_kept(rulebase):
    assert make_profile(rulebase, {"task": "vqa"}, "file")["task"].origin == "file"
    kept = Answer(("vqa",), None, "text")
    assert make_profile(rulebase, {"task": kept}, "flag")["task"] is kept


def test_unknown_question_is_named_with_the_nearest(rulebase):
    with pytest.raises(UsageError) as caught:
        make_profile(rulebase, {"langauge": "de"})
    assert caught.value.kind == "unknown-question"
    assert caught.value.message == "unknown question `langauge`; did you mean `language`?"


@pytest.mark.parametrize(
    ("question", "typed", "nearest"),
    [
        ("task", "captoining", "captioning"),
        ("task", "zero-shot-clasification", "zero-shot-classification"),
        ("output", "freetext", "free-text"),
        ("device", "phon", "phone"),
        ("collection", "milions", "millions"),
    ],
)
def test_unknown_option_is_named_with_the_nearest(rulebase, question, typed, nearest):
    with pytest.raises(UsageError) as caught:
        make_profile(rulebase, {question: typed})
    assert f"`{typed}`" in caught.value.message
    assert f"did you mean `{nearest}`?" in caught.value.message
    assert caught.value.hint


def test_hopeless_name_gets_no_guess(rulebase):
    with pytest.raises(UsageError) as caught:
        make_profile(rulebase, {"device": "zzzzzz"})
    assert "did you mean" not in caught.value.message
    assert "gpu" in caught.value.hint


def test_not_applicable_is_an_option_only_of_questions_with_a_condition(rulebase):
    assert options(rulebase, pairs="not-applicable") == {"pairs": ("not-applicable",)}
    with pytest.raises(UsageError):
        make_profile(rulebase, {"device": "not-applicable"})


NAMES = st.sampled_from(["task", "output", "pairs", "language", "nonsense"])
GIVEN = st.text(max_size=8) | st.integers() | st.floats() | st.none() | st.booleans()


@given(st.dictionaries(NAMES, GIVEN | st.lists(GIVEN, max_size=3), max_size=3))
def test_whatever_is_given_is_read_or_refused_in_words(rulebase, answers):
    try:
        make_profile(rulebase, answers)
    except AdvisorError:
        return


def test_a_word_for_several_tasks_is_refused_with_them_named(rulebase):
    with pytest.raises(UsageError) as caught:
        make_profile(rulebase, {"task": "ocr"})
    assert caught.value.kind == "ambiguous-task"
    for task in ("ocr-line", "handwriting", "ocr-page"):
        assert f"--task {task}" in caught.value.hint


def test_a_word_that_says_an_answer_gives_it_unless_another_is_given(rulebase):
    said = options(rulebase, task="Hateful-Memes")
    assert said == {"task": ("content-moderation",), "reading": ("scene-words",)}
    other = options(rulebase, task="hateful-memes", reading="no-text")
    assert other["reading"] == ("no-text",)
    both = options(rulebase, task=["image-tagging", "captioning"])
    assert both == {"task": ("zero-shot-classification", "captioning")}

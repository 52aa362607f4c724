"""Answers as people type them: aliases, numbers, lists, and names that do not exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engine.profile import Answer, as_number, make_profile
from advisor.errors import AdvisorError, UsageError


def options(small, **answers):
    answers = {id.replace("_", "-"): given for id, given in answers.items()}
    return {id: answer.options for id, answer in make_profile(small, answers).items()}


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
        ("2 million", 2e6),
        ("2.5 Million", 2.5e6),
        ("3 thousand", 3000),
        ("2 Mio", 2e6),
        ("2.000.000", 2e6),
        ("2.000", 2),
        ("1.2.3", None),
        ("8 apples", None),
        ("8GB", None),
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


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("8GB", 8),
        ("8 GB", 8),
        ("512MB", 0.512),
        ("1,024 mb", 1.024),
        ("8 GB of gb", 8),
        ("2k photos", 2000),
        ("2 million product photos", 2e6),
        ("2M", 2e6),
        ("8 apples", None),
        ("GB", None),
    ],
)
def test_a_number_may_have_its_unit_behind_it(typed, number):
    read = as_number(typed, {"gb": 1, "mb": 0.001, "photos": 1})
    assert read == (number and pytest.approx(number))


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans())
def test_any_value_is_a_finite_number_or_none(value):
    number = as_number(value)
    assert number is None or abs(number) < float("inf")


@pytest.mark.parametrize(
    ("pairs", "option"),
    [
        (0, "few-pairs"),
        (999, "few-pairs"),
        (1000, "many-pairs"),
        ("5k", "many-pairs"),
        ("5,000", "many-pairs"),
        (100_000, "many-pairs"),
        ("2M", "many-pairs"),
    ],
)
def test_number_is_cut_at_the_thresholds(small, pairs, option):
    answer = make_profile(small, {"pairs": pairs})["pairs"]
    assert answer.options == (option,)
    assert answer.value == as_number(pairs)


@pytest.mark.parametrize(
    ("typed", "hint"), [("7,5", "write 7.5"), ("0,5", "write 0.5"), ("1,2,3", "without commas")]
)
def test_a_comma_that_groups_no_thousands_is_refused(small, typed, hint):
    with pytest.raises(
        UsageError, match=r"is not a number\. Use commas only between thousands"
    ) as raised:
        make_profile(small, {"memory-gb": typed})
    assert hint in raised.value.hint


def test_fraction_falls_under_the_smallest_option_that_holds_it(small):
    assert options(small, memory_gb=1.5) == {"memory-gb": ("up-to-2-gb",)}
    assert options(small, memory_gb="2") == {"memory-gb": ("up-to-2-gb",)}
    assert options(small, memory_gb=2.01) == {"memory-gb": ("up-to-8-gb",)}
    assert options(small, memory_gb=8.5) == {"memory-gb": ("over-8-gb",)}


def test_option_of_a_number_can_be_named(small):
    answer = make_profile(small, {"collection": "millions"})["collection"]
    assert answer == Answer(("millions",), None, "flag")
    assert options(small, collection="handful") == {"collection": ("few-items",)}


def test_negative_number_is_refused(small):
    with pytest.raises(UsageError, match="`-3` is a negative number of examples"):
        make_profile(small, {"pairs": -3})


def test_aliases_are_accepted_everywhere(small):
    assert options(small, task="image-to-text") == {"task": ("describe",)}
    assert options(small, output="prose", training="train", language="german") == {
        "output": ("text",),
        "training": ("fine-tune",),
        "language": ("de",),
    }


def test_case_does_not_matter(small):
    assert options(small, task="Describe", language="German") == {
        "task": ("describe",),
        "language": ("de",),
    }


def test_list_keeps_each_option_once(small):
    assert options(small, language=["de", "english", "de"]) == {"language": ("de", "en")}
    assert options(small, task=("answer", "label")) == {"task": ("answer", "label")}


def test_list_of_numbers_keeps_no_single_value(small):
    answer = make_profile(small, {"pairs": [50, 5000]})["pairs"]
    assert answer == Answer(("few-pairs", "many-pairs"), None, "flag")


def test_open_answers_are_left_out(small):
    assert make_profile(small, {"task": None, "output": "unknown", "language": []}) == {}


def test_profile_stands_in_declared_order(small):
    profile = make_profile(small, {"use": "research", "language": "en", "task": "answer"})
    assert list(profile) == ["task", "language", "use"]


def test_origin_is_kept(small):
    assert make_profile(small, {"task": "answer"}, "file")["task"].origin == "file"
    kept = Answer(("answer",), None, "text")
    assert make_profile(small, {"task": kept}, "flag")["task"] is kept


def test_unknown_question_is_named_with_the_nearest(small):
    with pytest.raises(UsageError) as caught:
        make_profile(small, {"langauge": "de"})
    assert caught.value.kind == "unknown-question"
    assert caught.value.message == "unknown question `langauge`. Did you mean `language`?"


@pytest.mark.parametrize(
    ("question", "typed", "nearest"),
    [
        ("task", "descrbie", "describe"),
        ("task", "read-lnies", "read-lines"),
        ("output", "transcipt", "transcript"),
        ("device", "phon", "phone"),
        ("collection", "milions", "millions"),
    ],
)
def test_unknown_option_is_named_with_the_nearest(small, question, typed, nearest):
    with pytest.raises(UsageError) as caught:
        make_profile(small, {question: typed})
    assert f"`{typed}`" in caught.value.message
    assert f"Did you mean `{nearest}`?" in caught.value.message
    assert caught.value.hint


def test_a_place_is_no_device_for_sharing_a_word_with_one(rulebase):
    with pytest.raises(UsageError) as caught:
        make_profile(rulebase, {"device": "server"})
    assert "Did you mean" not in caught.value.message
    with pytest.raises(UsageError, match=r"Did you mean .*classification"):
        make_profile(rulebase, {"task": "classification of photos"})


def test_hopeless_name_gets_no_guess(small):
    with pytest.raises(UsageError) as caught:
        make_profile(small, {"device": "zzzzzz"})
    assert "Did you mean" not in caught.value.message
    assert "gpu" in caught.value.hint


def test_not_applicable_is_an_option_only_of_questions_with_a_condition(small):
    assert options(small, pairs="not-applicable") == {"pairs": ("not-applicable",)}
    with pytest.raises(UsageError):
        make_profile(small, {"device": "not-applicable"})


NAMES = st.sampled_from(["task", "output", "pairs", "language", "nonsense"])
GIVEN = st.text(max_size=8) | st.integers() | st.floats() | st.none() | st.booleans()


@given(st.dictionaries(NAMES, GIVEN | st.lists(GIVEN, max_size=3), max_size=3))
def test_whatever_is_given_is_read_or_refused_in_words(small, answers):
    try:
        make_profile(small, answers)
    except AdvisorError:
        return


def test_a_word_for_several_tasks_is_refused_with_them_named(small):
    with pytest.raises(UsageError) as caught:
        make_profile(small, {"task": "text-reading"})
    assert caught.value.kind == "ambiguous-task"
    for task in ("read-lines", "read-pages"):
        assert f"--task {task}" in caught.value.hint


def test_a_word_that_says_an_answer_gives_it_unless_another_is_given(small):
    said = options(small, task="Phone-Labels")
    assert said == {"task": ("label",), "device": ("phone",)}
    other = options(small, task="phone-labels", device="gpu")
    assert other["device"] == ("gpu",)
    both = options(small, task=["phone-labels", "describe"])
    assert both == {"task": ("label", "describe")}

"""The public functions, called with what they do not take: both names, never an inner error."""

import contextlib
import itertools

import pytest

import advisor
from advisor.errors import AdvisorError, UsageError

WRONG = [
    None,
    3,
    2.5,
    True,
    "captioning",
    b"x",
    [],
    ["a"],
    (),
    {"x"},
    object(),
    {3: "x"},
    lambda: 0,
]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: advisor.explain(advisor.Engine(advisor.load_rules()), {}), "Engine"),
        (lambda: advisor.recommend(advisor.load_rules(), []), "`answers` takes a mapping"),
        (lambda: advisor.recommend(advisor.load_rules(), "captioning"), "not str"),
        (lambda: advisor.recommend("captioning"), "`rulebase` takes a RuleBase"),
        (lambda: advisor.recommend(task="captioning", engine=3), "`engine` takes an Engine"),
        (lambda: advisor.recommend({3: "x"}), "not int"),
        (lambda: advisor.load_rules().task(None), "`task` takes an id as text, not NoneType"),
        (lambda: advisor.load_rules(overlays=3), "`overlays` takes a path, or several, not int"),
        (lambda: advisor.load_rules(overlays=None), "`overlays` takes .*not NoneType"),
        (lambda: advisor.load_rules(folder=b"x"), "`folder` takes a path, not bytes"),
        (lambda: advisor.recommend(task="vqa", priority=1), "`priority` takes .*not int"),
        (lambda: advisor.recommend(task="vqa", priority=[{}]), "`priority` takes .*not dict"),
        (lambda: advisor.Engine(advisor.load_rules(), True), "`priority` takes .*not bool"),
        (
            lambda: advisor.explain(advisor.load_rules(), {}, priority=0),
            "`priority` takes .*not int",
        ),
        (lambda: advisor.load_rules(overlays=[3]), "`overlays` takes a path"),
        (lambda: advisor.make_profile("x", {}), "`rulebase` takes a RuleBase"),
        (lambda: advisor.Engine({"task": "x"}), "`rulebase` takes a RuleBase"),
    ],
)
def test_b18_a_wrong_type_is_a_type_error_with_both_names(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_b18_one_path_and_one_criterion_are_what_they_are(tmp_path):
    with pytest.raises(AdvisorError, match="the rule folder `our-rules` does not exist"):
        advisor.load_rules(overlays="our-rules")
    with pytest.raises(AdvisorError, match="the rule folder"):
        advisor.load_rules("x" * 100_000)
    assert advisor.Engine(advisor.load_rules(), "task-fit").priority == ("task-fit",)
    answer = advisor.recommend(task="captioning", priority="task-fit")
    assert answer.priority == ("task-fit",)


@pytest.mark.slow
def test_b18_whatever_is_given_ends_in_an_answer_or_an_error_of_ours():
    calls = [
        lambda one, other: advisor.recommend(one, other),
        lambda one, other: advisor.explain(one, other),
        lambda one, other: advisor.make_profile(one, other),
        lambda one, other: advisor.load_rules(one, other),
        lambda one, other: advisor.recommend(task=one, language=other),
        lambda one, other: advisor.recommend({"task": "captioning"}, priority=one, order=other),
    ]
    for call, one, other in itertools.product(calls, WRONG, WRONG):
        with contextlib.suppress(AdvisorError, TypeError, ValueError):
            call(one, other)


def test_numbers_and_lists_of_other_libraries_are_read_as_such():
    numpy = pytest.importorskip("numpy")
    given = {"memory_gb": numpy.int64(4), "pairs": numpy.float32(2000), "language": ()}
    said = advisor.recommend(task="captioning", training="fine-tune", **given)
    plain = advisor.recommend(task="captioning", training="fine-tune", memory_gb=4, pairs=2000)
    assert said.to_dict() == plain.to_dict()
    for odd in (numpy.array([1, 2]), numpy.array(["vqa", "x"])):
        with contextlib.suppress(AdvisorError, TypeError):
            advisor.recommend(task=odd)
        with pytest.raises(TypeError, match="`sort` takes"):
            advisor.recommend(task="vqa", order=odd)


def _nested(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (10**5000, "the number for `{}` has too many digits"),
        (_nested(100_000), "`{}` takes .*not list"),
        ({"captioning"}, "`{}` takes .*not set"),
        (b"captioning", "`{}` takes .*not bytes"),
        ([{"vqa": 1}], "`{}` takes .*not dict"),
        ((one for one in ["vqa"]), "`{}` takes .*not generator"),
    ],
    ids=["digits", "nested", "set", "bytes", "dict", "generator"],
)
@pytest.mark.parametrize("question", ["task", "memory-gb", "language"])
def test_b18_an_answer_is_text_a_number_or_a_list_of_them(question, odd, said):
    for call in (advisor.recommend, advisor.explain):
        with pytest.raises(AdvisorError, match=said.format(question)):
            call(advisor.load_rules(), {question: odd})


def test_b18_what_has_no_order_is_no_list_of_criteria_or_paths():
    for odd in ({"scale", "hardware"}, frozenset({"scale"}), {"scale": 1}):
        with pytest.raises(TypeError, match="`priority` takes a criterion, or several, not "):
            advisor.recommend(task="vqa", priority=odd)
        with pytest.raises(TypeError, match="`overlays` takes a path, or several, not "):
            advisor.load_rules(overlays=odd)
    with pytest.raises(TypeError, match="`priority` takes a criterion, not int"):
        advisor.recommend(task="vqa", priority=itertools.count())


@pytest.mark.parametrize("odd", [None, "no", 0, [], b""])
def test_b18_a_switch_takes_true_or_false(odd):
    for call in (lambda: advisor.recommend(task="vqa", verified_only=odd),):
        with pytest.raises(TypeError, match="takes True or False, not "):
            call()
    refused = UsageError if odd == "no" else TypeError
    with pytest.raises(refused, match="`strict`"):
        advisor.recommend(task="vqa", strict=odd)
    if odd is not None and odd != "no":
        with pytest.raises(TypeError, match="`why_not` takes the name of a family, not "):
            advisor.explain({"task": "vqa"}, why_not=odd)

"""What `import advisor` offers: one call for an answer, which shows itself wherever it is read."""

import doctest
import json

import pytest

import advisor
from advisor.errors import UsageError

CAPTIONS = {"task": "captioning", "memory-gb": 2}


def test_the_example_in_the_docstring_is_true():
    result = doctest.testmod(advisor)
    assert (result.attempted > 3, result.failed) == (True, 0)


def test_dir_lists_the_public_names_and_each_is_there():
    names = [name for name in dir(advisor) if not name.startswith("_")]
    assert names == sorted(advisor.__all__)
    assert all(getattr(advisor, name) is not None for name in names)
    with pytest.raises(AttributeError, match="has no attribute 'recomend'"):
        _ = advisor.recomend


@pytest.mark.parametrize(
    "call",
    [
        lambda: advisor.recommend(task="captioning", memory_gb=2),
        lambda: advisor.recommend(CAPTIONS),
        lambda: advisor.recommend({"task": "captioning"}, memory_gb=2),
        lambda: advisor.recommend(answers=CAPTIONS),
        lambda: advisor.recommend(advisor.load_rules(), CAPTIONS),
        lambda: advisor.recommend(rulebase=advisor.load_rules(), answers=CAPTIONS),
        lambda: advisor.recommend(advisor.load_rules(), task="captioning", memory_gb=2),
        lambda: advisor.recommend(CAPTIONS, engine=advisor.Engine(advisor.load_rules())),
    ],
)
def test_every_way_to_call_gives_the_same_answer(call, rulebase):
    assert call().to_dict() == advisor.recommend(rulebase, CAPTIONS).to_dict()


def test_an_explanation_is_called_like_a_recommendation(rulebase):
    told = advisor.explain(rulebase, {"task": "captioning"}, why_not="clip")
    assert advisor.explain(task="captioning", why_not="clip").why_not == told.why_not
    plainly = advisor.explain({"task": "captioning"}).advice
    assert plainly.decision == told.advice.decision
    assert plainly.selection.picks == told.advice.selection.picks


def test_the_options_of_the_command_are_keywords_too(rulebase):
    answer = advisor.recommend(rulebase, CAPTIONS, order="small", priority=("task-fit",))
    assert answer.command.endswith("--priority task-fit --sort memory")
    strict = advisor.recommend(rulebase, task="captioning", strict=True)
    assert (strict.outcome, strict.exit_code) == ("undetermined", 3)
    assert strict.command == "advisor recommend --task captioning --strict"
    with pytest.raises(UsageError, match="unknown sort order `best`"):
        advisor.recommend(CAPTIONS, order="best")


def test_a_question_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown question `langage`\. Did you mean `language`"):
        advisor.recommend(task="captioning", langage="de")


def test_answers_given_in_two_mappings_are_refused():
    with pytest.raises(TypeError, match="answers are given twice"):
        advisor.recommend(CAPTIONS, CAPTIONS)


def test_an_answer_shows_itself_in_a_few_lines(rulebase):
    lines = repr(advisor.recommend(rulebase, {"task": ["captioning", "speech"]})).splitlines()
    assert lines[0] == "<Recommendation: none"
    assert lines[1].startswith("  captioning: unified-vlp, ")
    assert lines[2:] == [
        "  speech: no family, no checkpoint",
        "  advisor recommend --task captioning --task speech>",
    ]


def test_checkpoint_and_snippet_are_those_of_the_first_pick(rulebase):
    answer = advisor.recommend(rulebase, CAPTIONS)
    assert answer.checkpoint == answer.advice[0].selection.picks[0].checkpoint.id
    assert f'"{answer.checkpoint}"' in answer.snippet
    assert answer.advice[0].selection.picks[0].model_page.endswith(f".co/{answer.checkpoint}")
    nothing = advisor.recommend(rulebase, {"task": "speech"})
    assert (nothing.checkpoint, nothing.snippet) == (None, None)


def test_the_model_page_is_the_hubs_whatever_the_endpoint(rulebase, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    pick = advisor.recommend(rulebase, CAPTIONS).advice[0].selection.picks[0]
    assert pick.model_page == f"https://huggingface.co/{pick.checkpoint.id}"


def test_what_is_not_shown_is_not_worked_out():
    rulebase = advisor.load_rules()
    vars(rulebase).pop("programs", None)  # a process reads the rules once, whoever asks
    answer = advisor.recommend(rulebase, CAPTIONS)
    repr(answer)
    assert "programs" not in vars(rulebase)
    assert answer.snippet
    assert "programs" in vars(rulebase)


def test_what_a_caller_does_to_an_answer_changes_no_later_one():
    def emptied(value):
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, (dict, list)):
                emptied(inner)
        value.clear()

    before = json.dumps(advisor.recommend(task="captioning").to_dict())
    emptied(advisor.recommend(task="captioning").to_dict())
    assert json.dumps(advisor.recommend(task="captioning").to_dict()) == before

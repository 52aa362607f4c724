"""`advisor explain`: why, why not, and what would change the answer."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("small_rules")

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "explain.schema.json"


def explained(advisor, *arguments):
    result = advisor("explain", *arguments, "--format", "json")
    assert result.code == 0, result.out
    return result.json


def test_the_document_has_its_keys(advisor):
    assert list(explained(advisor, "--task", "find")) == [
        "schema_version",
        "outcome",
        "family",
        "possible",
        "profile",
        "because",
        "reasons",
        "caveats",
        "why_not",
        "certainty",
        "changes",
        "command",
        "rule_base",
    ]


def test_it_explains_what_recommend_answers(advisor, small):
    same = ("outcome", "family", "possible", "profile", "because", "command")
    for task in small.tasks:
        told = explained(advisor, "--task", task.id)
        answer = advisor("recommend", "--task", task.id, "--format", "json").json
        assert {key: told[key] for key in same} == {key: answer[key] for key in same}
        assert told["changes"][: len(answer["changes"])] == answer["changes"]
        others = [a["family"] for a in answer["assessments"] if a["verdict"] != "recommended"]
        assert [one["family"] for one in told["why_not"]] == others


def test_the_answers_it_names_force_the_answer(advisor):
    told = explained(advisor, "--task", "read-lines", "--device", "cpu")
    flags = [word for one in told["because"] for word in (f"--{one['question']}", one["option"])]
    again = advisor("recommend", *flags, "--format", "json").json
    assert (again["outcome"], again["family"]) == ("decided", told["family"])


@pytest.mark.parametrize("task", ["describe", "find", "read-lines"])
def test_every_change_it_names_changes_the_answer(advisor, task):
    told = explained(advisor, "--task", task)
    assert told["changes"]
    for change in told["changes"]:
        given = {"task": task} | change["answers"]
        flags = [word for question, option in given.items() for word in (f"--{question}", option)]
        answer = advisor("recommend", *flags, "--format", "json").json
        assert answer["family"] == change["family"], change


def test_why_not_an_excluded_family_gives_the_rule_and_its_source(advisor):
    told = explained(advisor, "--task", "describe", "--why-not", "matcher")
    (one,) = told["why_not"]
    assert (one["family"], one["verdict"]) == ("matcher", "excluded")
    assert all(rule["because"] and rule["sources"] for rule in one["reasons"])
    page = advisor("explain", "--task", "describe", "--why-not", "matcher").out
    assert page.startswith("Why not matcher\n")
    assert "Why writer" not in page
    assert one["reasons"][0]["sources"][0] in page


def test_why_not_takes_aliases(advisor):
    told = explained(advisor, "--task", "describe", "--why-not", "two-towers")
    assert [one["family"] for one in told["why_not"]] == ["matcher"]


def test_why_not_the_answer_itself_is_refused(advisor):
    result = advisor("explain", "--task", "describe", "--why-not", "writer")
    assert result.code == 2
    assert "`writer` is the recommended family" in result.err


def test_why_not_a_checkpoint_is_the_judgement_of_it(advisor):
    checkpoint = "acme/page-reader"
    arguments = ["--task", "answer", "--format", "json"]
    told = advisor("explain", "--why-not", checkpoint, *arguments)
    assert told.code == 0
    judged = {key: value for key, value in told.json.items() if key != "standing"}
    assert judged == advisor("check", "--checkpoint", checkpoint, *arguments).json


def test_a_task_of_none_is_explained_by_every_exclusion(advisor):
    told = explained(advisor, "--task", "outline")
    assert told["family"] is None
    assert {one["verdict"] for one in told["why_not"]} == {"excluded"}
    assert advisor("explain", "--task", "outline").out.startswith("Why none of the families\n")


def test_the_page_says_whether_it_is_certain(advisor):
    assert (
        "No unanswered question can change the answer."
        in advisor("explain", "--task", "answer").out
    )
    page = " ".join(advisor("explain", "--task", "describe").out.split())
    assert "The answer depends on defaults. With other answers, the family could be reader." in page
    assert "Would change if" in page


def test_its_command_keeps_the_priority(advisor):
    arguments = ["--task", "read-pages", "--priority", "task-fit"]
    told = explained(advisor, *arguments)
    answer = advisor("recommend", *arguments, "--format", "json").json
    assert told["family"] == answer["family"]
    assert told["command"] == answer["command"]


def test_a_profile_is_explained(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: find\ncollection: millions\n")
    told = explained(advisor, "--profile", file)
    assert told["profile"]["collection"] == {"options": ["millions"], "origin": "file"}

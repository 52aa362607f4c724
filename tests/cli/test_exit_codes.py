"""Every exit code of the contract, the same for every command and every format."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from commands import ran

from advisor.decide import recommendation
from advisor.draw.formats import PAGE_FORMATS

pytestmark = pytest.mark.usefixtures("small_rules")  # not in processes of their own

ANSWERER = "acme/answerer"
MATCHER = "acme/matcher-small"

ANSWERED = {
    "recommend": ["recommend", "--task", "describe"],
    "recommend-several": ["recommend", "--task", "describe,answer"],
    "recommend-strict-decided": ["recommend", "--task", "answer", "--strict", "family"],
    "explain": ["explain", "--task", "describe"],
    "explain-none": ["explain", "--task", "outline"],
    "explain-why-not-family": ["explain", "--task", "describe", "--why-not", "matcher"],
    "explain-why-not-checkpoint": ["explain", "--task", "describe", "--why-not", ANSWERER],
    "compare": ["compare", "matcher", "writer"],
    "show": ["show", "matcher"],
    "list": ["list", "tasks"],
    "check": ["check", "--checkpoint", ANSWERER, "--task", "answer"],
    "rules-test": ["rules", "test"],
}
NO = {
    "task-of-none": ["recommend", "--task", "outline"],
    "one-task-of-none": ["recommend", "--task", "describe", "--task", "outline"],
    "none-even-if-strict": ["recommend", "--task", "outline", "--strict"],
    "nothing-to-load": [
        "recommend",
        "--task",
        "describe",
        "--language",
        "is",
        "--memory-gb",
        "1",
    ],
    "check-task": ["check", "--checkpoint", ANSWERER, "--task", "describe"],
    "check-class": ["check", "--checkpoint", ANSWERER, "--task", "answer", "--class", "BlipModel"],
    "check-family": ["check", "--checkpoint", MATCHER, "--task", "describe"],
    "check-requirement": [
        "check",
        "--checkpoint",
        ANSWERER,
        "--task",
        "answer",
        "--language",
        "is",
    ],
}
CANNOT = {
    "option": ["recommend", "--nope"],
    "no-answers": ["recommend"],
    "task": ["recommend", "--task", "descrbe"],
    "answer": ["recommend", "--task", "describe", "--device", "toaster"],
    "number": ["recommend", "--task", "describe", "--memory-gb=-5"],
    "order": ["recommend", "--task", "describe", "--order", "price"],
    "criterion": ["recommend", "--task", "describe", "--priority", "price"],
    "criterion-twice": ["recommend", "--task", "describe", "--priority", "scale,scale"],
    "contradiction": ["recommend", "--task", "read-lines", "--gives", "ranking"],
    "never": ["recommend", "--task", "describe", "--device", "phone", "--training", "fine-tune"],
    "not-applicable": ["recommend", "--task", "describe", "--collection", "millions"],
    "need": ["recommend", "the quick brown fox"],
    "no-profile": ["recommend", "--profile", "missing.yaml"],
    "profile-is-a-folder": ["recommend", "--profile", "."],
    "no-rules": ["recommend", "--task", "describe", "--rules", "missing"],
    "output-format": ["recommend", "--task", "describe", "--output", "pdf=x.pdf"],
    "output-terminal": ["recommend", "--task", "describe", "--output", "terminal=x"],
    "output-no-file": ["recommend", "--task", "describe", "--output", "json="],
    "output-no-folder": ["recommend", "--task", "describe", "--output", "json=missing/x.json"],
    "output-is-a-folder": ["recommend", "--task", "describe", "--output", "json=."],
    "explain-nothing": ["explain"],
    "explain-two-tasks": ["explain", "--task", "describe,answer"],
    "explain-family": ["explain", "--task", "describe", "--why-not", "resnet"],
    "explain-checkpoint": ["explain", "--task", "describe", "--why-not", "a/b"],
    "compare-one": ["compare", "matcher"],
    "compare-same": ["compare", "matcher", "matcher"],
    "compare-unknown": ["compare", "matcher", "resnet"],
    "show-nothing": ["show"],
    "show-unknown": ["show", "resnet"],
    "show-kind": ["show", "matcher", "--kind", "animals"],
    "show-of-other-kind": ["show", "matcher", "--kind", "sources"],
    "list-kind": ["list", "animals"],
    "list-family": ["list", "checkpoints", "--family", "resnet"],
    "list-task": ["list", "checkpoints", "--task", "juggling"],
    "list-flag-of-other-kind": ["list", "rules", "--task", "describe"],
    "list-written": ["list", "tasks", "--written"],
    "check-nothing": ["check"],
    "check-no-task": ["check", "--checkpoint", "acme/writer-large"],
    "check-two-tasks": ["check", "--checkpoint", ANSWERER, "--task", "answer,describe"],
    "check-unknown": ["check", "--checkpoint", "a/b", "--task", "answer"],
    "ask-no-terminal": ["ask"],
    "ask-stop": ["ask", "--to", "nowhere"],
    "rules-test-no-rules": ["rules", "test", "--rules", "missing"],
}


def agree(advisor, arguments, code):
    """Assert that a command line gives one exit code whatever the format."""
    results = {format: advisor(*arguments, "--format", format) for format in PAGE_FORMATS}
    assert {format: result.code for format, result in results.items()} == dict.fromkeys(
        PAGE_FORMATS, code
    ), results["terminal"].err
    return results


@pytest.mark.parametrize("arguments", ANSWERED.values(), ids=ANSWERED.keys())
def test_an_answer_is_0_in_every_format(advisor, arguments):
    results = agree(advisor, arguments, 0)
    for result in results.values():
        assert result.out
        assert result.err == ""
        assert "\x1b" not in result.out
    assert results["json"].json["schema_version"] == 1
    assert re.fullmatch("[0-9a-f]{16}", results["json"].json["rule_base"])


@pytest.mark.parametrize("arguments", NO.values(), ids=NO.keys())
def test_a_no_is_1_in_every_format_and_still_an_answer(advisor, arguments):
    for result in agree(advisor, arguments, 1).values():
        assert result.out
        assert result.err == ""


@pytest.mark.parametrize("arguments", CANNOT.values(), ids=CANNOT.keys())
def test_what_cannot_run_is_2_in_every_format_and_says_why(
    advisor, arguments, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for format, result in agree(advisor, arguments, 2).items():
        if format == "json":
            assert (list(result.json), result.err) == (["error"], "")
            error = result.json["error"]
            assert list(error)[:3] == ["kind", "message", "hint"]
            assert error["kind"].replace("-", "").isalpha()
            message = error["message"]
            assert message[0].islower() or message[0] in "`-"
            assert "\n" not in message
            assert not message.endswith(".")
        else:
            assert result.out == ""
            assert result.err.splitlines()[-1].startswith(("  hint: ", "advisor: "))
        assert "Traceback" not in result.out + result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["recommend", "explain", "compare", "show", "list", "check"])
def test_an_unknown_format_is_2_for_every_command(advisor, name):
    result = advisor(*ANSWERED[name], "--format", "jsn")
    assert (result.code, result.out) == (2, "")
    assert "Did you mean `json`?" in result.err


@pytest.mark.parametrize("name", ["recommend", "explain", "compare", "show", "list", "check"])
def test_unsound_rules_are_2_with_every_problem_at_its_place(advisor, name, overlay):
    rules = overlay(
        {"questions.yaml": "questions:\n  - id: weather\n    asks: How?\n    id: two\n"}
    )
    results = agree(advisor, [*ANSWERED[name], "--rules", rules], 2)
    assert "our-rules/questions.yaml:" in results["terminal"].err
    assert all("questions.yaml:" in place for place in results["json"].json["error"]["problems"])


@pytest.mark.parametrize("arguments", [["check"], ["test"], ["schema", "animals"]])
def test_commands_on_rules_share_the_codes(advisor, arguments, overlay):
    rules = overlay({"tasks.yaml": "tasks: [\n"})
    extra = [] if arguments[0] == "schema" else ["--rules", rules]
    assert advisor("rules", *arguments, *extra).code == 2


def test_rules_check_and_schema_are_0(advisor):
    assert advisor("rules", "check").code == 0
    assert advisor("rules", "schema", "decisions").json["type"] == "object"


def test_a_failing_scenario_is_1(advisor, overlay):
    rules = overlay(
        {
            "scenarios/ours.yaml": "scenarios:\n"
            "  - {id: wrong, profile: {task: describe}, family: matcher}\n"
        }
    )
    agree(advisor, ["rules", "test", "--rules", rules], 1)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        *(("recommend", text) for text in ("", "# nothing\n", "[]", "task: [a", "task: {a: 1}")),
        ("explain", "describe"),
        ("check", "describe"),
    ],
)
def test_an_empty_or_broken_profile_is_2(advisor, tmp_path, command, text):
    file = tmp_path / "profile.yaml"
    file.write_text(text)
    arguments = [command, "--profile", file]
    if command == "check":
        arguments += ["--checkpoint", ANSWERER]
    results = agree(advisor, arguments, 2)
    assert "profile.yaml:" in results["terminal"].err


def test_a_profile_that_is_not_text_is_2(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_bytes(b"\xff\xfe\x00task")
    agree(advisor, ["recommend", "--profile", file], 2)


def test_rules_of_the_environment_that_are_missing_are_2(advisor, monkeypatch):
    monkeypatch.setenv("ADVISOR_RULES", "missing")
    agree(advisor, ["recommend", "--task", "describe"], 2)


# -- 3: undetermined ---------------------------------------------------------------------------


def test_strict_is_3_where_open_answers_decide(advisor):
    results = agree(advisor, ["recommend", "--task", "describe", "--strict"], 3)
    assert results["json"].json["outcome"] == "undetermined"
    assert results["json"].json["family"] == "writer"
    assert results["json"].json["certainty"]["family"] == "undetermined"


def test_strict_is_3_where_only_the_checkpoint_is_open(advisor):
    results = agree(advisor, ["recommend", "--task", "answer", "--strict"], 3)
    certainty = results["json"].json["certainty"]
    assert certainty == {"family": "decided", "checkpoint": "undetermined"}


def test_strict_with_several_tasks_is_3_if_one_is_undetermined(advisor):
    agree(advisor, ["recommend", "--task", "describe,answer", "--strict"], 3)


def test_1_comes_before_3(advisor):
    agree(advisor, ["recommend", "--task", "describe,outline", "--strict"], 1)


@pytest.mark.parametrize(("answer", "code"), [([], 3), (["sunny"], 0), (["rainy"], 1)])
def test_check_is_3_only_while_an_open_answer_decides_exclusion(advisor, weather_of, answer, code):
    rules = weather_of("matcher")
    arguments = ["check", "--checkpoint", MATCHER, "--task", "label", "--rules", rules]
    arguments += [word for option in answer for word in ("--weather", option)]
    results = agree(advisor, arguments, code)
    choice = results["json"].json["choices"][0]
    assert choice["settled_by"] == ("weather" if code == 3 else None)
    assert ("Pass --weather" in results["terminal"].out) == (code == 3)


# -- 4: a bug, 130: interrupted ----------------------------------------------------------------


def boom(*arguments, **options):
    raise RuntimeError("boom")


@pytest.mark.parametrize("format", PAGE_FORMATS)
def test_a_bug_is_4_without_a_traceback(advisor, monkeypatch, format):
    monkeypatch.setattr(recommendation, "recommend", boom)
    result = advisor("recommend", "--task", "describe", "--format", format)
    assert result.code == 4
    assert "Traceback" not in result.out + result.err
    said = result.json["error"]["message"] if format == "json" else result.err
    assert "RuntimeError: boom" in said
    assert "ADVISOR_DEBUG=1" in result.out + result.err


BUG = """
import sys
import advisor.decide.recommendation
from advisor.cli.main import main

def boom(*arguments, **options):
    raise RuntimeError("boom")

advisor.decide.recommendation.recommend = boom
sys.argv = ["advisor", "recommend", "--task", "captioning", *sys.argv[1:]]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("debug", ["", "1"])
def test_only_debug_shows_the_traceback_and_the_code_stays_4(environment, debug):
    done = ran([sys.executable, "-c", BUG], env=environment | {"ADVISOR_DEBUG": debug})
    assert ("Traceback" in done.stderr) == bool(debug)
    assert done.returncode == 4


@pytest.mark.parametrize("format", PAGE_FORMATS)
def test_an_interruption_is_130(advisor, monkeypatch, format):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(recommendation, "recommend", interrupt)
    result = advisor("recommend", "--task", "describe", "--format", format)
    assert result.code == 130
    if format == "json":
        assert result.json["error"]["kind"] == "interrupted"
    else:
        assert result.out == ""


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_ctrl_c_in_a_batch_is_130_without_a_traceback(environment):
    with subprocess.Popen(
        [sys.executable, "-m", "advisor", "recommend", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"PYTHONUNBUFFERED": "1"},
    ) as running:
        running.stdin.write('{"id": 1, "profile": {"task": "outline"}}\n')
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == 1
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert [json.loads(line)["error"]["kind"] for line in out.splitlines()] == ["interrupted"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (['{"profile": {"task": "describe"}}'], 0),
        (['{"profile": {"task": "describe"}}', '{"profile": {"task": "outline"}}'], 1),
        (['{"profile": {"task": "outline"}}', "nonsense"], 2),
        ([], 0),
    ],
)
def test_a_batch_returns_the_worst_code(advisor, tmp_path, lines, code):
    file = tmp_path / "profiles.jsonl"
    file.write_text("".join(line + "\n" for line in lines))
    assert advisor("recommend", "--batch", file).code == code


@pytest.mark.parametrize("extra", [["missing.jsonl"], ["-", "--task", "describe"], ["."]])
def test_a_batch_that_cannot_run_is_2_with_one_error_document(advisor, extra):
    result = advisor("recommend", "--batch", *extra)
    assert (result.code, result.err) == (2, "")
    assert result.json["error"]["message"]


def test_a_strict_batch_puts_1_before_3(advisor, tmp_path):
    file = tmp_path / "profiles.jsonl"
    file.write_text('{"profile": {"task": "describe"}}\n')
    assert advisor("recommend", "--batch", file, "--strict").code == 3
    file.write_text('{"profile": {"task": "describe"}}\n{"profile": {"task": "outline"}}\n')
    assert advisor("recommend", "--batch", file, "--strict").code == 1

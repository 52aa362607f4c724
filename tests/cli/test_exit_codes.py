"""Every exit code of the contract, the same for every command and every format."""

import json
import os
import signal
import subprocess
import sys

import pytest

from advisor.decide import recommendation

FORMATS = ("terminal", "json", "markdown", "html")
BLIP_VQA = "Salesforce/blip-vqa-base"
CLIP = "openai/clip-vit-base-patch32"

ANSWERED = {
    "recommend": ["recommend", "--task", "captioning"],
    "recommend-several": ["recommend", "--task", "captioning,vqa"],
    "recommend-strict-decided": ["recommend", "--task", "vqa", "--strict"],
    "explain": ["explain", "--task", "captioning"],
    "explain-none": ["explain", "--task", "object-detection"],
    "explain-why-not-family": ["explain", "--task", "captioning", "--why-not", "clip"],
    "explain-why-not-checkpoint": ["explain", "--task", "captioning", "--why-not", BLIP_VQA],
    "compare": ["compare", "clip", "unified-vlp"],
    "show": ["show", "clip"],
    "list": ["list", "tasks"],
    "check": ["check", "--checkpoint", BLIP_VQA, "--task", "vqa"],
    "rules-test": ["rules", "test"],
}
NO = {
    "task-of-none": ["recommend", "--task", "object-detection"],
    "one-task-of-none": ["recommend", "--task", "captioning", "--task", "object-detection"],
    "none-even-if-strict": ["recommend", "--task", "speech", "--strict"],
    "nothing-to-load": [
        "recommend",
        "--task",
        "captioning",
        "--language",
        "hi",
        "--memory-gb",
        "2",
    ],
    "check-task": ["check", "--checkpoint", BLIP_VQA, "--task", "captioning"],
    "check-class": ["check", "--checkpoint", BLIP_VQA, "--task", "vqa", "--class", "BlipModel"],
    "check-family": ["check", "--checkpoint", CLIP, "--task", "captioning"],
    "check-requirement": ["check", "--checkpoint", BLIP_VQA, "--task", "vqa", "--language", "ko"],
}
CANNOT = {
    "option": ["recommend", "--nope"],
    "no-answers": ["recommend"],
    "task": ["recommend", "--task", "capton"],
    "answer": ["recommend", "--task", "captioning", "--device", "toaster"],
    "number": ["recommend", "--task", "captioning", "--memory-gb=-5"],
    "order": ["recommend", "--task", "captioning", "--order", "price"],
    "criterion": ["recommend", "--task", "captioning", "--priority", "price"],
    "criterion-twice": ["recommend", "--task", "captioning", "--priority", "scale,scale"],
    "contradiction": ["recommend", "--task", "ocr-line", "--output", "vector"],
    "never": [
        "recommend",
        "--task",
        "captioning",
        "--parts",
        "own-parts",
        "--training",
        "ready-made",
    ],
    "not-applicable": ["recommend", "--task", "captioning", "--labels", "one-true"],
    "need": ["recommend", "please caption my pictures"],
    "no-profile": ["recommend", "--profile", "missing.yaml"],
    "profile-is-a-folder": ["recommend", "--profile", "."],
    "no-rules": ["recommend", "--task", "captioning", "--rules", "missing"],
    "output-format": ["recommend", "--task", "captioning", "--output", "pdf=x.pdf"],
    "output-terminal": ["recommend", "--task", "captioning", "--output", "terminal=x"],
    "output-no-file": ["recommend", "--task", "captioning", "--output", "json="],
    "output-no-folder": ["recommend", "--task", "captioning", "--output", "json=missing/x.json"],
    "output-is-a-folder": ["recommend", "--task", "captioning", "--output", "json=."],
    "explain-nothing": ["explain"],
    "explain-two-tasks": ["explain", "--task", "captioning,vqa"],
    "explain-family": ["explain", "--task", "captioning", "--why-not", "resnet"],
    "explain-checkpoint": ["explain", "--task", "captioning", "--why-not", "a/b"],
    "compare-one": ["compare", "clip"],
    "compare-same": ["compare", "clip", "clip"],
    "compare-unknown": ["compare", "clip", "resnet"],
    "compare-two-kinds": ["compare", "clip", BLIP_VQA],
    "show-nothing": ["show"],
    "show-unknown": ["show", "resnet"],
    "show-kind": ["show", "clip", "--kind", "animals"],
    "show-of-other-kind": ["show", "clip", "--kind", "sources"],
    "list-nothing": ["list"],
    "list-kind": ["list", "animals"],
    "list-family": ["list", "checkpoints", "--family", "resnet"],
    "list-task": ["list", "checkpoints", "--task", "juggling"],
    "list-flag-of-other-kind": ["list", "rules", "--task", "captioning"],
    "list-written": ["list", "tasks", "--written"],
    "check-nothing": ["check"],
    "check-no-task": ["check", "--checkpoint", BLIP_VQA],
    "check-two-tasks": ["check", "--checkpoint", BLIP_VQA, "--task", "vqa,captioning"],
    "check-unknown": ["check", "--checkpoint", "a/b", "--task", "vqa"],
    "ask-no-terminal": ["ask"],
    "ask-stop": ["ask", "--to", "nowhere"],
    "rules-test-no-rules": ["rules", "test", "--rules", "missing"],
}
WITH_ENGINE = ("recommend", "explain", "check")


def agree(advisor, arguments, code):
    """Assert that a command line gives one exit code whatever the format."""
    results = {format: advisor(*arguments, "--format", format) for format in FORMATS}
    assert {format: result.code for format, result in results.items()} == dict.fromkeys(
        FORMATS, code
    ), results["terminal"].err
    return results


@pytest.mark.parametrize("arguments", ANSWERED.values(), ids=ANSWERED.keys())
def test_an_answer_is_0_in_every_format(advisor, arguments):
    for result in agree(advisor, arguments, 0).values():
        assert result.out
        assert result.err == ""


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
    assert "did you mean `json`?" in result.err


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
            "  - {id: wrong, profile: {task: captioning}, family: clip}\n"
        }
    )
    agree(advisor, ["rules", "test", "--rules", rules], 1)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "[]", "captioning", "task: [a", "task: {a: 1}"]
)
@pytest.mark.parametrize("command", WITH_ENGINE)
def test_an_empty_or_broken_profile_is_2(advisor, tmp_path, command, text):
    file = tmp_path / "profile.yaml"
    file.write_text(text)
    arguments = [command, "--profile", file]
    if command == "check":
        arguments += ["--checkpoint", BLIP_VQA]
    results = agree(advisor, arguments, 2)
    assert "profile.yaml:" in results["terminal"].err


def test_a_profile_that_is_not_text_is_2(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_bytes(b"\xff\xfe\x00task")
    agree(advisor, ["recommend", "--profile", file], 2)


@pytest.mark.parametrize("place", ["--rules", "environment"])
def test_rules_from_the_environment_fail_as_those_from_the_flag(advisor, place, monkeypatch):
    arguments = ["recommend", "--task", "captioning"]
    if place == "--rules":
        arguments += ["--rules", "missing"]
    else:
        monkeypatch.setenv("ADVISOR_RULES", "missing")
    agree(advisor, arguments, 2)


# -- 3: undetermined ---------------------------------------------------------------------------


def test_strict_is_3_where_open_answers_decide(advisor):
    results = agree(advisor, ["recommend", "--task", "captioning", "--strict"], 3)
    assert results["json"].json["outcome"] == "undetermined"
    assert results["json"].json["family"] is None


def test_strict_with_several_tasks_is_3_if_one_is_undetermined(advisor):
    agree(advisor, ["recommend", "--task", "captioning,vqa", "--strict"], 3)


def test_1_comes_before_3(advisor):
    agree(advisor, ["recommend", "--task", "captioning,object-detection", "--strict"], 1)


@pytest.mark.parametrize(("answer", "code"), [([], 3), (["sunny"], 0), (["rainy"], 1)])
def test_check_is_3_only_while_an_open_answer_decides_exclusion(advisor, weather, answer, code):
    arguments = ["check", "--checkpoint", CLIP, "--task", "similar-images", "--rules", weather]
    arguments += [word for option in answer for word in ("--weather", option)]
    results = agree(advisor, arguments, code)
    choice = results["json"].json["choices"][0]
    assert choice["settled_by"] == ("weather" if code == 3 else None)
    assert ("--weather would tell" in results["terminal"].out) == (code == 3)


def test_check_is_3_on_the_shipped_rules_too(advisor):
    agree(advisor, ["check", "--checkpoint", CLIP, "--task", "content-moderation"], 3)


# -- 4: a bug, 130: interrupted ----------------------------------------------------------------


def boom(*arguments, **options):
    raise RuntimeError("boom")


@pytest.mark.parametrize("format", FORMATS)
def test_a_bug_is_4_without_a_traceback(advisor, monkeypatch, format):
    monkeypatch.setattr(recommendation, "recommend", boom)
    result = advisor("recommend", "--task", "captioning", "--format", format)
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


@pytest.mark.parametrize("debug", ["", "1"])
def test_only_debug_shows_the_traceback_and_the_code_stays_4(environment, debug):
    done = subprocess.run(
        [sys.executable, "-c", BUG],
        capture_output=True,
        text=True,
        env=environment | {"ADVISOR_DEBUG": debug},
        timeout=30,
        check=False,
    )
    assert ("Traceback" in done.stderr) == bool(debug)
    assert done.returncode == 4


@pytest.mark.parametrize("format", FORMATS)
def test_an_interruption_is_130(advisor, monkeypatch, format):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(recommendation, "recommend", interrupt)
    result = advisor("recommend", "--task", "captioning", "--format", format)
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
        running.stdin.write('{"id": 1, "profile": {"task": "speech"}}\n')
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == 1
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert [json.loads(line)["error"]["kind"] for line in out.splitlines()] == ["interrupted"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (['{"profile": {"task": "captioning"}}'], 0),
        (['{"profile": {"task": "captioning"}}', '{"profile": {"task": "speech"}}'], 1),
        (['{"profile": {"task": "speech"}}', "nonsense"], 2),
        ([], 0),
    ],
)
def test_a_batch_returns_the_worst_code(advisor, tmp_path, lines, code):
    file = tmp_path / "profiles.jsonl"
    file.write_text("".join(line + "\n" for line in lines))
    assert advisor("recommend", "--batch", file).code == code


@pytest.mark.parametrize("extra", [["missing.jsonl"], ["-", "--task", "captioning"], ["."]])
def test_a_batch_that_cannot_run_is_2_with_one_error_document(advisor, extra):
    result = advisor("recommend", "--batch", *extra)
    assert (result.code, result.err) == (2, "")
    assert result.json["error"]["message"]


def test_a_strict_batch_puts_1_before_3(advisor, tmp_path):
    file = tmp_path / "profiles.jsonl"
    file.write_text('{"profile": {"task": "captioning"}}\n')
    assert advisor("recommend", "--batch", file, "--strict").code == 3
    file.write_text('{"profile": {"task": "captioning"}}\n{"profile": {"task": "speech"}}\n')
    assert advisor("recommend", "--batch", file, "--strict").code == 1


@pytest.mark.parametrize("name", ["format", "class", "from", "answers", "strict", "help"])
@pytest.mark.parametrize("command", ["recommend", "check"])
def test_a_question_named_like_an_option_is_no_bug(advisor, overlay, name, command):
    rules = overlay({"questions.yaml": _weather_called(name)})
    arguments = ["--task", "vqa", "--rules", rules]
    if command == "check":
        arguments += ["--checkpoint", BLIP_VQA]
    result = advisor(command, *arguments)
    assert result.code in (0, 2)
    assert "a bug in advisor" not in result.err


def _weather_called(name):
    return (
        f"questions:\n  - id: {name}\n    ask: How?\n    why: Because.\n    options:\n"
        "      - {id: alpha, label: alpha}\n      - {id: beta, label: beta}\n"
    )

"""`advisor recommend`: flags, profiles, several tasks, batches, and the command that repeats it."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commands import ask, flags, repeat

pytestmark = pytest.mark.usefixtures("small_rules")  # not in processes of their own


def without_origins(document):
    """An answer without where its answers came from."""
    text = json.dumps(document)
    for origin in ("flag", "file", "asked"):
        text = text.replace(f'"origin": "{origin}"', '"origin": "given"')
        text = text.replace(f': "{origin}"', ': "given"')
    return json.loads(text)


# -- the answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "describe"],
        ["--task", "answer"],
        ["--task", "outline"],
        ["--task", "describe", "--strict"],
        ["--gives", "ranking"],
    ],
)
def test_every_answer_has_the_same_keys(advisor, arguments):
    assert list(ask(advisor, *arguments)) == [
        "schema_version",
        "outcome",
        "family",
        "possible",
        "profile",
        "because",
        "assessments",
        "checkpoints",
        "ladder",
        "provided",
        "unverified",
        "fallen",
        "closest",
        "compose",
        "next_family",
        "freshness",
        "certainty",
        "changes",
        "elsewhere",
        "snippet",
        "hints",
        "command",
        "rule_base",
    ]


def test_a_task_of_none_names_what_does_it(advisor):
    answer = ask(advisor, "--task", "outline")
    assert (answer["outcome"], answer["family"], answer["possible"]) == ("none", None, ["none"])
    assert {a["verdict"] for a in answer["assessments"]} == {"excluded"}
    assert answer["elsewhere"]["task"] == "object-detection"
    assert answer["elsewhere"]["checkpoints"] == ["elsewhere/detector"]
    assert answer["checkpoints"] == []


def test_a_product_on_a_small_machine_gets_checkpoints_whose_facts_have_sources(advisor, small):
    arguments = ["--task", "answer", "--memory-gb", "4", "--use", "commercial"]
    result = advisor("recommend", *arguments, "--format", "json")
    answer = result.json
    assert result.code == 0
    assert answer["checkpoints"]
    for one in answer["checkpoints"]:
        known = small.checkpoint(one["id"])
        assert (one["commercial_use"], one["memory_gb"] <= 4) == ("permitted", True)
        assert one["licence"] == known.licence
        assert one["not_verified"] == []
        for field in ("licence", "commercial_use", "parameters_millions", "languages"):
            assert all(source in small.sources for source in one["sources"][field]), one["id"]
    assert all(one["not_verified"] for one in answer["unverified"])
    every = {one["id"] for part in ("checkpoints", "unverified") for one in answer[part]}
    assert answer["fallen"]
    assert not every & {one["id"] for one in answer["fallen"]}


def test_every_pick_says_what_to_try_next_and_why_it_stands_there(advisor):
    for task in ("describe", "label", "read-lines"):
        picks = ask(advisor, "--task", task)["checkpoints"]
        for number, one in enumerate(picks, start=1):
            assert one["try_next"], one["id"]
            assert all(other["checkpoint"] != one["id"] for other in one["try_next"])
            assert 1 <= one["place"] <= number
            if said := one["before_next"]:
                assert said["next"] in [other["id"] for other in picks[number:]]
    first = ask(advisor, "--task", "label")["checkpoints"][0]
    assert first["before_next"] == {
        "by": "figure",
        "yardstick": "Thousand labels",
        "value": 75.5,
        "next": "north/matcher-many-tongues",
        "next_value": 70,
        "source": "matcher-paper",
        "through": None,
        "own": False,
    }


def test_a_page_shows_a_handful(advisor):
    page = advisor("recommend", "--task", "label", "-v").out
    picks = ask(advisor, "--task", "label")["checkpoints"]
    rows = page.partition("  Checkpoint ")[2].splitlines()[1:5]
    assert len({row.split()[0] for row in rows} & {one["id"] for one in picks}) == 4 < len(picks)


def test_several_tasks_get_the_smallest_set_of_checkpoints(advisor):
    arguments = ["--task", "describe,find", "--memory-gb", "4"]
    together = ask(advisor, *arguments)["together"]
    assert (together["memory_limit_gb"], together["fits"]) == (4, True)
    assert 0 < together["memory_gb"] <= 4
    served = {task for one in together["checkpoints"] for task in one["tasks"]}
    assert served == {"describe", "find"}
    alone = sum(one["memory_gb"] for one in together["checkpoints"])
    interpreter = 370 / 1024 * (len(together["checkpoints"]) - 1)
    assert together["memory_gb"] == pytest.approx(alone - interpreter, abs=0.01)
    assert together["runner_up"]["checkpoints"] != together["checkpoints"]
    page = advisor("recommend", *arguments).out
    assert "fewest checkpoints" in page
    assert "runner-up" in page


def test_a_set_that_does_not_fit_is_said_not_to(advisor):
    arguments = ["--task", "describe,find", "--memory-gb"]
    one = ask(advisor, *arguments, "0.6")["together"]
    assert (one["fits"], one["unserved"]) == (False, ["describe"])
    page = advisor("recommend", *arguments, "0.6").out
    assert "no checkpoint meets your requirements for describe" in page
    two = ask(advisor, *arguments, "1.3")["together"]
    assert (two["fits"], two["unserved"]) == (False, [])
    assert two["memory_gb"] > two["memory_limit_gb"] == 1.3
    assert "known size fits in 1.3 GB" in advisor("recommend", *arguments, "1.3").out


def test_an_answer_names_the_age_of_its_facts_and_no_age_in_months(advisor):
    fresh = ask(advisor, "--task", "answer", "--use", "commercial")["freshness"]
    assert set(fresh) == {"checked", "decided"}
    assert set(fresh["checked"]) == {"oldest", "newest"}
    assert fresh["checked"]["oldest"] <= fresh["checked"]["newest"]
    aged = ask(advisor, "--task", "answer", "--today", "2030-12-31")["freshness"]
    assert aged["checked"]["age_months"] >= 48
    for typed in ("soon", "2026-02-99", "2026-13", "2026-02-30\n", "20260230"):
        assert advisor("recommend", "--task", "answer", "--today", typed).code == 2


def test_what_checkpoints_were_filtered_by_is_said_where_the_family_is_decided(advisor):
    label = "\nDefaults "
    page = advisor("recommend", "--task", "answer", "-v").out
    assert "the checkpoint depends on defaults" in page
    assert "--language en" in page.partition(label)[2].partition("\n\n")[0]
    told = advisor(
        "recommend", "--task", "answer", "--language", "de", "--use", "commercial", "-v"
    ).out
    assert "language" not in told.partition(label)[2].partition("\n\n")[0]
    assert "Assumed" not in advisor("recommend", "--task", "outline").out


def test_a_terminal_that_claims_no_width_gets_the_usual_one(advisor, monkeypatch):
    usual = advisor("recommend", "--task", "answer").out
    monkeypatch.setenv("COLUMNS", "0")
    assert advisor("recommend", "--task", "answer").out == usual


def test_markdown_can_be_pasted_into_a_decision_record(advisor):
    text = advisor("recommend", "--task", "describe", "--format", "markdown").out
    assert text.startswith("## [acme/writer-")
    assert "](https://huggingface.co/acme/writer-" in text.splitlines()[0]
    assert "\n## Why writer\n" in text
    assert "\n## Why not matcher\n\nexcluded: " in text
    assert "\n| Checkpoint | " in text
    assert text.endswith("advisor recommend --task describe -v\n```\n")


# -- flags -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["recommend", "explain", "check", "ask"])
def test_every_question_is_a_flag(advisor, small, command):
    result = advisor("help", command)
    assert result.code == 0
    for question in small.questions:
        assert f"--{question.id} " in result.out


@pytest.mark.parametrize("command", ["recommend", "explain", "check"])
def test_a_new_question_is_a_new_flag(advisor, weather_of, command):
    weather = weather_of("matcher")
    arguments = ["--task", "label", "--weather", "fine", "--rules", weather]
    if command == "check":
        arguments += ["--checkpoint", "acme/matcher-small"]
    assert advisor(command, *arguments).code == 0
    assert advisor(command, *arguments[:4]).code == 2
    assert "--weather " in advisor(command, f"--rules={weather}", "--help").out


def test_a_new_question_changes_the_answer_and_the_overlay_is_named(advisor, weather_of):
    weather = weather_of("matcher")
    dry = ask(advisor, "--task", "label", "--weather", "sunny", "--rules", weather)
    wet = ask(advisor, "--task", "label", "--weather", "rainy", "--rules", weather)
    assert dry["family"] == "matcher"
    assert wet["family"] != "matcher"
    assert wet["profile"]["weather"] == {"options": ["rainy"], "origin": "flag"}
    assert "our-rules adds question weather" in wet["overlays"]
    assert wet["rule_base"] != ask(advisor, "--task", "label")["rule_base"]
    page = advisor("recommend", "--task", "label", "--rules", weather).out
    assert "overlay: our-rules adds rule rain" in page


def test_rules_may_come_from_the_environment(advisor, weather_of, monkeypatch):
    weather = weather_of("matcher")
    monkeypatch.setenv("ADVISOR_RULES", str(weather))
    answer = ask(advisor, "--task", "label", "--weather", "rainy")
    assert answer["family"] != "matcher"


@pytest.mark.parametrize("question", ["language", "training", "task"])
def test_repeating_a_flag_and_a_comma_mean_the_same(advisor, question):
    pair = {
        "language": ["de", "en"],
        "training": ["ready-made", "fine-tune"],
        "task": ["describe", "answer"],
    }[question]
    task = [] if question == "task" else ["--task", "describe"]
    joined = ask(advisor, *task, f"--{question}", ",".join(pair))
    assert ask(advisor, *task, *flags({question: pair})) == joined
    assert ask(advisor, *task, f"--{question}", ", ".join(pair)) == joined


def test_a_decimal_comma_is_refused_and_never_read_as_another_number(advisor):
    result = advisor("recommend", "--task", "describe", "--memory-gb", "7,5")
    assert result.code == 2
    assert "hint: write 7.5" in result.err


def test_languages_hold_at_once_and_other_options_are_one_of_these(advisor):
    both = ask(advisor, "--task", "describe", "--language", "de,en")
    assert both["checkpoints"]
    for checkpoint in both["checkpoints"]:
        languages = set(checkpoint["languages"] or ["unknown"])
        doubtful = bool(checkpoint["not_verified"])
        assert doubtful == bool(languages & {"multilingual", "unknown"})
        assert doubtful or {"de", "en"} <= languages
    either = ask(advisor, "--task", "describe", "--training", "ready-made,fine-tune")
    assert either["possible"] == ask(advisor, "--task", "describe")["possible"]


@pytest.mark.parametrize(("gigabytes", "option"), [("2", "up-to-2-gb"), ("2.1", "up-to-8-gb")])
def test_a_number_is_kept_beside_its_option(advisor, gigabytes, option):
    answer = ask(advisor, "--task", "describe", "--memory-gb", gigabytes)
    given = answer["profile"]["memory-gb"]
    assert (given["options"], given["value"]) == ([option], float(gigabytes))
    sizes = [one["memory_gb"] for one in answer["checkpoints"] if one["memory_gb"] is not None]
    assert all(size <= float(gigabytes) for size in sizes)
    assert answer["ladder"] == []


def test_where_memory_is_not_said_nothing_is_assumed_and_the_best_of_each_step_is_named(advisor):
    answer = ask(advisor, "--task", "label")
    assert "memory-gb" not in answer["profile"]
    assert [rung["up_to_gb"] for rung in answer["ladder"]] == [2, 24, None]
    ids = {one["id"]: one for one in answer["checkpoints"]}
    for rung in answer["ladder"]:
        assert rung["memory_gb"] == ids[rung["checkpoint"]]["memory_gb"]
        assert rung["up_to_gb"] is None or rung["memory_gb"] <= rung["up_to_gb"]
    assert answer["checkpoints"][0]["id"] == answer["ladder"][1]["checkpoint"]
    phone = ask(advisor, "--task", "label", "--device", "phone")
    assert phone["checkpoints"][0]["id"] == phone["ladder"][0]["checkpoint"]
    assert "memory-gb" not in phone["profile"]


# -- profiles ----------------------------------------------------------------------------------


def test_flags_win_over_a_profile(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: describe\nlanguage: [de, en]\ndevice: phone\n")
    answer = ask(advisor, "--profile", file, "--device", "cpu")
    assert answer["profile"]["device"] == {"options": ["cpu"], "origin": "flag"}
    assert answer["profile"]["language"] == {"options": ["de", "en"], "origin": "file"}
    assert answer["profile"]["task"]["origin"] == "file"


@pytest.mark.slow
def test_a_profile_may_come_from_standard_input(process):
    profile = "task: vqa\nmemory-gb: 8\n"
    result = process("recommend", "--profile", "-", "--format", "json", stdin=profile)
    assert result.json["profile"]["task"] == {"options": ["vqa"], "origin": "file"}
    assert result.json["profile"]["memory-gb"]["value"] == 8
    result = process("recommend", "--profile", "-", stdin="task: vqa\nmemory: 8\n")
    assert result.code == 2
    assert "memory-gb" in result.err


@pytest.mark.parametrize(
    "given",
    [
        {"task": "describe"},
        {"task": "outline"},
        {"task": "describe", "language": ["de", "en"], "memory-gb": "7.5"},
        {"task": "read-lines", "training": "fine-tune", "pairs": "1234567"},
        {"output": "ranking", "device": "phone"},
    ],
)
def test_what_recommend_prints_is_a_profile(advisor, tmp_path, given):
    printed = ask(advisor, *flags(given))
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    again = ask(advisor, "--profile", file)
    assert without_origins(again) == without_origins(printed)


# -- priority, strict, order -------------------------------------------------------------------

PREFERENCES = """\
rules:
  - id: sun
    criterion: scale
    when: {weather: [sunny]}
    prefer: matcher
    because: It likes the sun.
    sources: [our-note]
    examples:
      - {given: {weather: sunny}, fires: true}
      - {given: {weather: rainy}, fires: false}

  - id: tan
    criterion: hardware
    when: {weather: [sunny]}
    prefer: writer
    because: It speaks of nothing else.
    sources: [our-note]
    examples:
      - {given: {weather: sunny}, fires: true}
      - {given: {weather: rainy}, fires: false}
"""


def test_priority_changes_an_answer(advisor, weather_of, overlay):
    weather = weather_of("matcher")
    overlay({"decisions/sun.yaml": PREFERENCES})
    given = ["--task", "find", "--collection", "thousands", "--rules", weather]
    given += ["--weather", "sunny"]
    assert ask(advisor, *given)["family"] == "matcher"
    first = ask(advisor, *given, "--priority", "hardware")
    assert first["family"] == "writer"
    assert "--priority hardware" in first["command"]
    assert ask(advisor, *given, "--priority", "scale,hardware")["family"] == "matcher"
    assert ask(advisor, *given, "--priority", "hardware", "--priority", "scale") != first


def test_strict_does_not_assume_and_says_what_is_possible(advisor):
    answer = ask(advisor, "--task", "describe", "--strict")
    assert answer["outcome"] == "undetermined"
    assert answer["possible"] == ["writer", "reader"]
    assert answer["checkpoints"] == ask(advisor, "--task", "describe")["checkpoints"]
    page = advisor("recommend", "--task", "describe", "--strict").out
    assert "needs more answers; also possible: reader" in page.splitlines()[1]


def test_strict_changes_nothing_where_all_is_decided(advisor):
    plain = ask(advisor, "--task", "answer")
    strict = ask(advisor, "--task", "answer", "--strict", "family")
    assert strict | {"command": ""} == plain | {"command": ""}


def test_order_ranks_the_same_checkpoints_otherwise(advisor):
    anywhere = ["--task", "label", "--memory-gb", "over-8-gb"]
    ranked = {
        order: ask(advisor, *anywhere, "--order", order)["checkpoints"]
        for order in ("quality", "small", "open")
    }
    ids = {order: [one["id"] for one in found] for order, found in ranked.items()}
    assert sorted(ids["quality"]) == sorted(ids["small"]) == sorted(ids["open"])
    assert ids["quality"] != ids["small"]
    sizes = [one["memory_gb"] for one in ranked["small"]]
    known = [size for size in sizes if size is not None]
    assert known == sorted(known)
    assert sizes[: len(known)] == known
    uses = [one["commercial_use"] for one in ranked["open"]]
    levels = ["permitted", "restricted", None, "not-permitted"]
    assert [levels.index(use) for use in uses] == sorted(levels.index(use) for use in uses)


# -- several tasks -----------------------------------------------------------------------------


def test_several_tasks_get_an_answer_each_and_one_for_all(advisor):
    answer = ask(advisor, "--task", "describe", "--task", "answer", "--task", "find")
    assert [one["task"] for one in answer["tasks"]] == ["describe", "answer", "find"]
    alone = ask(advisor, "--task", "find")
    third = answer["tasks"][2]
    assert {k: third[k] for k in third if k in alone and k != "hints"} == {
        k: alone[k] for k in third if k in alone and k != "hints"
    }
    together = answer["together"]
    assert together["family"] == "writer"
    assert set(together["verdicts"]) == {"describe", "answer", "find"}
    assert together["uncovered"] == []
    page = advisor("recommend", "--task", "describe,answer,find").out
    assert page.startswith("describe, answer, find: one answer for all\n")


def test_no_family_does_all_where_one_task_is_of_none(advisor):
    together = ask(advisor, "--task", "describe,outline")["together"]
    assert together["family"] is None
    assert together["families"] == ["writer"]
    assert together["uncovered"] == ["outline"]


def test_the_same_task_twice_is_one_task(advisor):
    once = ask(advisor, "--task", "describe")
    assert ask(advisor, "--task", "describe", "--task", "image-to-text") == once


# -- batch -------------------------------------------------------------------------------------


def test_a_batch_answers_in_order_with_ids_and_an_error_for_each_bad_line(advisor, tmp_path):
    file = tmp_path / "profiles.jsonl"
    lines = [
        '{"id": "a", "profile": {"task": "describe"}}',
        "",
        "nonsense",
        '{"id": 7, "profile": {"task": "descrbe"}}',
        '{"id": "words", "need": "the quick brown fox"}',
        '{"id": "list", "profile": []}',
        "[1]",
        "   ",
        '{"id": "clash", "profile": {"task": "read-lines", "output": "ranking"}}',
        '{"profile": {"task": "outline"}}',
        '{"id": {"x": 1}, "profile": {"task": ["describe", "answer"], "memory-gb": 7.5}}',
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = advisor("recommend", "--batch", file)
    assert (result.code, result.err) == (2, "")
    answers = result.lines
    assert [one["id"] for one in answers] == [
        "a", None, 7, "words", "list", None, "clash", None, {"x": 1},
    ]  # fmt: skip
    errors = [one for one in answers if "error" in one]
    assert [one["line"] for one in errors] == [3, 4, 5, 6, 7, 9]
    assert all(set(one["error"]) == {"kind", "message", "hint"} for one in errors)
    assert "Did you mean `describe`?" in errors[1]["error"]["message"]
    assert errors[5]["error"]["kind"] == "contradiction"
    assert [one["outcome"] for one in answers if "error" not in one] == [
        "assumed",
        "none",
        "assumed",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1, "need": "describe photos", "answers": {"language": null}}', "key `answers`"),
        ('{"id": 1, "profile": {"task": "describe"}, "Need": "photos"}', "key `Need`"),
        ('{"profile": {"task": "describe", "task": "outline"}}', "`task` appears twice"),
        ('{"id": 1, "profile": {"profile": {"task": "describe"}, "language": "en"}}', "`language`"),
        ('{"id": 1, "need": "describe photos", "profile": null}', "`profile` must be an object"),
    ],
)
def test_a_line_of_a_batch_drops_nothing(advisor, tmp_path, line, said):
    batch = tmp_path / "batch.jsonl"
    batch.write_text(line + "\n", encoding="utf-8")
    result = advisor("recommend", "--batch", batch)
    (answer,) = result.lines
    assert (result.code, said in answer["error"]["message"]) == (2, True)


def test_an_answer_beside_a_printed_profile_is_refused(advisor, tmp_path):
    file = tmp_path / "kept.json"
    printed = ask(advisor, "--task", "describe", "--task", "outline")
    file.write_text(json.dumps(printed), encoding="utf-8")
    assert without_origins(ask(advisor, "--profile", file)) == without_origins(printed)
    file.write_text(json.dumps({**printed, "language": "en"}), encoding="utf-8")
    result = advisor("recommend", "--profile", file)
    assert (result.code, "`language` is outside the key `profile`" in result.err) == (2, True)


def test_a_line_of_a_batch_is_answered_as_a_profile_file(advisor, tmp_path):
    profiles = [{"task": "describe"}, {"task": ["answer", "outline"]}, {"task": "read-lines"}]
    batch = tmp_path / "profiles.jsonl"
    batch.write_text("".join(json.dumps({"id": 1, "profile": p}) + "\n" for p in profiles))
    for line, profile in zip(advisor("recommend", "--batch", batch).lines, profiles, strict=True):
        file = tmp_path / "profile.json"
        file.write_text(json.dumps(profile))
        assert line.pop("id") == 1
        assert line == ask(advisor, "--profile", file)


@pytest.mark.parametrize(
    "options",
    [["--order", "small"], ["--priority", "task-fit"], ["--strict"]],
    ids=["order", "priority", "strict"],
)
def test_options_hold_for_every_line_of_a_batch(advisor, tmp_path, options):
    batch = tmp_path / "profiles.jsonl"
    batch.write_text('{"id": 1, "profile": {"task": "read-pages"}}\n')
    (line,) = advisor("recommend", "--batch", batch, *options).lines
    alone = ask(advisor, "--task", "read-pages", *options)
    assert without_origins(line) == without_origins({"id": 1, **alone})


NO_ANSWERS = (
    None,
    [],
    {},
    [None],
    {"code": "de"},
    {"origin": "assumed"},
    {"options": None},
    {"options": [], "origin": "flag"},
    {"options": {}, "origin": "flag"},
    {"options": ["de"], "origin": "assumed", "code": "fr"},
    {"value": {"code": "de"}},
)
"""What is given for a question in JSON and cannot be read as an answer of it."""


@pytest.mark.parametrize("given", NO_ANSWERS, ids=json.dumps)
def test_what_is_no_answer_is_refused_in_a_batch_and_in_a_profile(advisor, tmp_path, given):
    profile = {"task": "describe", "language": given}
    batch = tmp_path / "profiles.jsonl"
    batch.write_text(json.dumps({"id": 1, "need": "captions", "profile": profile}) + "\n")
    refused = advisor("recommend", "--batch", batch)
    assert refused.code == 2
    assert "`language" in refused.lines[0]["error"]["message"]
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(profile))
    refused = advisor("recommend", "--profile", file, "--format", "json")
    assert refused.code == 2
    assert refused.json["error"]["problems"][0].startswith(f"{file}:1:")


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        ("language", {"options": ["de"], "value": "en"}, "`options` de, `value` en"),
        ("language", {"options": ["de"], "named": ["is"]}, "`options` de, `named` is"),
        ("memory-gb", {"options": ["up-to-2-gb"], "value": 24}, "`value` over-8-gb"),
    ],
)
def test_an_answer_that_says_two_things_is_refused(advisor, tmp_path, question, given, said):
    profile = {"task": "describe", question: given}
    batch, file = tmp_path / "profiles.jsonl", tmp_path / "profile.json"
    batch.write_text(json.dumps({"id": 1, "profile": profile}) + "\n")
    file.write_text(json.dumps(profile))
    (line,) = advisor("recommend", "--batch", batch).lines
    refused = advisor("recommend", "--profile", file)
    assert refused.code == 2
    for message in (line["error"]["message"], refused.err):
        assert f"`{question}` has two contradicting values" in message
        assert said in message


def test_an_empty_profile_beside_a_need_is_no_answer(advisor, tmp_path):
    batch = tmp_path / "profiles.jsonl"
    batch.write_text('{"need": "describe photos"}\n{"need": "describe photos", "profile": {}}\n')
    bare, empty = advisor("recommend", "--batch", batch).lines
    assert bare == empty
    assert bare["family"]


def test_a_line_of_a_batch_may_be_what_recommend_printed(advisor, tmp_path):
    printed = ask(advisor, "--task", "describe", "--memory-gb", "7.5")
    batch = tmp_path / "profiles.jsonl"
    batch.write_text(json.dumps({"id": 1, "profile": printed["profile"]}) + "\n")
    (line,) = advisor("recommend", "--batch", batch).lines
    assert "error" not in line, line


def test_bytes_that_are_no_text_are_an_error_of_the_batch(advisor, tmp_path):
    batch = tmp_path / "profiles.jsonl"
    batch.write_bytes(
        b'{"profile": {"task": "answer"}}\n\xff\xfe\n{"profile": {"task": "answer"}}\n'
    )
    result = advisor("recommend", "--batch", batch)
    assert result.code == 2
    assert result.lines[0]["family"] == "writer"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"profile": {"task": "' + "x" * 100_000 + '"}}'])
def test_a_hostile_line_is_an_error_of_that_line(advisor, tmp_path, text):
    batch = tmp_path / "profiles.jsonl"
    batch.write_text(text + '\n{"profile": {"task": "answer"}}\n')
    result = advisor("recommend", "--batch", batch)
    assert result.code == 2
    assert "error" in result.lines[0]
    assert result.lines[1]["family"] == "writer"


def test_a_batch_streams(environment):
    """The first answer comes before the second line is there, and nothing piles up."""
    with subprocess.Popen(
        [sys.executable, "-m", "advisor", "recommend", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as running:
        killer = threading.Timer(300, running.kill)
        killer.start()
        try:
            for id in range(3):
                running.stdin.write(json.dumps({"id": id, "profile": {"task": "speech"}}) + "\n")
                running.stdin.flush()
                assert json.loads(running.stdout.readline())["id"] == id
            running.stdin.close()
            assert running.wait(300) == 1
        finally:
            killer.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for memory")
def test_a_batch_takes_constant_memory(environment):
    line = '{"profile": {"task": "speech"}}\n'
    with subprocess.Popen(
        [sys.executable, "-m", "advisor", "recommend", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as running:

        def peak_after(count):
            """Kilobytes that the process took at most, once it answered so many lines more."""
            feeder = threading.Thread(target=lambda: running.stdin.write(line * count))
            feeder.start()
            for _ in range(count - 300):  # the last may still wait in buffers
                assert running.stdout.readline()
            status = Path(f"/proc/{running.pid}/status").read_text(encoding="ascii")
            feeder.join()
            running.stdin.flush()
            for _ in range(300):
                assert running.stdout.readline()
            return int(next(row for row in status.splitlines() if "VmHWM" in row).split()[1])

        few, many = peak_after(400), peak_after(1200)
        running.stdin.close()
        assert running.wait(300) == 1
    assert many - few < 4000


# -- the command that repeats an answer --------------------------------------------------------


def test_the_command_repeats_the_answer_for_every_task(advisor, small):
    for task in small.tasks:
        answer = ask(advisor, "--task", task.id)
        assert repeat(advisor, answer) == answer


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "describe", "--language", "de,en", "--memory-gb", "7.5"],
        ["--task", "describe,answer", "--use", "commercial"],
        ["--task", "describe", "--training", "ready-made,fine-tune"],
        ["--task", "describe", "--priority", "hardware,scale"],
        ["--gives", "ranking", "--device", "phone"],
        ["--task", "describe", "--collection", "not-applicable"],
        ["--task", "read-lines", "--training", "fine-tune", "--pairs", "20"],
        ["--task=read-lines", "--training=fine-tune", "--pairs=1234567"],
        ["--task", "describe", "--memory-gb", "0.123456789"],
        ["--task", "describe", "--memory-gb", "8", "--memory-gb", "16"],
        ["--task", "describe", "--order", "small"],
        ["--task", "describe", "--strict"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_the_command_repeats_the_answer(advisor, arguments):
    answer = ask(advisor, *arguments)
    assert repeat(advisor, answer) == answer


def test_the_command_names_the_overlays(advisor, weather_of):
    weather = weather_of("matcher")
    answer = ask(advisor, "--task", "label", "--weather", "rainy", "--rules", weather)
    assert repeat(advisor, answer) == answer


def test_every_command_worth_typing_next_knows_the_rules(advisor, overlay):
    rules = overlay({"decisions/none.yaml": "rules: []\n"})
    arguments = ["--task", "describe", "--rules", rules]
    hints = ask(advisor, *arguments)["hints"]
    assert {hint.split()[1] for hint in hints} == {"explain", "ask", "show"}
    assert [hint for hint in hints if not hint.endswith(f" --rules {rules}")] == []
    page = advisor("recommend", *arguments, "--format", "markdown").out
    assert len(re.findall(f"^advisor .* --rules {re.escape(str(rules))}$", page, re.MULTILINE)) >= 1

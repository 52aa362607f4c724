"""`advisor recommend`: flags, profiles, several tasks, batches, and the command that repeats it."""

import json
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

SCENARIOS = yaml.safe_load(
    (Path(__file__).parents[2] / "rules/scenarios/posted-needs.yaml").read_text(encoding="utf-8")
)["scenarios"]


def ask(advisor, *arguments):
    """The JSON answer to flags."""
    result = advisor("recommend", *arguments, "--format", "json")
    assert result.code in (0, 1, 3), result.out
    return result.json


def flags(profile):
    """A profile as flags."""
    words = []
    for question, answer in profile.items():
        for value in answer if isinstance(answer, list) else [answer]:
            words += [f"--{question}", str(value)]
    return words


def without_origins(document):
    """An answer without where its answers came from."""
    text = json.dumps(document)
    for origin in ("flag", "file", "asked"):
        text = text.replace(f'"origin": "{origin}"', '"origin": "given"')
        text = text.replace(f': "{origin}"', ': "given"')
    return json.loads(text)


# -- the answer --------------------------------------------------------------------------------


def test_captioning_is_answered_as_the_contract_says(advisor):
    answer = ask(advisor, "--task", "captioning")
    assert (answer["schema_version"], answer["outcome"]) == (1, "assumed")
    assert answer["family"] == "unified-vlp"
    assert answer["possible"] == ["unified-vlp", "vision-encoder-decoder"]
    verdicts = {a["family"]: a["verdict"] for a in answer["assessments"]}
    assert list(verdicts) == ["unified-vlp", "vision-encoder-decoder", "clip"]
    assert (verdicts["unified-vlp"], verdicts["clip"]) == ("recommended", "excluded")
    excluded = next(a for a in answer["assessments"] if a["family"] == "clip")
    decisive = [found for found in excluded["findings"] if found["decisive"]]
    assert decisive
    assert all(found["effect"] == "exclude" and found["sources"] for found in decisive)
    assert answer["profile"]["task"] == {"options": ["captioning"], "origin": "flag"}
    assert answer["profile"]["output"] == {"options": ["free-text"], "origin": "implied"}
    assert answer["profile"]["training"]["origin"] == "assumed"
    assert {"question": "task", "option": "captioning", "origin": "flag"} in answer["because"]
    assert any(change["family"] == "vision-encoder-decoder" for change in answer["changes"])
    assert answer["checkpoints"][0]["use"] == "as-is"
    assert answer["checkpoints"][0]["class"] in answer["snippet"]
    assert answer["elsewhere"] is None
    assert answer["command"] == "advisor recommend --task captioning"
    assert all(hint.startswith("advisor ") for hint in answer["hints"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "captioning"],
        ["--task", "vqa"],
        ["--task", "speech"],
        ["--task", "captioning", "--strict"],
        ["--output", "vector"],
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
        "provided",
        "unverified",
        "fallen",
        "closest",
        "compose",
        "next_family",
        "freshness",
        "changes",
        "elsewhere",
        "snippet",
        "hints",
        "command",
        "rule_base",
    ]


def test_a_captioner_in_a_language_that_no_start_knows_is_to_be_composed(advisor):
    wanted = ["--task", "captioning", "--training", "fine-tune", "--examples", "texts"]
    wanted += ["--pairs", "30000", "--language", "ar", "--parts", "own-parts"]
    result = advisor("recommend", *wanted, "--format", "json")
    assert (result.code, result.json["checkpoints"], result.json["compose"]) == (0, [], True)
    assert "advisor compose --help" in result.json["hints"]
    assert "languages are en, wanted ar" in result.json["closest"][0]["lacks"][0]
    assert "join an encoder and a decoder" in advisor("recommend", *wanted).out


def test_the_prompt_is_the_one_for_the_task_as_in_the_snippet(advisor):
    found = {one["id"]: one for one in ask(advisor, "--task", "ocr-page")["checkpoints"]}
    assert found["florence-community/Florence-2-base"]["prompt"] == "<OCR>"
    assert found["microsoft/Florence-2-base"]["prompt"] is None
    for one in ask(advisor, "--task", "captioning")["checkpoints"]:
        if one["id"].endswith("/Florence-2-base"):
            assert one["prompt"] == "<CAPTION>"


def test_a_task_of_none_names_what_does_it(advisor):
    answer = ask(advisor, "--task", "object-detection")
    assert (answer["outcome"], answer["family"], answer["possible"]) == ("none", None, ["none"])
    assert {a["verdict"] for a in answer["assessments"]} == {"excluded"}
    assert answer["elsewhere"]["task"] == "zero-shot-object-detection"
    assert "google/owlv2-base-patch16-ensemble" in answer["elsewhere"]["checkpoints"]
    assert answer["checkpoints"] == []


IMPOSSIBLE = {
    "a licence": ["--task", "ocr-line", "--use", "commercial"],
    "a language": ["--task", "ocr-line", "--language", "kn", "--training", "ready-made"],
    "a language within a size": ["--task", "captioning", "--language", "hi", "--memory-gb", "2"],
    "a size": ["--task", "captioning", "--memory-gb", "0.1"],
}


@pytest.mark.parametrize("arguments", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_nothing_satisfies_is_a_no_that_names_what_came_closest(advisor, arguments):
    result = advisor("recommend", *arguments, "--format", "json")
    answer = result.json
    assert (result.code, answer["checkpoints"]) == (1, [])
    assert answer["closest"]
    lacks = {one["id"]: one["lacks"] for one in answer["fallen"]}
    assert all(one["lacks"] == lacks[one["id"]] for one in answer["closest"])
    page = advisor("recommend", *arguments).out
    assert "No catalogued checkpoint meets what you ask for" in page
    assert answer["closest"][0]["id"] in page


def test_an_unverified_checkpoint_stands_apart_and_is_no_answer(advisor):
    result = advisor(
        "recommend", "--task", "ocr-line", "--language", "kn", "--training", "ready-made",
        "--format", "json",
    )  # fmt: skip
    assert (result.code, result.json["checkpoints"]) == (1, [])
    unverified = result.json["unverified"]
    assert unverified
    assert all(one["not_verified"] for one in unverified)
    assert any("multilingual" in one["not_verified"][0] for one in unverified)


@pytest.mark.parametrize("language", ["kn", "kannada", "Kannada", "other-language"])
def test_a_language_of_no_checkpoint_is_answered_by_what_to_fine_tune(advisor, language):
    arguments = ["--task", "ocr-line", "--language", language]
    result = advisor("recommend", *arguments, "--format", "json")
    answer = result.json
    assert result.code == 0
    assert answer["checkpoints"]
    assert {one["use"] for one in answer["checkpoints"]} == {"fine-tune"}
    assert answer["provided"] == {"training": "fine-tune"}
    trained = advisor("recommend", *arguments, "--training", "fine-tune", "--format", "json").json
    assert {one["family"] for one in answer["checkpoints"]} == {trained["family"]}
    assert f"--training {answer['provided']['training']}" in " ".join(answer["hints"])
    page = advisor("recommend", *arguments).out
    assert "No catalogued checkpoint works as it is" in page
    assert f"To fine-tune ({trained['family']}), starting from" in page


def test_a_product_on_a_small_machine_gets_checkpoints_whose_facts_have_sources(advisor, rulebase):
    arguments = ["--task", "vqa", "--memory-gb", "4", "--use", "commercial"]
    result = advisor("recommend", *arguments, "--format", "json")
    answer = result.json
    assert result.code == 0
    assert answer["checkpoints"]
    for one in answer["checkpoints"]:
        known = rulebase.checkpoint(one["id"])
        assert (one["commercial_use"], one["memory_gb"] <= 4) == ("permitted", True)
        assert one["licence"] == known.licence
        assert one["not_verified"] == []
        for field in ("licence", "commercial_use", "parameters_millions", "languages"):
            assert all(source in rulebase.sources for source in one["sources"][field]), one["id"]
    assert all(one["not_verified"] for one in answer["unverified"])
    every = {one["id"] for part in ("checkpoints", "unverified") for one in answer[part]}
    assert answer["fallen"]
    assert not every & {one["id"] for one in answer["fallen"]}


def test_every_pick_says_what_to_try_next_and_what_beats_it(advisor):
    for task in ("captioning", "zero-shot-classification", "ocr-line"):
        picks = {one["id"]: one for one in ask(advisor, "--task", task)["checkpoints"]}
        assert any(one["on_front"] for one in picks.values())
        for id, one in picks.items():
            assert one["try_next"], id
            assert all(other["checkpoint"] != id for other in one["try_next"])
            assert one["on_front"] == (one["dominated_by"] is None)
            if one["dominated_by"]:
                assert picks[one["dominated_by"]["id"]]["on_front"]


def test_a_page_shows_a_handful_and_counts_the_rest(advisor):
    page = advisor("recommend", "--task", "zero-shot-classification").out
    table = page.split("Checkpoints to load")[1]
    picks = ask(advisor, "--task", "zero-shot-classification")["checkpoints"]
    assert table.count("as-is ") == 4
    assert f"and {len(picks) - 4} more" in table


def test_several_tasks_get_the_smallest_set_of_checkpoints(advisor):
    arguments = ["--task", "captioning,image-search", "--memory-gb", "4"]
    together = ask(advisor, *arguments)["together"]
    assert (together["memory_limit_gb"], together["fits"]) == (4, True)
    assert 0 < together["memory_gb"] <= 4
    served = {task for one in together["checkpoints"] for task in one["tasks"]}
    assert served == {"captioning", "image-search"}
    alone = sum(one["memory_gb"] for one in together["checkpoints"])
    interpreter = 370 / 1024 * (len(together["checkpoints"]) - 1)
    assert together["memory_gb"] == pytest.approx(alone - interpreter, abs=0.01)
    assert together["runner_up"]["checkpoints"] != together["checkpoints"]
    page = advisor("recommend", *arguments).out
    assert "fewest checkpoints" in page
    assert "runner-up" in page


def test_a_set_that_does_not_fit_is_said_not_to(advisor):
    arguments = ["--task", "captioning,image-search", "--memory-gb"]
    one = ask(advisor, *arguments, "0.6")["together"]
    assert (one["fits"], one["unserved"]) == (False, ["captioning"])
    page = advisor("recommend", *arguments, "0.6").out
    assert "no checkpoint meets what you ask for captioning" in page
    two = ask(advisor, *arguments, "0.9")["together"]
    assert (two["fits"], two["unserved"]) == (False, [])
    assert two["memory_gb"] > two["memory_limit_gb"] == 0.9
    assert "fit in 0.9 GB all at once" in advisor("recommend", *arguments, "0.9").out


def test_an_answer_names_the_age_of_its_facts_and_no_age_in_months(advisor):
    fresh = ask(advisor, "--task", "vqa", "--use", "commercial")["freshness"]
    assert set(fresh) == {"checked", "decided"}
    assert set(fresh["checked"]) == {"oldest", "newest"}
    assert fresh["checked"]["oldest"] <= fresh["checked"]["newest"]
    assert f"checked {fresh['checked']['oldest']}" in advisor("recommend", "--task", "vqa").out
    aged = ask(advisor, "--task", "vqa", "--today", "2030-12-31")["freshness"]
    assert aged["checked"]["age_months"] >= 48
    assert "months ago" in advisor("recommend", "--task", "vqa", "--today", "2030-12").out
    for typed in ("soon", "2026-02-99", "2026-13", "2026-02-30\n", "20260230"):
        assert advisor("recommend", "--task", "vqa", "--today", typed).code == 2


PAGE = """\
Image captioning (captioning)
  unified-vlp, with the usual assumptions; other answers could lead to
  vision-encoder-decoder.

● unified-vlp                                                        recommended
  Unified vision-language pre-training (VLP) and its descendants
"""
KEY_LINES = [
    "  · settled by task: captioning · training: ready-made (assumed)",
    "○ vision-encoder-decoder                                             discouraged",
    "  · lost on the training it needs",
    "  → would win with parts: own-parts",
    "× clip                                                                  excluded",
    "Checkpoints to load",
    "What would change the answer",
    "  → parts: own-parts: vision-encoder-decoder  [now assumed]",
    "Assumed, because nobody answered",
    "Reproduce this answer",
    "  advisor recommend --task captioning",
]


def test_the_page_at_80_columns_without_colour(advisor):
    page = advisor("recommend", "--task", "captioning").out
    assert page.startswith(PAGE)
    assert [line for line in page.splitlines() if line in KEY_LINES] == KEY_LINES
    table = next(line for line in page.splitlines() if line.startswith("  checkpoint "))
    assert table.split() == ["checkpoint", "use", "memory", "licence"]


def test_what_checkpoints_were_filtered_by_is_said_where_the_family_is_decided(advisor):
    heading = "Assumed about the checkpoints, because nobody answered\n"
    page = advisor("recommend", "--task", "vqa").out
    assert "whatever the open answers are" in page
    assert "language: en" in page.partition(heading)[2].partition("\n\n")[0]
    told = advisor("recommend", "--task", "vqa", "--language", "de", "--use", "commercial").out
    assert "language" not in told.partition(heading)[2].partition("\n\n")[0]
    assert "Assumed" not in advisor("recommend", "--task", "depth-estimation").out


def test_a_terminal_that_claims_no_width_gets_the_usual_one(advisor, monkeypatch):
    usual = advisor("recommend", "--task", "vqa").out
    monkeypatch.setenv("COLUMNS", "0")
    assert advisor("recommend", "--task", "vqa").out == usual


def test_markdown_can_be_pasted_into_a_decision_record(advisor):
    text = advisor("recommend", "--task", "captioning", "--format", "markdown").out
    assert text.startswith("## Image captioning (captioning)\n")
    assert "### unified-vlp: recommended" in text
    assert "### clip: excluded" in text
    assert "| checkpoint | use | memory | licence |\n| --- | --- | --- | --- |" in text
    assert text.endswith("```console\nadvisor recommend --task captioning\n```\n")


# -- flags -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["recommend", "explain", "check", "ask"])
def test_every_question_is_a_flag(advisor, rulebase, command):
    result = advisor(command, "--help")
    assert result.code == 0
    for question in rulebase.questions:
        assert f"--{question.id} " in result.out


@pytest.mark.parametrize("command", ["recommend", "explain", "check"])
def test_a_new_question_is_a_new_flag(advisor, weather, command):
    arguments = ["--task", "similar-images", "--weather", "fine", "--rules", weather]
    if command == "check":
        arguments += ["--checkpoint", "openai/clip-vit-base-patch32"]
    assert advisor(command, *arguments).code == 0
    assert advisor(command, *arguments[:4]).code == 2
    assert "--weather " in advisor(command, f"--rules={weather}", "--help").out


def test_a_new_question_changes_the_answer_and_the_overlay_is_named(advisor, weather):
    dry = ask(advisor, "--task", "similar-images", "--weather", "sunny", "--rules", weather)
    wet = ask(advisor, "--task", "similar-images", "--weather", "rainy", "--rules", weather)
    assert dry["family"] == "clip"
    assert wet["family"] != "clip"
    assert wet["profile"]["weather"] == {"options": ["rainy"], "origin": "flag"}
    assert "our-rules adds question weather" in wet["overlays"]
    assert wet["rule_base"] != ask(advisor, "--task", "similar-images")["rule_base"]
    page = advisor("recommend", "--task", "similar-images", "--rules", weather).out
    assert "overlay: our-rules adds rule rain" in page


def test_rules_may_come_from_the_environment(advisor, weather, monkeypatch):
    monkeypatch.setenv("ADVISOR_RULES", str(weather))
    answer = ask(advisor, "--task", "similar-images", "--weather", "rainy")
    assert answer["family"] != "clip"


@pytest.mark.parametrize("question", ["language", "training", "task"])
def test_repeating_a_flag_and_a_comma_mean_the_same(advisor, question):
    pair = {
        "language": ["de", "fr"],
        "training": ["ready-made", "fine-tune"],
        "task": ["captioning", "vqa"],
    }[question]
    task = [] if question == "task" else ["--task", "captioning"]
    joined = ask(advisor, *task, f"--{question}", ",".join(pair))
    assert ask(advisor, *task, *flags({question: pair})) == joined
    assert ask(advisor, *task, f"--{question}", ", ".join(pair)) == joined


def test_a_decimal_comma_is_refused_and_never_read_as_another_number(advisor):
    result = advisor("recommend", "--task", "captioning", "--memory-gb", "7,5")
    assert result.code == 2
    assert "hint: write 7.5" in result.err


def test_languages_hold_at_once_and_other_options_are_one_of_these(advisor):
    both = ask(advisor, "--task", "captioning", "--language", "de,fr")
    assert both["checkpoints"]
    for checkpoint in both["checkpoints"]:
        languages = set(checkpoint["languages"])
        assert "multilingual" in languages or {"de", "fr"} <= languages
    either = ask(advisor, "--task", "captioning", "--training", "ready-made,fine-tune")
    assert either["possible"] == ask(advisor, "--task", "captioning")["possible"]


@pytest.mark.usefixtures("small_rules")
def test_every_alias_of_a_task_is_accepted(advisor, small, tmp_path):
    names = small.task_names
    batch = tmp_path / "names.jsonl"
    lines = [json.dumps({"id": name, "profile": {"task": name}}) + "\n" for name in names]
    batch.write_text("".join(lines), encoding="utf-8")
    answers = advisor("recommend", "--batch", batch).lines
    assert {one["id"]: one["profile"]["task"]["options"] for one in answers} == {
        name: [task.id] for name, task in names.items()
    }
    answer = ask(advisor, "--task", "image-to-text")
    assert answer["profile"]["task"] == {"options": ["describe"], "origin": "flag"}


def test_aliases_of_options_are_accepted(advisor):
    answer = ask(advisor, "--task", "captioning", "--domain", "medical", "--use", "Business")
    assert answer["profile"]["domain"]["options"] == ["specialist"]
    assert answer["profile"]["use"]["options"] == ["commercial"]


@pytest.mark.parametrize("number", ["5000", "5k", "5K", "5_000", "5,000", "5e3", "5000.0"])
def test_numbers_are_read_as_people_write_them(advisor, number):
    training = ["--task", "ocr-line", "--training", "fine-tune", "--examples", "texts"]
    answer = ask(advisor, *training, "--pairs", number)
    assert answer["profile"]["pairs"] == {
        "options": ["thousands-of-pairs"],
        "value": 5000,
        "origin": "flag",
    }


@pytest.mark.parametrize("number", ["-1", "nan", "inf", "1e999", "many", "5 000 000x"])
def test_what_is_no_number_is_refused(advisor, number):
    result = advisor("recommend", "--task", "captioning", f"--memory-gb={number}")
    assert result.code == 2


@pytest.mark.parametrize(("gigabytes", "option"), [("2", "up-to-2-gb"), ("2.1", "up-to-4-gb")])
def test_a_number_is_kept_beside_its_option(advisor, gigabytes, option):
    answer = ask(advisor, "--task", "captioning", "--memory-gb", gigabytes)
    given = answer["profile"]["memory-gb"]
    assert (given["options"], given["value"]) == ([option], float(gigabytes))
    assert all(one["memory_gb"] <= float(gigabytes) for one in answer["checkpoints"])


# -- profiles ----------------------------------------------------------------------------------


def test_flags_win_over_a_profile(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: captioning\nlanguage: [de, fr]\ndevice: phone\n")
    answer = ask(advisor, "--profile", file, "--device", "cpu")
    assert answer["profile"]["device"] == {"options": ["cpu"], "origin": "flag"}
    assert answer["profile"]["language"] == {"options": ["de", "fr"], "origin": "file"}
    assert answer["profile"]["task"]["origin"] == "file"


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
        {"task": "captioning"},
        {"task": "speech"},
        {"task": "captioning", "language": ["de", "fr"], "memory-gb": "7.5"},
        {"task": "ocr-line", "training": "fine-tune", "examples": "texts", "pairs": "1234567"},
        {"output": "vector", "device": "phone"},
    ],
)
def test_what_recommend_prints_is_a_profile(advisor, tmp_path, given):
    printed = ask(advisor, *flags(given))
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    again = ask(advisor, "--profile", file)
    assert without_origins(again) == without_origins(printed)


def test_what_recommend_prints_for_several_tasks_is_a_profile(advisor, tmp_path):
    printed = ask(advisor, "--task", "captioning,image-search", "--device", "phone")
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
    prefer: clip
    because: It likes the sun.
    sources: [our-note]
    examples:
      - {given: {weather: sunny}, fires: true}
      - {given: {weather: rainy}, fires: false}

  - id: tan
    criterion: language
    when: {weather: [sunny]}
    prefer: unified-vlp
    because: It speaks of nothing else.
    sources: [our-note]
    examples:
      - {given: {weather: sunny}, fires: true}
      - {given: {weather: rainy}, fires: false}
"""


def test_priority_changes_an_answer(advisor, weather, overlay):
    overlay({"decisions/sun.yaml": PREFERENCES})
    given = ["--task", "image-text-matching", "--collection", "thousands", "--rules", weather]
    given += ["--weather", "sunny"]
    assert ask(advisor, *given)["family"] == "clip"
    first = ask(advisor, *given, "--priority", "language")
    assert first["family"] == "unified-vlp"
    assert "--priority language" in first["command"]
    assert ask(advisor, *given, "--priority", "scale,language")["family"] == "clip"
    assert ask(advisor, *given, "--priority", "language", "--priority", "scale") != first


def test_priority_changes_an_answer_of_the_shipped_rules(advisor):
    given = ["--task", "field-extraction"]
    assert (
        ask(advisor, *given)["family"] != ask(advisor, *given, "--priority", "task-fit")["family"]
    )


def test_strict_does_not_assume_and_says_what_is_possible(advisor):
    answer = ask(advisor, "--task", "captioning", "--strict")
    assert answer["outcome"] == "undetermined"
    assert answer["possible"] == ["unified-vlp", "vision-encoder-decoder"]
    assert answer["checkpoints"] == []
    page = advisor("recommend", "--task", "captioning", "--strict").out
    assert "Undetermined: unified-vlp or vision-encoder-decoder." in page


def test_strict_changes_nothing_where_all_is_decided(advisor):
    plain = ask(advisor, "--task", "vqa")
    assert ask(advisor, "--task", "vqa", "--strict") | {"command": ""} == plain | {"command": ""}


def test_order_ranks_the_same_checkpoints_otherwise(advisor):
    ranked = {
        order: ask(advisor, "--task", "captioning", "--order", order)["checkpoints"]
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
    answer = ask(advisor, "--task", "captioning", "--task", "vqa", "--task", "image-search")
    assert [one["task"] for one in answer["tasks"]] == ["captioning", "vqa", "image-search"]
    alone = ask(advisor, "--task", "image-search")
    third = answer["tasks"][2]
    assert {k: third[k] for k in third if k in alone and k != "hints"} == {
        k: alone[k] for k in third if k in alone and k != "hints"
    }
    together = answer["together"]
    assert together["family"] == "unified-vlp"
    assert set(together["verdicts"]) == {"captioning", "vqa", "image-search"}
    assert together["uncovered"] == []
    page = advisor("recommend", "--task", "captioning,vqa,image-search").out
    assert page.startswith("captioning, vqa, image-search: one answer for all\n")


def test_no_family_does_all_where_one_task_is_of_none(advisor):
    together = ask(advisor, "--task", "captioning,object-detection")["together"]
    assert together["family"] is None
    assert together["families"] == ["unified-vlp"]
    assert together["uncovered"] == ["object-detection"]


def test_the_same_task_twice_is_one_task(advisor):
    once = ask(advisor, "--task", "captioning")
    assert ask(advisor, "--task", "captioning", "--task", "image-to-text") == once


# -- batch -------------------------------------------------------------------------------------


def test_a_batch_answers_in_order_with_ids_and_an_error_for_each_bad_line(advisor, tmp_path):
    file = tmp_path / "profiles.jsonl"
    lines = [
        '{"id": "a", "profile": {"task": "captioning"}}',
        "",
        "nonsense",
        '{"id": 7, "profile": {"task": "capton"}}',
        '{"id": "words", "need": "caption my pictures"}',
        '{"id": "list", "profile": []}',
        "[1]",
        "   ",
        '{"id": "clash", "profile": {"task": "ocr-line", "output": "vector"}}',
        '{"profile": {"task": "speech"}}',
        '{"id": {"x": 1}, "profile": {"task": ["captioning", "vqa"], "memory-gb": 7.5}}',
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
    assert "did you mean `caption`?" in errors[1]["error"]["message"]
    assert errors[5]["error"]["kind"] == "contradiction"
    assert [one["outcome"] for one in answers if "error" not in one] == [
        "assumed",
        "none",
        "assumed",
    ]


def test_a_line_of_a_batch_is_answered_as_a_profile_file(advisor, tmp_path):
    profiles = [{"task": "captioning"}, {"task": ["vqa", "speech"]}, {"task": "ocr-line"}]
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
    batch.write_text('{"id": 1, "profile": {"task": "field-extraction"}}\n')
    (line,) = advisor("recommend", "--batch", batch, *options).lines
    alone = ask(advisor, "--task", "field-extraction", *options)
    assert without_origins(line) == without_origins({"id": 1, **alone})


def test_a_line_of_a_batch_may_be_what_recommend_printed(advisor, tmp_path):
    printed = ask(advisor, "--task", "captioning", "--memory-gb", "7.5")
    batch = tmp_path / "profiles.jsonl"
    batch.write_text(json.dumps({"id": 1, "profile": printed["profile"]}) + "\n")
    (line,) = advisor("recommend", "--batch", batch).lines
    assert "error" not in line, line


def test_bytes_that_are_no_text_are_an_error_of_the_batch(advisor, tmp_path):
    batch = tmp_path / "profiles.jsonl"
    batch.write_bytes(b'{"profile": {"task": "vqa"}}\n\xff\xfe\n{"profile": {"task": "vqa"}}\n')
    result = advisor("recommend", "--batch", batch)
    assert result.code == 2
    assert result.lines[0]["family"] == "unified-vlp"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"profile": {"task": "' + "x" * 100_000 + '"}}'])
def test_a_hostile_line_is_an_error_of_that_line(advisor, tmp_path, text):
    batch = tmp_path / "profiles.jsonl"
    batch.write_text(text + '\n{"profile": {"task": "vqa"}}\n')
    result = advisor("recommend", "--batch", batch)
    assert result.code == 2
    assert "error" in result.lines[0]
    assert result.lines[1]["family"] == "unified-vlp"


def test_a_batch_streams(environment):
    """The first answer comes before the second line is there, and nothing piles up."""
    with subprocess.Popen(
        [sys.executable, "-m", "advisor", "recommend", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as running:
        killer = threading.Timer(5, running.kill)
        killer.start()
        try:
            for id in range(3):
                running.stdin.write(json.dumps({"id": id, "profile": {"task": "speech"}}) + "\n")
                running.stdin.flush()
                assert json.loads(running.stdout.readline())["id"] == id
            running.stdin.close()
            assert running.wait(20) == 1
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
        assert running.wait(20) == 1
    assert many - few < 4000


# -- the command that repeats an answer --------------------------------------------------------


def repeat(advisor, answer, *extra):
    words = shlex.split(answer["command"])
    assert words[:2] == ["advisor", "recommend"]
    return ask(advisor, *words[2:], *extra)


@pytest.mark.usefixtures("small_rules")
def test_the_command_repeats_the_answer_for_every_task(advisor, small):
    for task in small.tasks:
        answer = ask(advisor, "--task", task.id)
        assert repeat(advisor, answer) == answer


@pytest.mark.parametrize("scenario", SCENARIOS[::8], ids=lambda scenario: scenario["id"])
def test_the_command_repeats_the_answer_for_what_people_posted(advisor, scenario):
    answer = ask(advisor, *flags(scenario["profile"]))
    assert repeat(advisor, answer) == answer


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "captioning", "--language", "de,fr", "--memory-gb", "7.5"],
        ["--task", "captioning,vqa", "--use", "commercial"],
        ["--task", "captioning", "--training", "ready-made,fine-tune"],
        ["--task", "captioning", "--priority", "language,scale"],
        ["--output", "vector", "--device", "phone"],
        ["--task", "captioning", "--labels", "not-applicable"],
        ["--task", "ocr-line", "--training", "fine-tune", "--examples", "texts", "--pairs", "20"],
        ["--task=ocr-line", "--training=fine-tune", "--examples=texts", "--pairs=1234567"],
        ["--task", "captioning", "--memory-gb", "0.123456789"],
        ["--task", "captioning", "--memory-gb", "8", "--memory-gb", "16"],
        ["--task", "captioning", "--order", "small"],
        ["--task", "captioning", "--strict"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_the_command_repeats_the_answer(advisor, arguments):
    answer = ask(advisor, *arguments)
    assert repeat(advisor, answer) == answer


def test_the_command_names_the_overlays(advisor, weather):
    answer = ask(advisor, "--task", "similar-images", "--weather", "rainy", "--rules", weather)
    assert repeat(advisor, answer) == answer


def test_every_command_worth_typing_next_knows_the_rules(advisor, overlay):
    rules = overlay({"decisions/none.yaml": "rules: []\n"})
    arguments = ["--task", "captioning", "--rules", rules]
    hints = ask(advisor, *arguments)["hints"]
    assert {hint.split()[1] for hint in hints} == {"explain", "ask", "show", "try"}
    assert [hint for hint in hints if not hint.endswith(f" --rules {rules}")] == []
    page = advisor("recommend", *arguments, "--format", "markdown").out
    assert len(re.findall(f"^advisor .* --rules {re.escape(str(rules))}$", page, re.MULTILINE)) >= 2

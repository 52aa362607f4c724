"""`advisor check`: one choice of checkpoint judged in a line of CI."""

import json

import pytest

BLIP_VQA = "Salesforce/blip-vqa-base"
FINDING = ["rule", "level", "path", "line", "column", "checkpoint", "message", "because", "sources"]
CLIP = "openai/clip-vit-base-patch32"


def judged(advisor, checkpoint, *arguments):
    result = advisor("check", "--checkpoint", checkpoint, *arguments, "--format", "json")
    assert result.code in (0, 1, 3), result.out
    return result.code, result.json


def rules(document, level="error"):
    return [found["rule"] for found in document["findings"] if found["level"] == level]


def test_the_document_follows_the_contract(advisor):
    code, document = judged(advisor, BLIP_VQA, "--task", "captioning", "--class", "BlipModel")
    assert code == 1
    assert list(document) == [
        "schema_version",
        "rule_base",
        "transformers",
        "findings",
        "choices",
        "usages",
        "counts",
    ]
    for found in document["findings"]:
        assert set(FINDING) <= set(found)
        assert found["level"] in ("error", "warning", "note")
        assert found["checkpoint"] == BLIP_VQA
    (choice,) = document["choices"]
    assert {"name", "checkpoint", "outcome", "verdict"} <= set(choice)
    levels = [found["level"] for found in document["findings"]]
    assert document["counts"] == {level: levels.count(level) for level in document["counts"]}
    assert levels == sorted(levels, key=["error", "warning", "note"].index)


def test_a_fitting_choice_has_no_findings_but_where_it_ranks(advisor):
    code, document = judged(
        advisor, BLIP_VQA, "--task", "vqa", "--class", "BlipForQuestionAnswering"
    )
    assert (code, rules(document, "note")) == (0, ["choice-not-compared"])
    assert len(document["findings"]) == 1
    assert document["choices"][0]["verdict"] == "recommended"
    page = advisor("check", "--checkpoint", BLIP_VQA, "--task", "vqa").out
    assert page.startswith(
        f"{BLIP_VQA} for vqa\n  This checkpoint fits (unified-vlp is recommended).\n"
    )
    assert page.endswith("  0 errors, 0 warnings, 1 note\n")


def test_what_nothing_compares_is_not_called_outdated(advisor):
    """Issue: BLIP ranks far behind, and no benchmark measured it and a newer one."""
    named = ("Salesforce/blip-image-captioning-base", "--task", "captioning")
    code, document = judged(advisor, *named, "--fail-on", "outdated-choice")
    assert (code, rules(document, "note")) == (0, ["choice-not-compared"])
    first = advisor("recommend", "--task", "captioning", "--format", "json").json["checkpoints"][0][
        "id"
    ]
    assert first in document["findings"][0]["message"]
    code, document = judged(advisor, first, "--task", "captioning")
    assert (code, document["findings"]) == (0, [])


def test_a_class_that_drops_half_the_weights_is_an_error_with_its_fix(advisor):
    code, document = judged(
        advisor, BLIP_VQA, "--task", "vqa", "--class", "BlipForConditionalGeneration"
    )
    assert (code, rules(document)) == (1, ["weights-random-or-unused"])
    found = document["findings"][0]
    assert found["fix"] == "use `BlipForQuestionAnswering`"
    assert found["sources"]
    page = advisor(
        "check",
        "--checkpoint",
        BLIP_VQA,
        "--task",
        "vqa",
        "--class",
        "BlipForConditionalGeneration",
    ).out
    assert "error weights-random-or-unused" in page
    assert "use `BlipForQuestionAnswering`" in page


@pytest.mark.slow
def test_every_catalogued_class_matches_itself(advisor, rulebase):
    seen = set()
    for checkpoint in rulebase.checkpoints.values():
        if checkpoint.model_class in seen or not checkpoint.model_class or not checkpoint.tasks:
            continue
        seen.add(checkpoint.model_class)
        arguments = ["--task", checkpoint.tasks[0], "--class", checkpoint.model_class]
        _, document = judged(advisor, checkpoint.id, *arguments)
        found = rules(document)
        assert not {"class-does-not-match", "weights-random-or-unused"} & set(found), checkpoint.id
    assert len(seen) > 10


def test_a_family_that_cannot_do_the_task_is_an_error_with_its_source(advisor):
    code, document = judged(advisor, CLIP, "--task", "captioning")
    assert code == 1
    assert "family-excluded" in rules(document)
    found = next(one for one in document["findings"] if one["rule"] == "family-excluded")
    assert found["sources"]
    assert "unified-vlp" in found["fix"]


def test_a_task_of_none_makes_every_choice_an_error(advisor):
    code, document = judged(advisor, CLIP, "--task", "object-detection")
    assert code == 1
    assert document["choices"][0]["outcome"] == "none"


@pytest.mark.parametrize(
    ("answers", "field", "rule"),
    [
        (["--language", "ko"], "languages", "requirement-missed"),
        (["--memory-gb", "0.5"], "memory", "memory-over-limit"),
    ],
)
def test_a_requirement_missed_is_an_error(advisor, answers, field, rule):
    checkpoint = "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"
    code, document = judged(advisor, checkpoint, "--task", "captioning", *answers)
    assert (code, rules(document)) == (1, [rule])
    assert field in document["findings"][0]["message"]


def test_a_licence_that_forbids_the_use_is_an_error(advisor, rulebase):
    forbidden = next(
        c
        for c in rulebase.checkpoints.values()
        if c.commercial_use == "not-permitted" and c.tasks and not c.derived
    )
    arguments = ["--task", forbidden.tasks[0], "--use"]
    assert "licence-forbids-use" in rules(
        judged(advisor, forbidden.id, *arguments, "commercial")[1]
    )
    assert "licence-forbids-use" not in rules(
        judged(advisor, forbidden.id, *arguments, "research")[1]
    )


def test_what_nobody_verified_is_a_warning_that_strict_makes_a_failure(advisor, rulebase):
    unknown = next(
        c
        for c in rulebase.checkpoints.values()
        if c.family == "unified-vlp" and c.parameters_millions is None and c.tasks
    )
    arguments = ["--task", unknown.tasks[0], "--memory-gb", "8"]
    code, document = judged(advisor, unknown.id, *arguments)
    assert (code, rules(document, "warning")) == (0, ["not-verified"])
    code, document = judged(advisor, unknown.id, *arguments, "--strict")
    assert code == 1
    page = advisor("check", "--checkpoint", unknown.id, *arguments, "--strict").out
    assert "This checkpoint fits" not in page


def test_a_checkpoint_to_fine_tune_is_an_error_as_it_is_and_a_start_for_training(advisor, rulebase):
    base = next(
        c
        for c in rulebase.checkpoints.values()
        if c.family == "vision-encoder-decoder"
        and "ocr-line" in c.fine_tune
        and "ocr-line" not in c.tasks
        and not c.derived
    )
    code, document = judged(advisor, base.id, "--task", "ocr-line", "--training", "ready-made")
    assert (code, rules(document)) == (1, ["needs-fine-tuning"])
    training = ["--training", "fine-tune", "--examples", "texts"]
    _, document = judged(advisor, base.id, "--task", "ocr-line", *training)
    assert "needs-fine-tuning" not in rules(document)


def test_answers_may_come_from_a_profile_and_flags_win(advisor, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: captioning\n")
    code, _ = judged(advisor, BLIP_VQA, "--profile", file)
    assert code == 1
    code, _ = judged(advisor, BLIP_VQA, "--profile", file, "--task", "vqa")
    assert code == 0


@pytest.mark.slow
def test_what_recommend_printed_is_a_profile_for_check(advisor, tmp_path):
    file = tmp_path / "answer.json"
    answer = advisor("recommend", "--task", "vqa", "--language", "en", "--format", "json").json
    file.write_text(json.dumps(answer), encoding="utf-8")
    picks = [pick["id"] for pick in answer["checkpoints"][:10]]
    assert picks
    assert {id: judged(advisor, id, "--profile", file)[0] for id in picks} == dict.fromkeys(
        picks, 0
    )


@pytest.mark.parametrize(
    "some", [slice(0, None, 8), pytest.param(slice(None), marks=pytest.mark.slow)]
)
def test_what_recommend_picks_check_accepts(advisor, rulebase, some):
    """One voice: the first pick for a decided task is a valid choice with its own class."""
    accepted = 0
    for task in rulebase.tasks[some]:
        answer = advisor("recommend", "--task", task.id, "--format", "json").json
        if answer["outcome"] != "decided" or not answer["checkpoints"]:
            continue
        pick = answer["checkpoints"][0]
        arguments = ["--class", pick["class"]] if pick["class"] else []
        code, document = judged(advisor, pick["id"], "--task", task.id, *arguments)
        assert (code, rules(document)) == (0, []), (task.id, pick["id"])
        accepted += 1
    assert accepted


@pytest.mark.slow
def test_a_choice_that_excludes_itself_is_no_fault_of_what_others_lack(advisor, weather):
    arguments = ["--task", "similar-images", "--rules", weather]
    code, document = judged(advisor, CLIP, *arguments)
    assert code == 3
    choice = document["choices"][0]
    assert set(choice["possible_verdicts"]) >= {"recommended", "excluded"}
    assert document["counts"]["error"] == 0
    page = advisor("check", "--checkpoint", CLIP, *arguments).out
    assert "A missing answer decides whether clip fits. Pass --weather (see" in page


def test_markdown_marks_what_speaks_against_it(advisor):
    text = advisor(
        "check", "--checkpoint", BLIP_VQA, "--task", "captioning", "--format", "markdown"
    ).out
    assert text.startswith(f"## {BLIP_VQA} for captioning\n")
    assert "- against: error task-not-done" in text


@pytest.mark.parametrize(
    ("auto", "rule"),
    [
        ("AutoModelForVisualQuestionAnswering", None),
        ("AutoModelForImageTextToText", "weights-random-or-unused"),
        ("AutoModelForCausalLM", "class-does-not-match"),
    ],
)
def test_an_auto_class_is_judged_by_the_class_it_picks(advisor, auto, rule):
    arguments = ["--task", "vqa", "--class", auto, "--transformers", "5.24"]
    code, document = judged(advisor, BLIP_VQA, *arguments)
    assert (code, rules(document)) == ((1, [rule]) if rule else (0, []))
    assert document["transformers"] == "5.24.0"


@pytest.mark.parametrize("format", ["github", "sarif", "junit", "markdown", "html", "terminal"])
def test_a_format_never_changes_the_exit_code(advisor, format):
    wrong = ["check", "--checkpoint", CLIP, "--task", "captioning", "--format", format]
    right = ["check", "--checkpoint", BLIP_VQA, "--task", "vqa", "--format", format]
    assert (advisor(*wrong).code, advisor(*right).code) == (1, 0)

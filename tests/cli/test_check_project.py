"""`advisor check` on a project: advisor.yaml, code, what was agreed to, fixes, and outputs."""

import ast
import json
import re
import subprocess

import pytest
import yaml

CLIP = "openai/clip-vit-base-patch32"
CAPTIONER = "Salesforce/blip-image-captioning-base"
RIGHT = f'from transformers import CLIPModel\n\nmodel = CLIPModel.from_pretrained("{CLIP}")\n'
WRONG = """\
from transformers import AutoProcessor, BlipForConditionalGeneration

processor = AutoProcessor.from_pretrained("Salesforce/blip-vqa-base")
model = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-vqa-base")
print(model.generate(**processor(image, "what is it?", return_tensors="pt")))
"""
FIXED = WRONG.replace("BlipForConditionalGeneration", "BlipForQuestionAnswering")
CHOICES = f"""\
choices:
  - name: labels
    checkpoint: {CLIP}
    needs: {{task: zero-shot-classification, language: en}}
"""
EXCLUDED = f"""\
choices:
  - name: captions
    checkpoint: {CLIP}
    needs: {{task: captioning}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Go to an empty folder; write files there."""
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_py", ".py").replace(
                "_yaml", ".yaml"
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def found(result):
    return [(one["rule"], one["path"], one["line"]) for one in result.json["findings"]]


def check(advisor, *arguments):
    return advisor("check", "--transformers", "5.24", *arguments, "--format", "json")


def test_a_right_choice_that_code_follows_passes(advisor, project):
    project(app_py=RIGHT, advisor_yaml=CHOICES)
    result = check(advisor)
    assert result.code == 0
    assert [one["rule"] for one in result.of("note")] == ["outdated-choice", "unpinned-revision"]
    (choice,) = result.json["choices"]
    assert (choice["name"], choice["verdict"]) == ("labels", "recommended")
    (usage,) = result.json["usages"]
    assert usage == {
        "path": "app.py",
        "line": 3,
        "checkpoint": CLIP,
        "class": "CLIPModel",
        "task": None,
    }


def test_an_excluded_choice_fails_at_its_line(advisor, project):
    project(advisor_yaml=EXCLUDED)
    result = check(advisor)
    assert result.code == 1
    assert ("family-excluded", "advisor.yaml", 3) in found(result)


def test_an_undetermined_choice_exits_3_with_the_question_that_would_settle_it(advisor, project):
    project(advisor_yaml=CHOICES.replace("zero-shot-classification", "content-moderation"))
    result = check(advisor)
    assert result.code == 3
    (choice,) = result.json["choices"]
    assert choice["outcome"] == "undetermined"
    assert choice["settled_by"]
    assert check(advisor, "--fail-on", "never").code == 3


def test_an_error_counts_before_what_is_undetermined(advisor, project):
    project(
        advisor_yaml=CHOICES.replace("zero-shot-classification", "content-moderation"),
        app_py=WRONG,
    )
    assert check(advisor).code == 1


@pytest.mark.parametrize(
    ("arguments", "declared", "variable", "code"),
    [
        ([], "", "", 0),
        (["--strict"], "", "", 1),
        (["--fail-on", "warning"], "", "", 1),
        ([], "fail_on: warning\n", "", 1),
        ([], "fail_on: never\n", "warning", 1),
        (["--fail-on", "never"], "fail_on: warning\n", "error", 0),
    ],
)
def test_the_fail_level_comes_from_flags_then_environment_then_file(
    advisor, project, monkeypatch, arguments, declared, variable, code
):
    if variable:
        monkeypatch.setenv("ADVISOR_FAIL_ON", variable)
    softmax = RIGHT.replace(CLIP, "openai/clip-vit-base-patch16")
    project(app_py=softmax, advisor_yaml=CHOICES + declared)
    result = check(advisor, *arguments)
    assert {rule for rule, _, _ in found(result)} >= {"undeclared-usage", "unused-choice"}
    assert result.code == code


def test_a_choice_is_not_unused_where_only_a_part_is_checked(advisor, project):
    project(app_py=RIGHT.replace("patch32", "patch16"), advisor_yaml=CHOICES, other__b_py="\n")
    assert "unused-choice" not in [rule for rule, _, _ in found(check(advisor, "app.py"))]


def test_a_comment_takes_a_finding_away_and_an_idle_one_is_a_finding(advisor, project):
    silent = WRONG.replace(
        'from_pretrained("Salesforce/blip-vqa-base")\nprint',
        'from_pretrained("Salesforce/blip-vqa-base")'
        "  # advisor: ignore[weights-random-or-unused] to show the mistake\nprint",
    )
    project(app_py=silent)
    result = check(advisor)
    assert (result.code, result.json["counts"]["error"]) == (0, 0)
    assert result.json["suppressed"]["ignored"] == 1
    project(
        app_py=silent.replace("BlipForConditional", "BlipForQuestion").replace(
            "Generation", "Answering"
        )
    )
    assert ("unused-ignore", "app.py", 4) in found(check(advisor))


def waived(until):
    return EXCLUDED + (
        "    waive:\n"
        f'      - {{rule: family-excluded, reason: until the move, until: "{until}"}}\n'
        f'      - {{rule: task-not-done, reason: until the move, until: "{until}"}}\n'
    )


def test_a_waiver_holds_up_to_its_last_day(advisor, project):
    project(advisor_yaml=waived("2027-01-31"))
    on_the_day = check(advisor, "--today", "2027-01-31")
    assert (on_the_day.code, on_the_day.json["suppressed"]["waived"]) == (0, 2)
    after = check(advisor, "--today", "2027-02-01")
    assert after.code == 1
    rules = [rule for rule, _, _ in found(after)]
    assert rules.count("expired-waiver") == 2
    assert "family-excluded" in rules


def test_a_waiver_of_nothing_is_a_finding(advisor, project):
    project(advisor_yaml=waived("2027-01-31").replace("captioning", "similar-images"))
    result = check(advisor, "--today", "2026-11-24")
    assert [rule for rule, _, _ in found(result)][-2:] == ["unused-waiver", "unused-waiver"]


def test_a_waiver_of_a_rule_that_was_not_run_is_not_idle(advisor, project):
    waive = "    waive:\n" + "".join(
        f'      - {{rule: {rule}, reason: until the move, until: "2027-01-31"}}\n'
        for rule in ("unused-choice", "choice-changed")
    )
    project(app_py=WRONG, other_py=RIGHT, advisor_yaml=CHOICES + waive)
    partial = check(advisor, "app.py", "--today", "2026-11-24")
    assert "unused-waiver" not in [rule for rule, _, _ in found(partial)]
    whole = check(advisor, "--today", "2026-11-24")
    (idle,) = [f for f in whole.json["findings"] if f["rule"] == "unused-waiver"]
    assert "`unused-choice`" in idle["message"]


def test_a_baseline_leaves_only_new_findings(advisor, project, tmp_path):
    project(app_py=WRONG)
    assert advisor("check", "--write-baseline", "known.json").code == 0
    result = check(advisor, "--baseline", "known.json")
    assert (result.code, result.json["suppressed"]["baseline"]) == (0, 1)
    project(app_py="# moved\n\n" + WRONG)
    assert check(advisor, "--baseline", "known.json").code == 0
    project(new_py=WRONG)
    assert check(advisor, "--baseline", "known.json").code == 1


def test_a_baseline_knows_a_finding_in_other_words_but_not_of_other_names(
    advisor, project, tmp_path
):
    project(app_py=WRONG)
    advisor("check", "--write-baseline", "known.json")
    known = json.loads((tmp_path / "known.json").read_text())
    (row,) = known["findings"]
    names = re.findall(r"`[^`]+`|\S+/\S+", row["message"])
    assert names
    for message, code in ((f"now about {' and '.join(names)}", 0), ("now about `another`", 1)):
        row["message"] = message
        (tmp_path / "known.json").write_text(json.dumps(known))
        assert check(advisor, "--baseline", "known.json").code == code


def test_a_baseline_written_beside_the_old_one_holds_all_findings(advisor, project, tmp_path):
    project(app_py=WRONG)
    advisor("check", "--write-baseline", "known.json")
    advisor("check", "--baseline", "known.json", "--write-baseline", "known.json")
    assert check(advisor, "--baseline", "known.json").code == 0


def test_equal_rows_of_a_baseline_count_together_and_odd_counts_are_not_a_baseline(
    advisor, project, tmp_path
):
    project(app_py=WRONG)
    advisor("check", "--write-baseline", "known.json")
    known = json.loads((tmp_path / "known.json").read_text())
    project(app_py=WRONG + "\n" + WRONG)
    twice = {**known, "findings": [*known["findings"], *known["findings"]]}
    (tmp_path / "known.json").write_text(json.dumps(twice))
    result = check(advisor, "--baseline", "known.json")
    assert (result.code, result.json["suppressed"]["baseline"]) == (0, 2)
    for count in ("1e999", '"1"', "0", "true"):
        text = json.dumps(known).replace('"count": 1', f'"count": {count}')
        (tmp_path / "known.json").write_text(text)
        result = check(advisor, "--baseline", "known.json")
        assert (result.code, result.json["error"]["kind"]) == (2, "broken-file"), count


def test_a_lock_holds_every_task_of_a_choice(advisor, project, tmp_path):
    needs = "{task: [zero-shot-classification, image-search], language: en}"
    project(advisor_yaml=CHOICES.replace("{task: zero-shot-classification, language: en}", needs))
    check(advisor, "--lock")
    lock = json.loads((tmp_path / "advisor.lock").read_text())
    tasks = [(row["name"], row["task"]) for row in lock["choices"]]
    assert tasks == [("labels", "zero-shot-classification"), ("labels", "image-search")]
    assert "choice-changed" not in [rule for rule, _, _ in found(check(advisor))]
    lock["choices"][1]["best"] = "somebody/something"
    (tmp_path / "advisor.lock").write_text(json.dumps(lock))
    (one,) = [f for f in check(advisor).json["findings"] if f["rule"] == "choice-changed"]
    assert "`labels` for image-search" in one["message"]
    assert "somebody/something" in one["message"]


def test_a_choice_behind_another_is_told_on_one_line_and_fails_where_that_is_asked(
    advisor, project
):
    project(app_py=RIGHT, advisor_yaml=CHOICES)
    assert check(advisor).code == 0
    page = " ".join(advisor("check").out.split())
    assert re.search(rf"{CLIP} ranks number \d+ of \d+ checkpoints that fit, for zero-shot", page)
    assert "unpinned" not in page
    assert "`-v` shows 1 note." in page
    failing = check(advisor, "--fail-on", "outdated-choice")
    assert (failing.code, failing.json["fail_on"]) == (1, "outdated-choice")
    junit = advisor("check", "--fail-on", "outdated-choice", "--format", "junit")
    assert "<failure" in junit.out
    waive = '    waive:\n      - {rule: outdated-choice, reason: known, until: "2099-01-01"}\n'
    project(app_py=RIGHT, advisor_yaml=CHOICES + waive + "fail_on: outdated-choice\n")
    assert check(advisor).code == 0


def test_a_pipeline_or_a_class_settles_the_task_of_the_checkpoint_that_it_loads(advisor, project):
    code = 'from transformers import pipeline\n\npipe = pipeline("{}", model="{}")\n'
    project(app_py=code.format("zero-shot-image-classification", CLIP))
    result = check(advisor, "--fail-on", "outdated-choice")
    assert result.code == 1
    assert ("outdated-choice", "app.py", 3) in found(result)
    load = f'from transformers import CLIPModel\n\nx = CLIPModel.from_pretrained("{CLIP}")\n'
    project(app_py=load)  # its class is made for the same task
    assert ("outdated-choice", "app.py", 3) in found(check(advisor))
    project(app_py=f"{load}x.get_image_features(y)\n")  # vectors, which serve many tasks
    assert "outdated-choice" not in [one["rule"] for one in check(advisor).json["findings"]]
    project(
        app_py=code.format("zero-shot-image-classification", CLIP), advisor_yaml=CHOICES
    )  # the choice is judged in its place
    (one,) = [f for f in check(advisor).json["findings"] if f["rule"] == "outdated-choice"]
    assert (one["choice"], one["path"]) == ("labels", "advisor.yaml")


def test_a_lock_tells_later_what_changed_and_why(advisor, project, tmp_path):
    project(advisor_yaml=CHOICES)
    assert check(advisor, "--lock").code == 0
    lock = json.loads((tmp_path / "advisor.lock").read_text())
    assert lock["lock_version"] == 1
    assert lock["choices"][0]["family"] == "clip"
    assert [one["rule"] for one in check(advisor).json["findings"]] == ["outdated-choice"]
    project(advisor_yaml=CHOICES.replace("language: en", "language: en, memory-gb: 1"))
    (one,) = [f for f in check(advisor).json["findings"] if f["rule"] == "choice-changed"]
    assert "the `needs` in advisor.yaml changed" in one["because"]
    project(advisor_yaml=CHOICES.replace("patch32", "patch16"))
    (one,) = [f for f in check(advisor).json["findings"] if f["rule"] == "choice-changed"]
    assert "the checkpoint was openai/clip-vit-base-patch32" in one["message"]


def test_fix_corrects_class_and_import_and_is_done_then(advisor, project, tmp_path):
    project(app_py=WRONG)
    result = check(advisor, "--fix")
    assert (result.code, result.json["counts"]["error"]) == (0, 0)
    assert (tmp_path / "app.py").read_text() == FIXED
    assert "fixed" not in check(advisor, "--fix").err
    assert (tmp_path / "app.py").read_text() == FIXED


def test_fix_keeps_an_import_that_other_code_needs(advisor, project, tmp_path):
    other = f'other = BlipForConditionalGeneration.from_pretrained("{CAPTIONER}")\n'
    project(app_py=WRONG + other)
    check(advisor, "--fix")
    text = (tmp_path / "app.py").read_text()
    imported = "AutoProcessor, BlipForConditionalGeneration, BlipForQuestionAnswering\n"
    assert text.splitlines(keepends=True)[0] == f"from transformers import {imported}"
    ast.parse(text)
    assert check(advisor).json["counts"]["error"] == 0


def test_fix_leaves_a_class_alone_where_another_checkpoint_may_be_meant(advisor, project, tmp_path):
    without_a_question = WRONG.replace('image, "what is it?"', "image")
    project(app_py=without_a_question)
    assert check(advisor, "--fix").code == 1
    assert (tmp_path / "app.py").read_text() == without_a_question


REMOVED = "from transformers import ViTFeatureExtractor\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            REMOVED
            + 'x = ViTFeatureExtractor.from_pretrained("nlpconnect/vit-gpt2-image-captioning")\n',
            "from transformers import ViTImageProcessor\n"
            'x = ViTImageProcessor.from_pretrained("nlpconnect/vit-gpt2-image-captioning")\n',
        ),
        (
            REMOVED + "x: ViTFeatureExtractor = ViTFeatureExtractor()\n",
            "from transformers import ViTImageProcessor as ViTFeatureExtractor\n"
            "x: ViTFeatureExtractor = ViTFeatureExtractor()\n",
        ),
        (
            "from transformers import ViTFeatureExtractor as Extractor\nx = Extractor()\n",
            "from transformers import ViTImageProcessor as Extractor\nx = Extractor()\n",
        ),
        (
            "import transformers\nx = transformers.ViTFeatureExtractor()\n",
            "import transformers\nx = transformers.ViTImageProcessor()\n",
        ),
    ],
)
def test_fix_never_leaves_a_name_that_nothing_defines(advisor, project, tmp_path, before, after):
    project(app_py=before)
    check(advisor, "--fix", "--all-models")
    assert (tmp_path / "app.py").read_text() == after
    assert check(advisor, "--all-models").json["counts"]["error"] == 0


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_fix_keeps_line_ends_marks_and_everything_else(advisor, project, tmp_path, newline):
    before = ("\ufeff" + WRONG + "# é\n").replace("\n", newline)
    (tmp_path / "app.py").write_bytes(before.encode())
    (tmp_path / "app.py").chmod(0o751)
    check(advisor, "--fix")
    after = ("\ufeff" + FIXED + "# é\n").replace("\n", newline)
    assert (tmp_path / "app.py").read_bytes().decode() == after
    assert (tmp_path / "app.py").stat().st_mode & 0o777 == 0o751


def test_a_diff_changes_nothing_and_can_be_applied(advisor, project, tmp_path):
    project(app_py=WRONG + "# é\r\n")
    result = advisor("check", "--diff", "--transformers", "5.24")
    assert result.code == 1
    assert (tmp_path / "app.py").read_text() == WRONG + "# é\n"
    assert "would change 2 places in 1 file; " in result.err
    applied = subprocess.run(["git", "apply", "-"], input=result.out.encode(), check=False)
    assert applied.returncode == 0
    assert (tmp_path / "app.py").read_bytes().decode() == FIXED + "# é\r\n"


def test_several_outputs_say_the_same_in_one_run(advisor, project, tmp_path):
    project(app_py=WRONG)
    outputs = [
        "sarif=out.sarif",
        "junit=out.xml",
        "github=out.txt",
        "markdown=out.md",
        "html=o.html",
    ]
    result = check(advisor, *[word for one in outputs for word in ("--output", one)])
    assert result.code == 1
    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    assert [r["ruleId"] for r in run["results"]] == [f["rule"] for f in result.json["findings"]]
    assert 'failures="1"' in (tmp_path / "out.xml").read_text()
    assert "::error file=app.py,line=4" in (tmp_path / "out.txt").read_text()
    for name in ("out.md", "o.html"):
        assert "weights-random-or-unused" in (tmp_path / name).read_text()


def test_github_actions_gets_annotations_besides_and_stdout_stays_one_document(
    advisor, project, monkeypatch
):
    project(app_py=WRONG)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = check(advisor)
    assert result.json["counts"]["error"] == 1
    assert "::error file=app.py,line=4,col=9,title=weights-random-or-unused::" in result.err


def test_the_page_shows_place_snippet_caret_reason_and_fix(advisor, project):
    project(app_py=WRONG)
    page = advisor("check", "--transformers", "5.24").out
    assert page.startswith("app.py:4:9: error weights-random-or-unused\n")
    assert "  4 | model = BlipForConditionalGeneration.from_pretrained" in page
    assert f"    | {' ' * 8}{'^' * 28}\n" in page
    assert "→ use `BlipForQuestionAnswering`" in page
    assert "1 error, 0 warnings, 1 note in 1 file, 1 usage; transformers 5.24.0" in page


def test_models_that_advisor_does_not_know_are_not_passed_in_silence(advisor, project):
    project(app_py='from transformers import pipeline\np = pipeline("object-detection")\n')
    said = " ".join(advisor("check").out.split())
    assert "no vision-language model that advisor knows is loaded" in said
    load = "from transformers import CLIPModel\nm = CLIPModel.from_pretrained('us/our-clip')\n"
    project(app_py=load)
    assert "1 usage (1 of a checkpoint outside the catalog)" in " ".join(
        advisor("check").out.split()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("choices: 7\n", "advisor.yaml:1:1: expected a list, found `7`"),
        ("choises: []\n", "unknown key `choises`. Did you mean `choices`?"),
        ("choices:\n  - {name: a}\n", "`checkpoint` and `needs` are missing"),
        ("choices: [\n", "is not valid YAML"),
        (CHOICES + "fail_on: maybe\n", "expected `error`, `warning`, `outdated-choice` or `never`"),
        (CHOICES + CHOICES.removeprefix("choices:\n"), "the model `labels` is declared twice"),
        (CHOICES.replace("language: en", "langage: en"), "Did you mean `language`?"),
        (
            CHOICES.replace("{task: zero-shot-classification, language: en}", "read text"),
            "`read text` may mean ocr-line, handwriting or ocr-page",
        ),
        (CHOICES.replace("task: zero-shot-classification, ", ""), "has no task"),
    ],
)
def test_a_broken_advisor_yaml_says_where(advisor, project, text, said):
    project(advisor_yaml=text)
    result = advisor("check")
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "`nowhere` does not exist"),
        (["empty"], "`empty` has no files to check"),
        (["--baseline", "app.py"], "`app.py` is not a valid advisor baseline file"),
        (["--baseline", "none.json"], "cannot be read"),
        (["--config", "none.yaml"], "no file `none.yaml`"),
        (["--transformers", "3.1"], "the release `3.1` of transformers is unknown"),
        (["--today", "soon"], "`--today soon` is not a date"),
        (["--fail-on", "eror"], "Did you mean `error`?"),
        (["--explain", "softmax"], "unknown check rule `softmax`"),
        (["--diff", "--format", "json"], "`--diff` and `--format` cannot be combined"),
        (["app.py", "--checkpoint", CLIP], "`--checkpoint` and `PATH` cannot be combined"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_exit_2(advisor, project, arguments, said):
    project(app_py=RIGHT)
    (project() / "empty").mkdir()
    result = advisor("check", *arguments)
    assert result.code == 2
    assert said in result.err + result.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not a valid advisor lock file"),
        ("[]", "is not a valid advisor lock file"),
        (
            '{"lock_version": 1, "rule_base": "x", "choices": [3]}',
            "is not a valid advisor lock file",
        ),
        (
            '{"lock_version": 1, "rule_base": "x", "choices": [{"task": "vqa"}]}',
            "is not a valid advisor lock file",
        ),
        ('{"lock_version": 9}', "is a lock file of version 9"),
    ],
)
def test_a_broken_lock_says_so(advisor, project, tmp_path, text, said):
    project(advisor_yaml=CHOICES)
    (tmp_path / "advisor.lock").write_text(text)
    result = advisor("check")
    assert result.code == 2
    assert said in result.err


TEXTLESS = '{"rule": "caveat", "path": "", "message": 7, "count": 1}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not a valid advisor baseline file"),
        ('{"baseline_version": 1, "findings": [3]}', "is not a valid advisor baseline file"),
        (
            f'{{"baseline_version": 1, "findings": [{TEXTLESS}]}}',
            "is not a valid advisor baseline file",
        ),
        (
            '{"baseline_version": 9}',
            "is a baseline file of version 9. This advisor reads version 1",
        ),
        ("\udcff", "cannot be read: the file is not UTF-8 text"),
    ],
)
def test_a_broken_baseline_says_so(advisor, project, tmp_path, text, said):
    project(app_py=RIGHT)
    (tmp_path / "known.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = advisor("check", "--baseline", "known.json")
    assert result.code == 2
    assert said in result.err


def test_rules_of_ones_own_are_read_from_advisor_yaml(advisor, project, weather):
    project(app_py=RIGHT, advisor_yaml=f"rules: [{weather}]\n")
    assert advisor("check").code == 0


def test_rules_of_the_environment_come_before_those_of_advisor_yaml(
    advisor, project, weather, monkeypatch
):
    project(app_py=RIGHT, advisor_yaml="rules: [missing]\n")
    assert advisor("check").code == 2
    monkeypatch.setenv("ADVISOR_RULES", str(weather))
    assert advisor("check").code == 0
    monkeypatch.setenv("ADVISOR_RULES", "missing as well")
    assert advisor("check", "--rules", weather).code == 0


def test_init_writes_a_file_that_check_accepts_and_never_overwrites(advisor, project, tmp_path):
    project(app_py=RIGHT)
    result = advisor("init")
    assert (result.code, result.out) == (0, "advisor.yaml\n")
    text = (tmp_path / "advisor.yaml").read_text()
    assert f"checkpoint: {CLIP}" in text
    assert "# app.py:3" in text
    guessed = text.partition("# guessed from the tasks of the checkpoint: ")[2].partition(";")[0]
    tasks = guessed.split(", ")
    assert len(tasks) == len({*tasks}) > 1
    assert check(advisor).code == 0
    assert advisor("init").code == 2
    assert (tmp_path / "advisor.yaml").read_text() == text
    assert advisor("init", "--force").code == 0


def test_init_takes_the_needs_that_a_program_of_code_names(advisor, project, tmp_path):
    needs = ("--task", "field-extraction", "--domain", "documents", "--memory-gb", "24")
    project(app_py=advisor("code", *needs).out)
    assert advisor("init").code == 0
    (choice,) = yaml.safe_load((tmp_path / "advisor.yaml").read_text())["choices"]
    assert choice["name"] == "field-extraction"
    assert choice["needs"] == {"task": "field-extraction", "domain": "documents"}
    assert check(advisor).code == 0


def test_programs_of_one_model_for_two_tasks_are_two_choices(advisor, project, tmp_path):
    project(search_py=advisor("code", "search").out, twice_py=advisor("code", "duplicates").out)
    loaded = {
        re.search(r"^# runs (\S+)", (tmp_path / name).read_text(), re.MULTILINE)[1]
        for name in ("search.py", "twice.py")
    }
    assert len(loaded) == 1, "another model would be another choice anyway"
    assert advisor("init").code == 0
    choices = yaml.safe_load((tmp_path / "advisor.yaml").read_text())["choices"]
    assert [choice["needs"]["task"] for choice in choices] == ["deduplication", "image-search"]
    assert check(advisor).code == 3, "what nobody said of the search is asked"


@pytest.mark.parametrize("need", ["image search", "transcribe handwritten letters", "find copies"])
def test_what_code_writes_and_init_declares_is_not_accused(advisor, project, need):
    project(app_py=advisor("code", need).out)
    assert advisor("init").code == 0
    checked = check(advisor, "--fail-on", "warning")
    assert {each["level"] for each in checked.json["findings"]} <= {"note"}
    assert checked.code == (3 if need == "image search" else 0), "only what nobody said is asked"


def test_a_program_that_loads_in_fewer_bits_passes_the_check_that_init_begins(
    advisor, project, tmp_path
):
    project(app_py=advisor("code", "--task", "vqa", "--memory-gb", "8").out)
    assert "BitsAndBytesConfig(load_in_8bit=True)" in (tmp_path / "app.py").read_text()
    assert advisor("init").code == 0
    (choice,) = yaml.safe_load((tmp_path / "advisor.yaml").read_text())["choices"]
    assert choice["needs"] == {"task": "vqa"}
    assert check(advisor).code == 0


def test_a_checkpoint_of_a_task_that_no_family_does_passes_the_check_that_init_begins(
    advisor, project, tmp_path
):
    project(
        app_py="from transformers import CLIPSegForImageSegmentation\n"
        'model = CLIPSegForImageSegmentation.from_pretrained("CIDAS/clipseg-rd64-refined")\n'
    )
    assert check(advisor).code == 0
    assert advisor("init").code == 0
    (choice,) = yaml.safe_load((tmp_path / "advisor.yaml").read_text())["choices"]
    assert choice["needs"] == {"task": "segmentation"}
    assert check(advisor).code == 0
    declared = (tmp_path / "advisor.yaml").read_text()
    other = declared.replace("CIDAS/clipseg-rd64-refined", CLIP)  # which has no masks
    (tmp_path / "advisor.yaml").write_text(other)
    assert check(advisor).code == 1


def test_a_usage_that_is_not_declared_is_told_where_to_be(advisor, project, rulebase):
    other = next(id for id in sorted(rulebase.checkpoints) if id != CLIP)
    entry = f"  - {{name: m, checkpoint: {other}, needs: {{task: captioning}}}}\n"
    project(app_py=RIGHT, advisor_yaml=f"choices:\n{entry}")
    findings = check(advisor).json["findings"]
    (fix,) = {each["fix"] for each in findings if each["rule"] == "undeclared-usage"}
    assert fix == "declare the model in advisor.yaml, or use one that is declared"


def test_init_guesses_no_task_where_a_pipeline_says_it(advisor, project, tmp_path):
    of = f'"zero-shot-image-classification", model="{CLIP}"'
    project(app_py=f"from transformers import pipeline\np = pipeline({of})\n")
    assert advisor("init").code == 0
    text = (tmp_path / "advisor.yaml").read_text()
    assert '{"task": "zero-shot-classification"}' in text
    assert "guessed" not in text


def test_init_without_any_usage_writes_comments_only(advisor, project, tmp_path):
    project(app_py="print()\n")
    assert advisor("init").code == 0
    assert check(advisor).code == 0


def test_init_takes_what_code_loads_before_what_tests_do(advisor, project, tmp_path):
    load = 'from transformers import CLIPModel\nm = CLIPModel.from_pretrained("{}")\n'
    project(app_py=RIGHT)
    (tmp_path / "tests").mkdir()
    test = tmp_path / "tests" / "test_app.py"
    test.write_text(load.format("google/siglip-base-patch16-224"))
    assert advisor("init").code == 0
    text = (tmp_path / "advisor.yaml").read_text()
    assert f"checkpoint: {CLIP}" in text
    assert "siglip" not in text
    (tmp_path / "app.py").write_text(load.format("someone/else"))
    assert advisor("init", "--force").code == 0
    text = (tmp_path / "advisor.yaml").read_text()
    assert "It loads:\n# someone/else\n" in text
    assert "\nchoices:" not in text
    (tmp_path / "app.py").unlink()
    assert advisor("init", "--force").code == 0
    assert "checkpoint: google/siglip" in (tmp_path / "advisor.yaml").read_text()

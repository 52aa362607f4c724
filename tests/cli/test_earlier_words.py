"""Words of earlier releases work for good, wherever they can stand: flags, options, commands."""

import json
from pathlib import Path

import pytest
import yaml

import advisor as module
from advisor.cli.program import program
from advisor.engine.profile import make_profile
from advisor.rulebase.store import load_rules

EARLIER = yaml.safe_load((Path(__file__).parent / "earlier_words.yaml").read_text(encoding="utf-8"))
GONE = {
    "catalogue add": "an entry is a few lines of YAML",
    "catalogue refresh": "a tool of the maintainers",
    "catalogue drift": "a tool of the maintainers",
    "rules docs": "`show RULE` prints a rule",
    "rules graph": "`ask` and the page of `site` go to the checkpoint",
    "train vlp": "--sequences is gone",
    "convert vlp": "--heads is gone: no published file needs it",
    "rules audit": "a page or JSON",
    "ask": "--resume is gone: who leaves gets the command that goes on",
    "try": "--compare and --family are gone: evaluate compares",
    "evaluate": "--dry-run is gone: what is downloaded or sent is asked about",
    "check": "--statistics is gone: the findings of --json have their rules",
    "rules diff": "--checkpoints is gone: the diagrams compare them",
}
"""Commands that lack something since, each said in the changelog."""
MISSING = {
    "--sequences",
    "--budget",
    "--questions",
    "--checkpoints",
    "--heads",
    "--resume",
    "--compare",
    "--family",
    "--dry-run",
    "--statistics",
}


def command_of(words):
    found = program()
    for word in words.split():
        found = found.get_command(None, word)
        if found is None:
            return None
    return found


@pytest.mark.parametrize("words", EARLIER["commands"])
def test_every_flag_of_an_earlier_release_is_taken(words):
    command = command_of(words)
    if command is None:
        assert words in GONE
        return
    flags = {flag for option in command.params for flag in option.opts + option.secondary_opts}
    flags |= {*command.spelling.was}
    wanted = [*EARLIER["commands"][words]]
    if wanted[0] == "answers":
        wanted = [*(f"--{flag}" for flag in EARLIER["questions"]), "--task", *wanted[1:]]
    lacks = {*wanted} - flags
    assert lacks <= (MISSING if words in GONE else set())


@pytest.mark.parametrize("flag", EARLIER["questions"])
def test_every_option_of_an_earlier_release_is_taken(rulebase, flag):
    question = rulebase.question(flag)
    for option in EARLIER["questions"][flag]:
        assert make_profile(rulebase, {flag: option})[question.id].options == (option,)


@pytest.mark.parametrize("flag", EARLIER["questions"])
def test_what_is_typed_now_means_what_json_has(rulebase, flag):
    question = rulebase.question(flag)
    for option in question.options:
        answers = make_profile(rulebase, {question.typed: option.typed})
        assert answers == make_profile(rulebase, {question.id: option.id})


OLD = "--reading no-text --collection millions --domain everyday --use commercial --order small"
NEW = "--ocr none --num-items over-100000 --domain natural --license-use commercial --sort memory"


@pytest.mark.slow
def test_a_command_line_of_then_gives_the_answer_of_now(advisor):
    old, new = (
        advisor("recommend", "--task", "image-search", *words.split(), "--json")
        for words in (OLD, NEW)
    )
    assert (old.code, old.err) == (0, "")
    assert old.json == new.json
    assert old.json["profile"]["reading"]["options"] == ["no-text"]
    assert old.json["profile"]["collection"]["options"] == ["millions"]
    assert "--ocr none --num-items 3000001-or-more" in old.json["command"]
    assert "--sort memory" in old.json["command"]


@pytest.mark.parametrize(
    "answers",
    [
        {"task": "image-search", "reading": "no-text", "collection": "millions"},
        {"task": "image-search", "ocr": "none", "num-items": "over-100000"},
        {"task": "image-search", "ocr": "no-text", "collection": "over-100000"},
    ],
)
def test_profiles_lines_of_a_batch_and_keywords_take_both(advisor, tmp_path, answers):
    wanted = advisor(
        "recommend",
        "--task",
        "image-search",
        *["--ocr", "none", "--num-items", "millions", "--json"],
    ).json
    profile = tmp_path / "profile.yaml"
    profile.write_text(yaml.safe_dump(answers), encoding="utf-8")
    lines = tmp_path / "needs.jsonl"
    lines.write_text(json.dumps({"id": 1, "profile": answers}), encoding="utf-8")
    by_file = advisor("recommend", "--profile", str(profile), "--json").json
    assert by_file["checkpoints"] == wanted["checkpoints"]
    assert advisor("recommend", "--batch", str(lines)).json["checkpoints"] == wanted["checkpoints"]
    keywords = {name.replace("-", "_"): option for name, option in answers.items()}
    python = module.recommend(**keywords, order="quality")
    assert python.checkpoint == wanted["checkpoints"][0]["id"]
    assert module.recommend(**keywords, sort="memory") == module.recommend(
        **keywords, order="small"
    )


def test_a_question_by_two_names_is_refused(advisor, tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text("task: vqa\nreading: page\nocr: none\n", encoding="utf-8")
    result = advisor("recommend", "--profile", str(profile))
    assert result.code == 2
    assert "`reading` and `ocr` are the same question" in result.err


def test_advisor_yaml_takes_both(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    needs = "{task: image-search, ocr: none, collection: millions}"
    choice = "  - name: search\n    checkpoint: openai/clip-vit-base-patch32\n"
    text = f"choices:\n{choice}    needs: {needs}\n"
    Path("advisor.yaml").write_text(text, encoding="utf-8")
    new = advisor("check", "--json").json
    Path("advisor.yaml").write_text(text.replace("ocr: none", "reading: no-text"), encoding="utf-8")
    assert advisor("check", "--json").json["choices"] == new["choices"]


RULE = """\
rules:
  - id: signs-for-many-items
    criterion: scale
    when: {OCR: [SCENE], COUNT: [MANY], output: [SEARCH]}
    avoid: clip
    because: Signs among many items are found by their words.
    sources: [open-clip-readme]
    examples:
      - {given: {OCR: SCENE, COUNT: MANY, output: SEARCH}, fires: true}
      - {given: {OCR: page, COUNT: MANY, output: SEARCH}, fires: false}
"""
SCENARIO = """\
scenarios:
  - id: signs
    profile: {task: image-search, OCR: SCENE, COUNT: MANY}
    family: [clip, unified-vlp]
"""
WORDS_THEN = {"OCR": "reading", "SCENE": "scene-words", "COUNT": "collection", "MANY": "millions"}
WORDS_NOW = {"OCR": "ocr", "SCENE": "scene-text", "COUNT": "num-items", "MANY": "over-100000"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [WORDS_THEN | {"SEARCH": "ranking"}, WORDS_NOW | {"SEARCH": "search-results"}]
)
def test_conditions_and_scenarios_of_an_overlay_take_both(tmp_path, words):
    for folder, text in {"decisions/scale.yaml": RULE, "scenarios/signs.yaml": SCENARIO}.items():
        for word, now in words.items():
            text = text.replace(word, now)
        file = tmp_path / folder
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    rulebase = load_rules(overlays=(tmp_path,))
    rule = next(rule for rule in rulebase.rules if rule.id == "signs-for-many-items")
    assert rule.when == {
        "reading": ["scene-words"],
        "collection": ["millions"],
        "output": ["ranking"],
    }


def test_a_name_that_is_none_is_reported_where_it_stands_under_an_earlier_one(tmp_path):
    (tmp_path / "decisions").mkdir()
    text = RULE.replace("OCR: [SCENE]", "ocr: [scene-txt]")
    for word, now in (WORDS_NOW | {"SEARCH": "ranking"}).items():
        text = text.replace(word, now)
    (tmp_path / "decisions" / "scale.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(module.AdvisorError) as refusal:
        load_rules(overlays=(tmp_path,))
    assert "scale.yaml:4:" in str(refusal.value.problems[0])


def test_a_subject_of_help_answers_to_its_earlier_name(advisor):
    assert advisor("help", "labelled-data").out == advisor("help", "labeled-data").out


def test_an_earlier_run_of_an_evaluation_is_named_by_both(advisor, tmp_path):
    for flag in ("--baseline", "--compare-to"):
        result = advisor("evaluate", str(tmp_path), "--demo", flag, str(tmp_path / "none.json"))
        assert result.code == 2
        assert "no such option" not in result.err

"""What the published JSON Schemas promise of every JSON answer."""

import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from advisor.cli.main import run
from advisor.model.file_kinds import KINDS, schema
from advisor.rulebase.store import load_rules

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schema"
TASKS = [task.id for task in load_rules(Path(__file__).parent / "rules").tasks]


@cache
def validator(name):
    document = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def problems(name, document):
    found = sorted(validator(name).iter_errors(document), key=lambda error: list(error.path))
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


@pytest.fixture
def answer(capsys):
    """Run a command line; return its exit code and the one JSON document on stdout."""

    def ask(*arguments):
        code = run([*arguments, "--format", "json"])
        said = capsys.readouterr()
        assert said.err == ""
        return code, json.loads(said.out)

    return ask


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("strict", [[], ["--strict"]], ids=["assuming", "strict"])
def test_recommend_follows_its_schema_for_every_task(small_rules, answer, task, strict):
    code, document = answer("recommend", "--task", task, *strict)
    assert problems("recommend", document) == []
    expected = {"decided": 0, "assumed": 0, "undetermined": 3, "none": 1}
    assert code == expected[document["outcome"]]


@pytest.mark.slow
def test_recommend_follows_its_schema_for_every_shipped_task(rulebase, answer):
    for task in rulebase.tasks:
        assert problems("recommend", answer("recommend", "--task", task.id)[1]) == [], task.id


@pytest.mark.parametrize("task", TASKS)
def test_explain_follows_its_schema_for_every_task(small_rules, answer, task):
    code, document = answer("explain", "--task", task)
    assert (code, problems("explain", document)) == (0, [])


PROFILES = {
    "commercial use": ["--task", "captioning", "--use", "commercial"],
    "little memory": ["--task", "captioning", "--memory-gb", "2.5"],
    "another language": ["--task", "vqa", "--language", "de,fr"],
    "own pairs": ["--task", "captioning", "--training", "fine-tune", "--examples", "texts"],
    "a number": [
        *("--task", "field-extraction", "--training", "fine-tune", "--examples", "texts"),
        *("--pairs", "5000"),
    ],
    "no task": ["--gives", "free-text"],
    "priority": ["--task", "image-text-matching", "--priority", "scale,detail"],
    "small first": ["--task", "image-search", "--device", "phone", "--order", "small"],
}


@pytest.mark.slow
@pytest.mark.parametrize("flags", PROFILES.values(), ids=PROFILES)
def test_recommend_follows_its_schema_for_profiles(answer, flags):
    code, document = answer("recommend", *flags)
    assert problems("recommend", document) == []
    assert code in (0, 1)


@pytest.mark.parametrize(
    "tasks",
    [
        ("captioning", "image-search", "ocr-line"),
        ("captioning", "object-detection"),
    ],
)
def test_recommend_follows_its_schema_for_several_tasks(answer, tasks):
    flags = [word for task in tasks for word in ("--task", task)]
    _, document = answer("recommend", *flags)
    assert problems("recommend", document) == []
    assert [one["task"] for one in document["tasks"]] == list(tasks)


@pytest.mark.slow
def test_recommend_follows_its_schema_for_posted_needs(rulebase, answer, tmp_path):
    for scenario in rulebase.scenarios[::4]:
        file = tmp_path / f"{scenario.id}.json"
        file.write_text(json.dumps({"profile": scenario.profile}), encoding="utf-8")
        _, document = answer("recommend", "--profile", str(file))
        assert problems("recommend", document) == [], scenario.id


@pytest.mark.parametrize(
    "need",
    [
        "search 2 million product photos by German text, on a CPU, commercially",
        "not captions but tgas for 500 labelled photos from BLIP-2, qwertz",
        "embeddings with our own gpt-2 decoder",
        "bounding boxes",
        "something commercial",
        "find the keypoints of a hand",
    ],
)
def test_recommend_follows_its_schema_for_a_need_in_words(answer, need):
    _, document = answer("recommend", need)
    assert problems("recommend", document) == []
    assert document["need"] == need
    assert document["understood"]


def test_recommend_with_an_overlay_names_what_it_changed(answer):
    overlay = SCHEMAS.parent.parent / "examples" / "overlay"
    _, document = answer("recommend", "--task", "captioning", "--rules", str(overlay))
    assert problems("recommend", document) == []
    assert document["overlays"]


def test_each_line_of_a_batch_is_a_recommendation_or_an_error_with_its_id(capsys, tmp_path):
    file = tmp_path / "needs.jsonl"
    lines = [{"id": task, "profile": {"task": task}} for task in ("captioning", "speech")]
    lines.append({"id": "broken", "profile": {"task": "no-such-task"}})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert run(["recommend", "--batch", str(file)]) == 2
    one, other, broken = map(json.loads, capsys.readouterr().out.splitlines())
    for document in (one, other):
        del document["id"]
        assert problems("recommend", document) == []
    assert (broken.pop("id"), broken.pop("line")) == ("broken", 3)
    assert problems("error", broken) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", ["clip", "vision-encoder-decoder", "unified-vlp"])
def test_check_follows_its_schema_for_every_checkpoint_of_a_family(rulebase, answer, family):
    for place, checkpoint in enumerate(rulebase.catalogue(family)):
        task = rulebase.tasks[place % len(rulebase.tasks)].id
        code, document = answer("check", "--checkpoint", checkpoint.id, "--task", task)
        assert problems("check", document) == [], checkpoint.id
        assert (code == 1) == (document["counts"]["error"] > 0)


def test_check_follows_its_schema_with_the_wrong_class(answer):
    blip = "Salesforce/blip-vqa-base"
    code, document = answer("check", "--checkpoint", blip, "--task", "vqa", "--class", "BlipModel")
    assert (code, problems("check", document)) == (1, [])
    assert "fix" in document["findings"][0]


ERRORS = {
    "unknown command": ["recomend"],
    "unknown flag": ["recommend", "--taks", "captioning"],
    "unknown task": ["recommend", "--task", "capton"],
    "contradiction": ["recommend", "--task", "vqa", "--gives", "transcript"],
    "nothing given": ["recommend"],
    "nothing understood": ["recommend", "the quick brown fox"],
    "no such file": ["recommend", "--profile", "no-such-file.yaml"],
    "unknown checkpoint": ["check", "--checkpoint", "nobody/nothing", "--task", "vqa"],
    "no task to check": ["check", "--checkpoint", "Qwen/Qwen3.5-9B"],
    "the answer itself": ["explain", "--task", "captioning", "--why-not", "unified-vlp"],
    "no terminal": ["ask", "--no-input"],
}


@pytest.mark.parametrize("arguments", ERRORS.values(), ids=ERRORS)
def test_errors_follow_their_schema(answer, arguments):
    code, document = answer(*arguments)
    assert (code, problems("error", document)) == (2, [])


def test_a_broken_file_lists_its_problems(answer, tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: captioning\ntask: vqa\nuse: yes\n", encoding="utf-8")
    code, document = answer("recommend", "--profile", str(file))
    assert (code, problems("error", document)) == (2, [])
    assert len(document["error"]["problems"]) == 2


def test_a_schema_refuses_what_it_does_not_know(answer):
    _, document = answer("recommend", "--task", "captioning")
    document["confidence"] = 0.93
    assert problems("recommend", document) != []


@pytest.mark.parametrize("kind", KINDS)
def test_published_schemas_of_rule_files_are_current(kind):
    published = json.loads((SCHEMAS / "rules" / f"{kind}.schema.json").read_text("utf-8"))
    assert published == schema(kind)


def test_shipped_rules_follow_the_published_schemas():
    from yaml import CSafeLoader, load

    rules = SCHEMAS.parent.parent / "rules"
    kinds = {"families": "family", "checkpoints": "checkpoints", "decisions": "decisions"}
    kinds |= {"sources": "sources", "scenarios": "scenarios"}
    files = [(rules / f"{name}.yaml", name) for name in ("criteria", "questions", "tasks")]
    files += [(path, kind) for name, kind in kinds.items() for path in (rules / name).glob("*")]
    for path, kind in files:
        value = load(path.read_text(encoding="utf-8"), CSafeLoader)
        assert problems(f"rules/{kind}", value) == [], path.name

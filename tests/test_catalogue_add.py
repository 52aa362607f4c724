"""An entry is begun from what a Hub on loopback says, through the real client."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from small_hub import COMMIT, asked_on_loopback

from advisor.cli.main import run
from advisor.rulebase import store
from advisor.rulebase.store import load_rules, shipped_rules

ID = "lab/blip-for-slides"
ANSWER = {
    "id": ID,
    "sha": COMMIT,
    "createdAt": "2025-03-04T05:06:07.000Z",
    "lastModified": "2026-01-02T03:04:05.000Z",
    "gated": False,
    "pipeline_tag": "image-to-text",
    "safetensors": {"parameters": {"F32": 247414720}, "total": 247414720},
    "cardData": {"license": "bsd-3-clause", "language": ["en", "de"]},
    "siblings": [],
    "tags": [],
}
CONFIG = {
    "model_type": "blip",
    "architectures": ["BlipForConditionalGeneration"],
    "torch_dtype": "float32",
    "vision_config": {"image_size": 384},
    "text_config": {"max_position_embeddings": 512},
}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    yield from asked_on_loopback(monkeypatch, tmp_path)


@pytest.fixture
def known(hub):
    """The Hub, with a repository that says all there is to say."""
    hub.answers[ID] = dict(ANSWER)
    hub.files[ID, "config.json"] = json.dumps(CONFIG).encode()
    hub.files[ID, "preprocessor_config.json"] = b'{"processor_class": "BlipProcessor"}'
    return hub


@pytest.fixture
def add(capsys):
    """Run the command; return its exit code, stdout and stderr."""

    def call(*arguments):
        capsys.readouterr()
        code = run(["catalogue", "add", *map(str, arguments), "--today", "2026-11"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_what_is_stated_is_written_and_all_else_is_left_to_a_person(known, add):
    code, out, said = add(ID)
    assert code == 0
    assert f"asking {known.address} about {ID}" in said
    told = yaml.safe_load(out)
    (entry,) = told["checkpoints"]
    assert entry == {
        "id": ID,
        "label": "blip-for-slides",
        "loader": "transformers",
        "class": "BlipForConditionalGeneration",
        "processor": "BlipProcessor",
        "model_type": "blip",
        "tasks": [],
        "parameters_millions": 247.4,
        "parameters_precision": "published",
        "dtype": "float32",
        "image_size": 384,
        "text_context": 512,
        "languages": ["en", "de"],
        "licence": "bsd-3-clause",
        "gated": False,
        "released": 2025,
        "revision": COMMIT,
        "last_modified": "2026-01-02",
        "hub_task": "image-to-text",
        "sources": {"hub-api-lab-blip-for-slides": entry["sources"]["hub-api-lab-blip-for-slides"]},
        "checked": "2026-11",
    }
    (cited,) = entry["sources"].values()
    assert set(cited) == entry.keys() - {
        "id", "label", "loader", "tasks", "parameters_precision", "sources", "checked",
    }  # fmt: skip
    assert told["sources"][0]["read"] == "2026-11"
    todo = re.findall(r"# TODO (\w+)", out)
    assert {"series", "stage", "commercial_use", "fine_tune", "pitfalls"} <= set(todo)
    assert not any("weights" in path or "safetensors" in path for path in known.asked)


def test_a_silent_repository_gets_a_todo_for_every_field(hub, add):
    hub.answers[ID] = {"id": ID, "siblings": [], "tags": [], "sha": COMMIT,
                       "createdAt": "2022-03-02T23:29:04.000Z"}  # fmt: skip
    code, out, _ = add(ID, "--family", "clip")
    assert code == 0
    (entry,) = yaml.safe_load(out)["checkpoints"]
    assert set(entry) == {
        "id", "label", "loader", "tasks", "revision", "sources", "checked",
    }  # fmt: skip
    for field in ("class", "model_type", "licence", "languages", "parameters_millions", "released"):
        assert f"# TODO {field}: " in out


@pytest.mark.parametrize("config", [None, {"model_type": "brand-new"}])
def test_a_family_is_never_guessed(hub, add, config):
    hub.answers[ID] = dict(ANSWER)
    if config:
        hub.files[ID, "config.json"] = json.dumps(config).encode()
    code, out, said = add(ID)
    assert (code, out) == (2, "")
    assert "which family" in said
    assert "--family FAMILY" in said
    assert add(ID, "--family", "clip")[0] == 0
    assert "did you mean `clip`" in add(ID, "--family", "clipp")[2]


def test_code_beside_the_weights_is_named_as_the_loader(known, add):
    config = {**CONFIG, "auto_map": {"AutoModel": "modeling.Own"}}
    known.files[ID, "config.json"] = json.dumps(config).encode()
    (entry,) = yaml.safe_load(add(ID)[1])["checkpoints"]
    assert entry["loader"] == "remote-code"


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("Salesforce/blip-vqa-base", "is catalogued already"),
        ("blip-vqa-base", "is not a hub id"),
        ("a b/c", "is not a hub id"),
        ("lab/nothing", "the hub has no checkpoint"),
    ],
)
def test_what_cannot_be_added_is_refused(known, add, id, said):
    code, out, err = add(id)
    assert (code, out) == (2, "")
    assert said in err


def test_a_gate_and_a_broken_configuration_are_said(known, add):
    known.files[ID, "config.json"] = b"[]"
    assert "is no JSON object" in add(ID)[2]
    known.answers[ID] = (403, {"X-Error-Code": "GatedRepo"})
    assert "is gated" in add(ID)[2]


def test_a_hub_that_fails_over_a_configuration_is_not_taken_for_one_without(known, add):
    known.files[ID, "config.json"] = (501, {})  # one that nobody asks again
    code, out, said = add(ID, "--family", "unified-vlp")
    assert (code, out) == (2, "")
    assert "the hub" in said


def test_the_network_is_not_used_where_it_is_forbidden(known, add, monkeypatch):
    assert add(ID, "--offline")[0] == 2
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, _, said = add(ID)
    assert code == 2
    assert "the network may not be used" in said
    assert known.asked == []


@pytest.mark.slow
def test_an_overlay_gets_the_entry_and_its_source_and_can_be_added_to(known, add, tmp_path):
    overlay = tmp_path / "our-rules"
    code, out, _ = add(ID, "--write", "--rules", overlay)
    assert code == 0
    assert [line.rpartition("our-rules/")[2] for line in out.splitlines()] == [
        "checkpoints/unified-vlp.yaml",
        "sources/hub-api.yaml",
    ]
    entry = load_rules(overlays=(overlay,)).checkpoint(ID)
    assert entry.model_class == "BlipForConditionalGeneration"
    assert entry.sources["licence"] == ["hub-api-lab-blip-for-slides"]
    other = "lab/other"
    known.answers[other] = {**ANSWER, "id": other}
    known.files[other, "config.json"] = json.dumps(CONFIG).encode()
    before = (overlay / "checkpoints/unified-vlp.yaml").read_text("utf-8")
    assert add(other, "--write", "--rules", overlay)[0] == 0
    assert (overlay / "checkpoints/unified-vlp.yaml").read_text("utf-8").startswith(before)
    assert other in load_rules(overlays=(overlay,)).checkpoints
    assert "is catalogued already" in add(ID, "--write", "--rules", overlay)[2]


def test_the_shipped_rules_get_it_at_the_end_of_its_family(known, add, tmp_path, monkeypatch):
    copied = Path(shutil.copytree(shipped_rules(), tmp_path / "rules"))
    monkeypatch.setattr(store, "shipped_rules", lambda: copied)
    before = (copied / "checkpoints/unified-vlp.yaml").read_text("utf-8")
    assert add(ID, "--write")[0] == 0
    after = (copied / "checkpoints/unified-vlp.yaml").read_text("utf-8")
    assert after.startswith(before)
    assert after[len(before) :].startswith(f"\n  - id: {ID}\n")
    assert load_rules().checkpoint(ID).licence == "bsd-3-clause"

"""Classifiers that a printed program learns are candidates: one file, its labels beside it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

from advisor.decide.programs import snippet
from advisor.rulebase.store import load_rules
from advisor.trial.demo import demo_checkpoint
from tests import warm
from tests.evaluate.runs import read_run

ENCODERS = {"openai/clip-vit-base-patch32": "clip", "facebook/dinov2-base": "dinov2"}


@pytest.fixture
def said(said):
    return lambda *arguments: said(*arguments, "--format", "json")


def encoder(kind, folder):
    """Return the folder of a network of a type."""
    if kind == "clip":
        return demo_checkpoint("clip").folder
    torch.manual_seed(1)
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8
    )
    transformers.Dinov2Model(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    transformers.ViTImageProcessorPil(size=size).save_pretrained(folder)
    return folder


@pytest.fixture
def learnt(shapes, tmp_path, monkeypatch):
    """Run the printed program of an encoder on folders of images; return its file and the data."""

    def made(id):
        data, folder = shapes(18), encoder(ENCODERS[id], tmp_path / "encoder")
        rules = load_rules()
        code = snippet(rules.checkpoint(id), "supervised-classification", rules, whole=True)
        monkeypatch.setattr(sys, "argv", ["classify.py", "train", str(data), "--index", "index"])
        monkeypatch.chdir(tmp_path)
        exec(compile(code.replace(f'"{id}"', repr(str(folder))), id, "exec"), {})
        return tmp_path / "index" / "classifier.safetensors", data

    return made


@pytest.mark.slow
@pytest.mark.parametrize("id", ENCODERS)
def test_what_a_printed_program_learnt_is_scored_as_the_program_does(said, learnt, tmp_path, id):
    file, data = learnt(id)
    evaluated = said(data, "--candidate", f"mine={file}", "--run", tmp_path / "run")
    assert evaluated.code in (0, 1), evaluated.err
    (result,) = evaluated.json["results"]
    assert (result["checkpoint"], result["scored_by"]) == (str(file), "classifier")
    settings = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert settings["labels"] == sorted(path.name for path in data.iterdir())
    network = transformers.AutoModel.from_pretrained(settings["checkpoint"], dtype="auto")
    processor = transformers.AutoImageProcessor.from_pretrained(settings["checkpoint"])
    tensors, run = load_file(file), read_run(tmp_path / "run")
    with torch.no_grad():
        for image, row in zip(run.data.images, run.responses(run.candidates[0]), strict=True):
            with Image.open(data / image.id) as picture:
                pixels = processor(images=picture.convert("RGB"), return_tensors="pt")
            pixels = pixels.to(network.dtype)
            features = getattr(network, "get_image_features", network)(**pixels).pooler_output
            features = features.float()
            logits = features / features.norm() @ tensors["weight"].T + tensors["bias"]
            assert row.scores == pytest.approx(logits.softmax(dim=-1)[0].tolist(), abs=1e-5)


@pytest.mark.slow
def test_a_pickle_is_refused_with_the_command_that_converts_it(said, learnt, tmp_path):
    file, data = learnt("openai/clip-vit-base-patch32")
    settings = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    before = said(data, "--candidate", file).json["results"]
    tensors = load_file(file)
    tensors["weight"] /= tensors["weight"].shape[1] ** 0.5
    torch.save({**settings, **tensors}, tmp_path / "old.pt")
    refused = said(data, "--candidate", tmp_path / "old.pt")
    assert refused.code == 2
    error = refused.json["error"]
    assert "is a pickle" in error["message"]
    program, flag, code = shlex.split(error["hint"].removeprefix("convert it: "))
    assert (program, flag) == ("python", "-c")
    subprocess.run([*warm.python(), "-c", code], check=True)
    after = said(data, "--candidate", tmp_path / "old.safetensors").json["results"]
    assert after[0]["metrics"] == before[0]["metrics"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("no settings", "No such file"),
        ("other settings", "the .json file belongs to another classifier"),
        ("damaged", "the file is damaged"),
        ("labels", "the number of weight rows differs from the"),
        ("dimensions", "different embedding size"),
        ("task", "can only classify images"),
    ],
)
def test_a_file_that_is_no_such_classifier_is_one_sentence(said, learnt, change, says):
    file, data = learnt("openai/clip-vit-base-patch32")
    beside, task = file.with_suffix(".json"), "zero-shot-classification"
    settings, tensors = json.loads(beside.read_text(encoding="utf-8")), load_file(file)
    if change == "no settings":
        beside.unlink()
    elif change == "other settings":
        beside.write_text('{"labels": 3}', encoding="utf-8")
    elif change == "damaged":
        file.write_bytes(file.read_bytes()[:-8])
    elif change == "labels":
        beside.write_text(json.dumps({**settings, "labels": [*settings["labels"], "more"]}))
    elif change == "dimensions":
        save_file({**tensors, "weight": tensors["weight"][:, 1:].contiguous()}, file)
    else:
        task = "image-search"
        rows = [f"{path.relative_to(data)},{path.parent.name}" for path in data.glob("*/*.png")]
        (data / "captions.csv").write_text("\n".join(["image,caption", *rows]), encoding="utf-8")
    refused = said(data, "--candidate", file, "--task", task)
    assert refused.code == 2
    assert says in " ".join(refused.err.split())
    assert "Traceback" not in refused.err


@pytest.mark.slow
def test_another_classifier_on_the_same_encoder_is_asked_anew(said, learnt, tmp_path):
    file, data = learnt("openai/clip-vit-base-patch32")
    first = said(data, "--candidate", file, "--run", tmp_path / "run").json["results"]
    tensors = load_file(file)
    save_file({"weight": -tensors["weight"], "bias": tensors["bias"]}, file)
    again = said(data, "--candidate", file, "--run", tmp_path / "run").json["results"]
    assert first[0]["metrics"]["accuracy"]["value"] > 0.9
    assert again[0]["metrics"]["accuracy"]["value"] < 0.5

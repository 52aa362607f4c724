"""Classifiers of transformers as candidates: their own labels against those of the data."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers
from PIL import Image

from advisor.rulebase.store import load_rules
from tests.evaluate.runs import read_run

CLASSES = ("a_blue_triangle", "a_green_rectangle", "a_red_circle")
SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": 32,
         "num_attention_heads": 2, "patch_size": 16}  # fmt: skip
STAGES = {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 2], "window_size": 2, "image_size": 32}
BLOCKS = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
SIZES = {"beit": SMALL, "deit": SMALL, "vit": SMALL,
         "swin": STAGES, "swinv2": STAGES, "resnet": BLOCKS,
         "convnext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
         "convnextv2": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
         "efficientnet": {"image_size": 32, "width_coefficient": 0.1, "hidden_dim": 128,
                          "depth_coefficient": 0.1},
         "mobilenet_v2": {"image_size": 32, "depth_multiplier": 0.1},
         "mobilevit": {"image_size": 32, "hidden_sizes": [16, 16, 16], "patch_size": 2,
                       "neck_hidden_sizes": [8, 8, 8, 8, 16, 16, 16]}}  # fmt: skip
"""Settings of a tiny network of each type that the table lists."""
(USE,) = (use for use in load_rules().uses if use.id == "classifier")


def network(folder, kind="vit", labels=CLASSES):
    """Save a tiny classifier of a type with labels."""
    torch.manual_seed(1)
    named = dict(enumerate(labels))
    config = transformers.AutoConfig.for_model(
        kind, **SIZES[kind], id2label=named, label2id={label: n for n, label in named.items()}
    )
    getattr(transformers, USE.loads[kind])(config).save_pretrained(folder)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def test_each_type_of_the_table_has_a_tiny_network_here():
    assert set(USE.loads) == set(SIZES)
    names = transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES
    for kind, name in USE.loads.items():
        listed = names[kind]
        assert name in (listed if isinstance(listed, tuple) else [listed])


OFTEN = {"vit", "swin", "convnext", "mobilevit"}
"""One type of each kind of network; the others are slow."""


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in OFTEN else pytest.param(kind, marks=pytest.mark.slow)
        for kind in sorted(SIZES)
    ],
)
def test_its_scores_are_those_of_the_pipeline(said, shapes, tmp_path, kind):
    if kind not in ("vit", "resnet"):
        pytest.importorskip("torchvision")
    folder = network(tmp_path / kind, kind)
    data = shapes(9)
    for other in set(data.iterdir()) - {data / name for name in CLASSES}:
        for file in other.iterdir():
            file.rename(data / CLASSES[0] / f"{other.name}-{file.name}")
        other.rmdir()
    found = said(data, "--candidate", folder, "--run", tmp_path / "run", "--format", "json")
    assert found.code in (0, 1), found.err
    (result,) = found.json["results"]
    assert result["scored_by"] == "classifier"
    assert result["class"] == USE.loads[kind]
    pipeline = transformers.pipeline("image-classification", str(folder), device="cpu")
    run = read_run(tmp_path / "run")
    rows = list(run.responses(run.candidates[0]))
    assert len(rows) == 9
    for image, row in zip(run.data.images, rows, strict=True):
        with Image.open(data / image.id) as picture:
            theirs = {one["label"]: one["score"] for one in pipeline(picture, top_k=None)}
        assert row.scores == pytest.approx([theirs[name] for name in run.data.classes], abs=1e-5)


def test_labels_that_are_not_the_datas_are_said_and_mapped(said, shapes, tmp_path):
    own = ("Red Circle, red disc", "GREEN_RECTANGLE", "triangle", "blue thing", "boat")
    folder, data = network(tmp_path / "net", labels=own), shapes(9)
    for file in list(data.iterdir()):
        if file.name not in CLASSES:
            for one in file.iterdir():
                one.unlink()
            file.rmdir()
        else:
            file.rename(data / file.name.removeprefix("a_"))
    refused = said(data, "--candidate", folder)
    assert refused.code == 2
    words = " ".join(refused.err.split())
    assert (
        "for `blue triangle`. The labels of the checkpoint are `Red Circle, red disc`, `GREEN"
        in words
    )
    assert "--label-map FILE" in words
    table = tmp_path / "map.json"
    table.write_text(json.dumps({"triangle": "blue_triangle", "blue thing": "blue_triangle"}))
    asked = (data, "--candidate", folder, "--run", tmp_path / "run", "--format", "json")
    found = said(*asked, "--label-map", table)
    assert found.code in (0, 1), found.err
    assert f"--label-map {table}" in found.json["settings"]["command"]
    run = read_run(tmp_path / "run")
    assert run.data.classes == ("blue_triangle", "green_rectangle", "red_circle")
    logits = transformers.pipeline("image-classification", str(folder), device="cpu")
    for image, row in zip(run.data.images, run.responses(run.candidates[0]), strict=True):
        with Image.open(data / image.id) as picture:
            of = {one["label"]: one["score"] for one in logits(picture, top_k=None)}
        wanted = [of["triangle"] + of["blue thing"], of["GREEN_RECTANGLE"], of[own[0]]]
        total = sum(wanted)
        assert row.scores == pytest.approx([one / total for one in wanted], abs=1e-5)
    table.write_text(json.dumps({"boat": "blue_triangle"}))
    assert said(*asked, "--label-map", table).code in (0, 1)
    run = read_run(tmp_path / "run")
    other = [row.scores for row in run.responses(run.candidates[0])]
    assert other[0] != pytest.approx(row.scores), "another map gives other answers, not the old"


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": ["b"]}'])
def test_a_file_that_is_no_map_is_refused(said, shapes, tmp_path, text):
    table = tmp_path / "map.json"
    table.write_text(text)
    found = said(shapes(3), "--candidate", "demo:clip", "--label-map", table)
    assert found.code == 2
    assert "is not a JSON object that maps labels to labels" in found.err


def test_a_network_without_a_head_or_names_is_refused(said, shapes, tmp_path):
    folder = network(tmp_path / "net")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"7": "a_red_circle"}}))
    found = said(shapes(9), "--candidate", folder)
    assert found.code == 2
    assert "has no label names in `id2label" in found.err
    bare = tmp_path / "bare"
    transformers.ViTModel(transformers.ViTConfig(**SMALL)).save_pretrained(bare)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(bare)
    config = json.loads((bare / "config.json").read_text())
    names = {str(number): name.name for number, name in enumerate(sorted(shapes(9).iterdir()))}
    (bare / "config.json").write_text(json.dumps(config | {"id2label": names}))
    found = said(shapes(9), "--candidate", bare)
    assert found.code == 2
    assert "so its answers would be random" in found.err


def test_no_vectors_of_a_classifier_are_taken_for_those_of_a_dual_encoder(said, shapes, tmp_path):
    data = shapes(9)
    folder = network(tmp_path / "net", labels=[one.name for one in sorted(data.iterdir())])
    found = said(data, "--candidate", folder, "--candidate", "baseline:probe")
    assert found.code == 2
    assert "needs the embeddings of a dual encoder, and no" in found.err

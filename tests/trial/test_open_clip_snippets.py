"""The programs for what only open_clip loads, run as they are on tiny models in a hub cache."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("open_clip", reason="open_clip is missing: pip install open_clip_torch")

import open_clip
from printed_programs import run_program
from test_snippets import RULEBASE, execute

from advisor.decide.programs import snippet

IDS = [one.id for one in RULEBASE.checkpoints.values() if one.loader == "open_clip"]
VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
PLAIN = {"embed_dim": 8, "vision_cfg": VISION, "text_cfg": TEXT}
WRITES_TOO = {
    "embed_dim": 16,
    "vision_cfg": {**VISION, "attentional_pool": True, "attn_pooler_heads": 2}
    | {"output_tokens": True},
    "text_cfg": {**TEXT, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {**TEXT, "attn_pooler_heads": 2},
    "custom_text": True,
}
"""A tiny CoCa: the towers, and a decoder that the program does not use."""


def save(folder: Path, settings: dict) -> Path:
    """Lay a model with random weights out as a repository of open_clip."""
    from safetensors.torch import save_file

    folder.mkdir()
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": settings, "preprocess_cfg": {"size": 32}})
    )
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture
def offline(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.mark.parametrize("settings", [PLAIN, WRITES_TOO], ids=["two-towers", "coca"])
def test_program_runs_as_it_is_shown(settings, hub, offline, tmp_path, image, monkeypatch):
    image.pixels.save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    hub(IDS[0], save(tmp_path / "model", settings))
    (tmp_path / "photos").mkdir()
    image.pixels.save(tmp_path / "photos" / "a.jpg")
    checkpoint = RULEBASE.checkpoint(IDS[0])
    for task in ("zero-shot-classification", "image-text-matching", "image-search"):
        lines = execute(snippet(checkpoint, task, RULEBASE)).splitlines()
        assert [line.split("  ")[-1] for line in lines] == (
            ["photos/a.jpg"] if task == "image-search" else ["a photo of a cat", "a photo of a dog"]
        )


def test_pictures_of_a_folder_are_compared(hub, offline, tmp_path, image, monkeypatch):
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/a.jpg", "photos/b.jpg"):
        image.pixels.save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    hub(IDS[0], save(tmp_path / "model", PLAIN))
    known = RULEBASE.checkpoint(IDS[0]), RULEBASE
    similar, twice = (
        execute(snippet(known[0], task, known[1])).splitlines()
        for task in ("similar-images", "deduplication")
    )
    assert sorted(similar) == ["1.000  photos/a.jpg", "1.000  photos/b.jpg"]
    assert twice[0] == "1.000  photos/a.jpg  photos/b.jpg"


def test_a_probe_learns_labels_from_a_few_images_of_each(tmp_path, monkeypatch, capsys):
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model", PLAIN)
    for name, colour in {"red": (220, 30, 30), "blue": (40, 60, 200)}.items():
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(4):
            shade = tuple(max(0, value - 3 * number) for value in colour)
            Image.new("RGB", (60, 40), shade).save(tmp_path / "images" / name / f"{number}.png")
    checkpoint, task = RULEBASE.checkpoint(IDS[0]), "supervised-classification"
    code = snippet(checkpoint, task, RULEBASE, whole=True)
    code = code.replace(f'"hf-hub:{checkpoint.id}"', '"local-dir:model"')
    run_program(code, "train", "images")
    assert capsys.readouterr().out.splitlines() == [
        "4-fold cross-validation: 8 of 8 are right",
        "always predicting the most frequent label: 4 are right",
    ]
    run_program(code, "label", "images/red/1.png")
    labels = json.loads(capsys.readouterr().out)["labels"]
    assert max(labels, key=labels.get) == "red"

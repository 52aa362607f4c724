"""The demo's unified VLP: one folder for captions and answers, right, and described as measured."""

import json
import math
from pathlib import Path
from random import Random
from types import SimpleNamespace

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import pytest
import torch
from demo_training import (
    dataset,
    foreign,
    vlp_ablation,
    vlp_describe,
    vlp_detector,
    vlp_evaluate,
    vlp_material,
    vlp_phases,
    vlp_train,
)
from demo_training.recipe import Recipe
from safetensors import safe_open
from safetensors.torch import load_file

from advisor.trial import Request, demo_checkpoints, load_runner
from advisor.trial.images import OpenedImage

NAME = "unified-vlp"


@pytest.fixture(scope="module")
def demo():
    return next(each for each in demo_checkpoints() if each.name == NAME)


@pytest.fixture(scope="module")
def card(demo):
    return json.loads((demo.folder / "advisor_card.json").read_text(encoding="utf-8"))


def drawings(count):
    return [
        (OpenedImage(pixels=each.image, name="drawn"), each.colour, each.shape)
        for each in foreign.drawings(count, seed=77)
    ]


def test_it_is_small_and_stored_in_half_precision(demo):
    files = list(demo.folder.rglob("*.safetensors"))
    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) < 3_000_000
    for file in files:
        with safe_open(file, framework="pt") as stored:
            names = [name for name in stored.keys() if not name.endswith("_tracked")]  # noqa: SIM118
            kinds = {stored.get_slice(name).get_dtype() for name in names}
        assert kinds <= {"F16", "F32"}
        assert "F16" in kinds


def test_one_name_serves_captions_and_answers(demo):
    writer = load_runner(demo.id, "captioning", device="cpu")
    answerer = load_runner(demo.id, "vqa", device="cpu")
    assert writer.class_name == "UnifiedVLPForCaptioning"
    assert answerer.class_name == "UnifiedVLPForAnswering"
    for runner in (writer, answerer):
        assert any("only plain images" in each for each in runner.warnings)
        assert not any("random" in each or "unused" in each for each in runner.warnings)


@pytest.mark.slow
def test_it_is_as_right_on_another_programs_images_as_its_card_says(demo, card):
    runner = load_runner(demo.id, "captioning", device="cpu")
    shown = drawings(60)
    right = 0
    for image, colour, shape in shown:
        words = runner.run(image).answers[0].text.split()
        right += colour in words and shape in words
    share = card["measured"]["colour and shape, other program"]["share"]
    spread = math.sqrt(max(share * (1 - share), 0.01) / len(shown))
    assert right / len(shown) > share - 3.5 * spread


def test_it_answers_with_probabilities_from_its_list(demo):
    runner = load_runner(demo.id, "vqa", device="cpu")
    image, *_ = drawings(1)[0]
    reply = runner.run(image, Request(question="what shape is in the image?"))
    shares = [answer.probability for answer in reply.answers]
    assert shares == sorted(shares, reverse=True)
    assert reply.answers[0].text in ("circle", "rectangle", "triangle")
    assert all(answer.text != "<unk>" for answer in reply.answers)


def test_the_card_states_every_figure_and_the_commands(demo, card):
    text = (demo.folder / "README.md").read_text(encoding="utf-8")
    for heading in ("Training data", "Measured", "Limits"):
        assert f"## {heading}" in text
    for figures in card["measured"].values():
        assert f"{figures['share']:.1%}" in text
        assert figures["share"] == round(figures["right"] / figures["of"], 4)
    for command in vlp_describe.COMMANDS:
        assert f"python -m demo_training.vlp_train {command}" in text


def test_the_table_of_the_claim_has_an_interval_only_with_all_seeds():
    runs = [
        {"arm": "no pre-training", "seed": seed, "whole caption": share, "answer": 0.5}
        for seed, share in zip(vlp_ablation.SEEDS, (0.2, 0.3, 0.4), strict=True)
    ]
    told = vlp_ablation.table([*runs, {**runs[0], "arm": "bidirectional only"}])
    assert "| no pre-training | 3 | 30.0% ± 24.8% | 50.0% ± 0.0% |" in told
    assert "| bidirectional only | 1 | 20.0% (no interval) |" in told


def test_pictures_that_are_turned_take_their_labels_with_them():
    random = Random(4)
    drawn = dataset.drawn(40, 5)
    labels = vlp_detector.Labels(drawn.truths)
    places = list(range(40))
    before = torch.from_numpy(drawn.pixels).float()
    pixels, classes, centres = vlp_detector.turned(before.clone(), *labels.of(places), random)
    assert not torch.equal(pixels, before)
    assert torch.equal(classes[:, :2], labels.classes[:, :2])
    rows = (centres * 3).long().clamp(max=2)
    assert torch.equal(rows[:, 0], classes[:, 3])
    assert torch.equal(rows[:, 1], classes[:, 2])
    for image, (across, down) in zip(pixels, centres.tolist(), strict=True):
        ground = image.flatten(1).mode(dim=1).values
        shape = (image - ground[:, None, None]).abs().sum(0) > 60
        if shape.sum() > 30:
            ys, xs = shape.nonzero(as_tuple=True)
            assert abs((xs.min() + xs.max() + 1) / 128 - across) < 0.08
            assert abs((ys.min() + ys.max() + 1) / 128 - down) < 0.08


def test_the_card_has_the_tables_of_the_runs_that_were_made(demo):
    text = (demo.folder / "README.md").read_text(encoding="utf-8")
    files = sorted((Path(__file__).parents[2] / "examples/demo-training/runs").glob("*.jsonl"))
    assert files
    for file in files:
        runs = vlp_ablation.read_runs(file)
        assert {(run["arm"], run["seed"]) for run in runs} == {
            (arm, seed) for arm in vlp_ablation.ARMS for seed in vlp_ablation.SEEDS
        }
        assert "\n".join(vlp_ablation.told(runs)) in text
        captions = {
            arm: [run["whole caption"] for run in runs if run["arm"] == arm]
            for arm in vlp_ablation.ARMS
        }
        without = captions.pop("no pre-training")
        quicker = all(max(without) < min(shares) for shares in captions.values())
        assert quicker == (runs[0]["finetuning"] == 40), "the card says after how many steps"


@pytest.fixture(scope="module")
def few():
    """Sixty drawn pictures, and the first three hundred of easy-vqa's."""
    source = pytest.importorskip("easy_vqa")
    asked = [row for row in zip(*source.get_train_questions(), strict=True) if row[2] < 300]
    fewer = SimpleNamespace(
        get_train_questions=lambda: zip(*asked, strict=True),
        get_train_image_paths=source.get_train_image_paths,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "public_set", lambda: fewer)
        return vlp_material.material(60)


def phase(name, steps=4, **others):
    recipe = Recipe(steps=steps, batch=12, warm_up=2, images=60, seed=5)
    return vlp_train.Phase(name=name, recipe=recipe, **others)


@pytest.mark.slow
def test_the_detector_stays_as_it_is_and_the_rest_moves(few, tmp_path):
    detector, trained = tmp_path / "detector", tmp_path / "trained"
    vlp_train.train(phase("detector"), detector, few)
    vlp_train.train(phase("pretraining", detector=detector), trained, few)
    vlp_train.train(phase("answers", detector=detector, start=trained), tmp_path / "answers", few)
    first, second, third = (
        load_file(tmp_path / name / "model.safetensors")
        for name in ("detector", "trained", "answers")
    )
    for name, value in first.items():
        still = torch.equal(value, second[name]) and torch.equal(value, third.get(name, value))
        if name.startswith(("vlp.grid.", "vlp.bert.encoder.")):
            assert still == name.startswith("vlp.grid."), name


@pytest.mark.slow
def test_a_phase_that_was_cut_off_ends_as_an_unbroken_one(few, tmp_path):
    whole = phase("detector", steps=101)
    vlp_train.train(whole, tmp_path / "whole", few)
    stopped = []

    def broken(*arguments):
        loss = vlp_phases.detector(*arguments)

        def counted(random):
            stopped.append(1)
            if len(stopped) == 101:
                raise KeyboardInterrupt
            return loss(random)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vlp_train, "vlp_phases", SimpleNamespace(detector=broken))
        with pytest.raises(KeyboardInterrupt):
            vlp_train.train(whole, tmp_path / "cut", few)
    assert (tmp_path / "cut.state").exists()
    vlp_train.train(whole, tmp_path / "cut", few)
    first, second = (tmp_path / name / "model.safetensors" for name in ("whole", "cut"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_the_card_states_what_the_evaluation_prints(demo, card):
    pytest.importorskip("easy_vqa")
    again = {
        **vlp_evaluate.captions(demo.folder, 250, 250),
        **vlp_evaluate.answers(demo.folder / "answers", 250, 250),
    }
    for what, found in again.items():
        share = card["measured"][what]["share"]
        spread = math.sqrt(max(share * (1 - share), 0.01) / found["of"])
        assert abs(found["share"] - share) <= 3.5 * spread, what

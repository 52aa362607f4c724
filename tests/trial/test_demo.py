"""The demo checkpoints: they load as anything else does, are right, and say what they are not."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from demo_training import colours, describe, evaluate, foreign, train
from demo_training.recipe import Recipe

from advisor.hub import NotFoundError
from advisor.trial import Request, demo_checkpoints, load_runner, run_trial
from advisor.trial.images import OpenedImage

EXAMPLES = Path(__file__).parents[2] / "examples" / "images"
NAMES = ("clip", "vision-encoder-decoder", "blip")


def nightly(name: str) -> Any:
    """A demo on so many images as its card needs; two write hundreds of texts anew for it."""
    return pytest.param(name, 250, marks=pytest.mark.long)


def shown(count: int) -> list[tuple[OpenedImage, str, str]]:
    drawings = foreign.drawings(count, seed=77)
    return [(OpenedImage(pixels=d.image, name="drawn"), d.colour, d.shape) for d in drawings]


def test_three_families_have_a_demo_each_with_a_card() -> None:
    demos = demo_checkpoints()
    assert tuple(demo.name for demo in demos) == (*NAMES, "unified-vlp")
    assert len({demo.family for demo in demos}) == 3
    for demo in demos:
        card = (demo.folder / "README.md").read_text(encoding="utf-8")
        for heading in ("Training data", "Measured", "Limits"):
            assert f"## {heading}" in card
        stated = json.loads((demo.folder / "advisor_card.json").read_text(encoding="utf-8"))
        for figures in stated["measured"].values():
            assert f"{figures['share']:.1%}" in card
        weights = sum(path.stat().st_size for path in demo.folder.glob("*.safetensors"))
        assert weights < 2_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_demo_warns_that_it_knows_only_its_own_world(name: str) -> None:
    demo = next(each for each in demo_checkpoints() if each.name == name)
    for task in demo.tasks:
        runner = load_runner(demo.id, task, device="cpu")
        assert any("only" in each for each in runner.warnings)
        assert not any("random" in each or "unused" in each for each in runner.warnings)


def test_an_unknown_demo_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError) as caught:
        load_runner("demo:gpt", "captioning")
    assert "demo:clip" in caught.value.hint


def test_the_contrastive_demo_picks_the_right_label_among_all() -> None:
    runner = load_runner("demo:clip", "zero-shot-classification", device="cpu")
    right = 0
    for image, colour, shape in shown(60):
        request = Request(texts=colours.LABELS)
        right += runner.run(image, request).answers[0].text == f"a {colour} {shape}"
    assert right >= 0.95 * 60


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vision-encoder-decoder", "blip"])
def test_the_writing_demos_name_colour_and_shape(name: str) -> None:
    runner = load_runner(f"demo:{name}", "captioning", device="cpu")
    right = 0
    for image, colour, shape in shown(30):
        words = runner.run(image).answers[0].text.split()
        right += colour in words and shape in words
    assert right >= 0.93 * 30


@pytest.mark.slow
def test_the_unified_demo_answers_questions_and_matches() -> None:
    answerer = load_runner("demo:blip", "vqa", device="cpu")
    matcher = load_runner("demo:blip", "image-text-matching", device="cpu")
    right = 0
    for image, colour, shape in shown(20):
        question = Request(question="what color is the shape?")
        right += answerer.run(image, question).answers[0].text == colour
        question = Request(question="what shape is in the image?")
        right += answerer.run(image, question).answers[0].text == shape
        texts = (f"a {colour} {shape}", "a black circle" if colour != "black" else "a red circle")
        right += matcher.run(image, Request(texts=texts)).answers[0].text == texts[0]
    assert right >= 0.93 * 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "colour", "shape"),
    [("red-circle.png", "red", "circle"), ("blue-triangle.jpg", "blue", "triangle")],
)
def test_the_example_images_get_three_right_answers(file: str, colour: str, shape: str) -> None:
    image = EXAMPLES / file
    labels = tuple(f"a {c} {s}" for c in ("red", "blue", "green") for s in colours.SHAPES)
    label = run_trial(
        "demo:clip", "zero-shot-classification", image, Request(texts=labels), repeat=0
    )
    assert label.answers[0].text == f"a {colour} {shape}"
    for name in ("vision-encoder-decoder", "blip"):
        text = run_trial(f"demo:{name}", "captioning", image, repeat=0).answers[0].text
        assert colour in text
        assert shape in text


@pytest.mark.parametrize("name", NAMES)
def test_describing_again_writes_the_same_cards(name: str, tmp_path: Path) -> None:
    demo = next(each for each in demo_checkpoints() if each.name == name)
    copy = tmp_path / name
    shutil.copytree(demo.folder, copy)
    card = json.loads((demo.folder / "advisor_card.json").read_text(encoding="utf-8"))
    describe.describe(copy, describe.PORTRAITS[name], card["measured"], card["order"])
    for file in ("README.md", "advisor_card.json", "config.json"):
        assert (copy / file).read_bytes() == (demo.folder / file).read_bytes(), file


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_training_again_writes_the_same_checkpoint(name: str, tmp_path: Path) -> None:
    pytest.importorskip("easy_vqa")
    recipe = Recipe(steps=2, batch=12, images=40)
    for folder in ("first", "second"):
        train.train(name, tmp_path / folder, recipe)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert "model.safetensors" in files
    for file in files:
        first, second = (tmp_path / folder / file for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes(), file
    demo = next(each for each in demo_checkpoints() if each.name == name)
    runner = load_runner(tmp_path / "first", demo.tasks[0], device="cpu")
    assert not any("random" in warning for warning in runner.warnings)
    shipped = json.loads((demo.folder / "config.json").read_text(encoding="utf-8"))
    trained = json.loads((tmp_path / "first" / "config.json").read_text(encoding="utf-8"))
    named_by_the_card = {"architectures", "transformers_version"}
    assert {k: v for k, v in shipped.items() if k not in named_by_the_card} == {
        k: v for k, v in trained.items() if k not in named_by_the_card
    }


@pytest.mark.slow
@pytest.mark.parametrize(("name", "images"), [("clip", 60), *map(nightly, NAMES)])
def test_a_card_states_what_the_evaluation_prints(name: str, images: int) -> None:
    demo = next(each for each in demo_checkpoints() if each.name == name)
    card = json.loads((demo.folder / "advisor_card.json").read_text(encoding="utf-8"))["measured"]
    again = evaluate.MEASURES[name](demo.folder, images, images)
    assert len(again) >= 3
    for what, found in again.items():
        share = card[what]["share"]
        spread = math.sqrt(max(share * (1 - share), 0.01) / found["of"])
        assert abs(found["share"] - share) <= 3.5 * spread, what

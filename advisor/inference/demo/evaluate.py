"""Measure the demo checkpoints: `python -m advisor.inference.demo.evaluate [FOLDER]`.

Prints, as JSON, what the cards state: accuracy on held-out drawn pictures, on the public easy-vqa
test set, and on plain shapes drawn by another program. Runs through the same runners as `try`.
"""

# ruff: noqa: TID253  (a training script: nothing imports it before it is used)

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from PIL import Image

from advisor.inference.answer import Request
from advisor.inference.demo import HOME, foreign, texts
from advisor.inference.demo.colours import COLOUR_NAMES, SHAPES
from advisor.inference.demo.pictures import Truth, draw
from advisor.inference.extra import library
from advisor.inference.images import Picture
from advisor.inference.runner import load_runner

HELD_OUT_SEED, FOREIGN_SEED = 987_001, 424_242
EASY_COLOURS = ("black", "blue", "brown", "gray", "green", "red", "teal", "yellow")
LABELS = tuple(f"a {colour} {shape}" for colour in COLOUR_NAMES for shape in SHAPES)
EASY_LABELS = tuple(f"a {colour} {shape}" for colour in EASY_COLOURS for shape in SHAPES)
Shown = tuple[Picture, str, str, str]
Case = TypeVar("Case")


def main() -> None:
    """Evaluate what a folder holds, or one kind of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME)
    parser.add_argument("--kind", choices=sorted(MEASURES))
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else sorted(MEASURES)
    for kind in kinds:
        found = MEASURES[kind](options.folder / kind, options.count)
        sys.stdout.write(json.dumps({kind: found}, indent=2) + "\n")


def measure_clip(folder: Path, count: int) -> dict[str, Any]:
    """Return the share of pictures whose label comes first."""
    runner = load_runner(folder, "zero-shot-classification", device="cpu")

    def right(labels: tuple[str, ...]) -> Callable[[Shown], bool]:
        def judge(shown: Shown) -> bool:
            first = runner.run(shown[0], Request(texts=labels)).answers[0].text
            return first == f"a {shown[1]} {shown[2]}"

        return judge

    return {
        f"label of {len(LABELS)}, held-out pictures": _share(held_out(count), right(LABELS)),
        f"label of {len(EASY_LABELS)}, easy-vqa test": _share(easy_test(), right(EASY_LABELS)),
        f"label of {len(LABELS)}, other program": _share(other_program(count), right(LABELS)),
    }


def measure_writer(folder: Path, count: int) -> dict[str, Any]:
    """Return the share of captions with the right colour and shape, and of those exactly right."""
    return _captions(folder, count)


def measure_blip(folder: Path, count: int) -> dict[str, Any]:
    """Return captions, answers and matches, each as a share of right ones."""
    found = _captions(folder, count)
    runner = load_runner(folder, "vqa", device="cpu")

    def answer(picture: Picture, question: str) -> str:
        return runner.run(picture, Request(question=question)).answers[0].text

    found["answer, easy-vqa test questions"] = _share(
        easy_questions(), lambda asked: answer(asked[0], asked[1]) == asked[2]
    )
    random = Random(5)
    own = [(picture, texts.question(truth, random)) for picture, truth in _held_out(count)]
    found["answer, held-out pictures"] = _share(
        own, lambda asked: answer(asked[0], asked[1][0]) == asked[1][1]
    )
    found["colour question, other program"] = _share(
        other_program(count), lambda s: answer(s[0], "what color is the shape?") == s[1]
    )
    found["shape question, other program"] = _share(
        other_program(count), lambda s: answer(s[0], "what shape is in the image?") == s[2]
    )
    found["match, held-out pictures"] = _matches(folder, count)
    return found


def _matches(folder: Path, count: int) -> dict[str, Any]:
    runner = load_runner(folder, "image-text-matching", device="cpu")
    random = Random(6)
    pairs = [(picture, texts.match_text(truth, random)) for picture, truth in _held_out(count)]

    def right(pair: tuple[Picture, tuple[str, bool]]) -> bool:
        picture, (text, true) = pair
        probability = runner.run(picture, Request(texts=(text,))).answers[0].probability
        return ((probability or 0) > 0.5) == true

    return _share(pairs, right)


def _captions(folder: Path, count: int) -> dict[str, Any]:
    runner = load_runner(folder, "captioning", device="cpu")

    def caption(shown: Shown) -> str:
        return runner.run(shown[0]).answers[0].text

    def named(shown: Shown) -> bool:
        words = caption(shown).split()
        return shown[1] in words and shown[2] in words

    return {
        "colour and shape, held-out pictures": _share(held_out(count), named),
        "whole caption, held-out pictures": _share(held_out(count), lambda s: caption(s) == s[3]),
        "colour and shape, easy-vqa test": _share(easy_test(), named),
        "colour and shape, other program": _share(other_program(count), named),
    }


def _held_out(count: int) -> list[tuple[Picture, Truth]]:
    random = Random(HELD_OUT_SEED)
    drawn = [draw(random) for _ in range(count)]
    return [(Picture(pixels=image, name="drawn"), truth) for image, truth in drawn]


def held_out(count: int) -> Iterable[Shown]:
    """Yield pictures of the training kind that no seed of training draws."""
    for picture, truth in _held_out(count):
        yield picture, truth.colour, truth.shape, texts.caption(truth)


def other_program(count: int) -> Iterable[Shown]:
    """Yield pictures that another program drew."""
    for each in foreign.drawings(count, FOREIGN_SEED):
        yield Picture(pixels=each.image, name="other"), each.colour, each.shape, ""


def easy_test() -> Iterable[Shown]:
    """Yield easy-vqa's test pictures whose colour and shape its questions tell."""
    easy_vqa = library("easy_vqa")

    from advisor.inference.demo import dataset

    pictures, _ = dataset.easy_vqa("test")
    paths, numbers = easy_vqa.get_test_image_paths(), sorted(set(easy_vqa.get_test_questions()[2]))
    for number, truth in zip(numbers, pictures.truths, strict=True):
        if truth.colours and truth.shape:
            yield _opened(paths[number]), truth.colour, truth.shape, ""


def easy_questions() -> Iterable[tuple[Picture, str, str]]:
    """Yield all easy-vqa test questions with picture and answer."""
    easy_vqa = library("easy_vqa")

    paths = easy_vqa.get_test_image_paths()
    for question, answer, number in zip(*easy_vqa.get_test_questions(), strict=True):
        yield _opened(paths[number]), question, answer


def _opened(path: str) -> Picture:
    with Image.open(path) as image:
        return Picture(pixels=image.convert("RGB"), name="easy-vqa")


def _share(cases: Iterable[Case], right: Callable[[Case], bool]) -> dict[str, Any]:
    counted = Counter(right(case) for case in cases)
    total = counted.total()
    return {"right": counted[True], "of": total, "share": round(counted[True] / total, 4)}


MEASURES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "clip": measure_clip,
    "vision-encoder-decoder": measure_writer,
    "blip": measure_blip,
}

if __name__ == "__main__":
    main()

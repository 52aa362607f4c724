"""Measure the demo checkpoints: `python -m demo_training.evaluate [FOLDER]`.

Prints, as JSON, what the cards state: accuracy on held-out drawn images, on the public easy-vqa
test set, and on plain shapes drawn by another program, and apart from that where it is weak: small
shapes, rectangles that stand askew and, given a network trained with `train --without-pairs`
(`--unseen FOLDER`), pairs of colour and shape never seen. Runs through the same runners as `try`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from PIL import Image

from advisor.trial.answer import Request
from advisor.trial.demo import HOME
from advisor.trial.images import OpenedImage
from advisor.trial.runner import load_runner
from demo_training import dataset, foreign, texts
from demo_training.colours import LABELS, SHAPES
from demo_training.images import Truth, draw

HELD_OUT_SEED, FOREIGN_SEED = 987_001, 424_242
SMALL = 0.2
EASY_COLOURS = ("black", "blue", "brown", "gray", "green", "red", "teal", "yellow")
EASY_LABELS = tuple(f"a {colour} {shape}" for colour in EASY_COLOURS for shape in SHAPES)
Shown = tuple[OpenedImage, str, str, str]
Case = TypeVar("Case")


def main() -> None:
    """Evaluate what a folder holds, or one kind of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME)
    parser.add_argument("--kind", choices=sorted(MEASURES))
    parser.add_argument("--count", type=int, default=2000, help="drawn images of each kind")
    parser.add_argument("--public", type=int, help="of easy-vqa's images, and of its questions")
    parser.add_argument("--unseen", type=Path, help="networks trained with --without-pairs")
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else sorted(MEASURES)
    measured = {}
    for kind in kinds:
        measured[kind] = MEASURES[kind](options.folder / kind, options.count, options.public)
        if options.unseen:
            measured[kind] |= measure_unseen(kind, options.unseen / kind, options.count)
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")


def measure_unseen(kind: str, folder: Path, count: int) -> dict[str, Any]:
    """Return the share of right ones on pairs that this network never saw, and on the others.

    `folder` holds a network trained with `--without-pairs`; the shipped one saw every pair.
    """
    if kind == "clip":
        right, what = _labeller(folder, LABELS), f"label of {len(LABELS)}"
    else:
        right, what = _namer(_captioner(folder)), "colour and shape"
    shown = held_out_truths(count)
    return {
        f"{what}, a pair never seen (another network)": _share(_of(shown, dataset.withheld), right),
        f"{what}, the other pairs (that network)": _share(
            _of(shown, lambda truth: not dataset.withheld(truth)), right
        ),
    }


def measure_clip(folder: Path, count: int, public: int | None = None) -> dict[str, Any]:
    """Return the share of images whose label comes first."""
    right = _labeller(folder, LABELS)
    what = f"label of {len(LABELS)}"
    return {
        f"{what}, held-out images": _share(held_out(count), right),
        f"label of {len(EASY_LABELS)}, easy-vqa test": _share(
            islice(easy_test(), public), _labeller(folder, EASY_LABELS)
        ),
        f"{what}, other program": _share(other_program(count), right),
        **_weak(what, count, right),
    }


def measure_writer(folder: Path, count: int, public: int | None = None) -> dict[str, Any]:
    """Return the share of captions with the right colour and shape, and of those exactly right."""
    return _captions(folder, count, public)


def measure_blip(folder: Path, count: int, public: int | None = None) -> dict[str, Any]:
    """Return captions, answers and matches, each as a share of right ones."""
    found = _captions(folder, count, public)
    runner = load_runner(folder, "vqa", device="cpu")

    def answer(image: OpenedImage, question: str) -> str:
        return runner.run(image, Request(question=question)).answers[0].text

    found["answer, easy-vqa test questions"] = _share(
        islice(easy_questions(), public), lambda asked: answer(asked[0], asked[1]) == asked[2]
    )
    random = Random(5)
    own = [(image, texts.question(truth, random)) for image, truth in held_out_truths(count)]
    found["answer, held-out images"] = _share(
        own, lambda asked: answer(asked[0], asked[1][0]) == asked[1][1]
    )
    found["colour question, other program"] = _share(
        other_program(count), lambda s: answer(s[0], "what color is the shape?") == s[1]
    )
    found["shape question, other program"] = _share(
        other_program(count), lambda s: answer(s[0], "what shape is in the image?") == s[2]
    )
    found["match, held-out images"] = _matches(folder, count)
    return found


def _matches(folder: Path, count: int) -> dict[str, Any]:
    runner = load_runner(folder, "image-text-matching", device="cpu")
    random = Random(6)
    pairs = [(image, texts.match_text(truth, random)) for image, truth in held_out_truths(count)]

    def right(pair: tuple[OpenedImage, tuple[str, bool]]) -> bool:
        image, (text, true) = pair
        probability = runner.run(image, Request(texts=(text,))).answers[0].probability
        return ((probability or 0) > 0.5) == true

    return _share(pairs, right)


def _captions(folder: Path, count: int, public: int | None) -> dict[str, Any]:
    caption = _captioner(folder)
    named = _namer(caption)
    return {
        "colour and shape, held-out images": _share(held_out(count), named),
        "whole caption, held-out images": _share(
            held_out(count), lambda shown: caption(shown) == shown[3]
        ),
        "colour and shape, easy-vqa test": _share(islice(easy_test(), public), named),
        "colour and shape, other program": _share(other_program(count), named),
        **_weak("colour and shape", count, named),
    }


def _weak(what: str, count: int, right: Callable[[Shown], bool]) -> dict[str, Any]:
    """Return the share of right ones where it is lowest, among the held-out images."""
    shown = held_out_truths(count)
    small = _of(shown, lambda truth: truth.extent < SMALL)
    askew = _of(shown, lambda truth: truth.turned and truth.shape == "rectangle")
    return {
        f"{what}, of those: shapes under a fifth of the side": _share(small, right),
        f"{what}, of those: rectangles askew": _share(askew, right),
    }


def _labeller(folder: Path, labels: tuple[str, ...]) -> Callable[[Shown], bool]:
    runner = load_runner(folder, "zero-shot-classification", device="cpu")

    def right(shown: Shown) -> bool:
        first = runner.run(shown[0], Request(texts=labels)).answers[0].text
        return first == f"a {shown[1]} {shown[2]}"

    return right


def _captioner(folder: Path) -> Callable[[Shown], str]:
    runner = load_runner(folder, "captioning", device="cpu")
    return lambda shown: runner.run(shown[0]).answers[0].text


def _namer(caption: Callable[[Shown], str]) -> Callable[[Shown], bool]:
    def named(shown: Shown) -> bool:
        words = caption(shown).split()
        return shown[1] in words and shown[2] in words

    return named


def held_out_truths(count: int) -> list[tuple[OpenedImage, Truth]]:
    """Return images of the training kind that no seed of training draws, and what is on them."""
    random = Random(HELD_OUT_SEED)
    drawn = [draw(random) for _ in range(count)]
    return [(OpenedImage(pixels=image, name="drawn"), truth) for image, truth in drawn]


def held_out(count: int) -> Iterable[Shown]:
    """Yield images of the training kind that no seed of training draws."""
    yield from _of(held_out_truths(count), lambda _: True)


def _of(
    images: list[tuple[OpenedImage, Truth]], chosen: Callable[[Truth], bool]
) -> Iterable[Shown]:
    for image, truth in images:
        if chosen(truth):
            yield image, truth.colour, truth.shape, texts.caption(truth)


def other_program(count: int) -> Iterable[Shown]:
    """Yield images that another program drew."""
    for each in foreign.drawings(count, FOREIGN_SEED):
        yield OpenedImage(pixels=each.image, name="other"), each.colour, each.shape, ""


def easy_test() -> Iterable[Shown]:
    """Yield easy-vqa's test images whose colour and shape its questions tell."""
    easy_vqa = dataset.public_set()
    images, _ = dataset.easy_vqa("test")
    paths, numbers = easy_vqa.get_test_image_paths(), sorted(set(easy_vqa.get_test_questions()[2]))
    for number, truth in zip(numbers, images.truths, strict=True):
        if truth.colours and truth.shape:
            yield _opened(paths[number]), truth.colour, truth.shape, ""


def easy_questions() -> Iterable[tuple[OpenedImage, str, str]]:
    """Yield all easy-vqa test questions with image and answer."""
    easy_vqa = dataset.public_set()
    paths = easy_vqa.get_test_image_paths()
    for question, answer, number in zip(*easy_vqa.get_test_questions(), strict=True):
        yield _opened(paths[number]), question, answer


def _opened(path: str) -> OpenedImage:
    with Image.open(path) as image:
        return OpenedImage(pixels=image.convert("RGB"), name="easy-vqa")


def _share(cases: Iterable[Case], right: Callable[[Case], bool]) -> dict[str, Any]:
    counted = Counter(right(case) for case in cases)
    total = counted.total()
    return {"right": counted[True], "of": total, "share": round(counted[True] / total, 4)}


MEASURES: dict[str, Callable[[Path, int, int | None], dict[str, Any]]] = {
    "clip": measure_clip,
    "vision-encoder-decoder": measure_writer,
    "blip": measure_blip,
}

if __name__ == "__main__":
    main()

"""Measure the demo's unified VLP: `python -m demo_training.vlp_evaluate CAPTIONS ANSWERS`.

Prints, as JSON, what its card states, on the images that the other demo checkpoints are measured
on. Pictures go in as the processor hands them over, a hundred at a time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library, quiet
from advisor.unified_vlp import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from advisor.unified_vlp.processor import BIDIRECTIONAL, arrange
from demo_training import dataset, texts
from demo_training.dataset import Pictures
from demo_training.evaluate import SMALL, easy_questions, easy_test, held_out_truths, other_program
from demo_training.optimisation import pixel_values
from demo_training.vlp_network import pieces, vocabulary

torch: Any = library("torch")
BATCH = 100
SEED_OF_QUESTIONS = 5
Figures = dict[str, dict[str, Any]]


def main() -> None:
    """Evaluate the two fine-tuned networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captions", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--count", type=int, default=2000, help="drawn images of each kind")
    parser.add_argument("--public", type=int, help="of easy-vqa's images, and of its questions")
    options = parser.parse_args()
    figures = {
        **captions(options.captions, options.count, options.public),
        **answers(options.answers, options.count, options.public),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def captions(folder: Path, count: int, public: int | None = None) -> Figures:
    """Return the share of captions with the right colour and shape, and of those exactly right."""
    with quiet():
        model = UnifiedVLPForCaptioning.from_pretrained(folder, dtype=torch.float32).eval()
    drawn = held_out_truths(count)
    said = list(_captions(model, (image.pixels for image, _ in drawn)))
    right = [
        truth.colour in text.split() and truth.shape in text.split()
        for (_, truth), text in zip(drawn, said, strict=True)
    ]
    whole = [text == texts.caption(truth) for (_, truth), text in zip(drawn, said, strict=True)]
    small = [fits for (_, truth), fits in zip(drawn, right, strict=True) if truth.extent < SMALL]
    found = {
        "colour and shape, held-out images": _share(right),
        "whole caption, held-out images": _share(whole),
    }
    for name, shown in (
        ("easy-vqa test", list(islice(easy_test(), public))),
        ("other program", list(other_program(count))),
    ):
        written = _captions(model, (image.pixels for image, *_ in shown))
        named = [
            colour in text.split() and shape in text.split()
            for (_, colour, shape, _), text in zip(shown, written, strict=True)
        ]
        found[f"colour and shape, {name}"] = _share(named)
    what = "colour and shape, of those: shapes under a fifth of the side"
    return {**found, what: _share(small)}


def answers(folder: Path, count: int, public: int | None = None) -> Figures:
    """Return the share of questions answered right."""
    with quiet():
        model = UnifiedVLPForAnswering.from_pretrained(folder, dtype=torch.float32).eval()
    random = Random(SEED_OF_QUESTIONS)
    own = [
        (image.pixels, *texts.question(truth, random)) for image, truth in held_out_truths(count)
    ]
    asked = (
        (image.pixels, question, answer)
        for image, question, answer in islice(easy_questions(), public)
    )
    return {
        "answer, easy-vqa test questions": _share(_answered(model, asked)),
        "answer, held-out images": _share(_answered(model, own)),
    }


def _captions(model: Any, images: Iterable[Any]) -> Iterator[str]:
    words = {place: word for word, place in vocabulary().items()}
    end = {model.config.sep_token_id, model.config.pad_token_id}
    for batch in _batches(images):
        for row in model.generate(pixel_values=_pixels(batch)).tolist():
            stop = next((place for place, word in enumerate(row) if word in end), len(row))
            yield " ".join(words[word] for word in row[:stop])


def _answered(model: Any, asked: Iterable[tuple[Any, str, str]]) -> list[bool]:
    """Return for each question whether its answer was right."""
    words, right = vocabulary(), []
    for batch in _batches(asked):
        ids = [[words.get(word, words["[UNK]"]) for word in pieces(text)] for _, text, _ in batch]
        arranged = arrange(ids, BIDIRECTIONAL, model.config, padded=False)
        with torch.no_grad():
            scores = model(
                arranged.ids,
                arranged.segments,
                arranged.seen,
                pixel_values=_pixels([image for image, _, _ in batch]),
            ).logits
        found = model.answer_texts(model.answers(scores))
        right += [answer == true for answer, (_, _, true) in zip(found, batch, strict=True)]
    return right


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(values)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _pixels(images: list[Any]) -> Any:
    stacked = numpy.stack([dataset.shrink(image) for image in images])
    return pixel_values(Pictures(pixels=stacked, truths=()), list(range(len(images))))


def _share(right: list[bool]) -> dict[str, Any]:
    total = len(right)
    return {"right": sum(right), "of": total, "share": round(sum(right) / max(1, total), 4)}


if __name__ == "__main__":
    main()

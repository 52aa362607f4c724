"""What each phase of the unified VLP's training minimises: the detector, words, captions, answers.

The order is the paper's: a detector that is there before, pre-training by hidden words under both
masks, then one fine-tuning for captions and another for answers.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library
from advisor.unified_vlp.layout import BIDIRECTIONAL, SEQUENCE
from demo_training import texts
from demo_training.dataset import Pictures, Questions
from demo_training.optimisation import AttributeHeads, pixel_values
from demo_training.vlp_network import ANSWERS, Batches

torch: Any = library("torch")
Loss = Callable[[Random], Any]
SHARE, MOST = 0.4, 4
"""Of the words to hide: texts of five to nine words learn too little from the paper's 15 %."""
STEADY = 0.3
"""The weight of reading colour, shape and place off the cells, beside the phase's own loss."""


class Data:
    """Drawn pictures and easy-vqa's, mixed five to one, with a limit on how many are used."""

    def __init__(
        self, drawn: Pictures, easy: Pictures, questions: Questions, most: int = 0
    ) -> None:
        self.drawn, self.easy, self.questions = drawn, easy, questions
        self.count = min(most, len(drawn.truths)) if most else len(drawn.truths)
        known = [n for n, truth in enumerate(easy.truths) if truth.colours and truth.shape]
        self.known = known[: most // 5] if most else known
        self.asked = most or len(questions.texts)

    def mixed(self, random: Random, batch: int) -> tuple[Pictures, list[int]]:
        """Return a batch of pictures and their places in it."""
        few = batch // 6
        ours = [random.randrange(self.count) for _ in range(batch - few)]
        theirs = [random.choice(self.known) for _ in range(few)]
        pixels = numpy.concatenate([self.drawn.pixels[ours], self.easy.pixels[theirs]])
        truths = (
            *(self.drawn.truths[place] for place in ours),
            *(self.easy.truths[place] for place in theirs),
        )
        return Pictures(pixels=pixels, truths=truths), list(range(batch))


def _steadied(heads: AttributeHeads, features: Any, pictures: Pictures) -> Any:
    """Return the loss of reading colour, shape and place off the mean of the cells."""
    count = len(pictures.truths)
    padded = torch.cat([features[:, :1], features], dim=1)  # the heads leave out a first token
    return heads.loss(padded[:count], pictures, list(range(count)))


def _regions(model: Any, pixels: Any) -> dict[str, Any]:
    """Return the cells of the grid as regions."""
    features, places = model.vlp.grid(pixels)
    return {"region_features": features, "region_places": places}


def detector(model: Any, heads: AttributeHeads, data: Data, batch: int) -> Loss:
    """Return the loss of the grid alone: what a detector learns from labelled boxes."""

    def loss(random: Random) -> Any:
        pictures, chosen = data.mixed(random, batch)
        features, _ = model.vlp.grid(pixel_values(pictures, chosen))
        return _steadied(heads, features, pictures)

    return loss


def pretraining(
    model: Any, heads: AttributeHeads, data: Data, batch: int, sequences: float
) -> Loss:
    """Return the loss of hidden words; `sequences` of the examples are sequence to sequence."""
    batches = Batches(model.config)

    def loss(random: Random) -> Any:
        pictures, chosen = data.mixed(random, batch)
        said = [texts.label(pictures.truths[place], random)[0] for place in chosen]
        modes = [SEQUENCE if random.random() < sequences else BIDIRECTIONAL for _ in chosen]
        inputs = batches(said, modes, random, share=SHARE, most=MOST)
        regions = _regions(model, pixel_values(pictures, chosen))
        words = model(**inputs, **regions).loss
        return words + STEADY * _steadied(heads, regions["region_features"], pictures)

    return loss


def captions(model: Any, heads: AttributeHeads, data: Data, batch: int) -> Loss:
    """Return the loss of the captions' hidden words, sequence to sequence."""
    batches = Batches(model.config)

    def loss(random: Random) -> Any:
        pictures, chosen = data.mixed(random, batch)
        said = [texts.caption(pictures.truths[place]) for place in chosen]
        inputs = batches(said, [SEQUENCE] * batch, random, share=SHARE, most=MOST)
        regions = _regions(model, pixel_values(pictures, chosen))
        words = model(**inputs, **regions).loss
        return words + STEADY * _steadied(heads, regions["region_features"], pictures)

    return loss


def answers(model: Any, heads: AttributeHeads, data: Data, batch: int) -> Loss:
    """Return the loss of answers, bidirectional, one word of each question hidden as published."""
    batches, places = Batches(model.config), {answer: n for n, answer in enumerate(ANSWERS)}

    def loss(random: Random) -> Any:
        few = batch // 4
        pictures, chosen = data.mixed(random, batch - few)
        asked = [texts.question(pictures.truths[place], random) for place in chosen]
        extra = [random.randrange(data.asked) for _ in range(few)]
        asked += [(data.questions.texts[n], data.questions.answers[n]) for n in extra]
        more = pixel_values(data.easy, [data.questions.pictures[n] for n in extra])
        pixels = pixel_values(pictures, chosen)
        inputs = batches(
            [text for text, _ in asked], [BIDIRECTIONAL] * batch, random, share=0.0, most=1
        )
        for unused in ("hidden_places", "labels", "label_weights"):
            del inputs[unused]
        targets = torch.zeros(batch, len(ANSWERS))
        for row, (_, answer) in enumerate(asked):
            targets[row, places[answer]] = 1.0
        regions = _regions(model, torch.cat([pixels, more]))
        answered = model(**inputs, labels=targets, **regions).loss
        return answered + STEADY * _steadied(heads, regions["region_features"], pictures)

    return loss

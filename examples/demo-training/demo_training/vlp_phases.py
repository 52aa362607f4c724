"""What each phase of the unified VLP's training minimises: the detector, words, captions, answers.

The order is the paper's: a detector that is there before and does not change, pre-training by
hidden words under both masks, then one fine-tuning for captions and another for answers.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from advisor.trial.runtime import library
from advisor.unified_vlp.processor import BIDIRECTIONAL, SEQUENCE
from demo_training import texts
from demo_training.vlp_detector import DetectorHeads, Labels, turned
from demo_training.vlp_material import Material, Seen
from demo_training.vlp_network import ANSWERS, Batches

torch: Any = library("torch")
Loss = Callable[[Random], Any]
SHARE, MOST = 0.4, 4
"""Of the words to hide: texts of five to nine words learn too little from the paper's 15 %."""


def detector(model: Any, heads: DetectorHeads, data: Material, batch: int) -> Loss:
    """Return the loss of the grid alone: what a detector learns from labelled pictures."""
    labels = Labels(data.truths)

    def loss(random: Random) -> Any:
        chosen = data.mixed(random, batch)
        shown = turned(data.pixels(chosen), *labels.of(chosen), random)
        return heads.loss(model.vlp.grid, *shown)

    return loss


def pretraining(model: Any, seen: Seen, data: Material, batch: int, sequences: float) -> Loss:
    """Return the loss of hidden words; `sequences` of the examples are sequence to sequence."""
    batches = Batches(model.config)

    def loss(random: Random) -> Any:
        chosen = data.mixed(random, batch)
        said = [texts.label(data.truths[place], random)[0] for place in chosen]
        modes = [SEQUENCE if random.random() < sequences else BIDIRECTIONAL for _ in chosen]
        inputs = batches(said, modes, random, share=SHARE, most=MOST)
        return model(**inputs, **seen.of(chosen)).loss

    return loss


def captions(model: Any, seen: Seen, data: Material, batch: int) -> Loss:
    """Return the loss of the captions' hidden words, sequence to sequence."""
    batches = Batches(model.config)

    def loss(random: Random) -> Any:
        chosen = data.mixed(random, batch)
        said = [texts.caption(data.truths[place]) for place in chosen]
        inputs = batches(said, [SEQUENCE] * batch, random, share=SHARE, most=MOST)
        return model(**inputs, **seen.of(chosen)).loss

    return loss


def answers(model: Any, seen: Seen, data: Material, batch: int) -> Loss:
    """Return the loss of answers, bidirectional, one word of each question hidden as published."""
    batches, places = Batches(model.config), {answer: n for n, answer in enumerate(ANSWERS)}

    def loss(random: Random) -> Any:
        few = batch // 4
        own = data.mixed(random, batch - few)
        asked = [(place, *texts.question(data.truths[place], random)) for place in own]
        asked += [data.question(random) for _ in range(few)]
        inputs = batches(
            [text for _, text, _ in asked], [BIDIRECTIONAL] * batch, random, share=0.0, most=1
        )
        for unused in ("hidden_places", "labels", "label_weights"):
            del inputs[unused]
        targets = torch.zeros(batch, len(ANSWERS))
        for row, (_, _, answer) in enumerate(asked):
            targets[row, places[answer]] = 1.0
        chosen = [place for place, _, _ in asked]
        return model(**inputs, labels=targets, **seen.of(chosen)).loss

    return loss

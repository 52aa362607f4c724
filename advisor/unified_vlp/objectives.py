"""What training hides of a text, and what it minimizes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import torch
from torch.nn import functional

from advisor.unified_vlp.processor import Arranged
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

FEW = 1e-5
"""Added to the number of hidden words, so that none at all divides by something."""
AS_MASK, AS_ANOTHER = 0.8, 0.5
"""The share that becomes [MASK]; of the rest, the share that becomes a random word."""


def hide_words(
    arranged: Arranged,
    config: UnifiedVLPConfig,
    draws: Sequence[Random],
    *,
    share: float,
    most: int,
) -> dict[str, torch.Tensor]:
    """Hide words of each text, or the [SEP] behind it (loader.py:250-280), drawn by its `draws`.

    Returns the new `input_ids`, (batch, slots), and, (batch, most) each, `hidden_places`, the true
    words there as `labels`, and `label_weights`: 1 where a place is used, 0 where it is not.
    Of n words, `share * n` are hidden, rounded, but at least one and at most `most`: 15 % and 3
    in the published commands. Of these 80 % become [MASK], 10 % any entry of the vocabulary and
    10 % stay. With a share of 0 one is hidden all the same, as in the published training for
    questions.
    """
    ids = arranged.ids.clone()
    shape = (len(ids), most)
    places, words, weights = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for row, (length, random) in enumerate(zip(arranged.lengths, draws, strict=True)):
        count = min(most, max(1, round(length * share)), length + 1)
        candidates = range(config.text_start, config.text_start + length + 1)
        for number, place in enumerate(random.sample(candidates, count)):
            places[row, number], words[row, number] = place, arranged.ids[row, place]
            weights[row, number] = 1
            if random.random() < AS_MASK:
                ids[row, place] = config.mask_token_id
            elif random.random() < AS_ANOTHER:
                ids[row, place] = random.randrange(config.vocab_size)
    hidden = {"hidden_places": places, "labels": words, "label_weights": weights}
    return {"input_ids": ids, **hidden}


def hidden_word_loss(
    scores: torch.Tensor, words: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Return the mean loss over all hidden words of a batch (modeling.py:1068-1111).

    `scores` are (batch, places, vocabulary), `words` (batch, places) the true ones, `weights`
    (batch, places) 0 where a place is none.
    """
    losses = -scores.float().log_softmax(dim=-1).gather(-1, words[..., None])[..., 0]
    return (losses * weights).sum() / (weights.sum() + FEW)


def answer_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy against soft scores, summed over answers (modeling.py:1135).

    `scores` and `targets` are (batch, answers); the batch is averaged.
    """
    mean = functional.binary_cross_entropy_with_logits(scores.float(), targets.float())
    return mean * targets.shape[1]

"""What training minimizes: hidden words, answers with soft scores."""

from __future__ import annotations

import torch
from torch.nn import functional

FEW = 1e-5
"""Added to the number of hidden words, so that none at all divides by something."""


def hidden_word_loss(
    scores: torch.Tensor, words: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean loss over all hidden words of a batch (modeling.py:1068-1111).

    `scores` are (batch, places, vocabulary), `words` (batch, places) the true ones, `weights`
    (batch, places) 0 where a place is none; without them, where the word is negative.
    """
    if weights is None:
        weights, words = (words >= 0).long(), words.clamp(min=0)
    losses = -scores.float().log_softmax(dim=-1).gather(-1, words[..., None])[..., 0]
    return (losses * weights).sum() / (weights.sum() + FEW)


def answer_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy against soft scores, summed over answers (modeling.py:1135).

    `scores` and `targets` are (batch, answers); the batch is averaged.
    """
    mean = functional.binary_cross_entropy_with_logits(scores.float(), targets.float())
    return mean * targets.shape[1]

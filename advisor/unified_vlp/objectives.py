"""What training minimises: hidden words, hidden regions, answers with soft scores."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from advisor.unified_vlp.embeddings import FIRST_REGION

FEW = 1e-5
"""Added to the number of hidden words, so that none at all divides by something."""


def hidden_word_loss(
    scores: torch.Tensor,
    words: torch.Tensor,
    weights: torch.Tensor | None = None,
    *,
    smoothing: float = 0.0,
    drop_worst: float = 0.0,
    pad: int = 0,
) -> torch.Tensor:
    """Return the mean loss over all hidden words of a batch (modeling.py:1068-1111; loss.py).

    `scores` are (batch, places, vocabulary), `words` (batch, places) the true ones, `weights`
    (batch, places) 0 where a place is none; without them, where the word is negative. With
    `smoothing` s it is the divergence from 1 - s on the true word, 0 on [PAD] and s / (V - 2) on
    each other. Of `drop_worst`, the share of examples with the largest losses is left out.
    """
    if weights is None:
        weights, words = (words >= 0).long(), words.clamp(min=0)
    logs = scores.float().log_softmax(dim=-1)
    if smoothing:
        losses = _smoothed(logs, words, smoothing, pad)
    else:
        losses = -logs.gather(-1, words[..., None])[..., 0]
    by_example = (losses * weights).sum(-1)
    kept = int(len(by_example) * (1 - drop_worst))
    smallest, chosen = by_example.topk(kept, largest=False)
    return (smallest / (weights.sum(-1)[chosen].sum() + FEW)).sum()


def _smoothed(logs: torch.Tensor, words: torch.Tensor, smoothing: float, pad: int) -> Any:
    """Return the divergence at each place, (batch, places); none where the word is [PAD]."""
    target = torch.full_like(logs, smoothing / (logs.shape[-1] - 2))
    target[..., pad] = 0
    target.scatter_(-1, words[..., None], 1 - smoothing)
    target.masked_fill_((words == pad)[..., None], 0)
    return functional.kl_div(logs, target, reduction="none").sum(-1)


def hidden_region_loss(
    picture: tuple[torch.Tensor, torch.Tensor], pooled: torch.Tensor, slots: torch.Tensor
) -> torch.Tensor:
    """Return the optional pretext's loss: which hidden region belongs to which place.

    `picture` is content and place, (batch, regions, width) each, `pooled` (batch, width), `slots`
    (batch, hidden regions). Place plus pooled vector has to find its own content among those
    hidden (modeling.py:1113-1131; off in every published command).
    """
    content, place = (
        part.gather(1, (slots - FIRST_REGION)[..., None].expand(-1, -1, part.shape[-1]))
        for part in picture
    )
    likeness = (place + pooled[:, None]) @ content.transpose(1, 2)
    return -likeness.float().log_softmax(dim=-1).diagonal(dim1=1, dim2=2).mean()


def answer_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy against soft scores, summed over answers (modeling.py:1135).

    `scores` and `targets` are (batch, answers); the batch is averaged.
    """
    mean = functional.binary_cross_entropy_with_logits(scores.float(), targets.float())
    return mean * targets.shape[1]

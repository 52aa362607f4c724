"""What training hides and minimizes, and the published optimizer: Adam without bias correction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch.nn import functional

from advisor.unified_vlp.processor import Arranged
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

FEW = 1e-5
"""Added to the number of hidden words, so that none at all divides by something."""
AS_MASK, AS_ANOTHER = 0.8, 0.5
"""The share that becomes [MASK]; of the rest, the share that becomes a random word."""
NO_DECAY = ("bias", "norm.weight", "LayerNorm.weight")
"""How names end that are not decayed: those of the heads, and of BertModel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A batch with words hidden: the new `ids`, (batch, slots), and what was where.

    `places`, `words` and `weights` are (batch, most): slots, the true words, and 1 where a place
    is used, 0 where an example hides fewer than `most`.
    """

    ids: torch.Tensor
    places: torch.Tensor
    words: torch.Tensor
    weights: torch.Tensor


def hide_words(
    arranged: Arranged,
    config: UnifiedVLPConfig,
    draws: Sequence[Random],
    *,
    share: float,
    most: int,
) -> Hidden:
    """Hide words of each text, or the [SEP] behind it (loader.py:250-280), drawn by its `draws`.

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
    return Hidden(ids=ids, places=places, words=words, weights=weights)


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


class BertAdam(torch.optim.Optimizer):
    """Adam without bias correction, with decoupled decay and a clip per tensor (optimization.py).

    Lines 90-175 of pytorch_pretrained_bert/optimization.py: betas 0.9 and 0.999, epsilon 1e-6,
    decay 0.01 but for biases and layer norms, each gradient cut to norm 1 by itself. Whoever trains
    sets `lr` before each step: published is a linear warm-up over 10 % and a linear way to 0.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, torch.nn.Parameter]],
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
        max_grad_norm: float = 1.0,
    ) -> None:
        decayed: list[torch.nn.Parameter] = []
        plain: list[torch.nn.Parameter] = []
        for name, parameter in named:
            (plain if name.endswith(NO_DECAY) else decayed).append(parameter)
        groups = [
            {"params": decayed, "weight_decay": weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        defaults = {"lr": lr, "betas": betas, "eps": eps, "max_grad_norm": max_grad_norm}
        super().__init__([group for group in groups if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # noqa: ARG002 - torch's signature
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad
                gradient.mul_((group["max_grad_norm"] / (gradient.norm() + 1e-6)).clamp(max=1.0))
                state = self.state[parameter]
                if not state:
                    state["mean"] = torch.zeros_like(parameter)
                    state["square"] = torch.zeros_like(parameter)
                mean = state["mean"].mul_(first).add_(gradient, alpha=1 - first)
                square = state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
                update = mean / (square.sqrt() + group["eps"])
                if group["weight_decay"]:
                    update.add_(parameter, alpha=group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"])

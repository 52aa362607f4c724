"""The unified VLP with a head: words for pre-training and captions, answers to questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers.modeling_outputs import MaskedLMOutput

from advisor.unified_vlp.decoding import log_likelihood, write
from advisor.unified_vlp.network import (
    UnifiedVLPModel,
    UnifiedVLPPreTrainedModel,
    with_start_of_torch,
)
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

UNKNOWN_ANSWER = 0
"""Number of the answer `<unk>`, which is never returned (modeling.py:1046)."""
FEW = 1e-5
"""Added to the number of hidden words, so that the divisor is never 0."""


def hidden_word_loss(
    scores: torch.Tensor, words: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Return the mean loss over all hidden words of a batch (modeling.py:1068-1111).

    `scores` are (batch, places, vocabulary), `words` (batch, places) the true ones, `weights`
    (batch, places), 0 for an unused place.
    """
    losses = -scores.float().log_softmax(dim=-1).gather(-1, words[..., None])[..., 0]
    return (losses * weights).sum() / (weights.sum() + FEW)


def answer_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy against soft scores, summed over answers (modeling.py:1135).

    `scores` and `targets` are (batch, answers); the batch is averaged.
    """
    mean = functional.binary_cross_entropy_with_logits(scores.float(), targets.float())
    return mean * targets.shape[1]


class WordHead(nn.Module):
    """Scores of all words from a state: a transform, then the word table (modeling.py:420-482).

    The table is an argument of each call, so a file has one tensor and no tied weights.
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, states: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """Return (..., vocabulary) of (..., width) and the word table, (vocabulary, width)."""
        states = self.norm(functional.gelu(self.dense(states)))
        return functional.linear(states, table, self.bias)


class UnifiedVLPForPreTraining(UnifiedVLPPreTrainedModel):
    """Predicts hidden words under either attention mask (Zhou et al. 2020, section 3.2)."""

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__(config)
        self.vlp = UnifiedVLPModel(config)
        self.word_head = WordHead(config)
        self.post_init()

    def word_scores(self, states: torch.Tensor) -> torch.Tensor:
        """Return the scores of all words, (..., vocabulary), from states, (..., width)."""
        scores: torch.Tensor = self.word_head(states, self.vlp.get_input_embeddings().weight)
        return scores

    def forward(
        self,
        input_ids: torch.Tensor,
        token_type_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        hidden_places: torch.Tensor,
        labels: torch.Tensor | None = None,
        label_weights: torch.Tensor | None = None,
        **picture: Any,
    ) -> MaskedLMOutput:
        """Return the loss and the word scores at the hidden places.

        `hidden_places` are slots, (batch, places), `labels` their words and `label_weights` 1 for
        the used places; the rest as in UnifiedVLPModel and `hide_words`. No loss without labels and
        weights.
        """
        states = self.vlp(input_ids, token_type_ids, attention_mask, **picture).last_hidden_state
        chosen = states.gather(1, hidden_places[..., None].expand(-1, -1, states.shape[-1]))
        scores = self.word_scores(chosen)
        loss = None
        if labels is not None and label_weights is not None:
            loss = hidden_word_loss(scores, labels, label_weights)
        return MaskedLMOutput(loss=loss, logits=scores)


class UnifiedVLPForCaptioning(UnifiedVLPForPreTraining):
    """Generates captions word by word under the sequence-to-sequence mask (section 3.3).

    The network is that of pre-training; this class adds generation.
    """

    @torch.no_grad()
    def generate(self, **given: Any) -> torch.Tensor:
        """Return the ids of captions, (batch, longest); [SEP] ends a caption, [PAD] fills up.

        `given` are the image inputs of UnifiedVLPModel, and `num_beams`, `max_new_tokens` and
        `length_penalty` (added for each word, unlike the divisor of transformers).
        """
        names = ("region_features", "region_places", "pixel_values")
        picture = {name: given.pop(name) for name in names if name in given}
        return write(self, self.vlp.picture(**picture), **given).ids

    @torch.no_grad()
    def likelihood(self, tokens: Sequence[int], **picture: Any) -> torch.Tensor:
        """Return the log-likelihood of generating these tokens for each image, (batch,), float64.

        `picture` are the image inputs of `generate`.
        """
        return log_likelihood(self, self.vlp.picture(**picture), tokens)


class UnifiedVLPForAnswering(UnifiedVLPPreTrainedModel):
    """Picks one of a fixed list of answers to a question about the image (section 3.4)."""

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.vlp = UnifiedVLPModel(config)
        self.answer_head = with_start_of_torch(
            nn.Sequential(
                nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, config.num_answers)
            )
        )
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        token_type_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        **picture: Any,
    ) -> MaskedLMOutput:
        """Return the scores of all answers, and with soft `labels`, (batch, answers), the loss.

        The head takes the product of [CLS] and the [SEP] after the regions, element by element, not
        the last [SEP] (modeling.py:1027-1029, 1044, 1138).
        """
        states = self.vlp(input_ids, token_type_ids, attention_mask, **picture).last_hidden_state
        scores = self.answer_head(states[:, 0] * states[:, self.config.text_start - 1])
        loss = None if labels is None else answer_loss(scores, labels)
        return MaskedLMOutput(loss=loss, logits=scores)

    def answers(self, scores: torch.Tensor) -> list[int]:
        """Return each row's best answer by number, never `<unk>`; scores are (batch, answers)."""
        first = UNKNOWN_ANSWER + 1
        best: list[int] = (scores[:, first:].argmax(dim=-1) + first).tolist()
        return best

    def answer_texts(self, places: Sequence[int]) -> list[str]:
        """Return answers as text, or as numbers if the configuration has no texts."""
        named = self.config.answers
        return [named[place] if named else str(place) for place in places]

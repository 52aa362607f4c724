"""The input of the shared transformer: regions in the slots of the picture, words in the others."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

FIRST_REGION = 1
"""Slot 0 is [CLS]."""


class RegionEmbedding(nn.Module):
    """Regions as the transformer takes them: what they show, and where (paper, section 3.1).

    `content` starts with what was the detector's last layer, fc7, since the stored features are
    those before it (modeling.py:1003-1014); `place` takes the six numbers of the box and the class
    probabilities (modeling.py:1016-1018).
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        width, features = config.hidden_size, config.region_feature_size
        self.content = nn.Sequential(
            nn.Linear(features, features),
            nn.ReLU(),
            nn.Linear(features, width),
            nn.ReLU(),
            nn.Dropout(config.hidden_dropout_prob),
        )
        self.place = nn.Sequential(
            nn.Linear(config.place_size, width),
            nn.ReLU(),
            nn.Dropout(config.hidden_dropout_prob),
        )

    def forward(
        self, features: torch.Tensor, places: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return content and place, (batch, regions, width) each.

        `features` are (batch, regions, features), `places` (batch, regions, 6 + classes).
        """
        return self.content(features), self.place(places)


class SlotEmbedding(nn.Module):
    """Word, position and segment of every slot, added and normalized (modeling.py:226-241).

    It stands in BertModel for the embeddings of BERT, by whose names its parts are called. In the
    slots of the image, content stands for the word and place for the position; the segment is
    added as elsewhere (modeling.py:228-233).
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, inputs_embeds: torch.Tensor, **_: Any) -> torch.Tensor:
        """Return what `slots` gave, which BertModel hands through here."""
        return inputs_embeds

    def slots(
        self,
        ids: torch.Tensor,
        segments: torch.Tensor,
        picture: tuple[torch.Tensor, torch.Tensor] | None = None,
        first_slot: int = 0,
    ) -> torch.Tensor:
        """Return the input of the first layer, (batch, slots, width).

        `ids` and `segments` are (batch, slots) from slot `first_slot` on; `picture` is what
        RegionEmbedding gives, None where the slots hold words alone.
        """
        numbers = torch.arange(first_slot, first_slot + ids.shape[1], device=ids.device)
        words = self.word_embeddings(ids)
        positions = self.position_embeddings(numbers).expand(*ids.shape, -1)
        if picture is not None:
            words = _with_picture(words, picture[0])
            positions = _with_picture(positions, picture[1])
        states = words + positions + self.token_type_embeddings(segments)
        normalized: torch.Tensor = self.dropout(self.LayerNorm(states))
        return normalized


def _with_picture(slots: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
    """Return the slots, (batch, slots, width), with the regions in their place."""
    after = FIRST_REGION + regions.shape[1]
    return torch.cat([slots[:, :FIRST_REGION], regions.to(slots.dtype), slots[:, after:]], dim=1)

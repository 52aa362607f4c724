"""The input of the shared transformer: regions in the slots of the picture, words in the others."""

from __future__ import annotations

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
    """Word, position and segment of every slot, added and normalised (modeling.py:226-241).

    In the slots of the picture, content stands for the word and place for the position; the
    segment is added as elsewhere (modeling.py:228-233).
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.words = nn.Embedding(config.vocab_size, width)
        self.positions = nn.Embedding(config.max_position_embeddings, width)
        self.segments = nn.Embedding(config.type_vocab_size, width)
        self.norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
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
        slots = torch.arange(first_slot, first_slot + ids.shape[1], device=ids.device)
        words, positions = self.words(ids), self.positions(slots).expand(*ids.shape, -1)
        if picture is not None:
            words = _with_picture(words, picture[0])
            positions = _with_picture(positions, picture[1])
        return self.dropout(self.norm(words + positions + self.segments(segments)))


def _with_picture(slots: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
    """Return the slots, (batch, slots, width), with the regions in their place."""
    after = FIRST_REGION + regions.shape[1]
    return torch.cat([slots[:, :FIRST_REGION], regions.to(slots.dtype), slots[:, after:]], dim=1)

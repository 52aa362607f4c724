"""The shared transformer: post-norm layers that encode and decode, by the mask they are given."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

BLOCKED = -10_000.0
"""What is added to the score of a slot that may not be seen (modeling.py:830-832)."""

Cache = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values a layer, (batch, heads, slots, width / heads) each."""


def additive_mask(seen: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return what is added to the scores, (batch, 1, rows, columns), 0 where a slot is seen.

    `seen` is 1 or True where a row may look at a column, (batch, rows, columns), or says it of
    all rows at once, (batch, columns).
    """
    if seen.dim() == 2:
        seen = seen[:, None, :]
    return (1.0 - seen[:, None].to(dtype)) * BLOCKED


class SharedLayer(nn.Module):
    """Self-attention and a feed-forward part, each followed by residual and layer norm.

    The layer of BERT (modeling.py:284-430) with an epsilon of 1e-5. Both objectives and both ways
    of use share it (paper, section 3.1).
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        if width % config.num_attention_heads:
            raise ValueError(
                f"a width of {width} cannot be cut into {config.num_attention_heads} heads"
            )
        self.heads = config.num_attention_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.joined = nn.Linear(width, width)
        self.attended_norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.inner = nn.Linear(width, inner)
        self.outer = nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.attention_dropout = config.attention_probs_dropout_prob

    def forward(
        self,
        states: torch.Tensor,
        mask: torch.Tensor,
        past: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Return the new states, (batch, rows, width), and keys and values with the past's before.

        `states` are (batch, rows, width), `mask` what `additive_mask` gives for those rows and
        all columns, those of `past` included.
        """
        key, value = self._by_heads(self.key(states)), self._by_heads(self.value(states))
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        attended = functional.scaled_dot_product_attention(
            self._by_heads(self.query(states)),
            key,
            value,
            attn_mask=mask,
            dropout_p=self.attention_dropout if self.training else 0.0,
        )
        attended = attended.transpose(1, 2).flatten(2)
        states = self.attended_norm(states + self.dropout(self.joined(attended)))
        inner = functional.gelu(self.inner(states))  # the exact one, by erf (modeling.py:62-67)
        return self.norm(states + self.dropout(self.outer(inner))), (key, value)

    def _by_heads(self, states: torch.Tensor) -> torch.Tensor:
        """Return (batch, heads, slots, width / heads) of (batch, slots, width)."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)

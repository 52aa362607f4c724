"""The unified VLP without a head: a picture and words in, the states of all slots out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, initialization
from transformers.modeling_outputs import BaseModelOutputWithPooling

from advisor.unified_vlp.embeddings import FIRST_REGION, RegionEmbedding, SlotEmbedding
from advisor.unified_vlp.grid import GridRegions
from advisor.unified_vlp.layers import Cache, SharedLayer, additive_mask
from advisor.unified_vlp.vlp_config import GRID, UnifiedVLPConfig

Picture = tuple[torch.Tensor, torch.Tensor]
"""Content and place of the regions, (batch, regions, width) each."""


@dataclass
class UnifiedVLPOutput(BaseModelOutputWithPooling):
    """States and pooled vector, and the `picture` as it entered: content and place of regions."""

    picture: Picture | None = None


class UnifiedVLPPreTrainedModel(PreTrainedModel):
    """What every network of this kind shares: how it starts, and how its parts are called."""

    config_class = UnifiedVLPConfig
    base_model_prefix = "vlp"
    main_input_name = "region_features"
    _no_split_modules = ("SharedLayer",)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Start a part: N(0, 0.02) and zero biases in the transformer (modeling.py:539-551).

        Regions and answers keep the start that torch gives a linear layer: the original starts
        the transformer before these exist (modeling.py:990, 1001).
        """
        own = getattr(module, "keeps_start_of_torch", False)
        if isinstance(module, nn.LayerNorm | nn.BatchNorm2d):
            initialization.ones_(module.weight)
            initialization.zeros_(module.bias)
            if isinstance(module, nn.BatchNorm2d):
                _forget(module)
        elif isinstance(module, nn.Embedding):
            initialization.normal_(module.weight, std=self.config.initializer_range)
        elif isinstance(module, nn.Conv2d):
            initialization.kaiming_uniform_(module.weight, a=5**0.5)
        elif isinstance(module, nn.Linear):
            if own:
                initialization.kaiming_uniform_(module.weight, a=5**0.5)
                bound = module.weight[0].numel() ** -0.5
                initialization.uniform_(module.bias, -bound, bound)
            else:
                initialization.normal_(module.weight, std=self.config.initializer_range)
                initialization.zeros_(module.bias)


def _forget(norm: nn.BatchNorm2d) -> None:
    """Start the running statistics of a grid's norm anew."""
    for name, value in (("running_mean", 0), ("running_var", 1), ("num_batches_tracked", 0)):
        initialization.constant_(getattr(norm, name), value)


def with_start_of_torch(part: nn.Module) -> nn.Module:
    """Return a part whose linear layers start as torch starts them."""
    for module in part.modules():
        module.keeps_start_of_torch = True
    return part


class UnifiedVLPModel(UnifiedVLPPreTrainedModel):
    """One shared transformer that encodes and decodes (Zhou et al. 2020, section 3.1).

    What a slot may look at decides which of the two it does: see `layout`.
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__(config)
        self.embeddings = SlotEmbedding(config)
        self.regions = with_start_of_torch(RegionEmbedding(config))
        self.grid = with_start_of_torch(GridRegions(config)) if config.visual == GRID else None
        self.layers = nn.ModuleList(SharedLayer(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Return the word table."""
        return self.embeddings.words

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Put another word table in its place."""
        self.embeddings.words = value

    def picture(
        self,
        region_features: torch.Tensor | None = None,
        region_places: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
    ) -> Picture:
        """Return content and place of the regions, (batch, regions, width) each.

        Either stored regions, (batch, regions, features) and (batch, regions, 6 + classes), or,
        with a grid, pixels, (batch, 3, side, side).
        """
        if pixel_values is not None:
            if self.grid is None:
                raise ValueError(
                    "this checkpoint takes stored region features, not pixels: give "
                    "region_features and region_places"
                )
            region_features, region_places = self.grid(pixel_values)
        if region_features is None or region_places is None:
            raise ValueError("a picture is missing: region_features and region_places, or pixels")
        if region_features.shape[1] != self.config.region_count:
            raise ValueError(
                f"{self.config.region_count} regions are needed, and there are "
                f"{region_features.shape[1]}"
            )
        content, place = self.regions(region_features, region_places)
        return content, place

    def run(
        self,
        states: torch.Tensor,
        seen: torch.Tensor,
        past: Cache | None = None,
    ) -> tuple[list[torch.Tensor], Cache]:
        """Return the states after each layer, (batch, rows, width), and keys and values.

        `states` are what SlotEmbedding gives for the rows, `seen` says which columns each of them
        may look at, (batch, rows, columns), those of `past` first.
        """
        mask, every, cache = additive_mask(seen, states.dtype), [], []
        for number, layer in enumerate(self.layers):
            states, kept = layer(states, mask, None if past is None else past[number])
            every.append(states)
            cache.append(kept)
        return every, cache

    def forward(
        self,
        input_ids: torch.Tensor,
        token_type_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        region_features: torch.Tensor | None = None,
        region_places: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
        masked_regions: torch.Tensor | None = None,
        output_hidden_states: bool = False,
        return_dict: bool = True,
        **_: Any,
    ) -> Any:
        """Return states, (batch, slots, width), and pooled vector, (batch, width).

        `input_ids` and `token_type_ids` are (batch, slots), `attention_mask` (batch, slots, slots)
        as `layout` gives it, or (batch, slots). `masked_regions`, (batch, hidden regions), are
        slots of regions that enter as zeros, for the optional region pretext; their columns have
        to be out of sight in `attention_mask` as well (loader.py:304, modeling.py:1049-1057).
        """
        picture = self.picture(region_features, region_places, pixel_values)
        entered = picture if masked_regions is None else _without(picture, masked_regions)
        states = self.embeddings(input_ids, token_type_ids, entered)
        every, _cache = self.run(states, attention_mask)
        output = UnifiedVLPOutput(
            last_hidden_state=every[-1],
            pooler_output=self.pooler(every[-1][:, 0]).tanh(),
            hidden_states=(states, *every) if output_hidden_states else None,
            picture=picture,
        )
        return output if return_dict else output.to_tuple()


def _without(picture: Picture, slots: torch.Tensor) -> Picture:
    """Return the picture with zeros for the regions in `slots`, (batch, hidden regions)."""
    content, place = picture
    hidden = torch.zeros(content.shape[:2], dtype=torch.bool, device=content.device)
    hidden.scatter_(1, slots - FIRST_REGION, True)
    return content.masked_fill(hidden[..., None], 0), place.masked_fill(hidden[..., None], 0)

"""The unified VLP without a head: takes an image and words, returns the states of all slots."""

from __future__ import annotations

import inspect
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from transformers import BertModel, PreTrainedModel

from advisor.unified_vlp.regions import place_vectors
from advisor.unified_vlp.vlp_config import GRID, UnifiedVLPConfig


class GridRegions(nn.Module):
    """Cells of an image as regions: features, a box, a weight and class probabilities each.

    It is not part of the paper and replaces its detector for training on images alone. The first
    convolution of each stage halves the side; `grid_depth` is the number of convolutions in a
    stage, of which the later ones are residual. The box of a cell is its square of the image, the
    weight a learned number between 0 and 1 in place of the detector's score. The classes are
    learned.
    """

    boxes: torch.Tensor

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__()
        channels = list(config.grid_channels or ())
        size = config.image_size or 0
        side, left = divmod(size, 2 ** len(channels))
        if not channels or left or side * side != config.region_count:
            raise ValueError(
                f"a grid of {size} pixels and {len(channels)} stages does not have "
                f"{config.region_count} cells"
            )
        widths = [3, *channels]
        self.convolutions = nn.Sequential(
            *(_Stage(before, after, config.grid_depth) for before, after in pairwise(widths))
        )
        self.features = nn.Linear(channels[-1], config.region_feature_size)
        self.classes = nn.Linear(channels[-1], config.region_class_size)
        self.weight = nn.Linear(channels[-1], 1)
        self.side, self.cell = side, size // side

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features, (batch, cells, features), and places, (batch, cells, 6 + classes).

        `pixels` are (batch, 3, side, side); the cells run row by row.
        """
        features, boxes, classes = self.read(pixels)
        return features, place_vectors(boxes, classes.softmax(dim=-1)).to(features.dtype)

    def read(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the outputs of a detector: features, (batch, cells, features), boxes and classes.

        Boxes are (batch, cells, 6): x1 y1 x2 y2, 0 and the weight; classes, (batch, cells,
        classes), are logits.
        """
        cells = self.convolutions(pixels).flatten(2).transpose(1, 2)
        corners = torch.arange(self.side, device=pixels.device, dtype=torch.float32) * self.cell
        top, left = torch.meshgrid(corners, corners, indexing="ij")
        left, top = left.flatten(), top.flatten()
        box = torch.stack([left, top, left + self.cell, top + self.cell], dim=-1)
        weight = self.weight(cells).float().sigmoid()
        box = box.expand(len(pixels), -1, -1)
        boxes = torch.cat([box, torch.zeros_like(weight), weight], dim=-1)
        return self.features(cells).relu(), boxes, self.classes(cells).float()


class _Stage(nn.Module):
    """Convolutions of 3 x 3: the first halves the side, the others are residual."""

    def __init__(self, before: int, after: int, depth: int) -> None:
        super().__init__()
        self.first = _convolution(before, after, stride=2)
        self.more = nn.ModuleList(_convolution(after, after, stride=1) for _ in range(depth - 1))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (batch, after, side / 2, side / 2) for (batch, before, side, side)."""
        states = self.first(states)
        for each in self.more:
            states = states + each(states)
        return states


def _convolution(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.GELU(),
    )


class RegionEmbedding(nn.Module):
    """Embeddings of regions for the transformer: content and place (paper, section 3.1).

    `content` starts with the detector's former last layer, fc7, since the stored features are those
    before it (modeling.py:1003-1014); `place` takes the six numbers of the box and the class
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

    It replaces the embeddings of BertModel, and its parts have their names. In the slots of the
    image, content replaces the word and place replaces the position; the segment is added as
    elsewhere (modeling.py:228-233).
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
        """Return the result of `slots` unchanged, which BertModel passes through here."""
        return inputs_embeds

    def slots(
        self,
        ids: torch.Tensor,
        segments: torch.Tensor,
        picture: tuple[torch.Tensor, torch.Tensor] | None = None,
        first_slot: int = 0,
    ) -> torch.Tensor:
        """Return the input of the first layer, (batch, slots, width).

        `ids` and `segments` are (batch, slots) from slot `first_slot` on; `picture` is the output
        of RegionEmbedding, None if the slots hold only words.
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
    """Return the slots, (batch, slots, width), with those after [CLS] replaced by the regions."""
    after = 1 + regions.shape[1]
    return torch.cat([slots[:, :1], regions.to(slots.dtype), slots[:, after:]], dim=1)


Picture = tuple[torch.Tensor, torch.Tensor]
"""Content and place of the regions, (batch, regions, width) each."""

CACHE = "cache" if "cache" in inspect.signature(BertModel.forward).parameters else "past_key_values"
"""BertModel's argument for the keys and values of earlier slots; renamed within 5.x."""


class UnifiedVLPPreTrainedModel(PreTrainedModel):
    """Base of all networks of this kind: initialization and names of the parts."""

    config_class = UnifiedVLPConfig
    base_model_prefix = "vlp"
    main_input_name = "region_features"
    _no_split_modules = ("BertLayer",)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Initialize a part: N(0, 0.02) and zero biases in the transformer (modeling.py:539-551).

        Regions and answers keep torch's initialization of linear layers: the original initializes
        the transformer before these exist (modeling.py:990, 1001).
        """
        keeps = getattr(module, "keeps_start_of_torch", False)
        if keeps and isinstance(module, nn.Linear | nn.Conv2d):
            module.reset_parameters()
        else:
            super()._init_weights(module)


def with_start_of_torch(part: nn.Module) -> nn.Module:
    """Mark the layers of a part to keep torch's initialization, and return the part."""
    for module in part.modules():
        module.keeps_start_of_torch = True
    return part


class UnifiedVLPModel(UnifiedVLPPreTrainedModel):
    """One shared transformer that encodes and decodes (Zhou et al. 2020, section 3.1).

    The attention mask decides which of the two it does: see `processor.visible`.
    """

    def __init__(self, config: UnifiedVLPConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config.of_bert())
        self.bert.embeddings = SlotEmbedding(config)
        self.regions = with_start_of_torch(RegionEmbedding(config))
        self.grid = with_start_of_torch(GridRegions(config)) if config.visual == GRID else None
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Return the word embeddings."""
        return self.bert.embeddings.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the word embeddings."""
        self.bert.embeddings.word_embeddings = value

    def picture(
        self,
        region_features: torch.Tensor | None = None,
        region_places: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
    ) -> Picture:
        """Return content and place of the regions, (batch, regions, width) each.

        Inputs are region features, (batch, regions, features) and (batch, regions, 6 + classes),
        or, with a grid, pixels, (batch, 3, side, side). Raises ValueError for another number of
        regions.
        """
        if pixel_values is not None and self.grid is not None:
            region_features, region_places = self.grid(pixel_values)
        wanted = self.config.region_count
        if region_features is None or region_places is None or region_features.shape[1] != wanted:
            raise ValueError(
                f"this checkpoint needs {wanted} regions per image: pass region_features and "
                "region_places, or pixel_values if it has a grid"
            )
        content, place = self.regions(region_features, region_places)
        return content, place

    def states(self, slots: torch.Tensor, seen: torch.Tensor, **more: Any) -> Any:
        """Return the output of BertModel for slots, (batch, rows, width), of SlotEmbedding.

        `seen` is True if a row attends to a column, (batch, rows, columns); columns of a cache come
        first.
        """
        return self.bert(inputs_embeds=slots, attention_mask=seen[:, None].bool(), **more)

    def forward(
        self,
        input_ids: torch.Tensor,
        token_type_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        region_features: torch.Tensor | None = None,
        region_places: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
        output_hidden_states: bool = False,
        **_: Any,
    ) -> Any:
        """Return BertModel's output: states, (batch, slots, width), pooled vector, (batch, width).

        `input_ids` and `token_type_ids` are (batch, slots), `attention_mask` is (batch, slots,
        slots), as `processor.arrange` makes them.
        """
        picture = self.picture(region_features, region_places, pixel_values)
        slots = self.bert.embeddings.slots(input_ids, token_type_ids, picture)
        return self.states(slots, attention_mask, output_hidden_states=output_hidden_states)

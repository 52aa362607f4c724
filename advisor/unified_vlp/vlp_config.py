"""The configuration of a unified VLP: sizes, special tokens, and the image input."""

from __future__ import annotations

from typing import Any

from transformers import BertConfig, PreTrainedConfig

BOX_NUMBERS = 6
"""x1 y1 x2 y2, area and score: the numbers of a place vector before the class probabilities."""
REGIONS, GRID = "regions", "grid"
PUBLISHED: dict[str, Any] = {
    "vocab_size": 28996,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 6,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-5,
    "visual": REGIONS,
    "region_count": 100,
    "region_feature_size": 2048,
    "region_class_size": 1601,
    "image_size": None,
    "grid_channels": None,
    "grid_depth": 1,
    "longest_text": 20,
    "num_answers": 3129,
    "unk_token_id": 100,
    "cls_token_id": 101,
    "sep_token_id": 102,
    "mask_token_id": 103,
}
"""The settings of the published checkpoints, by their names."""


class UnifiedVLPConfig(PreTrainedConfig):
    """Sizes of a unified VLP (Zhou et al. 2020, arXiv 1909.11059, section 3 and appendix).

    The defaults are `PUBLISHED`: BERT-base cased with six segments, 100 regions of 2,048 numbers
    and 1,601 class probabilities, texts of 20 pieces, 3,129 answers. `visual` is the image input:
    `regions` for stored region features, or `grid` for a small convolutional network over
    `image_size` pixels whose cells replace regions; each entry of `grid_channels` is a stage of
    `grid_depth` convolutions that halves the side, so that the cells are `(image_size / 2 **
    len(grid_channels)) ** 2`. `id2label` holds the answer texts and their number; without it,
    `num_answers` is the number of answers.
    """

    model_type = "unified_vlp"

    def __init__(self, pad_token_id: int = 0, **given: Any) -> None:
        for name, usual in PUBLISHED.items():
            setattr(self, name, given.pop(name, usual))
        given.setdefault("tie_word_embeddings", False)  # the head is given the table: one tensor
        if named := given.get("id2label"):
            self.num_answers = len(named)
        super().__init__(pad_token_id=pad_token_id, **given)

    def of_bert(self) -> BertConfig:
        """The configuration of the inner BertModel; SlotEmbedding holds the word embeddings."""
        shared = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
        rates = ("hidden_dropout_prob", "attention_probs_dropout_prob")
        start = ("initializer_range", "layer_norm_eps")
        sizes = {name: getattr(self, name) for name in (*shared, *rates, *start)}
        return BertConfig(vocab_size=1, pad_token_id=0, hidden_act="gelu", **sizes)

    @property
    def place_size(self) -> int:
        """The length of a region's place vector: 1,607 in the published checkpoints."""
        return BOX_NUMBERS + int(self.region_class_size)

    @property
    def answers(self) -> tuple[str, ...]:
        """The answer texts by number; empty if the configuration has none."""
        named = tuple(str(self.id2label[place]) for place in sorted(self.id2label))
        return () if named[:1] == ("LABEL_0",) else named

    @property
    def text_start(self) -> int:
        """The first slot of the words, after [CLS], the regions and [SEP]."""
        return int(self.region_count) + 2

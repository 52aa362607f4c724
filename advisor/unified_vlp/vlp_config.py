"""The configuration of a unified VLP: sizes, special tokens, and what stands for the picture."""

from __future__ import annotations

from typing import Any

from transformers import BertConfig, PreTrainedConfig

BOX_NUMBERS = 6
"""x1 y1 x2 y2, area and score: the numbers of a place vector before the class probabilities."""
REGIONS, GRID = "regions", "grid"


class UnifiedVLPConfig(PreTrainedConfig):
    """Sizes of a unified VLP (Zhou et al. 2020, arXiv 1909.11059, section 3 and appendix).

    The defaults are those of the published checkpoints: BERT-base cased with six segments, 100
    regions of 2,048 numbers and 1,601 class probabilities, texts of 20 pieces, 3,129 answers.
    `visual` says what stands for the picture: `regions`, which somebody stored, or `grid`, a small
    convolutional network over `image_size` pixels whose cells stand for regions; each entry of
    `grid_channels` is a stage of `grid_depth` convolutions that halves the side, so that the cells
    are `(image_size / 2 ** len(grid_channels)) ** 2`. With the answers in words, `id2label`
    holds them and says how many there are; without, `num_answers` does.
    """

    model_type = "unified_vlp"

    def __init__(
        self,
        vocab_size: int = 28996,
        hidden_size: int = 768,
        num_hidden_layers: int = 12,
        num_attention_heads: int = 12,
        intermediate_size: int = 3072,
        max_position_embeddings: int = 512,
        type_vocab_size: int = 6,
        hidden_dropout_prob: float = 0.1,
        attention_probs_dropout_prob: float = 0.1,
        initializer_range: float = 0.02,
        layer_norm_eps: float = 1e-5,
        visual: str = REGIONS,
        region_count: int = 100,
        region_feature_size: int = 2048,
        region_class_size: int = 1601,
        image_size: int | None = None,
        grid_channels: list[int] | None = None,
        grid_depth: int = 1,
        longest_text: int = 20,
        num_answers: int = 3129,
        pad_token_id: int = 0,
        unk_token_id: int = 100,
        cls_token_id: int = 101,
        sep_token_id: int = 102,
        mask_token_id: int = 103,
        **others: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.intermediate_size = intermediate_size
        self.max_position_embeddings = max_position_embeddings
        self.type_vocab_size = type_vocab_size
        self.hidden_dropout_prob = hidden_dropout_prob
        self.attention_probs_dropout_prob = attention_probs_dropout_prob
        self.initializer_range = initializer_range
        self.layer_norm_eps = layer_norm_eps
        self.visual = visual
        self.region_count = region_count
        self.region_feature_size = region_feature_size
        self.region_class_size = region_class_size
        self.image_size = image_size
        self.grid_channels = grid_channels
        self.grid_depth = grid_depth
        self.longest_text = longest_text
        self.unk_token_id = unk_token_id
        self.cls_token_id = cls_token_id
        self.sep_token_id = sep_token_id
        self.mask_token_id = mask_token_id
        others.setdefault("tie_word_embeddings", False)  # the head is given the table: one tensor
        named = others.get("id2label")
        self.num_answers = len(named) if named else num_answers
        super().__init__(pad_token_id=pad_token_id, **others)

    def of_bert(self) -> BertConfig:
        """The configuration of the transformer within; its words stand in SlotEmbedding."""
        shared = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
        rates = ("hidden_dropout_prob", "attention_probs_dropout_prob")
        start = ("initializer_range", "layer_norm_eps")
        sizes = {name: getattr(self, name) for name in (*shared, *rates, *start)}
        return BertConfig(vocab_size=1, pad_token_id=0, hidden_act="gelu", **sizes)

    @property
    def place_size(self) -> int:
        """The length of a region's place vector: 1,607 in the published checkpoints."""
        return BOX_NUMBERS + self.region_class_size

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers in words by their number; empty where nobody gave them."""
        named = tuple(str(self.id2label[place]) for place in sorted(self.id2label))
        return () if named[:1] == ("LABEL_0",) else named

    @property
    def text_start(self) -> int:
        """The first slot of the words, behind [CLS], the regions and [SEP]."""
        return self.region_count + 2

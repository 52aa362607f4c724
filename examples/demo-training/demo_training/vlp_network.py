"""The small unified VLP of the demo, untrained, and what turns pictures and words into its inputs.

The paper's regions come from a detector that was trained on labelled boxes. Here a grid of cells
stands for them, and what stands for that training is `vlp_detector`.
"""

from __future__ import annotations

from random import Random
from typing import Any

from advisor.trial.runtime import library
from advisor.unified_vlp.processor import arrange, hide_words
from advisor.unified_vlp.vlp_config import GRID, UnifiedVLPConfig
from demo_training import texts
from demo_training.colours import COLOUR_NAMES, SHAPES
from demo_training.dataset import SIDE
from demo_training.texts import PLACES
from demo_training.vlp_detector import CLASSES

torch: Any = library("torch")
WIDTH, LAYERS, HEADS = 96, 4, 4
CHANNELS, DEPTH = [16, 32, 64, 96], 2
START = 0.08
"""The spread of the weights at the beginning; BERT's 0.02 is that of a width of 768."""
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ANSWERS = ("<unk>", *COLOUR_NAMES, *SHAPES, *PLACES, "yes", "no")


def vocabulary() -> dict[str, int]:
    """Return every word of the demo as one piece, behind the special tokens."""
    known = sorted({word for text in texts.corpus() for word in pieces(text)})
    return {word: place for place, word in enumerate((*SPECIAL, *known))}


def pieces(text: str) -> list[str]:
    """Return the words and question marks of a text."""
    return text.replace("?", " ?").split()


def configuration() -> UnifiedVLPConfig:
    """Return the sizes: about 0.7 million parameters, 16 cells, texts of 16 words."""
    words = vocabulary()
    cells = (SIDE // 2 ** len(CHANNELS)) ** 2
    return UnifiedVLPConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=3 * WIDTH,
        max_position_embeddings=cells + 20,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        visual=GRID,
        region_count=cells,
        region_feature_size=WIDTH,
        region_class_size=CLASSES,
        image_size=SIDE,
        grid_channels=CHANNELS,
        grid_depth=DEPTH,
        initializer_range=START,
        longest_text=16,
        id2label=dict(enumerate(ANSWERS)),
        label2id={answer: place for place, answer in enumerate(ANSWERS)},
        pad_token_id=words["[PAD]"],
        unk_token_id=words["[UNK]"],
        cls_token_id=words["[CLS]"],
        sep_token_id=words["[SEP]"],
        mask_token_id=words["[MASK]"],
    )


class Batches:
    """Texts as inputs of the network, with words hidden."""

    def __init__(self, config: UnifiedVLPConfig) -> None:
        self.config, self.words = config, vocabulary()

    def __call__(
        self,
        sentences: list[str],
        modes: list[str],
        random: Random,
        *,
        share: float,
        most: int,
    ) -> dict[str, Any]:
        """Return ids, segments, mask, hidden places, their words and weights."""
        ids = [[self.words[word] for word in pieces(sentence)] for sentence in sentences]
        arranged = arrange(ids, modes, self.config, padded=False)
        hidden = hide_words(arranged, self.config, [random] * len(ids), share=share, most=most)
        return {**hidden, "token_type_ids": arranged.segments, "attention_mask": arranged.seen}

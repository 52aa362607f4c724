"""Pictures and words as the network's inputs, and its ids as words again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from transformers import BatchFeature, ProcessorMixin

from advisor.unified_vlp.layout import BIDIRECTIONAL, arrange
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

ENDS = ("[SEP]", "[PAD]")
"""Where a text ends: at the first of these (decode_img2txt.py:249-258)."""
CONTINUED = "##"


class UnifiedVLPProcessor(ProcessorMixin):
    """A region reader and a tokenizer. For the published checkpoints it is cased WordPiece.

    With a picture alone the result is what `generate` takes; with a text as well, what answers a
    question takes: the three parts under the bidirectional mask.
    """

    attributes = ("image_processor", "tokenizer")
    image_processor_class = "AutoImageProcessor"
    tokenizer_class = "AutoTokenizer"

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, **others: Any) -> None:
        super().__init__(image_processor, tokenizer, **others)

    def __call__(
        self,
        images: Any = None,
        text: str | Sequence[str] | None = None,
        mode: str = BIDIRECTIONAL,
        **_: Any,
    ) -> BatchFeature:
        """Return regions or pixels of `images`, and ids, segments and mask of `text`."""
        inputs: dict[str, Any] = {} if images is None else dict(self.image_processor(images))
        if text is not None:
            texts = [text] if isinstance(text, str) else list(text)
            arranged = arrange([self.ids(each) for each in texts], mode, self.slots())
            inputs["input_ids"], inputs["token_type_ids"] = arranged.ids, arranged.segments
            inputs["attention_mask"] = arranged.seen
        return BatchFeature(inputs)

    def ids(self, text: str) -> list[int]:
        """Return the pieces of a text as ids, without special tokens."""
        pieces: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return pieces

    def slots(self) -> UnifiedVLPConfig:
        """Return what `arrange` needs to know: slots, and the ids of the special tokens."""
        names = ("pad", "unk", "cls", "sep", "mask")
        special = {
            f"{name}_token_id": getattr(self.tokenizer, f"{name}_token_id") for name in names
        }
        reader = self.image_processor
        return UnifiedVLPConfig(
            region_count=reader.region_count, longest_text=reader.longest_text, **special
        )

    def decode(self, ids: Iterable[int] | torch.Tensor, **_: Any) -> str:
        """Return the words of one row of ids, up to [SEP] or [PAD] (decode_img2txt.py:36-43).

        Pieces are joined at `##` and everything else by blanks: "a man ' s hat ."
        """
        row = ids.tolist() if isinstance(ids, torch.Tensor) else list(ids)
        words: list[str] = []
        for piece in self.tokenizer.convert_ids_to_tokens(row):
            if piece in ENDS:
                break
            if piece.startswith(CONTINUED) and words:
                words[-1] += piece.removeprefix(CONTINUED)
            else:
                words.append(piece)
        return " ".join(words)

    def batch_decode(self, rows: Iterable[Any], **_: Any) -> list[str]:
        """Return the words of every row."""
        return [self.decode(row) for row in rows]

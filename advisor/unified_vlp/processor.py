"""Inputs from images and words, [CLS] regions [SEP] words [SEP]; hidden words; decoded texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from transformers import BatchFeature, ProcessorMixin

from advisor.unified_vlp.vlp_config import UnifiedVLPConfig

BIDIRECTIONAL, SEQUENCE = "bidirectional", "sequence-to-sequence"
SEGMENTS = {BIDIRECTIONAL: (0, 1), SEQUENCE: (4, 5)}
"""The segments of image and text; 2 and 3 are unused (loader.py:240-246, 404-409)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """Texts in their slots after an image.

    `ids` and `segments` are (batch, slots), `seen` (batch, slots, slots) is True if a row may
    attend to a column, `lengths` are the numbers of pieces of each text without its [SEP].
    """

    ids: torch.Tensor
    segments: torch.Tensor
    seen: torch.Tensor
    lengths: tuple[int, ...]


def arrange(
    texts: Sequence[Sequence[int]],
    modes: str | Sequence[str],
    config: UnifiedVLPConfig,
    *,
    padded: bool = True,
) -> Arranged:
    """Lay out texts, given as ids without special tokens (loader.py:227-301).

    Texts are cut at the end to `longest_text` pieces. `modes` are `bidirectional` or
    `sequence-to-sequence`, one for all or one for each. The slots of the regions hold [UNK], whose
    embedding is not used. With `padded` there are 123 slots in the published size, else as many as
    the longest text needs; padded slots have segment 0 in either mode.
    """
    every = [modes] * len(texts) if isinstance(modes, str) else list(modes)
    words = [list(text)[: config.longest_text] for text in texts]
    lengths = tuple(len(text) for text in words)
    longest = config.longest_text if padded else max(lengths)
    slots = config.text_start + longest + 1
    picture = [config.cls_token_id, *[config.unk_token_id] * config.region_count]
    ids = torch.full((len(words), slots), config.pad_token_id)
    segments = torch.zeros((len(words), slots), dtype=torch.long)
    for row, (text, mode) in enumerate(zip(words, every, strict=True)):
        filled = [*picture, config.sep_token_id, *text, config.sep_token_id]
        ids[row, : len(filled)] = torch.tensor(filled)
        segments[row, : config.text_start], segments[row, config.text_start : len(filled)] = (
            SEGMENTS[mode]
        )
    seen = torch.stack(
        [
            visible(mode, config.text_start, length, slots)
            for mode, length in zip(every, lengths, strict=True)
        ]
    )
    return Arranged(ids=ids, segments=segments, seen=seen, lengths=lengths)


def visible(mode: str, start: int, length: int, slots: int) -> torch.Tensor:
    """Return the attention mask, (slots, slots): rows attend to columns (loader.py:292-301).

    `start` is the first slot of a text of `length` pieces and a [SEP]. Bidirectional, every row
    attends to all but padding. Sequence-to-sequence, every row attends to the image, and those of
    the text also to the text up to and including themselves; the image never attends to the text.
    """
    end = start + length + 1
    seen = torch.zeros((slots, slots), dtype=torch.bool)
    if mode == BIDIRECTIONAL:
        seen[:, :end] = True
        return seen
    seen[:, :start] = True
    seen[start:end, start:end] = torch.ones((length + 1, length + 1), dtype=torch.bool).tril()
    return seen


AS_MASK, AS_ANOTHER = 0.8, 0.5
"""Share of hidden words that become [MASK], and share of the rest that become a random word."""


def hide_words(
    arranged: Arranged,
    config: UnifiedVLPConfig,
    draws: Sequence[Random],
    *,
    share: float,
    most: int,
) -> dict[str, torch.Tensor]:
    """Hide words of each text, or the [SEP] after it (loader.py:250-280), drawn by its `draws`.

    Returns the new `input_ids`, (batch, slots), and, (batch, most) each, `hidden_places`, the true
    words there as `labels`, and `label_weights`: 1 for a used place, 0 for an unused one. Of n
    words, `share * n` are hidden, rounded, but at least one and at most `most`: 15 % and 3 in the
    published commands. Of these 80 % become [MASK], 10 % any entry of the vocabulary and 10 % stay.
    Even with a share of 0 one word is hidden, as in the published training for questions.
    """
    ids = arranged.ids.clone()
    shape = (len(ids), most)
    places, words, weights = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for row, (length, random) in enumerate(zip(arranged.lengths, draws, strict=True)):
        count = min(most, max(1, round(length * share)), length + 1)
        candidates = range(config.text_start, config.text_start + length + 1)
        for number, place in enumerate(random.sample(candidates, count)):
            places[row, number], words[row, number] = place, arranged.ids[row, place]
            weights[row, number] = 1
            if random.random() < AS_MASK:
                ids[row, place] = config.mask_token_id
            elif random.random() < AS_ANOTHER:
                ids[row, place] = random.randrange(config.vocab_size)
    hidden = {"hidden_places": places, "labels": words, "label_weights": weights}
    return {"input_ids": ids, **hidden}


ENDS = ("[SEP]", "[PAD]")
"""A text ends at the first of these tokens (decode_img2txt.py:249-258)."""
CONTINUED = "##"


class UnifiedVLPProcessor(ProcessorMixin):
    """A region reader and a tokenizer, which is cased WordPiece in the published checkpoints.

    Called with an image alone it returns the inputs of `generate`; with a text as well, those of
    answering a question, with ids, segments and the mask of `mode`.
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
        """Return a configuration with the sizes and special tokens that `arrange` uses."""
        names = ("pad", "unk", "cls", "sep", "mask")
        special = {
            f"{name}_token_id": getattr(self.tokenizer, f"{name}_token_id") for name in names
        }
        reader = self.image_processor
        return UnifiedVLPConfig(
            region_count=reader.region_count, longest_text=reader.longest_text, **special
        )

    def decode(self, ids: Iterable[int] | torch.Tensor, **_: Any) -> str:
        """Return the text of one row of ids, up to [SEP] or [PAD] (decode_img2txt.py:36-43).

        Pieces that begin with `##` are joined, all others separated by blanks: "a man ' s hat ."
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
        """Return the text of every row."""
        return [self.decode(row) for row in rows]

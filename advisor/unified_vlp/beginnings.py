"""Initial networks for training: new ones, and copies with a list of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import AutoProcessor, BertTokenizer

from advisor.errors import BrokenFileError
from advisor.files import lines_of
from advisor.unified_vlp.heads import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from advisor.unified_vlp.processor import UnifiedVLPProcessor
from advisor.unified_vlp.regions import UnifiedVLPRegionReader, read_regions
from advisor.unified_vlp.vlp_config import GRID, UnifiedVLPConfig

SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
VOCABULARY = "pass a BERT vocab.txt with one word per line"
UNKNOWN = "<unk>"
MOST_ANSWERS = 3129
"""Maximum number of answers, as in the published checkpoints; the most frequent are kept."""
SMALL: dict[str, Any] = {
    "hidden_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 384,
}
SMALL_GRID: dict[str, Any] = {
    "visual": GRID,
    "image_size": 64,
    "grid_channels": [24, 48, 96],
    "region_count": 64,
    "region_feature_size": 128,
    "region_class_size": 32,
}
FROM_DISK = {"local_files_only": True, "trust_remote_code": False}


def new(
    folder: Path,
    texts: Sequence[str],
    answers: Counter[str],
    seed: int,
    *,
    regions: str | None = None,
    vocabulary: str | Path | None = None,
) -> None:
    """Write a small untrained network: on a grid, or on region features shaped as in `regions`.

    With answers it is an answerer, else a captioner. Its vocabulary is the lines of `vocabulary`,
    else all words of the texts, and their letters to spell other words.
    """
    torch.manual_seed(seed)
    words = words_in(vocabulary) if vocabulary is not None else words_of(texts)
    sizes = SMALL_GRID if regions is None else read_regions(regions).sizes()
    config = UnifiedVLPConfig(
        vocab_size=len(words),
        max_position_embeddings=sizes["region_count"] + 2 + 40,
        **SMALL,
        **sizes,
        **special_ids(words),
        **(_labels(answers) if answers else {}),
    )
    tokenizer = BertTokenizer(
        vocab={word: place for place, word in enumerate(words)}, do_lower_case=False
    )
    kind = UnifiedVLPForAnswering if answers else UnifiedVLPForCaptioning
    kind(config).save_pretrained(folder)
    UnifiedVLPProcessor(UnifiedVLPRegionReader.of(config), tokenizer).save_pretrained(folder)


def with_answers(start: Path, folder: Path, answers: Counter[str], seed: int) -> None:
    """Write an answerer with the weights and answers of `start`, or `answers` if it has none."""
    torch.manual_seed(seed)
    config = UnifiedVLPConfig.from_pretrained(start, **FROM_DISK)
    if not config.answers:
        settings = config.to_dict()
        settings.update(_labels(answers))
        config = UnifiedVLPConfig(**settings)
    network = UnifiedVLPForAnswering.from_pretrained(
        start, config=config, dtype=torch.float32, ignore_mismatched_sizes=True, **FROM_DISK
    )
    network.save_pretrained(folder)
    AutoProcessor.from_pretrained(start, **FROM_DISK).save_pretrained(folder)


def words_in(vocabulary: str | Path) -> list[str]:
    """Return the lines of a vocabulary; raise BrokenFileError without BERT's special tokens."""
    words = lines_in(vocabulary, VOCABULARY)
    for token in SPECIAL.values():
        if token not in words:
            raise BrokenFileError(f"`{vocabulary}` lacks `{token}`", hint=VOCABULARY)
    return words


def lines_in(file: str | Path, hint: str) -> list[str]:
    """Return the lines of a text file; raise BrokenFileError with `hint` if it is unreadable."""
    try:
        return lines_of(file)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "the file is not UTF-8 text"
        raise BrokenFileError(f"`{file}` cannot be read: {reason}", hint=hint) from error


def special_ids(words: Sequence[str]) -> dict[str, Any]:
    """Return the ids of the special tokens by their names in a configuration."""
    return {f"{name}_token_id": words.index(token) for name, token in SPECIAL.items()}


def words_of(texts: Iterable[str]) -> list[str]:
    """Return a vocabulary: special tokens, letters (also as `##` pieces), words of the texts."""
    splitter = BertPreTokenizer()
    words = {word for text in texts for word, _ in splitter.pre_tokenize_str(text)}
    letters = {letter for word in words for letter in word}
    inner = {f"##{letter}" for letter in letters}
    return [*SPECIAL.values(), *sorted(words | letters | inner)]


def _labels(answers: Counter[str]) -> dict[str, Any]:
    """Return the labels of `<unk>` and the most frequent answers, ties in alphabetical order."""
    ranked = sorted(answers, key=lambda answer: (-answers[answer], answer))
    return labels_of([UNKNOWN, *(each for each in ranked if each != UNKNOWN)][:MOST_ANSWERS])


def labels_of(answers: Sequence[str]) -> dict[str, Any]:
    """Return the `id2label` and `label2id` of answers for a configuration."""
    places = {answer: place for place, answer in enumerate(answers)}
    return {"id2label": dict(enumerate(answers)), "label2id": places}

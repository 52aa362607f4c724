"""The limits of a checkpoint's tokenizer, and texts turned into tokens within them."""

from __future__ import annotations

from typing import Any

NO_LIMIT = 100_000
SPECIAL_TOKENS = 2
ROBERTA_OFFSET = frozenset({"roberta", "xlm-roberta", "altclip_text_model"})


def longest_text(tokenizer: Any, text_config: Any) -> int | None:
    """Return how many tokens a text may have, None where nothing says."""
    limits = []
    if tokenizer.model_max_length < NO_LIMIT:
        limits.append(int(tokenizer.model_max_length))
    positions = getattr(text_config, "max_position_embeddings", None)
    if isinstance(positions, int):
        offset = 2 if getattr(text_config, "model_type", "") in ROBERTA_OFFSET else 0
        limits.append(positions - offset)
    return min(limits, default=None)


def cut_texts(tokenizer: Any, texts: tuple[str, ...], longest: int | None) -> tuple[str, ...]:
    """Return a warning for each text that has to be cut to fit.

    A token is at least a byte, so short texts need no counting.
    """
    if longest is None:
        return ()
    notes = []
    for text in texts:
        if len(text.encode()) + SPECIAL_TOKENS <= longest:
            continue
        count = len(tokenizer(text, truncation=False)["input_ids"])
        if count > longest:
            start = text if len(text) <= 40 else f"{text[:37]}..."
            notes.append(f"`{start}` has {count} tokens; only the first {longest} were read")
    return tuple(notes)

"""How much longer the rules of a tokenizer make a text, in letters, in tokens, and back.

They run in Rust, where nothing stops them: a short text may grow to gigabytes there.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

MOST_GROWTH = 10_000
"""Of honest ones the largest is six thousand: some signs are words when they are written out."""
MOST_LETTERS = 5_000_000
"""Of a text once it has grown; each takes a hundred bytes."""
READING = ("normalizer", "pre_tokenizer", "post_processor")
INNER = ("normalizers", "pretokenizers", "processors", "decoders")
WRITTEN_OUT = {"NFKC": 18, "NFKD": 18, "NFD": 4, "NFC": 3, "Lowercase": 2, "ByteLevel": 4}
"""How many letters a rule that has no settings writes for one, at most."""


def growing_part(tokenizer: Any) -> str:
    """Return which part of a tokenizer makes texts thousands of times as long; empty if none."""
    if growth(tokenizer) > MOST_GROWTH:
        return max(READING, key=lambda part: _growth_of(tokenizer, part))
    return "decoder" if _growth_of(tokenizer, "decoder") > MOST_GROWTH else ""


def growth(tokenizer: Any) -> float:
    """Return how many letters or tokens, at most, a tokenizer makes of a letter."""
    return math.prod(_growth_of(tokenizer, part) for part in READING)


def _growth_of(tokenizer: Any, part: str) -> float:
    rule = getattr(getattr(tokenizer, "backend_tokenizer", None), part, None)
    return 1.0 if rule is None else _growth(json.loads(rule.__getstate__()))


def _growth(rule: dict[str, Any]) -> float:
    """Return how many letters or tokens, at most, a rule puts for one, with those within it."""
    inner = next((rule[key] for key in INNER if key in rule), ())
    return math.prod(map(_growth, inner), start=max(1.0, _own_growth(rule)))


def _own_growth(rule: dict[str, Any]) -> float:
    if "content" in rule:
        replaced = (rule.get("pattern") or {}).get("String") or " "
        return len(rule["content"]) / len(replaced)
    if "prepend" in rule:
        return 1 + len(rule["prepend"])
    if "precompiled_charsmap" in rule:
        return _longest_in(base64.b64decode(rule["precompiled_charsmap"] or ""))
    if "special_tokens" in rule:
        return max(_tokens_of(rule, form) for form in ("single", "pair"))
    return float(WRITTEN_OUT.get(rule["type"], 1))


def _longest_in(table: bytes) -> float:
    """Return the longest text of a table of sentencepiece: a tree of given size, then texts."""
    texts = table[4 + int.from_bytes(table[:4], "little") :]
    return max(map(len, texts.split(b"\0")))


def _tokens_of(rule: dict[str, Any], form: str) -> float:
    """Return how many tokens a template puts for a text of one."""
    named = (piece.get("SpecialToken") for piece in rule.get(form) or ())
    special = rule["special_tokens"]
    return sum(len(special[each["id"]]["ids"]) if each else 1 for each in named)

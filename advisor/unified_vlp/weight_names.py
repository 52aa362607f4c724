"""How the original calls its weights, and how they are called here."""

from __future__ import annotations

import re
from collections.abc import Iterable

OLDER = {"gamma": "weight", "beta": "bias"}
"""What UniLM and the first BERT files say (modeling.py:651-663)."""

_NAMES = (
    (r"(bert\.(?:embeddings|encoder|pooler)\..*)", r"vlp.\1"),
    (r"vis_embed\.(0|2)", r"vlp.regions.content.\1"),
    (r"vis_pe_embed\.0", "vlp.regions.place.0"),
    (r"cls\.predictions\.transform\.dense", "word_head.dense"),
    (r"cls\.predictions\.transform\.LayerNorm", "word_head.norm"),
    (r"ans_classifier\.(0|2)", r"answer_head.\1"),
)
_PATTERNS = tuple((re.compile(rf"{old}\.(weight|bias)"), new) for old, new in _NAMES)


def modern_name(original: str) -> str:
    """Return a name with the words for weight and bias that newer files have."""
    stem, _, last = original.rpartition(".")
    return f"{stem}.{OLDER.get(last, last)}" if stem else last


def own_name(original: str) -> str | None:
    """Return what a weight of the original is called here; None where it has no place here.

    The word head's own table has none, since it is the word table itself.
    """
    if original == "cls.predictions.bias":
        return "word_head.bias"
    name = modern_name(original)
    for pattern, new in _PATTERNS:
        if match := pattern.fullmatch(name):
            return f"{match.expand(new)}.{name.rpartition('.')[2]}"
    return None


def own_names(originals: Iterable[str]) -> dict[str, str]:
    """Return the names here of those weights of the original that have a place here."""
    return {each: name for each in originals if (name := own_name(each)) is not None}

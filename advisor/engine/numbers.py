"""Numbers as people write them: with words that multiply, with units, with separators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

# Compiled when a number is met: most commands meet none.
_PARTS = r"(?i)([-+]?[0-9][0-9_,.]*)\s*([a-z ]*)\Z"
_COMMAS = r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?\Z"
_POINTS = r"[-+]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}\Z"
_LISTED = r"(?i)[-+]?[0-9][0-9_]*(,[0-9_]*)*,[0-9_]+(\.[0-9]*)?\s*[a-z ]*\Z"

SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 1e9),
}
"""Words behind a number that multiply it."""


def has_commas(text: str) -> bool:
    """True if a text is one number with commas in it, in the right places or not."""
    return "," in text and re.match(_LISTED, text.strip()) is not None


def as_number(value: Any, units: Mapping[str, float] | None = None) -> float | None:
    """Return a number written as 5000, 5_000, 5,000, 5k, 2 million or 2.000.000, else None.

    Commas group thousands and do nothing else: 7,5 gives None. `units` maps words that may follow
    to their size in the unit of the question.
    """
    match = None if isinstance(value, bool) else re.match(_PARTS, str(value).strip())
    if match is None:
        return _plain(value)
    digits, words = match[1], match[2].lower().strip()
    factor = _factor(words, units or {})
    if re.match(_COMMAS, digits):
        digits = digits.replace(",", "")
    elif re.match(_POINTS, digits):
        digits = digits.replace(".", "")
    number = _plain(digits.replace("_", ""))
    if number is None or factor is None or not isfinite(number * factor):
        return None
    return number * factor


def _plain(value: Any) -> float | None:
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _factor(words: str, units: Mapping[str, float]) -> float | None:
    """Return the factor that the words after a number stand for; None for unknown words."""
    if not words:
        return 1.0
    last = words.rpartition(" ")[2]
    if words in units or words in SCALES:
        return units.get(words) or SCALES[words]
    for scale, times in SCALES.items():
        rest = words.removeprefix(scale).strip()
        if rest != words and rest.rpartition(" ")[2] in units:
            return times * units[rest.rpartition(" ")[2]]
    return units.get(last)

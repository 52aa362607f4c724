"""The number by which COCO knows an image."""

LONGEST = 12
"""Digits, as in `COCO_val2014_000000391895`."""


def is_coco_number(text: str) -> bool:
    """True for a text that is such a number."""
    return text.isdecimal() and len(text) <= LONGEST

"""Answers as the official VQA evaluation normalises them before it compares any.

Steps and lists are those of https://github.com/GT-Vision-Lab/VQA, in
PythonEvaluationTools/vqaEvaluation/vqaEval.py, its odd corners included, so that figures can be
compared with published ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_MARKS = ';/[]"{}()=+\\_-><@`,?!'
_STOPS_REMOVED = 32  # the script means a flag there, and gives a count
_COMMA = re.compile(r"\d,\d")
_STOP = re.compile(r"\.(?!\d)")
_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = {
    "zero": "0",
    "none": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}


@cache
def _contractions() -> Mapping[str, str]:
    """Return words without an apostrophe that they should have, and how they are written."""
    text = Path(__file__).with_name("vqa_contractions.txt").read_text(encoding="utf-8")
    return {
        wrong: right
        for line in text.splitlines()
        for right, *some in [line.split()]
        for wrong in some
    }


def normalised(answer: str) -> str:
    """Return an answer in lower case, without articles and punctuation, numbers as digits."""
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    grouped = _COMMA.search(text) is not None
    cleared = text
    for mark in _MARKS:
        apart = f"{mark} " in text or f" {mark}" in text
        cleared = cleared.replace(mark, "" if apart or grouped else " ")
    words = _STOP.sub("", cleared, count=_STOPS_REMOVED).lower().split()
    kept = [word for word in (_NUMBERS.get(word, word) for word in words) if word not in _ARTICLES]
    return " ".join(_contractions().get(word, word) for word in kept)

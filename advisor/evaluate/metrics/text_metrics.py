"""Metrics of generated texts: exact match, VQA accuracy, ANLS, error rates, field F1.

Answers are normalised as in the official VQA evaluation: steps and lists are those of
https://github.com/GT-Vision-Lab/VQA, in PythonEvaluationTools/vqaEvaluation/vqaEval.py, its odd
corners included, so that results can be compared with published ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from advisor.evaluate.metrics import Weighable, np, of_mean, of_ratio, of_sums
from advisor.trial.runtime import library

AGREEING = 3
"""Number of annotators with the same answer that make it fully right."""
ANLS_THRESHOLD = 0.5
"""Answers less alike than this are wrong (Biten et al. 2019, https://arxiv.org/abs/1905.13648)."""


def exact_match(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return the share of answers that equal a reference, both normalised as VQA answers are."""
    pairs = zip(answers, references, strict=True)
    return of_mean([normalised(answer) in map(normalised, right) for answer, right in pairs])


def vqa_accuracy(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return the mean agreement of annotators with an answer: a third for each, at most 1.

    It is averaged over leaving out each annotator in turn, as in the official script
    (https://github.com/GT-Vision-Lab/VQA, PythonEvaluationTools). That script compares unnormalised
    answers if all annotators agree; here they are normalised in that case too.
    """
    worth = []
    for answer, right in zip(answers, references, strict=True):
        predicted = normalised(answer)
        same = [normalised(reference) == predicted for reference in right]
        shares = [min(1.0, (sum(same) - agrees) / AGREEING) for agrees in same]
        worth.append(sum(shares) / len(shares) if shares else 0.0)
    return of_mean(worth)


def anls(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return the average normalised Levenshtein similarity to the nearest reference."""
    distance = library("rapidfuzz.distance.Levenshtein", "evaluate").normalized_distance

    def similarity(answer: str, reference: str) -> float:
        alike = 1.0 - float(distance(_folded(answer), _folded(reference)))
        return alike if alike >= ANLS_THRESHOLD else 0.0

    pairs = zip(answers, references, strict=True)
    return of_mean(
        [max((similarity(text, each) for each in right), default=0.0) for text, right in pairs]
    )


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def character_error_rate(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return edited characters over characters of the references, without spaces at the ends.

    Of several references, the one with the lowest error rate counts.
    """
    return _rate(library("jiwer", "evaluate").process_characters, texts, references)


def word_error_rate(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    """Return edited words over words of the references; of several, the nearest one counts."""
    return _rate(library("jiwer", "evaluate").process_words, texts, references)


def _rate(process: Any, texts: Sequence[str], references: Sequence[Sequence[str]]) -> Weighable:
    rows = []
    for text, right in zip(texts, references, strict=True):
        counts = []
        for aligned in (process(reference, text) for reference in right):
            changed = aligned.substitutions + aligned.deletions
            edits, length = changed + aligned.insertions, changed + aligned.hits
            counts.append((edits / max(length, 1), edits, length))
        rows.append(min(counts, key=lambda each: each[0]))
    worth, edits_of_all, lengths = zip(*rows, strict=True) if rows else ((), (), ())
    return of_ratio(edits_of_all, lengths, worth)


def field_f1(extracted: Sequence[Any], truth: Sequence[Any]) -> Weighable:
    """Return the F1 over fields: a field is right if its name and its whole value are.

    Nested fields are identified by their path; members of a list share the path, in any order.
    Values are compared without case and without extra spaces.
    """
    rows = []
    for answer, true in zip(extracted, truth, strict=True):
        leaves, other = Counter(_leaves(answer)), Counter(_leaves(true))
        rows.append((2 * (leaves & other).total(), leaves.total() + other.total()))
    counts = np.asarray(rows, dtype=float).reshape(-1, 2)

    def value(sums: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], 1.0)

    return of_sums(counts, value, value(counts))


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of names and the text of each value; empty values are left out."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, (*path, str(name)))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _leaves(member, path)
    elif value is not None and (text := " ".join(str(value).split()).casefold()):
        yield path, text


_MARKS = ';/[]"{}()=+\\_-><@`,?!'
_STOPS_REMOVED = 32  # the script means a flag there, and gives a count
_COMMA = re.compile(r"\d,\d")
_STOP = re.compile(r"\.(?!\d)")
_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = {"none": "0"} | {
    word: str(number)
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}


@cache
def _contractions() -> Mapping[str, str]:
    """Return the spelling with an apostrophe of contractions written without it."""
    text = Path(__file__).with_name("vqa_contractions.txt").read_text(encoding="utf-8")
    lines = map(str.split, text.splitlines())
    return {wrong: right for right, *some in lines for wrong in some}


def normalised(answer: str) -> str:
    """Return an answer in lower case, without articles and punctuation, numbers as digits."""
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    grouped = _COMMA.search(text) is not None
    cleared = text
    for mark in _MARKS:
        apart = f"{mark} " in text or f" {mark}" in text
        cleared = cleared.replace(mark, "" if apart or grouped else " ")
    words = _STOP.sub("", cleared, count=_STOPS_REMOVED).lower().split()
    rest = [word for word in (_NUMBERS.get(word, word) for word in words) if word not in _ARTICLES]
    return " ".join(_contractions().get(word, word) for word in rest)

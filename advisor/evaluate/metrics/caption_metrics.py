"""How near captions are to references: BLEU-4 and CIDEr-D, of tokens of the Penn Treebank.

Published BLEU and CIDEr of captions are of tokens that a Java program made: Stanford
CoreNLP 3.4.1 with `-preserveLines -lowerCase`, less a list of punctuation marks, as pycocoevalcap
calls it (https://github.com/salaniz/pycocoevalcap). These rules are written from what it does:
at each place the longest token wins. Cut alike are 99 % and more of the sentences in
`tests/evaluate/penn-tokens.tsv`; where not, the test lists them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import exp, log, sqrt
from pathlib import Path

from advisor.evaluate.metrics import Array, Weighable, np, of_mean, of_sums

DROPPED = frozenset(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"])
"""The marks that pycocoevalcap leaves out; brackets in lower case (`-lrb-`) stay."""
_WRITTEN = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"} | {
    "£": "#",
    "€": "$",
    "¢": "cents",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "…": "...",
    "–": "--",
    "—": "--",
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": "''",
    "&nbsp;": "-",
    **dict.fromkeys(('"', "“", "”", "„", "«", "»", "‘", "’"), "``"),
}
_ABBREVIATIONS = Path(__file__).with_name("penn_abbreviations.txt").read_text("utf-8").split()
_BEFORE_NUMBERS = ("ca", "fig", "figs", "no", "nos", "op", "pp")
_SPLIT = frozenset({"cannot", "gonna", "gotta", "lemme", "gimme", "wanna"})
_L = r"[^\W\d_]"
_APOSTROPHE = "['’]"
_CLITIC = rf"{_APOSTROPHE}(?:s|d|m|re|ve|ll)(?!\w)"
_PART = r"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}"
_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i)({_L}+)n['’`]t(?!\w)",  # is | n't
        r"(?i)(n['’`]t)(?!\w)",
        rf"(?i)(can)not(?!{_L})|(gon|wan)na(?!{_L})|(got)ta(?!{_L})|(lem|gim)me(?!{_L})",
        rf"(?i)({_CLITIC})",
        rf"(?i)({_APOSTROPHE}t)(?:is|was)(?!{_L})",
        rf"(?i)(y{_APOSTROPHE})(?:{_L})",
        rf"(?i)([dol]{_APOSTROPHE}{_L}+(?:-[A-Za-z]+)*)",  # o'clock, d'angelo
        rf"([A-HJ-XZn]{_APOSTROPHE}{_L}{{2,}})",  # L'Oréal
        rf"(?i)((?!y['’])[^\W\d_]+(?<=[aeiouy]){_APOSTROPHE}[aeiou]{_L}*)",  # ma'am
        rf"(?i)((?:cap|ol|c|s|e|ne|o|li|nor){_APOSTROPHE}(?:n|mon|mores|er|l|easter)?)(?!\w)",
        rf"(?i)({_APOSTROPHE}(?:em|till?|cause|n{_APOSTROPHE}?|(?<!\d.)(?:\d0s|\d\d)))(?!\w)",
        rf"(?i)({_APOSTROPHE}n{_APOSTROPHE})",
        r"(?i)(https?://[^\s\"<>|()]+[^\s\"<>|.!?(){},;:'-])",
        r"((?:www\.)?(?:[A-Za-z0-9-]+\.)+(?:com|net|org|edu|ly)(?:/[A-Za-z0-9./?=&_~-]*\w)?)",
        r"([\w.+-]{1,64}@(?:[\w-]+\.)*[\w-]+|@\w+|#[A-Za-z_]\w*)",
        rf"((?:{_L}\.)+(?:{_L}(?!{_L}))?(?:-[A-Za-z0-9]+)*)",  # p.m., u.s.-based
        rf"(?i)((?:{'|'.join(map(re.escape, reversed(_ABBREVIATIONS)))})\.)",
        rf"(?i)((?:{'|'.join(_BEFORE_NUMBERS)})\.)(?=\s*\d)",
        rf"({_L}+\.)(?=,)",
        r"([-+]?(?:\d+(?:[.,:]\d+)*|(?:[.,:]\d+)+))",
        r"((?:\d+-)?\d+/\d+|\d{1,2}[/-]\d{1,2}[/-]\d{2,4})",
        rf"({_PART}(?:/{_PART}){{1,2}})",  # and/or
        r"([A-Za-z0-9][A-Za-z0-9.,]*(?:-[A-Za-z0-9]+)+)",  # state-of-the-art
        r"([A-Z]+(?:[+&][A-Z]+)+)",  # AT&T
        r"([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)",
        rf"((?:{_L}|\d)+(?:[.!?]{_L}(?:{_L}|\d)*)*)",  # a word, or two that a full stop joins
        r"([A-Za-z]\+\+|[A-Za-z]#|US\$|[A-Z]\$)",
        r"([:;=][-']?[()\[\]DPp|\\](?!\w)|\^_\^|-_-)",
        r"(</?[A-Za-z][^<>]*>|&(?:amp|lt|gt|quot|nbsp|#\d+);)",
        r"(\.\.\.+|--+|[?!]+|\*+|_+|''|``)",
        r"([^\s])",
    )
)
_PLAIN = re.compile("[a-z]+|[A-Z]?[a-z]+")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")


def penn_tokens(sentence: str) -> tuple[str, ...]:
    """Return the tokens of a sentence in lower case, without punctuation marks."""
    chunks = _EMOJI.sub(" ", sentence).split()
    tokens: list[str] = []
    for chunk, after in zip(chunks, [*chunks, ""][1:], strict=True):
        tokens += _cut(chunk, after[:1].isdigit())
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def _cut(chunk: str, number_follows: bool) -> tuple[str, ...]:
    """Return the tokens of what stands between two spaces."""
    if _PLAIN.fullmatch(chunk) and chunk.lower() not in _SPLIT:
        return (chunk.lower(),)
    text = f"{chunk} 0" if number_follows else chunk
    tokens = []
    at = 0
    while at < len(chunk):
        longest, end = 0, at
        for rule in _RULES:
            match = rule.match(text, at)
            if match and match.end() > longest:
                longest, end = match.end(), match.end(match.lastindex or 0)
        tokens.append(_spelled(chunk[at:end]))
        at = end
    return tuple(token for token in tokens if token not in DROPPED)


def _spelled(token: str) -> str:
    """Return a token as the treebank writes it."""
    if token in _WRITTEN:
        return _WRITTEN[token]
    if set(token) <= {"."} and len(token) > 2:
        return "..."
    if set(token) == {"-"}:
        return "--"
    if len(token) > 1 and not token[0].isalnum():
        token = token.replace("(", "-lrb-").replace(")", "-rrb-")
    if _CLITICS.fullmatch(token):
        token = token.replace("’", "'")
    return token.lower()


_CLITICS = re.compile(rf"(?i){_CLITIC}|n['’]t")

Tokens = Sequence[str]
LONGEST = 4
"""N-grams of one word to so many are counted."""
_TINY, _SMALL = 1e-15, 1e-9  # which keep the reference's quotients from being 0 / 0
CIDER_SIGMA, CIDER_SCALE = 6.0, 10.0


def bleu_4(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return corpus BLEU of up to four words, by the reference nearest in length.

    Papineni et al. 2002 (https://aclanthology.org/P02-1040), as COCO counts it. It is of a corpus:
    resamplings weigh the counts of each text, not a score of it.
    """
    rows = [_bleu_counts(text, right) for text, right in zip(texts, references, strict=True)]
    counts = np.asarray(rows, dtype=float).reshape(-1, 2 * LONGEST + 2)
    return of_sums(counts, _bleu, _bleu(counts))


def _bleu(sums: Array) -> Array:
    """Return BLEU for counts of n-grams that are right, of all, the length, and that wanted."""
    right, counts = sums[:, :LONGEST], sums[:, LONGEST : 2 * LONGEST]
    precision = np.prod((right + _TINY) / (counts + _SMALL), axis=1) ** (1 / LONGEST)
    ratio = (sums[:, -2] + _TINY) / (sums[:, -1] + _SMALL)
    return precision * np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)


def _bleu_counts(text: Tokens, references: Sequence[Tokens]) -> list[int]:
    written = _grams(text)
    most = dict.fromkeys(written, 0)
    for reference in references:
        for gram, count in _grams(reference).items():
            if gram in most:  # the others say nothing of this text
                most[gram] = max(most[gram], count)
    right, counts = [0] * LONGEST, [max(0, len(text) - n) for n in range(LONGEST)]
    for gram, count in written.items():
        right[len(gram) - 1] += min(count, most[gram])
    nearest = min((abs(len(reference) - len(text)), len(reference)) for reference in references)[1]
    return [*right, *counts, len(text), nearest]


def cider_d(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return the mean CIDEr-D (Vedantam et al. 2015, https://arxiv.org/abs/1411.5726).

    How rare an n-gram is comes from the references of the evaluated set, as usual. Resamplings
    keep it as it is, so they say how sure the mean is for this set of references.
    """
    counted = [[_grams(reference) for reference in right] for right in references]
    frequency = Counter(gram for right in counted for gram in set().union(*right))
    most = log(len(counted)) if counted else 0.0

    def vector(grams: Counter[tuple[str, ...]]) -> _Vector:
        weights: list[dict[tuple[str, ...], float]] = [{} for _ in range(LONGEST)]
        squares, pairs = [0.0] * LONGEST, 0
        for gram, count in grams.items():
            number = len(gram) - 1
            weight = count * (most - log(max(1, frequency[gram])))
            weights[number][gram] = weight
            squares[number] += weight * weight
            pairs += count if number == 1 else 0
        return weights, [sqrt(square) for square in squares], pairs

    scores = []
    for text, right in zip(texts, counted, strict=True):
        candidate = vector(_grams(text))
        alike = (_similarity(candidate, vector(reference)) for reference in right)
        scores.append(CIDER_SCALE * sum(alike) / len(right))
    return of_mean(scores)


_Vector = tuple[list[dict[tuple[str, ...], float]], list[float], int]
"""Weights of n-grams by their length, the norm for each length, and how many pairs there are."""


def _similarity(candidate: _Vector, reference: _Vector) -> float:
    """Return the clipped cosine, less for a difference in length, averaged over lengths."""
    total = 0.0
    for weights, norm, other, other_norm in zip(*candidate[:2], *reference[:2], strict=True):
        common = sum(min(w, other[g]) * other[g] for g, w in weights.items() if g in other)
        total += common / (norm * other_norm) if norm and other_norm else common
    return total / LONGEST * exp(-((candidate[2] - reference[2]) ** 2) / (2 * CIDER_SIGMA**2))


def _grams(text: Tokens) -> Counter[tuple[str, ...]]:
    """Return how often each n-gram stands in a text, of one word to `LONGEST`."""
    return Counter(
        tuple(text[at : at + n]) for n in range(1, LONGEST + 1) for at in range(len(text) - n + 1)
    )

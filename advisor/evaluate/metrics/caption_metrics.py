"""Similarity of captions to references: CIDEr-D, on tokens of the Penn Treebank.

Published CIDEr of captions uses the tokens of a Java program: Stanford CoreNLP 3.4.1 with
`-preserveLines -lowerCase`, less a list of punctuation marks, as pycocoevalcap calls it
(https://github.com/salaniz/pycocoevalcap). These rules are written from its behavior: at each place
the longest token wins. At least 99 % of the sentences in `tests/evaluate/penn-tokens.tsv` get the
same tokens; the test lists the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import exp, log, sqrt
from pathlib import Path

from advisor.evaluate.metrics import Weighable, of_mean

DROPPED = frozenset(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"])
"""Marks that pycocoevalcap leaves out; it keeps brackets in lower case (`-lrb-`)."""
_WRITTEN = (
    {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}
    | {"£": "#", "€": "$", "¢": "cents", "½": "1/2", "¼": "1/4", "¾": "3/4", "…": "..."}
    | {"–": "--", "—": "--", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "''", "&nbsp;": "-"}
    | dict.fromkeys(('"', "“", "”", "„", "«", "»", "‘", "’"), "``")
)
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
    """Return the tokens of a text without spaces; `number_follows` is for abbreviations."""
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
    """Return a token as the treebank spells it."""
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
Gram = tuple[str, ...]
LONGEST = 4
"""Maximum number of words of an n-gram."""
CIDER_SIGMA, CIDER_SCALE = 6.0, 10.0


def cider_d(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Weighable:
    """Return the mean CIDEr-D (Vedantam et al. 2015, https://arxiv.org/abs/1411.5726).

    The document frequency of an n-gram comes from the references of the evaluated set, as usual.
    Resamplings keep it, so the interval of the mean is for this set of references.
    """
    of_each = (set[Gram]().union(*map(_grams, right)) for right in references)
    frequency = Counter(gram for grams in of_each for gram in grams)
    most = log(len(references)) if references else 0.0

    def weighed(grams: Mapping[Gram, int]) -> tuple[dict[Gram, float], list[float]]:
        """Return the tf-idf weight of each n-gram, and the norm of the weights for each n."""
        weights = {
            gram: count * (most - log(max(1, frequency[gram]))) for gram, count in grams.items()
        }
        squares = [0.0] * LONGEST
        for gram, weight in weights.items():
            squares[len(gram) - 1] += weight * weight
        return weights, list(map(sqrt, squares))

    scores = []
    for text, right in zip(texts, references, strict=True):
        weights, norms = weighed(_grams(text))
        total = 0.0
        for reference in right:
            others, other_norms = weighed(_grams(reference))
            common = [0.0] * LONGEST
            for gram, weight in weights.items():
                if gram in others:
                    common[len(gram) - 1] += min(weight, others[gram]) * others[gram]
            scales = (a * b or 1.0 for a, b in zip(norms, other_norms, strict=True))
            cosines = (part / scale for part, scale in zip(common, scales, strict=True))
            apart = max(1, len(text)) - max(1, len(reference))
            total += sum(cosines) / LONGEST * exp(-(apart**2) / (2 * CIDER_SIGMA**2))
        scores.append(CIDER_SCALE * total / len(right))
    return of_mean(scores)


def _grams(text: Tokens) -> Counter[Gram]:
    """Return the counts of the n-grams of a text, of one to `LONGEST` words."""
    return Counter(
        tuple(text[at : at + n]) for n in range(1, LONGEST + 1) for at in range(len(text) - n + 1)
    )

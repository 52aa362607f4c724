"""Sentences as the tokens of the Penn Treebank, the way caption metrics cut them.

Published BLEU, CIDEr and ROUGE of captions are of tokens that a Java program made: Stanford
CoreNLP 3.4.1 with `-preserveLines -lowerCase`, less a list of punctuation marks, as pycocoevalcap
calls it (https://github.com/salaniz/pycocoevalcap). These rules are written from what it does:
at each place the longest token wins. Cut alike are 99 % and more of the sentences in
`tests/evaluate/penn-tokens.tsv`; where not, the test lists them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

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
    found: list[str] = []
    for chunk, after in zip(chunks, [*chunks, ""][1:], strict=True):
        found += _cut(chunk, after[:1].isdigit())
    return tuple(found)


@lru_cache(maxsize=50_000)
def _cut(chunk: str, number_follows: bool) -> tuple[str, ...]:
    """Return the tokens of what stands between two spaces."""
    if _PLAIN.fullmatch(chunk) and chunk.lower() not in _SPLIT:
        return (chunk.lower(),)
    text = f"{chunk} 0" if number_follows else chunk
    found = []
    at = 0
    while at < len(chunk):
        longest, end = 0, at
        for rule in _RULES:
            match = rule.match(text, at)
            if match and match.end() > longest:
                longest, end = match.end(), match.end(match.lastindex or 0)
        found.append(_spelled(chunk[at:end]))
        at = end
    return tuple(token for token in found if token not in DROPPED)


def _spelled(token: str) -> str:
    """Return a token as the treebank writes it."""
    if token in _WRITTEN:
        return _WRITTEN[token]
    if set(token) <= {"."} and len(token) > 2:
        return "..."
    if set(token) == {"-"}:
        return "--"
    if token in ('"', "“", "”", "„", "«", "»", "‘", "’"):
        return "``"
    if len(token) > 1 and not token[0].isalnum():
        token = token.replace("(", "-lrb-").replace(")", "-rrb-")
    if _CLITICS.fullmatch(token):
        token = token.replace("’", "'")
    return token.lower()


_CLITICS = re.compile(rf"(?i){_CLITIC}|n['’]t")

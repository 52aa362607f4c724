"""Suggestions for names: the same name in another spelling, a typo, or a similar meaning.

A typo is one edit per five letters, at most two. A similar meaning shares words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WORDS = re.compile(r"[^\W_]+")
_SIZED = re.compile(r"(?<=[-_])(small|base|large|huge|giant)[-_]patch(?=\d)", re.IGNORECASE)
"""Matches size and patch of a vision transformer's id: base-patch32, which is B/32 in papers."""
_SMALL = frozenset(
    """
    a an and are as at be by can do does for from how i in into is it its me my not of on one or our
    some that the their them there these this to use want we what where which with you your
    image images picture pictures photo photos model models
    """.split()  # noqa: SIM905 - a list would be 60 lines
)
"""Words that are ignored when meanings are compared."""

MOST = 3
"""At most this many names are suggested."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without the plural `s`."""
    return [singular(word) for word in _WORDS.findall(text.lower())]


def singular(word: str) -> str:
    """Return a word without the ending of an English plural; other words in `s` may lose it too."""
    if len(word) < 4 or word[-1] != "s" or word[-2] in "su" or word[-2:] == "is":
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def squeezed(name: str) -> str:
    """Return a name in lower case without spaces, hyphens and other signs, words in singular."""
    return "".join(words_of(name))


def as_in_papers(name: str) -> str:
    """Return a name with the size of a vision transformer as papers write it: ViT-B/32."""
    return _SIZED.sub(lambda size: f"{size[1][0].upper()}/", name)


def same_name(name: str, names: Iterable[str]) -> str | None:
    """Return the known name that differs in case, spaces, hyphens or a plural alone."""
    wanted = squeezed(name)
    return next((each for each in names if wanted and squeezed(each) == wanted), None)


def suggestions(
    name: str, names: Iterable[str], meanings: Mapping[str, str] | None = None
) -> list[str]:
    """Return one name similar in spelling, else at most MOST similar in meaning, likeliest first.

    `meanings` maps names to texts; without it, the words of the names are compared.
    """
    names = list(names)
    if meanings is None:
        meanings = {each: each for each in names}
    return spelt_like(name, names) or alike(name, meanings)


def spelt_like(name: str, names: Iterable[str]) -> list[str]:
    """Return a list with the known name that is the same, or a typo away; [] if none is."""
    names = list(names)
    if same := same_name(name, names):
        return [same]
    lowered = name.lower()
    bare = lowered.rpartition("/")[2]  # a checkpoint named without its owner, or with another
    for each in names:
        if each.lower().endswith(f"/{bare}"):
            return [each]
    typos = [(edits, each) for each in names if (edits := _slips(lowered, each.lower()))]
    return [min(typos, key=lambda typo: typo[0])[1]] if typos else []


def alike(text: str, meanings: Mapping[str, str], share: float = 0.5) -> list[str]:
    """Return at most MOST ids in `meanings` that share at least `share` of a text's words.

    Those with most shared words come first, then those with rarer words.
    """
    sought = list(dict.fromkeys(word for word in words_of(text) if word not in _SMALL))
    if not sought:
        return []
    held = {id: frozenset(words_of(meaning)) for id, meaning in meanings.items()}
    scores: dict[str, tuple[float, float]] = {}
    for word in sought:
        holders = [id for id, words in held.items() if any(akin(word, each) for each in words)]
        for id in holders:
            many, weight = scores.get(id, (0.0, 0.0))
            scores[id] = (many + 1, weight + 1 / len(holders))
    enough = {id: score for id, score in scores.items() if score[0] >= share * len(sought)}
    return sorted(enough, key=enough.__getitem__, reverse=True)[:MOST]


def akin(word: str, other: str) -> bool:
    """True for one word in two forms, such as caption and captioning."""
    if word == other:
        return True
    shorter = min(len(word), len(other))
    least = max(5, -(-3 * shorter // 4))
    return shorter >= least and word[:least] == other[:least]


def _slips(name: str, other: str) -> int:
    """Return the number of mistyped letters; 0 if the names are equal or too different for a typo.

    Names of fewer than five letters may lack a letter, have an extra one, or have two exchanged.
    """
    longest = max(len(name), len(other))
    allowed = max(1, min(2, longest // 5))
    if abs(len(name) - len(other)) > allowed or longest < 3:
        return 0
    edits = _distance(name, other)
    replaced = longest < 5 and len(name) == len(other) and sorted(name) != sorted(other)
    return edits if edits <= allowed and not replaced else 0


def _distance(name: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance, with only adjacent letters exchanged."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(name, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and name[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]

"""Which checkpoint of the catalogue an id in code stands for, or which ones it is a sibling of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

_SIZE = re.compile(
    r"(tiny|nano|mini|small|medium|base|large|huge|giant|x{1,2}l|so400m|v?it[a-z]*"
    r"|[abe]?\d+(\.\d+)?[bm]|(patch|p)\d+|\d{3,4})\Z"
)
"""A part of a name that says how large a checkpoint is, not what it is."""


class Identity(NamedTuple):
    """What is known of an id: `known` is itself, or catalogued checkpoints that are its siblings.

    Siblings are of the same owner, have the same name up to the size, and are of one model type.
    `model_class`, which loads it whole, and `processor` are None where they differ in these.
    """

    id: str
    known: tuple[Checkpoint, ...]
    model_type: str | None
    model_class: str | None
    processor: str | None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint itself; None where it is not in the catalogue."""
        return self.known[0] if self.known[0].id == self.id else None

    @property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """Who says what, by field."""
        return self.known[0].sources


def identity_of(rulebase: RuleBase, id: str | None) -> Identity | None:
    """Return what is known of an id; None where that is nothing."""
    itself = rulebase.checkpoints.get(id or "")
    known = [itself] if itself else _siblings(rulebase).get(_stem(id or ""), [])
    types, *others = (
        {getattr(one, field) for one in known}
        for field in ("model_type", "model_class", "processor")
    )
    if id is None or len(types) != 1:
        return None
    alike = [values.pop() if len(values) == 1 else None for values in (types, *others)]
    return Identity(id, tuple(known), *alike)


@lru_cache(maxsize=1)
def _siblings(rulebase: RuleBase) -> dict[tuple[str, ...], list[Checkpoint]]:
    siblings: dict[tuple[str, ...], list[Checkpoint]] = {}
    for one in rulebase.checkpoints.values():
        if one.loader == "transformers" and (stem := _stem(one.id)):
            siblings.setdefault(stem, []).append(one)
    return siblings


def parts(id: str) -> list[str]:
    """Return the words of the name in an id, without the owner."""
    return [part for part in re.split(r"[-_]", id.partition("/")[2].lower()) if part]


def is_size(word: str) -> bool:
    """True where a word says how large, which version or which resolution."""
    return bool(_SIZE.match(word)) or not re.search(r"[a-z]{2}", word)


def sizes(id: str) -> tuple[str, ...]:
    """Return the words at the end of a name that say how large: vit, base, patch32."""
    words = parts(id)
    first = len(words)
    while first and _SIZE.match(words[first - 1]):
        first -= 1
    return tuple(words[first:])


def _stem(id: str) -> tuple[str, ...]:
    """Return the owner and the words before the first size; () where no size follows any."""
    words = parts(id)
    first = next((place for place, word in enumerate(words) if _SIZE.match(word)), 0)
    return (id.partition("/")[0], *words[:first]) if first else ()

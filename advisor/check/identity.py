"""Which checkpoint of the catalogue an id in code stands for, or which ones it is a sibling of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

_SIZE = re.compile(
    r"(tiny|nano|mini|small|medium|base|large|huge|giant|x{1,2}l|so400m|v?it[a-z]*"
    r"|[abe]?\d+(\.\d+)?[bm]|(patch|p)\d+|\d{3,4})\Z"
)
"""A part of a name that says how large a checkpoint is, not what it is."""


class Identity(NamedTuple):
    """What is known of an id: itself, or catalogued checkpoints that differ from it in size.

    `checkpoint` is None for one that nobody catalogued; `siblings` are then of the same owner and
    have the same name up to the size, and all of one model type.
    """

    id: str
    checkpoint: Checkpoint | None
    siblings: tuple[Checkpoint, ...]

    @property
    def sure(self) -> bool:
        """True where the checkpoint itself is in the catalogue."""
        return self.checkpoint is not None

    @property
    def model_type(self) -> str | None:
        """The architecture."""
        return self._one("model_type")

    @property
    def model_class(self) -> str | None:
        """The class that loads it whole; None where siblings differ."""
        return self._one("model_class")

    @property
    def processor(self) -> str | None:
        """The class of its processor; None where siblings differ."""
        return self._one("processor")

    @property
    def classes(self) -> frozenset[str]:
        """The classes that load it, or any of its siblings, whole."""
        return frozenset(one.model_class for one in self._all if one.model_class)

    @property
    def family(self) -> str:
        """The family, which siblings share."""
        return self._all[0].family

    @property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """Who says what, by field."""
        return self._all[0].sources

    @property
    def _all(self) -> tuple[Checkpoint, ...]:
        return (self.checkpoint,) if self.checkpoint else self.siblings

    def _one(self, field: str) -> str | None:
        values = {getattr(one, field) for one in self._all}
        return next(iter(values)) if len(values) == 1 else None


class Identities:
    """Looks ids up in the catalogue of a rule base."""

    def __init__(self, rulebase: RuleBase) -> None:
        self._known = rulebase.checkpoints

    def of(self, id: str | None) -> Identity | None:
        """Return what is known of an id; None where that is nothing."""
        if id is None:
            return None
        if checkpoint := self._known.get(id):
            return Identity(id, checkpoint, ())
        siblings = self._stems.get(_stem(id), [])
        if not siblings or len({one.model_type for one in siblings}) != 1:
            return None
        return Identity(id, None, tuple(siblings))

    @cached_property
    def owners(self) -> dict[str, list[str]]:
        """Owner -> ids of the catalogue."""
        found: dict[str, list[str]] = {}
        for id in self._known:
            found.setdefault(id.partition("/")[0], []).append(id)
        return found

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every id of the catalogue."""
        return tuple(self._known)

    @cached_property
    def _stems(self) -> dict[tuple[str, ...], list[Checkpoint]]:
        found: dict[tuple[str, ...], list[Checkpoint]] = {}
        for one in self._known.values():
            if one.loader == "transformers" and (stem := _stem(one.id)):
                found.setdefault(stem, []).append(one)
        return found


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
    owner, slash, _ = id.partition("/")
    words = parts(id)
    for place, word in enumerate(words):
        if _SIZE.match(word):
            return (owner, *words[:place]) if slash and place else ()
    return ()

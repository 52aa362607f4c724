"""Which catalogued checkpoint an id in code is, or which ones it is a sibling of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from advisor.model import Checkpoint, NamedTuple
from advisor.rulebase.base import RuleBase
from advisor.scan.vocabulary import SIZE, parts

_OF_EXPERTS = re.compile(r"(?:a\d+(?:\.\d+)?b|moe)\Z")
"""Words for mixtures of experts (active parameters), which have a model type of their own."""
_MOST_IDS = 1 << 17
"""Number of ids whose identity is kept, so that each rule need not look it up."""


class Identity(NamedTuple):
    """What is known of an id, from itself or from the catalogued siblings in `known`.

    Siblings have the same owner, the same name up to the size, and one model type. `model_class`,
    which loads the whole checkpoint, and `processor` are None if siblings differ in them.
    """

    id: str
    known: tuple[Checkpoint, ...]
    model_type: str | None
    model_class: str | None
    processor: str | None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint itself; None if it is not in the catalog."""
        return self.known[0] if self.known[0].id == self.id else None

    @property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """The sources of each field."""
        return self.known[0].sources


@lru_cache(maxsize=_MOST_IDS)
def identity_of(rulebase: RuleBase, id: str | None) -> Identity | None:
    """Return what is known of an id; None if it is uncatalogued, without siblings of one type."""
    itself, words = rulebase.checkpoints.get(id or ""), parts(id or "")
    experts = any(map(_OF_EXPERTS.match, words))
    alike = () if experts else _siblings(rulebase).get(_stem(id or ""), ())
    checkpoints = [itself] if itself else list(alike)
    fields = ("model_type", "model_class", "processor")
    differing = [{getattr(checkpoint, field) for checkpoint in checkpoints} for field in fields]
    if id is None or len(differing[0]) != 1:
        return None
    same = (values.pop() if len(values) == 1 else None for values in differing)
    return Identity(id, tuple(checkpoints), *same)


@lru_cache(maxsize=1)
def _siblings(rulebase: RuleBase) -> dict[tuple[str, ...], list[Checkpoint]]:
    siblings: dict[tuple[str, ...], list[Checkpoint]] = {}
    for checkpoint in rulebase.checkpoints.values():
        if checkpoint.loader == "transformers" and (stem := _stem(checkpoint.id)):
            siblings.setdefault(stem, []).append(checkpoint)
    return siblings


def _stem(id: str) -> tuple[str, ...]:
    """Return the owner and the words before the first size; () if no size follows a word."""
    words = parts(id)
    first = next((place for place, word in enumerate(words) if SIZE.match(word)), 0)
    return (id.partition("/")[0], *words[:first]) if first else ()

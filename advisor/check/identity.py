"""Which checkpoint of the catalogue an id in code stands for, or which ones it is a sibling of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from advisor.catalogue.release import described_releases, release
from advisor.model import Checkpoint, NamedTuple
from advisor.rulebase.base import RuleBase
from advisor.scan.vocabulary import SIZE, parts, squeezed

_OTHER_FORMATS = {"gguf", "mlx", "onnx", "openvino", "ov", "tflite", "ggml"}
"""Words of a name whose file is for another library, whatever the architecture."""
_OF_EXPERTS = re.compile(r"(?:a\d+(?:\.\d+)?b|moe)\Z")
"""Of so many active parameters: mixtures of experts have a model type of their own."""
_MOST_WORDS = 4
_MOST_IDS = 1 << 17
"""Ids of a run that are looked up once each, however many rules ask."""
_LEAST_LETTERS = 6
"""Shorter words are parts of too many names: clip, blip, git."""


class Identity(NamedTuple):
    """What is known of an id: `known` is itself, or catalogued checkpoints that are its siblings.

    Siblings are of the same owner, have the same name up to the size, and are of one model type.
    `model_class`, which loads it whole, and `processor` are None where they differ in these.
    `by_words` is true where only words of its name say so, whoever the owner: then `known` are all
    of that model type.
    """

    id: str
    known: tuple[Checkpoint, ...]
    model_type: str | None
    model_class: str | None
    processor: str | None
    by_words: bool = False

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint itself; None where it is not in the catalogue."""
        return self.known[0] if self.known[0].id == self.id else None

    @property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """Who says what, by field."""
        return self.known[0].sources


@lru_cache(maxsize=_MOST_IDS)
def identity_of(rulebase: RuleBase, id: str | None) -> Identity | None:
    """Return what is known of an id; None where that is nothing."""
    itself, words = rulebase.checkpoints.get(id or ""), parts(id or "")
    experts = any(map(_OF_EXPERTS.match, words))
    alike = () if experts else _siblings(rulebase).get(_stem(id or ""), ())
    checkpoints = [itself] if itself else list(alike)
    by_words = not checkpoints
    if by_words and not experts and not _OTHER_FORMATS & set(words):  # its first ones tell
        architectures = _architectures(rulebase)
        heads = (squeezed("".join(words[:length])) for length in range(_MOST_WORDS, 0, -1))
        speaking = (it for it in heads if it in architectures or it in _model_types(rulebase))
        checkpoints = architectures.get(next(speaking, ""), [])
    types, *others = (
        {getattr(checkpoint, field) for checkpoint in checkpoints}
        for field in ("model_type", "model_class", "processor")
    )
    if id is None or len(types) != 1:
        return None
    within = set((next(iter(types)) or "").split("_"))
    if not itself and any(within < more <= set(words) for more in _model_types(rulebase).values()):
        return None  # it speaks of a model type that goes on from this one
    type, model_class, processor = (
        values.pop() if len(values) == 1 else None for values in (types, *others)
    )
    return Identity(id, tuple(checkpoints), type, model_class, processor, by_words)


@lru_cache(maxsize=1)
def _siblings(rulebase: RuleBase) -> dict[tuple[str, ...], list[Checkpoint]]:
    siblings: dict[tuple[str, ...], list[Checkpoint]] = {}
    for checkpoint in rulebase.checkpoints.values():
        if checkpoint.loader == "transformers" and (stem := _stem(checkpoint.id)):
            siblings.setdefault(stem, []).append(checkpoint)
    return siblings


@lru_cache(maxsize=1)
def _model_types(rulebase: RuleBase) -> dict[str, set[str]]:
    """The words of all model types of the newest release, catalogued or not."""
    model_types = release(rulebase, described_releases()[-1]).auto["AutoConfig"]
    return {squeezed(type): set(type.split("_")) for type in model_types}


@lru_cache(maxsize=1)
def _architectures(rulebase: RuleBase) -> dict[str, list[Checkpoint]]:
    """What names of checkpoints of one model type begin with, and of no other.

    A name that another model type's name goes on from (`llava`, of `llava_next`) says nothing.
    """
    of_type: dict[str, list[Checkpoint]] = {}
    heads: dict[str, set[str]] = {}
    for checkpoint in rulebase.checkpoints.values():
        if checkpoint.loader == "transformers" and checkpoint.model_type:
            of_type.setdefault(checkpoint.model_type, []).append(checkpoint)
            for words in (checkpoint.model_type.split("_"), _stem(checkpoint.id)[1:]):
                heads.setdefault(squeezed("".join(words)), set()).add(checkpoint.model_type)
    names = {type: squeezed(type) for type in of_type}
    clear: dict[str, list[Checkpoint]] = {}
    for head, types in heads.items():
        going_on = {type for type, name in names.items() if name.startswith(head)} - types
        if len(types) == 1 and len(head) >= _LEAST_LETTERS and not going_on:
            clear[head] = of_type[types.pop()]
    return clear


def _stem(id: str) -> tuple[str, ...]:
    """Return the owner and the words before the first size; () where no size follows any."""
    words = parts(id)
    first = next((place for place, word in enumerate(words) if SIZE.match(word)), 0)
    return (id.partition("/")[0], *words[:first]) if first else ()

"""A fixture, and the networks and inputs that its size and seed give."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import recipe
import torch

from advisor.unified_vlp import UnifiedVLPConfig, UnifiedVLPForAnswering
from advisor.unified_vlp import regions as place_numbers
from advisor.unified_vlp.conversion import own_names

SPECIAL: dict[str, Any] = {
    "pad_token_id": recipe.PAD,
    "cls_token_id": recipe.CLS,
    "sep_token_id": recipe.SEP,
    "mask_token_id": recipe.MASK,
    "unk_token_id": recipe.UNK,
}


class Original:
    """A fixture, and the networks and inputs that its size and seed give, in one precision."""

    def __init__(self, path: Path, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        with numpy.load(path) as stored:
            self.stored = {name: stored[name] for name in stored.files}
        self.meta = json.loads(bytes(self.stored.pop("meta")))
        self.sizes, self.seed = self.meta["config"], int(self.meta["seed"])
        word, bonus = self.meta["eos_bonus"]
        self.end = (int(word), float(bonus))
        self.batch = int(self.meta["batch"])
        self.config = UnifiedVLPConfig(**self.sizes, **SPECIAL)
        self.texts = recipe.texts(self.sizes, self.batch, self.seed)

    def __getitem__(self, name: str) -> Any:
        """Return a stored array as a tensor; whole numbers as long ones, None where it has none."""
        if name not in self.stored:
            return None
        values = torch.from_numpy(self.stored[name].copy())
        return values if values.is_floating_point() else values.long()

    @property
    def largest_word_score(self) -> float:
        """The largest word score of the file."""
        found = [self[name] for name in ("bi.masked_scores", "s2s.masked_scores")]
        return max(float(each.abs().max()) for each in found if each is not None)

    def picture(self) -> dict[str, Any]:
        """Return the regions as the network takes them."""
        features, probabilities, boxes = regions(self.batch, self.seed)
        places = place_numbers.place_vectors(boxes, probabilities)
        return {
            "region_features": features.to(self.dtype),
            "region_places": places.to(self.dtype),
        }

    def network(self, kind: Any) -> Any:
        """Return a network of a class with the recipe's weights; all of them have to fit."""
        answers = kind is UnifiedVLPForAnswering
        sizes = tuple(sorted(self.sizes.items()))
        stored = _weights(sizes, self.seed, answers, self.end)
        names = own_names(stored)
        with torch.device("meta"):
            network = kind(self.config)
        needed = network.state_dict().keys()
        values = {new: stored[old] for old, new in names.items() if new in needed}
        network.load_state_dict(
            {name: value.to(self.dtype, copy=True) for name, value in values.items()},
            strict=True,
            assign=True,
        )
        return network.eval()


@cache
def regions(batch: int, seed: int) -> tuple[Any, Any, Any]:
    """Return features, class probabilities and boxes of the recipe, as tensors."""
    features, probabilities, boxes = map(torch.from_numpy, recipe.regions(batch, seed))
    return features, probabilities, boxes


@cache
def _weights(sizes: Any, seed: int, answers: bool, end: tuple[int, float]) -> dict[str, Any]:
    stored = recipe.weights(dict(sizes), seed, answers=answers, end=end)
    return {name: torch.from_numpy(value) for name, value in stored.items()}

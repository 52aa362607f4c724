"""Runner of image classifiers: networks with labels of their own, matched to those asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from advisor.trial.answer import Prediction, Reply, Request, best_first
from advisor.trial.failures import UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.runner import Runner
from advisor.trial.runtime import library

LISTED = 12
"""So many labels are named where they do not match."""
NOTHING: Mapping[str, str] = MappingProxyType({})


def own_labels(checkpoint: LocalCheckpoint) -> tuple[str, ...]:
    """Return the labels of a classifier by the numbers of its classes."""
    named = checkpoint.config.get("id2label")
    if not isinstance(named, dict) or sorted(named, key=str) != sorted(map(str, range(len(named)))):
        raise UnsupportedError(
            f"the config.json of `{checkpoint.name}` does not name its labels in `id2label`",
            hint='name one for each class: {"0": "cat", "1": "dog"}',
        )
    return tuple(str(named[str(number)]) for number in range(len(named)))


def columns_for(
    checkpoint: LocalCheckpoint, texts: Sequence[str], label_map: Mapping[str, str] = NOTHING
) -> list[list[int]]:
    """Return the classes of a classifier that each text means.

    Names are equal in any case, `_` being a blank; of ImageNet's `tabby, tabby cat` each is a
    name. `label_map` goes first: a label of the classifier to a text. UnsupportedError where a text
    is left without a class.
    """
    own = own_labels(checkpoint)
    places = {_folded(text): place for place, text in enumerate(texts)}
    found: list[list[int]] = [[] for _ in texts]
    for number, label in enumerate(own):
        names = [label_map[label]] if label in label_map else [label, *label.split(",")]
        of = next((places[_folded(name)] for name in names if _folded(name) in places), None)
        if of is not None:
            found[of].append(number)
    lacking = [text for text, numbers in zip(texts, found, strict=True) if not numbers]
    if lacking:
        raise UnsupportedError(
            f"`{checkpoint.name}` has no label for {_listed(lacking)}; its own are {_listed(own)}",
            hint="--label-map FILE: a JSON object from its labels to yours",
        )
    return found


def _folded(label: str) -> str:
    return " ".join(label.replace("_", " ").split()).casefold()


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(f"`{label}`" for label in labels[:LISTED])
    return shown if len(labels) <= LISTED else f"{shown} and {len(labels) - LISTED:,} more"


class Classifier(Runner):
    """A network that was trained on labels of its own, of which each text has to mean one."""

    scored_by = "classifier"

    def prepare(self) -> None:
        """Load the image processor."""
        self.processor = load_part(self.checkpoint, "AutoImageProcessor")

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the texts, or all of its own labels where there are none."""
        texts = request.texts or own_labels(self.checkpoint)
        (scores,) = self.label_scores([image], request)
        rows = zip(texts, scores, strict=True)
        return Reply(answers=best_first([Prediction(text=t, probability=p) for t, p in rows]))

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the probability of each text among all of them; classes of one text add up."""
        pixels = [image.pixels for image in images]
        inputs = self.on_device(self.processor(images=pixels, return_tensors="pt"))
        logits: Any = self.network(**inputs).logits.float().cpu()
        if request.texts:
            columns = columns_for(self.checkpoint, request.texts, dict(request.label_map))
            together = [logits[:, numbers].logsumexp(dim=-1) for numbers in columns]
            logits = library("torch").stack(together, dim=-1)
        scores: list[list[float]] = logits.softmax(dim=-1).tolist()
        return scores

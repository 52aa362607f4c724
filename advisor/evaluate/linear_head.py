"""A linear classifier on the vectors of an encoder, as programs of `advisor code` save it.

`classifier.safetensors` holds `weight` (labels, dimensions) and `bias` (labels); a `.json` beside
it says of which checkpoint the vectors are, and the labels in their order.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from advisor.errors import BrokenFileError, UsageError
from advisor.files import MEGABYTE, read_bounded
from advisor.model.library import LABEL
from advisor.trial.classifier import Classifier
from advisor.trial.loading import load_network
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runtime import library

CLASS = "AutoModel"
SUFFIX, PICKLED = ".safetensors", ".pt"
LARGEST = 1000 * MEGABYTE
CONVERTED = (
    'python -c "import json, torch; from safetensors.torch import save_file;'
    " c = torch.load('{0}.pt', 'cpu', weights_only=True); w = c.pop('weight');"
    " save_file({{'weight': w * w.shape[1] ** 0.5, 'bias': c.pop('bias')}}, '{0}.safetensors');"
    " json.dump(c, open('{0}.json', 'w'))\""
)
"""What makes a classifier of the pickle that programs of earlier releases saved, whose weights are
of vectors times their length."""


class LinearHead(NamedTuple):
    """A classifier: the checkpoint of its encoder, its labels, and the bytes of its weights."""

    encoder: str
    labels: tuple[str, ...]
    data: bytes

    @property
    def digest(self) -> str:
        """What tells it from another one, its encoder apart."""
        return hashlib.sha256(json.dumps(self.labels).encode() + self.data).hexdigest()

    def labelled(self, encoder: LocalCheckpoint, name: str) -> LocalCheckpoint:
        """Return the encoder under the name of the classifier, and with its labels."""
        numbered = {str(number): label for number, label in enumerate(self.labels)}
        return replace(encoder, name=name, config={**encoder.config, "id2label": numbered})


def is_head(checkpoint: str) -> bool:
    """True where a candidate is a file of a classifier; UsageError for one that is a pickle."""
    file = Path(checkpoint)
    if file.suffix == PICKLED and file.is_file():
        raise UsageError(
            f"`{checkpoint}` is a pickle, which could run code when it is read",
            hint=f"convert it: {CONVERTED.format(file.with_suffix(''))}",
        )
    return file.suffix == SUFFIX and file.is_file()


def read_head(checkpoint: str) -> LinearHead:
    """Return the classifier in a file; BrokenFileError where it, or its `.json`, is none."""
    file = Path(checkpoint)
    try:
        settings = json.loads(read_bounded(file.with_suffix(".json"), MEGABYTE))
        encoder, *labels = map(str, (settings["checkpoint"], *settings["labels"]))
        return LinearHead(encoder, tuple(labels), read_bounded(file, LARGEST))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _broken(
            checkpoint, getattr(error, "strerror", "") or "its .json is another"
        ) from error


def load_head(checkpoint: str, loading: Loading) -> Classifier:
    """Return a classifier, loaded with its encoder."""
    head = read_head(checkpoint)
    encoder = resolve(head.encoder, loading)
    placement = place(loading.device, loading.dtype, encoder.weights)
    network, notes = load_network(encoder, CLASS, placement)
    return Classifier(
        checkpoint=head.labelled(encoder, checkpoint),
        act=LABEL,
        needs=(),
        prompts=(),
        placement=placement,
        network=_HeadedNetwork(network, head, checkpoint),
        loading=loading,
        use=None,  # type: ignore[arg-type]  # no row of the table: the file says how it is loaded
        task="",
        warnings=notes,
    )


class _HeadedNetwork:
    """An encoder with a linear classifier on its unit vectors."""

    def __init__(self, encoder: Any, head: LinearHead, name: str) -> None:
        self.encoder, self.name = encoder, name
        try:
            tensors = library("safetensors.torch").load(head.data)
            self.weight, self.bias = (tensors[part].float() for part in ("weight", "bias"))
        except Exception as error:  # whatever the library raises, the file is damaged
            raise _broken(name, "it is damaged") from error
        if self.weight.ndim != 2 or {len(head.labels)} != {len(self.weight), *self.bias.shape}:
            raise _broken(name, f"it has other classes than {len(head.labels)} labels")

    def __call__(self, **inputs: Any) -> SimpleNamespace:
        """Return the logits of the labels, (images, labels)."""
        encode = getattr(self.encoder, "get_image_features", self.encoder)
        features = encode(**inputs)
        vectors = getattr(features, "pooler_output", features).float().cpu()
        vectors = vectors / vectors.norm(dim=-1, keepdim=True)
        if vectors.shape[-1] != self.weight.shape[-1]:
            raise _broken(self.name, "it was fitted to vectors of another length")
        return SimpleNamespace(logits=vectors @ self.weight.T + self.bias)


def _broken(checkpoint: str, why: str) -> BrokenFileError:
    return BrokenFileError(
        f"`{checkpoint}` is not a classifier that `advisor code` saves: {why}",
        hint="its weights are in NAME.safetensors, its checkpoint and labels in NAME.json",
    )

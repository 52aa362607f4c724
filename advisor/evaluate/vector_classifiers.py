"""Classifiers on vectors of an encoder: fitted to folds of labeled images, or saved by a program.

Every image is classified by one that was fitted to other images: in five folds, each class in
proportion, equal files in one fold. Programs of `advisor code` save a linear classifier:
`classifier.safetensors` holds `weight` (labels, dimensions) and `bias` (labels); the `.json` file
beside it names the checkpoint of the encoder, and the labels in their order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from advisor.errors import BrokenFileError, UsageError
from advisor.evaluate.metrics import Array, np
from advisor.evaluate.responses import NEIGHBORS, PROBE
from advisor.files import MEGABYTE, read_bounded
from advisor.model.library import LABEL
from advisor.trial.contrastive import Classifier, unit_vectors
from advisor.trial.loading import load_network
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runtime import library

FOLDS = 5
SIZES = (5, 10, 20, 50)
"""Images per class that classifiers are also fitted to, if every fold leaves enough."""
NEAREST, TEMPERATURE = 20, 0.07
"""Number of neighbors that vote, and the temperature of their cosines (Wu et al. 2018,
https://arxiv.org/abs/1805.01978, as DINO takes it)."""
INVERSE_PENALTY = 0.316
"""`C` of the logistic regression in CLIP's example of a linear probe (github.com/openai/CLIP)."""
STEPS = 200
_CELLS = 1_000_000  # cosines that are worked out at once


def cross_validated(
    kind: str,
    vectors: Array,
    truth: Sequence[int],
    files: Sequence[Hashable],
    classes: int,
    seed: int,
) -> dict[int, Array]:
    """Return the scores of a kind of classifier (NEIGHBORS or PROBE) for every item, by size.

    Scores are (items, classes), -1 for an item without any; a size is the number of images of each
    class that a classifier is fitted to, 0 being all of the other folds. `vectors` are unit
    vectors, (items, dimensions), zeros if missing; `truth` are the class numbers of the items,
    `files` identify their files. Of equal files only one is used for fitting.
    """
    torch = library("torch")
    rows = torch.from_numpy(np.ascontiguousarray(vectors)).double()
    has_vector = vectors.any(axis=1)
    fold, order = _folds(files, truth, has_vector, seed)
    left = [[n for n in order if fold[n] != number] for number in range(FOLDS)]
    least = min(sum(truth[n] == c for n in some) for some in left for c in range(classes))
    fitted: dict[int, Array] = {}
    for size in (0, *(size for size in SIZES if size <= least)):
        scores = np.full((len(truth), classes), -1.0)
        for number, learnt in enumerate(left):
            held_out = [n for n, part in enumerate(fold) if part == number and has_vector[n]]
            of_classes = groupby(learnt, truth.__getitem__)
            some = [n for _, of_class in of_classes for n in islice(of_class, size or None)]
            if held_out and some:
                labels = torch.tensor([truth[n] for n in some])
                fit = {NEIGHBORS: _neighbors, PROBE: _probe}[kind]
                scores[held_out] = fit(rows[some], labels, classes, rows[held_out]).numpy()
        fitted[size] = scores
    return fitted


def _folds(
    files: Sequence[Hashable], truth: Sequence[int], has_vector: Array, seed: int
) -> tuple[list[int], list[int]]:
    """Return the fold of each item, and one item with a vector of each file, by class and seed."""
    first: dict[Hashable, int] = {}
    for number, file in enumerate(files):
        first.setdefault(file, number)
    random = Random(seed)
    order = sorted(first.values(), key=lambda number: (truth[number], random.random()))
    fold = {files[number]: place % FOLDS for place, number in enumerate(order)}
    return [fold[file] for file in files], [number for number in order if has_vector[number]]


def _neighbors(learnt: Any, labels: Any, classes: int, queries: Any) -> Any:
    """Return the votes of the nearest images, (queries, classes), weighted by cosine, of sum 1."""
    torch = library("torch")
    parts = []
    for some in queries.split(max(1, _CELLS // len(learnt))):
        near, which = (some @ learnt.T).topk(min(NEAREST, len(learnt)), dim=1)
        votes = torch.zeros(len(some), classes, dtype=some.dtype)
        parts.append(votes.scatter_add_(1, labels[which], (near / TEMPERATURE).softmax(dim=1)))
    return torch.cat(parts)


def _probe(learnt: Any, labels: Any, classes: int, queries: Any) -> Any:
    """Return probabilities, (queries, classes), of logistic regression on standardized vectors."""
    torch = library("torch")
    middle, spread = learnt.mean(dim=0), learnt.std(dim=0, correction=0)
    spread = torch.where(spread > 0, spread, torch.ones_like(spread))
    inputs = (learnt - middle) / spread
    weight = torch.zeros(classes, inputs.shape[1], dtype=inputs.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=inputs.dtype, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Any:
        search.zero_grad()
        wrong = torch.nn.functional.cross_entropy(inputs @ weight.T + bias, labels, reduction="sum")
        total = INVERSE_PENALTY * wrong + weight.square().sum() / 2
        total.backward()
        return total

    with torch.enable_grad():
        search.step(loss)
    return (((queries - middle) / spread) @ weight.T + bias).softmax(dim=1).detach()


CLASS = "AutoModel"
SUFFIX, PICKLED = ".safetensors", ".pt"
LARGEST = 1000 * MEGABYTE
CONVERTED = (
    'python -c "import json, torch; from safetensors.torch import save_file;'
    " c = torch.load('{0}.pt', 'cpu', weights_only=True); w = c.pop('weight');"
    " save_file({{'weight': w * w.shape[1] ** 0.5, 'bias': c.pop('bias')}}, '{0}.safetensors');"
    " json.dump(c, open('{0}.json', 'w'))\""
)
"""Command that converts the pickle of programs of earlier releases, whose weights are
of vectors times their length."""


class LinearHead(NamedTuple):
    """A linear classifier: its encoder's checkpoint, its labels, and the bytes of its weights."""

    encoder: str
    labels: tuple[str, ...]
    data: bytes

    @property
    def digest(self) -> str:
        """The digest of its labels and weights, without its encoder."""
        return hashlib.sha256(json.dumps(self.labels).encode() + self.data).hexdigest()

    def labelled(self, encoder: LocalCheckpoint, name: str) -> LocalCheckpoint:
        """Return the encoder with the classifier's labels, and `name` as its name."""
        numbered = {str(number): label for number, label in enumerate(self.labels)}
        return replace(encoder, name=name, config={**encoder.config, "id2label": numbered})


def is_head(checkpoint: str) -> bool:
    """Return whether a candidate is the file of a classifier; raise UsageError for a pickle."""
    file = Path(checkpoint)
    if file.suffix == PICKLED and file.is_file():
        raise UsageError(
            f"`{checkpoint}` is a pickle file, which could run code when loaded",
            hint=f"convert it: {CONVERTED.format(file.with_suffix(''))}",
        )
    return file.suffix == SUFFIX and file.is_file()


def read_head(checkpoint: str) -> LinearHead:
    """Return the classifier in a file; raise BrokenFileError if it or its `.json` is invalid."""
    file = Path(checkpoint)
    try:
        settings = json.loads(read_bounded(file.with_suffix(".json"), MEGABYTE))
        encoder, *labels = map(str, (settings["checkpoint"], *settings["labels"]))
        return LinearHead(encoder, tuple(labels), read_bounded(file, LARGEST))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _broken(
            checkpoint,
            getattr(error, "strerror", "") or "the .json file belongs to another classifier",
        ) from error


def load_head(checkpoint: str, loading: Loading) -> Classifier:
    """Load a classifier with its encoder, as a runner."""
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
    """An encoder with a linear classifier on its unit vectors; refuses weights that do not fit."""

    def __init__(self, encoder: Any, head: LinearHead, name: str) -> None:
        self.encoder, self.name = encoder, name
        try:
            tensors = library("safetensors.torch").load(head.data)
            self.weight, self.bias = (tensors[part].float() for part in ("weight", "bias"))
        except Exception as error:  # whatever the library raises, the file is damaged
            raise _broken(name, "the file is damaged") from error
        if self.weight.ndim != 2 or {len(head.labels)} != {len(self.weight), *self.bias.shape}:
            raise _broken(
                name, f"the number of weight rows differs from the {len(head.labels)} labels"
            )

    def __call__(self, **inputs: Any) -> SimpleNamespace:
        """Return the logits of the labels, (images, labels)."""
        encode = getattr(self.encoder, "get_image_features", self.encoder)
        vectors = unit_vectors(encode(**inputs))
        if vectors.shape[-1] != self.weight.shape[-1]:
            raise _broken(self.name, "the encoder has a different embedding size")
        return SimpleNamespace(logits=vectors @ self.weight.T + self.bias)


def _broken(checkpoint: str, why: str) -> BrokenFileError:
    return BrokenFileError(
        f"`{checkpoint}` is not a classifier saved by `advisor code`: {why}",
        hint="such a classifier has two files: NAME.safetensors for weights, NAME.json for labels",
    )

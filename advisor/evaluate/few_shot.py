"""Classifiers fitted to a few labeled images, on the vectors of a dual encoder.

Every image is judged by a classifier that was fitted to other images: in five folds, each class in
proportion, images that are the same file in one fold.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from advisor.evaluate.metrics import Array, np
from advisor.evaluate.responses import NEIGHBORS, PROBE
from advisor.trial.runtime import library

FOLDS = 5
SIZES = (5, 10, 20, 50)
"""Images a class that a classifier is also fitted to, as far as every fold leaves as many."""
NEAREST, TEMPERATURE = 20, 0.07
"""Neighbors that vote, and what their cosines are divided by (Wu et al. 2018,
https://arxiv.org/abs/1805.01978, as DINO takes it)."""
INVERSE_PENALTY = 0.316
"""`C` of the logistic regression in CLIP's example of a linear probe (github.com/openai/CLIP)."""
STEPS = 200
_CELLS = 1_000_000  # cosines that are worked out at once


class FewShot(NamedTuple):
    """Scores of classes, (items, classes), -1 where an item has none.

    `scores` come from classifiers fitted to all images of the other folds, those of `by_size` from
    as many of each class.
    """

    scores: Array
    by_size: Mapping[int, Array]


def cross_validated(
    kind: str,
    vectors: Array,
    truth: Sequence[int],
    files: Sequence[Hashable],
    classes: int,
    seed: int,
) -> FewShot:
    """Return the scores of a kind of classifier (NEIGHBORS or PROBE) for every item.

    `vectors` are unit vectors, (items, dimensions), zeros where there is none; `truth` the classes
    of the items, `files` what tells their files apart. Of equal files one is learnt from.
    """
    torch = library("torch")
    rows = torch.from_numpy(np.ascontiguousarray(vectors)).double()
    there = vectors.any(axis=1)
    fold, order = _folds(files, truth, there, seed)
    left = [[n for n in order if fold[n] != number] for number in range(FOLDS)]
    least = min(sum(truth[n] == c for n in some) for some in left for c in range(classes))
    fitted: dict[int, Array] = {}
    for size in (0, *(size for size in SIZES if size <= least)):  # 0: all of them
        found = np.full((len(truth), classes), -1.0)
        for number, learnt in enumerate(left):
            asked = [n for n, one in enumerate(fold) if one == number and there[n]]
            of_class: dict[int, list[int]] = {}
            for n in learnt:
                of_class.setdefault(truth[n], []).append(n)
            some = [n for of in of_class.values() for n in of[:size]] if size else learnt
            if asked and some:
                labels = torch.tensor([truth[n] for n in some])
                fit = {NEIGHBORS: _neighbors, PROBE: _probe}[kind]
                found[asked] = fit(rows[some], labels, classes, rows[asked]).numpy()
        fitted[size] = found
    return FewShot(fitted.pop(0), fitted)


def _folds(
    files: Sequence[Hashable], truth: Sequence[int], there: Array, seed: int
) -> tuple[list[int], list[int]]:
    """Return the fold of each item, and one item of each file that is there, drawn by the seed."""
    first: dict[Hashable, int] = {}
    for number, file in enumerate(files):
        first.setdefault(file, number)
    random = Random(seed)
    order = sorted(first.values(), key=lambda number: (truth[number], random.random()))
    fold = {files[number]: place % FOLDS for place, number in enumerate(order)}
    return [fold[file] for file in files], [number for number in order if there[number]]


def _neighbors(learnt: Any, labels: Any, classes: int, asked: Any) -> Any:
    """Return the votes of the nearest images, weighted by likeness; they sum to 1."""
    torch = library("torch")
    found = []
    for some in asked.split(max(1, _CELLS // len(learnt))):
        near, which = (some @ learnt.T).topk(min(NEAREST, len(learnt)), dim=1)
        votes = torch.zeros(len(some), classes, dtype=some.dtype)
        found.append(votes.scatter_add_(1, labels[which], (near / TEMPERATURE).softmax(dim=1)))
    return torch.cat(found)


def _probe(learnt: Any, labels: Any, classes: int, asked: Any) -> Any:
    """Return the probabilities of a logistic regression on standardized vectors."""
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
    return (((asked - middle) / spread) @ weight.T + bias).softmax(dim=1).detach()

"""Runs as they lie on disk, written from what candidates gave, without a checkpoint."""

import random

from advisor.evaluate.labelled import EvaluationSet, LabelledImage
from advisor.evaluate.recorded import (
    EvaluatedCandidate,
    EvaluationRun,
    Response,
    given_file,
    response_line,
)
from advisor.model.library import ANSWER, CAPTION, EXTRACT, LABEL, READ_LINE, SEARCH

CLASSES = ("cat", "dog", "owl")


def written(folder, data, given, seed=0, scored_by="softmax", failed=()):
    """Return a run; `given` is for each candidate's name a response (its fields) for each image."""
    folder.mkdir(parents=True, exist_ok=True)
    candidates = []
    for number, (name, some) in enumerate(given.items()):
        candidates.append(
            EvaluatedCandidate(
                number=number,
                name=name,
                checkpoint=f"lab/{name}",
                scored_by=scored_by if data.act == LABEL else "",
                failed="out of memory" if name in failed else None,
            )
        )
        lines = (response_line(Response(n, f"{n:x}", **one)) for n, one in enumerate(some))
        (folder / given_file(number)).write_bytes(b"".join(lines))
    return EvaluationRun(folder, data, tuple(candidates), {"seed": seed})


def labelled(truth, classes=CLASSES, many=False, ids=None):
    images = tuple(
        LabelledImage(n, ids[n] if ids else f"{n}.png", labels=(t,) if isinstance(t, str) else t)
        for n, t in enumerate(truth)
    )
    return EvaluationSet("photos", "zero-shot-classification", LABEL, images, classes, many)


def picks(names, sure=0.8, classes=CLASSES):
    """Return responses that pick classes by name."""
    rest = (1 - sure) / (len(classes) - 1)
    return [{"scores": tuple(sure if one == name else rest for one in classes)} for name in names]


def with_references(act, references, questions=None, ids=None):
    images = tuple(
        LabelledImage(
            n,
            ids[n] if ids else f"{n}.png",
            question=questions[n] if questions else "",
            references=tuple(some),
        )
        for n, some in enumerate(references)
    )
    return EvaluationSet("photos", "a task", act, images)


def partly_right(truth, share, seed, classes=CLASSES):
    """Return names of which a share is right, and the others are wrong."""
    draw = random.Random(seed)
    return [
        one if draw.random() < share else draw.choice([c for c in classes if c != one])
        for one in truth
    ]


def random_labels(size, seed, weights=(5, 3, 2)):
    return random.Random(seed).choices(CLASSES, weights, k=size)


__all__ = ["ANSWER", "CAPTION", "EXTRACT", "READ_LINE", "SEARCH"]

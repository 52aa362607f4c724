"""Labelled images: what is shown to candidates, and what is true of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class LabelledImage(NamedTuple):
    """One image, what is asked about it, and what is true of it.

    `number` is its place in the set, from 0, and `id` its path or name as the data has it, relative
    to the data; several questions about one image are several of these with one `id`, which is
    what resampling has to keep together. True of it are `labels` (names of classes; several where
    the data has several), `references` (texts any of which is right: captions, answers, a line of
    text; one for each annotator) or `fields` (named values of a document).
    """

    number: int
    id: str
    question: str = ""
    labels: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    fields: Mapping[str, Any] | None = None


class UnreadableImage(NamedTuple):
    """An image that is left out, and why in a sentence."""

    id: str
    why: str


class EvaluationSet(NamedTuple):
    """Images with what is true of them, for one task.

    `name` is how the data was named on the command line; `act` says what is done with an image (a
    constant of `model.library`: LABEL, SEARCH, CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE,
    EXTRACT). `classes` are the labels to choose from, in the order of every row of scores, and
    `many` is True where an image may have several. `left_out` were found unreadable before
    anything ran; others turn up in the run (`Response.unreadable`). `digest` is that of all that
    is true of all of it, in order.
    """

    name: str
    task: str
    act: str
    images: tuple[LabelledImage, ...]
    classes: tuple[str, ...] = ()
    many: bool = False
    left_out: tuple[UnreadableImage, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""


def class_text(name: str) -> str:
    """Return the name of a class as it is said: `traffic_light` is a traffic light."""
    return name.replace("_", " ").strip()


def digest_of(task: str, images: Sequence[LabelledImage]) -> str:
    """Return the digest of all that is true of images for a task, in order."""
    digest = hashlib.sha256(task.encode())
    for each in images:
        digest.update(json.dumps(each._asdict(), sort_keys=True).encode())
    return digest.hexdigest()[:16]

"""What candidates are asked, and what a run knows of what each gave and what it cost."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.errors import BrokenFileError
from advisor.evaluate.metrics import Array, np
from advisor.trial.annotations import class_text, read_annotations
from advisor.trial.candidate import Candidate
from advisor.trial.local_checkpoint import LocalCheckpoint

if TYPE_CHECKING:
    from advisor.evaluate.run_file import RunFile
    from advisor.trial.images import OpenedImage

BASELINE_NAMED = "baseline:"
"""What stands before the kind of a baseline where candidates are named."""
RANDOM, COMMONEST, NEIGHBORS, PROBE = "random", "commonest", "knn", "probe"
WITHOUT_LOOKING, FITTED = (RANDOM, COMMONEST), (NEIGHBORS, PROBE)
BASELINE_WORDS = {COMMONEST: "majority"}
"""Baselines that open no image, those that are fitted to vectors, and what people type and see."""
RUNNER_VERSION = 3
"""Goes up when the same checkpoint is run in another way, so that answers may differ."""
WHOLE_FILES, SAMPLES, SAMPLE = 64_000_000, 16, 1_000_000
"""Bytes of a file of weights that is read whole, and how many pieces of how many bytes are read of
a larger one."""


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


def digest_of(task: str, images: Sequence[LabelledImage]) -> str:
    """Return the digest of all that is true of images for a task, in order."""
    digest = hashlib.sha256(task.encode())
    for each in images:
        digest.update(json.dumps(each._asdict(), sort_keys=True).encode())
    return digest.hexdigest()[:16]


class Asking(NamedTuple):
    """How all candidates are asked.

    `template` wraps each label or text, and `prompt` stands in place of a checkpoint's own; `act`
    is what is done with an image, and `texts` are the labels in words; `label_map` says which of
    them a label of a classifier means. Without `thinking`, a model that can leave it out does.
    `overlays` are the folders of rules, `threads` those of torch, 0 being its own choice.
    """

    template: str = "{}"
    prompt: str | None = None
    act: str = ""
    texts: tuple[str, ...] = ()
    max_new_tokens: int | None = None
    thinking: bool = True
    seed: int = 0
    overlays: tuple[str, ...] = ()
    threads: int = 0
    label_map: tuple[tuple[str, str], ...] = ()


def digest_of_order(
    candidate: Candidate, asking: Asking, identity: str, libraries: dict[str, str]
) -> str:
    """Return the digest of all that an answer depends on beside the image and the question.

    `identity` is that of the weights.
    """
    how = asking._asdict()
    for name in ("threads", "overlays", *([] if asking.label_map else ["label_map"])):
        del how[name]
    loaded = [candidate.task, candidate.device, candidate.dtype, candidate.pretrained_only]
    parts = [RUNNER_VERSION, identity, loaded, how, libraries]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class AskedImage(NamedTuple):
    """One image to answer about, and the answer's key.

    `data` is its file; `opened` the image in it, or why that cannot be read, as soon as that is
    known.
    """

    image: LabelledImage
    key: str
    data: bytes | None = None
    opened: OpenedImage | str | None = None


def read_label_map(path: str) -> tuple[tuple[str, str], ...]:
    """Return pairs of a label of a classifier and what it means; BrokenFileError for no such."""
    try:
        labels = json.loads(read_annotations(Path(path)))
        return tuple((its, class_text(yours)) for its, yours in labels.items())
    except (ValueError, AttributeError, RecursionError) as error:
        raise BrokenFileError(
            f"`{path}` is not a JSON object that maps labels to labels",
            hint='write {"its label": "your label", ...}',
        ) from error


def key_of(digest: str, shown: str, texts: Sequence[str]) -> str:
    """Return the key of an answer: of a candidate, what it is shown, and what it is asked."""
    return hashlib.sha256(json.dumps([digest, shown, *texts]).encode()).hexdigest()[:32]


def identity_of(checkpoint: LocalCheckpoint) -> str:
    """Return what tells these weights from others: the revision, else a digest of the folder.

    Of a large file its size and samples of it are read.
    """
    if checkpoint.revision:
        return f"{checkpoint.name}@{checkpoint.revision}"
    digest = hashlib.sha256()
    for file in sorted(path for path in checkpoint.folder.iterdir() if path.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as opened:
            if size <= WHOLE_FILES:
                digest.update(opened.read())
            for number in range(SAMPLES if size > WHOLE_FILES else 0):
                opened.seek((size - SAMPLE) * number // (SAMPLES - 1))
                digest.update(opened.read(SAMPLE))
    return digest.hexdigest()


class Response(NamedTuple):
    """What a candidate gave for one image.

    Exactly one of these is there: `unreadable` (why the image cannot be read: it counts for
    nobody), `failed` (why the candidate gave nothing: it counts as wrong), or an answer. An answer
    is `text` (CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE), `fields` with their `text`
    (EXTRACT), `scores` (LABEL: one for each class of the set, in 0..1; see `Candidate.scored_by`)
    or `vectors` (SEARCH: unit vectors of the image and of each of its texts, float32,
    little-endian, (1 + texts, dimensions); LABEL of a dual encoder: that of the image, and of a
    label, whose number is below 0, a row of `Contrastive.label_rows`). `probability` is that of a
    text, where the network says it. `key` is the digest of all that the answer depends on.
    """

    number: int
    key: str
    text: str | None = None
    scores: tuple[float, ...] | None = None
    probability: float | None = None
    fields: Any = None
    vectors: bytes | None = None
    failed: str | None = None
    unreadable: str | None = None


class Timing(NamedTuple):
    """What a candidate cost, of the images that it answered; None where nothing was timed.

    `images_per_second` is over all that it took, decoding included. A latency is the time of one
    batch, of at most `batch` images, in the median and at the 95th percentile; `peak_mb` is that
    of the process, or of the GPU, in MB of 2^20 bytes. Tokens are those that a server read and
    wrote, for all images together.
    """

    images: int
    batch: int
    images_per_second: float | None
    latency_ms: float | None
    latency_p95_ms: float | None
    load_ms: float | None
    peak_mb: float | None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """A run: the set, the candidates, the settings that its answers depend on, and its file."""

    data: EvaluationSet
    candidates: tuple[Candidate, ...]
    settings: Mapping[str, Any]
    file: RunFile = field(compare=False, repr=False)

    def responses(self, candidate: Candidate) -> Iterator[Response]:
        """Yield what a candidate gave, in the order of the images, one for each."""
        given = self.file.responses(candidate)
        return compared(given, candidate.scored_by) if candidate.compares_vectors else given


def compared(given: Iterable[Response], scored_by: str) -> Iterator[Response]:
    """Yield the responses about images, scores in place of vectors; those about labels come first.

    Labels whose scores are `softmax` compete, others have a score each.
    """
    of_labels: list[Array] = []
    rows: Array = None
    for response in given:
        if response.vectors is None:
            yield response
            continue
        vector = np.frombuffer(response.vectors, "<f4")
        if response.number < 0:
            of_labels.append(vector)
            continue
        rows = np.stack(of_labels) if rows is None else rows
        logits = (rows[:, :-1] @ vector + rows[:, -1]).astype(float)
        beside = np.logaddexp.reduce(logits) if scored_by == "softmax" else np.logaddexp(0, logits)
        scores = np.exp(logits - beside).tolist()
        yield response._replace(vectors=None, scores=tuple(map(six_digits, scores)))


def six_digits(number: float) -> float:
    """Return a number to six significant digits, as a run keeps it."""
    return float(f"{number:.6g}")


def timing_of(records: Iterable[Mapping[str, Any]]) -> Timing:
    """Return what was timed in all sittings of a run; ValueError and its like for what was not.

    The first block of a sitting, which may wait for the checkpoint and for what is compiled, counts
    only where there is no other.
    """
    timings = list(records)
    answered = [each for each in timings if "images" in each]
    counted = [each for each in answered if not each.get("first")] or answered
    latencies = sorted(float(each["ms"]) for each in counted)
    wall = sum(float(each["ms" if each.get("first") else "wall_ms"]) for each in counted)
    timed = sum(int(each["images"]) for each in counted)
    loads, peaks = ([each.get(name) for each in timings] for name in ("load_ms", "peak_mb"))
    tokens = [each["tokens"] for each in timings if "tokens" in each]
    return Timing(
        images=sum(int(each["images"]) for each in answered),
        batch=max((int(each["batch"]) for each in answered), default=0),
        images_per_second=timed / wall * 1000 if wall else None,
        latency_ms=statistics.median(latencies) if latencies else None,
        latency_p95_ms=latencies[math.ceil(0.95 * len(latencies)) - 1] if latencies else None,
        load_ms=next((float(load) for load in reversed(loads) if load is not None), None),
        peak_mb=max((float(peak) for peak in peaks if peak is not None), default=None),
        prompt_tokens=sum(int(read) for read, _ in tokens) if tokens else None,
        completion_tokens=sum(int(written) for _, written in tokens) if tokens else None,
    )

"""The requests to candidates, and their responses and costs as a run stores them."""

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
from advisor.trial.answer import Request
from advisor.trial.candidate import Candidate
from advisor.trial.local_checkpoint import LocalCheckpoint

if TYPE_CHECKING:
    from advisor.evaluate.run_file import RunFile
    from advisor.trial.images import OpenedImage

BASELINE_NAMED = "baseline:"
"""The prefix of a baseline's kind in `--candidate`."""
RANDOM, COMMONEST, NEIGHBORS, PROBE = "random", "commonest", "knn", "probe"
WITHOUT_LOOKING, FITTED = (RANDOM, COMMONEST), (NEIGHBORS, PROBE)
BASELINE_WORDS = {COMMONEST: "majority"}
"""Baselines that open no image, those fitted to vectors, and the names that users see."""
RUNNER_VERSION = 4
"""Increased when a change of the runners may change the answers of a checkpoint."""
WHOLE_FILES, SAMPLES, SAMPLE = 64_000_000, 16, 1_000_000
"""Maximum bytes of a weight file that is hashed whole; number and bytes of the samples hashed of
a larger one."""


class LabelledImage(NamedTuple):
    """One image, the question about it, and its ground truth.

    `number` is its place in the set, from 0, and `id` its path or name as the data has it, relative
    to the data; several questions about one image are several of these with one `id`, which
    resampling keeps together. The ground truth is `labels` (names of classes), `references` (texts
    any of which is right: captions, a line of text, or one answer for each annotator) or `fields`
    (named values of a document).
    """

    number: int
    id: str
    question: str = ""
    labels: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    fields: Mapping[str, Any] | None = None


class UnreadableImage(NamedTuple):
    """An image that is left out, and the reason as a sentence."""

    id: str
    why: str


class EvaluationSet(NamedTuple):
    """Images with their ground truth, for one task.

    `name` is the data's name on the command line; `act` is the operation of the task (a constant of
    `model.library`: LABEL, SEARCH, CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE, EXTRACT).
    `classes` are the candidate labels, in the order of every row of scores, and `many` is True if
    an image may have several. `left_out` were unreadable before the run; others are found during it
    (`Response.unreadable`). `digest` is that of the task and the ground truth, in order.
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
    """Return the digest of a task and its images with their ground truth, in order."""
    digest = hashlib.sha256(task.encode())
    for each in images:
        digest.update(json.dumps(each._asdict(), sort_keys=True).encode())
    return digest.hexdigest()[:16]


class Asking(NamedTuple):
    """The settings of all requests of a run.

    `template` wraps each label or text, and `prompt` replaces a checkpoint's own; `act` is the
    operation, and `texts` are the labels as text; `label_map` maps labels of a classifier to them.
    Without `thinking`, a model that can switch it off does so. `overlays` are the folders of rules,
    `threads` those of torch, 0 being its own choice.
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

    def request(self, question: str = "") -> Request:
        """Return the request about one image."""
        return Request(
            texts=self.texts,
            question=question or None,
            prompt=self.prompt,
            template=self.template,
            label_map=self.label_map,
        )


def digest_of_order(
    candidate: Candidate, asking: Asking, identity: str, libraries: dict[str, str]
) -> str:
    """Return the digest of all that an answer depends on except the image and the question.

    `identity` is that of the weights.
    """
    settings = asking._asdict()
    for name in ("threads", "overlays", *([] if asking.label_map else ["label_map"])):
        del settings[name]
    loaded = [candidate.task, candidate.device, candidate.dtype, candidate.pretrained_only]
    parts = [RUNNER_VERSION, identity, loaded, settings, libraries]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class AskedImage(NamedTuple):
    """One image to answer about, and the answer's key.

    `data` is its file; `opened` is the decoded image, or the reason why it cannot be read, or None
    before decoding.
    """

    image: LabelledImage
    key: str
    data: bytes | None = None
    opened: OpenedImage | str | None = None


def read_label_map(path: str) -> tuple[tuple[str, str], ...]:
    """Return pairs of a classifier's label and the user's; raise BrokenFileError without any."""
    try:
        labels = json.loads(read_annotations(Path(path)))
        return tuple((its, class_text(yours)) for its, yours in labels.items())
    except (ValueError, AttributeError, RecursionError) as error:
        raise BrokenFileError(
            f"`{path}` is not a JSON object that maps labels to labels",
            hint='write {"its label": "your label", ...}',
        ) from error


def key_of(digest: str, shown: str, texts: Sequence[str]) -> str:
    """Return the key of an answer, from the digests of candidate and image, and the texts."""
    return hashlib.sha256(json.dumps([digest, shown, *texts]).encode()).hexdigest()[:32]


def identity_of(checkpoint: LocalCheckpoint) -> str:
    """Return an identifier of the weights: name and revision, else a digest of the folder.

    Large files enter it by their size and samples.
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
    """The response of a candidate to one image.

    It has exactly one of `unreadable` (why the image cannot be read: it counts for no candidate),
    `failed` (why the candidate has no answer: it counts as wrong), or an answer. An answer is
    `text` (CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE, and LABEL before `labels_named`),
    `fields` with their `text` (EXTRACT), `scores` (LABEL: one for each class of the set, in 0..1;
    see `Candidate.scored_by`) or `vectors` (SEARCH: unit vectors of the image and of each of its
    texts, float32, little-endian, (1 + texts, dimensions); LABEL of a dual encoder: that of the
    image, and of a label, whose number is below 0, a row of `Contrastive.label_rows`).
    `probability` is that of a text, if the network returns it. `key` is the digest of all that the
    answer depends on.
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
    """The costs of a candidate for the images it answered; None for what was not measured.

    `images_per_second` covers the whole time, decoding included. A latency is the time of one
    batch, of at most `batch` images, as median and 95th percentile; `peak_mb` is that of the
    process, or of the GPU, in MB of 2^20 bytes. Tokens are those of a server, summed over all
    images.
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
        """Yield a candidate's responses in the order of the images; vectors become label scores."""
        given = self.file.responses(candidate)
        return compared(given, candidate.scored_by) if candidate.compares_vectors else given


def compared(given: Iterable[Response], scored_by: str) -> Iterator[Response]:
    """Yield the responses about images, with scores in place of vectors; labels must come first.

    With `softmax` the scores of the labels sum to 1, else they are independent.
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
    """Return a number rounded to six significant digits, as a run stores it."""
    return float(f"{number:.6g}")


def timing_of(records: Iterable[Mapping[str, Any]]) -> Timing:
    """Return the timing over all sessions of a run; raise an error of NOT_READ for invalid records.

    The first block of a session, which includes loading and compiling, counts only if it is the
    only one.
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
